// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on the device, on a model of it in this program, and on a
 * file in a tmpfs, where a regular file should behave the same. All three must
 * agree in every return value, errno, position and byte.
 *
 * A failure names the operation. To reproduce it, use the same seed and count:
 *
 *	device-test model SEED COUNT
 *
 * The file's size is limited to the capacity (RLIMIT_FSIZE), so that it is full
 * when the device is, and fails with EFBIG where the device fails with ENOSPC.
 */
#include <limits.h>
#include <sys/resource.h>

#include "device.h"

#define TMPFS "/tmp/model"
#define FILES 4
#define POOL (4 * CAPACITY)
/* An operation is shorter than this. */
#define LONGEST (CAPACITY + 5000)
/* How often all bytes are compared. */
#define COMPARE_EACH 64
#define STAGES 20

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

/* The model: bytes, a size, and files with a position. */
static struct {
	unsigned char bytes[CAPACITY];
	long long size;
} model;

static struct file {
	bool open;
	bool can_read;
	bool can_write;
	bool append;
	long long position;
	int device;
	int tmpfs;
} files[FILES];

enum operation {
	OPEN, CLOSE, READ, WRITE, PREAD, PWRITE, READV, WRITEV, PREADV, PWRITEV,
	SEEK, SETFL, FTRUNCATE, OPERATIONS
};

static const char *const names[OPERATIONS] = {
	"open", "close", "read", "write", "pread", "pwrite", "readv", "writev",
	"preadv2", "pwritev2", "lseek", "fcntl", "ftruncate",
};

static uint64_t state;
static unsigned char *pool;
static long seen[OPERATIONS], errors[200];
static char told[256];

/* splitmix64 */
static uint64_t random_bits(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t limit)
{
	return random_bits() % limit;
}

/* Mostly short, sometimes across pages, rarely more than fits. */
static size_t random_length(void)
{
	switch (below(20)) {
	case 0:
		return 0;
	case 1:
		return below(LONGEST);
	case 2 ... 4:
		return below(3 * PAGE);
	default:
		return below(200);
	}
}

/* Mostly near a boundary, where bugs are most likely. */
static long long random_offset(void)
{
	long long near = (long long)below(9) - 4;

	switch (below(16)) {
	case 0:
		return near;
	case 1:
		return CAPACITY + near;
	case 2:
		return LLONG_MAX - (long long)below(300);
	case 3:
		return -(long long)below(LLONG_MAX);
	case 4 ... 6:
		return model.size + near;
	case 7 ... 8:
		return (long long)below(CAPACITY / PAGE + 1) * PAGE + near;
	default:
		return below(CAPACITY);
	}
}

/* The model of each operation. */

/* Before the file is looked at, and after that. */
static long long model_refuses(bool allowed, long long offset, size_t length)
{
	if (offset < 0)
		return -EINVAL;
	if (!allowed)
		return -EBADF;
	return (long long)length > LLONG_MAX - offset ? -EINVAL : 0;
}

static long long model_read(struct file *file, long long offset, unsigned char *to, size_t length)
{
	long long count = model_refuses(file->can_read, offset, length);

	if (count < 0)
		return count;
	while (count < (long long)length && offset + count < model.size) {
		to[count] = model.bytes[offset + count];
		count++;
	}
	return count;
}

static long long model_write(struct file *file, long long *offset, bool append,
			     const unsigned char *from, size_t length)
{
	long long count = model_refuses(file->can_write, *offset, length);

	if (count < 0 || !length)
		return count;
	if (append)
		*offset = model.size;
	while (count < (long long)length && *offset + count < CAPACITY) {
		model.bytes[*offset + count] = from[count];
		count++;
	}
	if (!count)
		return -ENOSPC;
	/* Bytes that were never written are 0: they are cleared when the model is emptied. */
	if (*offset + count > model.size)
		model.size = *offset + count;
	return count;
}

static long long model_seek(struct file *file, long long offset, int whence)
{
	long long target;

	switch (whence) {
	case SEEK_SET:
		target = offset;
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(file->position, offset, &target))
			return -EINVAL;
		break;
	case SEEK_END:
		if (__builtin_add_overflow(model.size, offset, &target))
			return -EINVAL;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0 || offset >= model.size)
			return -ENXIO;
		target = whence == SEEK_DATA ? offset : model.size;
		break;
	default:
		return -EINVAL;
	}
	if (target < 0)
		return -EINVAL;
	file->position = target;
	return target;
}

static void model_truncate(void)
{
	memset(model.bytes, 0, sizeof(model.bytes));
	model.size = 0;
}

static bool agree(const char *who, long long got, long long wanted)
{
	if (got == wanted)
		return true;
	diag("%s: %s gave %lld, the model %lld", told, who, got, wanted);
	return false;
}

static bool agree_bytes(const char *who, const unsigned char *got,
			const unsigned char *wanted, long long count)
{
	long long i;

	if (count <= 0 || !memcmp(got, wanted, count))
		return true;
	for (i = 0; got[i] == wanted[i]; i++)
		;
	diag("%s: %s has 0x%02x as byte %lld, the model 0x%02x", told, who, got[i], i, wanted[i]);
	return false;
}

/* A regular file is full when it may not grow. */
static long long tmpfs_result(long long result)
{
	return result == -EFBIG ? -ENOSPC : result;
}

static bool open_one(struct file *file)
{
	static const int accesses[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	int flags = accesses[below(4)];

	file->can_read = flags != O_WRONLY;
	file->can_write = flags != O_RDONLY;
	file->append = !below(3);
	file->position = 0;
	if (file->append)
		flags |= O_APPEND;
	if (!below(4))
		flags |= O_NONBLOCK;
	if (!below(5))
		flags |= O_TRUNC;
	snprintf(told, sizeof(told), "open(0%o)", flags);
	file->device = open(DEVICE, flags);
	/* Of a regular file, O_TRUNC takes the bytes even if it is opened to read. */
	file->tmpfs = open(TMPFS, file->can_write ? flags : flags & ~O_TRUNC);
	file->open = true;
	if (flags & O_TRUNC && file->can_write)
		model_truncate();
	return file->device >= 0 && file->tmpfs >= 0;
}

/* Splits a length over up to four buffers, one behind the other in memory. */
static int split(struct iovec *parts, unsigned char *bytes, size_t length)
{
	int count = 1 + below(4), i;
	size_t part;

	for (i = 0; i < count; i++) {
		part = i == count - 1 ? length : below(length + 1);
		parts[i] = (struct iovec) { bytes, part };
		bytes += part;
		length -= part;
	}
	return count;
}

/* A read or write of each kind on a descriptor. */
static long long transfer(int fd, enum operation what, struct iovec *parts, int count,
			  unsigned char *bytes, size_t length, long long offset, int flags)
{
	switch (what) {
	case READ:
		return R(read(fd, bytes, length));
	case PREAD:
		return R(pread(fd, bytes, length, offset));
	case READV:
		return R(readv(fd, parts, count));
	case PREADV:
		return R(preadv2(fd, parts, count, offset, flags));
	case WRITE:
		return R(write(fd, bytes, length));
	case PWRITE:
		return R(pwrite(fd, bytes, length, offset));
	case WRITEV:
		return R(writev(fd, parts, count));
	default:
		return R(pwritev2(fd, parts, count, offset, flags));
	}
}

static bool reads(struct file *file, enum operation what)
{
	static unsigned char wanted[LONGEST], got[2][LONGEST];
	bool positional = what == PREAD || what == PREADV;
	long long offset = positional ? random_offset() : file->position, result;
	size_t length = random_length();
	struct iovec parts[4], other[4];
	int count, i;

	/* preadv2 at -1 is at the position. */
	if (what == PREADV && offset == -1) {
		positional = false;
		offset = file->position;
	}
	snprintf(told, sizeof(told), "%s of %zu at %lld", names[what], length, offset);
	count = split(parts, got[0], length);
	for (i = 0; i < count; i++)
		other[i] = (struct iovec) { parts[i].iov_base + LONGEST, parts[i].iov_len };
	result = model_read(file, offset, wanted, length);
	if (what == PREADV && !positional)
		offset = -1;
	if (result < 0)
		errors[-result]++;
	if (!agree("the device", transfer(file->device, what, parts, count, got[0], length,
					  offset, 0), result) ||
	    !agree("tmpfs", transfer(file->tmpfs, what, other, count, got[1], length,
				     offset, 0), result))
		return false;
	if (!positional && result > 0)
		file->position += result;
	return agree_bytes("the device", got[0], wanted, result) &&
	       agree_bytes("tmpfs", got[1], wanted, result);
}

static bool writes(struct file *file, enum operation what)
{
	bool positional = what == PWRITE || what == PWRITEV, append = file->append;
	long long offset = positional ? random_offset() : file->position, at, result;
	size_t length = random_length();
	unsigned char *bytes = pool + below(POOL - LONGEST);
	struct iovec parts[4];
	int count = split(parts, bytes, length), flags = 0;

	if (what == PWRITEV) {
		if (!below(4)) {
			flags = RWF_APPEND;
			append = true;
		} else if (!below(4)) {
			flags = RWF_NOAPPEND;
			append = false;
		}
		if (offset == -1) {
			positional = false;
			offset = file->position;
		}
	}
	at = offset;
	snprintf(told, sizeof(told), "%s of %zu at %lld, flags %d%s", names[what], length,
		 offset, flags, file->append ? ", O_APPEND" : "");
	result = model_write(file, &at, append, bytes, length);
	if (what == PWRITEV && !positional)
		offset = -1;
	if (result < 0)
		errors[-result]++;
	if (!agree("the device", transfer(file->device, what, parts, count, bytes, length,
					  offset, flags), result) ||
	    !agree("tmpfs", tmpfs_result(transfer(file->tmpfs, what, parts, count, bytes,
						  length, offset, flags)), result))
		return false;
	if (!positional && result > 0)
		file->position = at + result;
	return true;
}

static bool seeks(struct file *file)
{
	static const int whences[] = {
		SEEK_SET, SEEK_SET, SEEK_CUR, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 9
	};
	int whence = whences[below(8)];
	long long offset = random_offset(), result;

	/* A state in which most other operations have something to do. */
	if (below(2)) {
		whence = SEEK_SET;
		offset = below(model.size + 10);
	}
	snprintf(told, sizeof(told), "lseek to %lld from %d", offset, whence);
	result = model_seek(file, offset, whence);
	if (result < 0)
		errors[-result]++;
	if (!agree("the device", R(lseek(file->device, offset, whence)), result))
		return false;
	/* A gap is a hole in a tmpfs, and data in the device. */
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		return agree("tmpfs", R(lseek(file->tmpfs, file->position, SEEK_SET)), file->position);
	return agree("tmpfs", R(lseek(file->tmpfs, offset, whence)), result);
}

static bool sets_flags(struct file *file)
{
	int flags = below(2) ? O_APPEND : 0;

	if (below(2))
		flags |= O_NONBLOCK;
	snprintf(told, sizeof(told), "F_SETFL 0%o", flags);
	file->append = flags & O_APPEND;
	return agree("the device", R(fcntl(file->device, F_SETFL, flags)), 0) &&
	       agree("tmpfs", R(fcntl(file->tmpfs, F_SETFL, flags)), 0);
}

static bool one_operation(enum operation what, struct file *file)
{
	switch (what) {
	case OPEN:
		return open_one(file);
	case CLOSE:
		snprintf(told, sizeof(told), "close");
		file->open = false;
		return agree("the device", R(close(file->device)), 0) &&
		       agree("tmpfs", R(close(file->tmpfs)), 0);
	case READ:
	case PREAD:
	case READV:
	case PREADV:
		return reads(file, what);
	case WRITE:
	case PWRITE:
	case WRITEV:
	case PWRITEV:
		return writes(file, what);
	case SEEK:
		return seeks(file);
	case SETFL:
		return sets_flags(file);
	default:
		/* ftruncate() fails on devices. */
		snprintf(told, sizeof(told), "ftruncate");
		errors[EINVAL]++;
		return agree("the device", R(ftruncate(file->device, below(CAPACITY))), -EINVAL);
	}
}

static enum operation choose(struct file *file)
{
	if (!file->open)
		return OPEN;
	switch (below(100)) {
	case 0 ... 7:
		return CLOSE;
	case 8:
		return FTRUNCATE;
	case 9 ... 10:
		return SETFL;
	case 11 ... 30:
		return SEEK;
	default:
		return READ + below(PWRITEV - READ + 1);
	}
}

static bool compare_all(void)
{
	static unsigned char got[CAPACITY + 1];
	const char *const paths[] = { DEVICE, TMPFS };
	int i, fd;

	snprintf(told, sizeof(told), "all bytes");
	for (i = 0; i < 2; i++) {
		fd = must(open(paths[i], O_RDONLY));
		if (!agree(paths[i], R(pread(fd, got, sizeof(got), 0)), model.size) ||
		    !agree_bytes(paths[i], got, model.bytes, model.size))
			return false;
		close(fd);
	}
	return true;
}

static bool step(long number)
{
	struct file *file = &files[below(FILES)];
	enum operation what = choose(file);
	char before[sizeof(told) + 32];

	seen[what]++;
	if (!one_operation(what, file))
		return false;
	if (file->open && (!agree("position of the device", position_of(file->device), file->position) ||
			   !agree("position of tmpfs", position_of(file->tmpfs), file->position)))
		return false;
	if (number % COMPARE_EACH)
		return true;
	snprintf(before, sizeof(before), "the last one was %s", told);
	if (compare_all())
		return true;
	diag("%s", before);
	return false;
}

static void every_kind(long count)
{
	static const int wanted[] = { EBADF, EINVAL, ENOSPC, ENXIO };
	bool all = true;
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++) {
		diag("%s: %ld", names[i], seen[i]);
		all &= seen[i] >= count / 500;
	}
	ok(all, "each kind of operation came often enough");
	for (i = 0, all = true; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		diag("%s: %ld", strerrorname_np(wanted[i]), errors[wanted[i]]);
		all &= errors[wanted[i]] >= count / 2000;
	}
	ok(all, "and each error");
}

static uint64_t seed;
static long operations;

static void test_model(void)
{
	struct rlimit limit = { CAPACITY, CAPACITY };
	long number = 0;
	int stage, i;

	state = seed;
	signal(SIGXFSZ, SIG_IGN);
	must(setrlimit(RLIMIT_FSIZE, &limit));
	close(must(open(TMPFS, O_WRONLY | O_CREAT | O_TRUNC, 0600)));
	close(empty(O_RDONLY));
	pool = malloc(POOL);
	for (i = 0; i < POOL; i++)
		pool[i] = random_bits();
	for (stage = 1; stage <= STAGES; stage++) {
		for (; number < operations * stage / STAGES; number++) {
			if (step(number))
				continue;
			diag("that was operation %ld of seed %llu", number, (unsigned long long)seed);
			ok(false, "operations to number %ld", operations * stage / STAGES);
			exit(1);
		}
		ok(compare_all(), "%ld operations", number);
	}
	every_kind(operations);
}

int run_model(const char *seed_text, const char *count_text)
{
	static const struct family families[] = {
		{ "model", STAGES + 2, test_model },
		{ }
	};

	seed = strtoull(seed_text, NULL, 0);
	operations = strtol(count_text, NULL, 0);
	/* Three times what 100,000 took, all of it at most. */
	family_limit = 60 + operations / 1000;
	printf("# device-test model %llu %ld does the same again\n",
	       (unsigned long long)seed, operations);
	return run_families(families, (char *[]) { NULL });
}
