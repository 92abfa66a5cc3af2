// SPDX-License-Identifier: GPL-2.0
/*
 * hello_log.ko in C, stacked on twin.ko: a stream of every message that is written to a device.
 * tests/guest/twin.t runs the checks of hello_log on it.
 *
 * The ring holds messages as they were written; a reader formats each as a line. A reader's lines
 * are copied to user memory without a lock held, since that may take as long as another process
 * wants.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/hex.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/unaligned.h>
#include <linux/wait.h>

#include "twin.h"

static char *name = "twin_log";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "Name of the class and the device");
static unsigned int ring = 65536;
module_param(ring, uint, 0444);
MODULE_PARM_DESC(ring, "Bytes of messages kept for slow readers, 256 to 1048576");

#define CUT_NOTE " [cut: longer than the ring]"
/* The number of bytes by which a line is shorter than the ring, not counting the note. */
#define RESERVE 68
/* "hello0: ", the shortest prefix. */
#define PREFIX 8
/* The initial size of a line's buffers. */
#define LINE_SIZE 256

struct record {
	u32 length;
	u32 minor;
};

/*
 * A place in the ring: the next record's position, in bytes since the ring was created, and its
 * number.
 */
struct cursor {
	u64 position;
	u64 number;
};

/* A line on its way to a reader. */
struct line {
	struct line *next;
	char *raw;
	size_t raw_size;
	char *text;
	size_t text_size;
	size_t start, end;	/* the part of `text` that is still to be read */
};

struct reader {
	struct mutex mutex;
	struct cursor cursor;
	struct line *pending;	/* lines that could not be copied whole */
	struct line *spare;
};

static DEFINE_MUTEX(ring_mutex);
static char *buffer;
static struct cursor oldest, newest;
static DECLARE_WAIT_QUEUE_HEAD(readers);
static struct fasync_struct *fasync;
static struct twin_subscriber *subscribers;
static struct cdev cdev;
static struct class *class;
static dev_t number;

/* -- the ring */

/* Returns the number of the @count bytes from @position on that lie before the buffer's end. */
static size_t until_wrap(u64 position, size_t count, size_t *index)
{
	*index = position % ring;
	return min(count, ring - *index);
}

static void ring_load(u64 position, void *bytes, size_t count)
{
	size_t index, first = until_wrap(position, count, &index);

	memcpy(bytes, buffer + index, first);
	memcpy(bytes + first, buffer, count - first);
}

static void ring_store(u64 position, const void *bytes, size_t count)
{
	size_t index, first = until_wrap(position, count, &index);

	memcpy(buffer + index, bytes, first);
	memcpy(buffer, bytes + first, count - first);
}

static struct record record_at(const struct cursor *cursor)
{
	struct record record;

	ring_load(cursor->position, &record, sizeof(record));
	return record;
}

static void step(struct cursor *cursor, size_t length)
{
	cursor->position += sizeof(struct record) + length;
	cursor->number++;
}

static void log_message(struct twin_subscriber *subscriber, const struct twin_message *message)
{
	/* One byte more than a line has room for, so that a longer message is detected. */
	size_t length = min(message->length, ring - RESERVE - PREFIX + 2), index, first;
	struct record record = { length, message->minor };
	struct cursor end;

	mutex_lock(&ring_mutex);
	end = newest;
	step(&end, length);
	while (end.position - oldest.position > ring)
		step(&oldest, record_at(&oldest).length);
	ring_store(newest.position, &record, sizeof(record));
	first = until_wrap(newest.position + sizeof(record), length, &index);
	twin_message_read(message, 0, buffer + index, first);
	twin_message_read(message, first, buffer, length - first);
	newest.position = end.position;
	WRITE_ONCE(newest.number, end.number);
	mutex_unlock(&ring_mutex);
	wake_up_all(&readers);
	kill_fasync(&fasync, SIGIO, POLL_IN);
}

/* -- from messages to lines */

/*
 * Text of bounded size: a piece that does not fit is omitted as a whole, and so is all that
 * follows.
 */
struct text {
	char *bytes;
	size_t length;
	size_t room;
	bool cut;
};

static void put(struct text *text, const void *bytes, size_t count)
{
	if (text->cut || count > text->room - text->length) {
		text->cut = true;
		return;
	}
	memcpy(text->bytes + text->length, bytes, count);
	text->length += count;
}

static void put_hex(struct text *text, const u8 *bytes, size_t count)
{
	char shown[4] = "\\x";

	for (; count--; bytes++) {
		shown[2] = hex_asc_hi(*bytes);
		shown[3] = hex_asc_lo(*bytes);
		put(text, shown, sizeof(shown));
	}
}

static void put_decimal(struct text *text, unsigned int value)
{
	char digits[10];
	size_t start = sizeof(digits);

	do
		digits[--start] = '0' + value % 10;
	while (value /= 10);
	put(text, digits + start, sizeof(digits) - start);
}

static bool is_plain(u8 byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '\\';
}

/* Returns the high bit of each byte of @word that is zero (or that comes after one). */
static u64 zero_bytes(u64 word)
{
	return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

static size_t plain_run(const u8 *bytes, size_t count)
{
	size_t run = 0;

	for (; count - run >= 8; run += 8) {
		u64 word = get_unaligned((const u64 *)(bytes + run));
		u64 control = (word - 0x2020202020202020) & ~word;

		if ((word | control) & 0x8080808080808080 ||
		    zero_bytes(word ^ 0x7f7f7f7f7f7f7f7f) || zero_bytes(word ^ 0x5c5c5c5c5c5c5c5c))
			break;
	}
	while (run < count && is_plain(bytes[run]))
		run++;
	return run;
}

/*
 * Returns the length of the well-formed character at @bytes, or 0 (table 3-7 of the Unicode
 * standard).
 */
static size_t character(const u8 *bytes, size_t count)
{
	size_t length, i;
	u8 low = 0x80, high = 0xbf;

	switch (bytes[0]) {
	case 0xc2 ... 0xdf: length = 2; break;
	case 0xe0 ... 0xef: length = 3; break;
	case 0xf0 ... 0xf4: length = 4; break;
	default: return 0;
	}
	switch (bytes[0]) {
	case 0xe0: low = 0xa0; break;
	case 0xed: high = 0x9f; break;
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break;
	}
	if (count < length || bytes[1] < low || bytes[1] > high)
		return 0;
	for (i = 2; i < length; i++)
		if (bytes[i] < 0x80 || bytes[i] > 0xbf)
			return 0;
	return length;
}

/* Writes the first byte or character of @bytes, escaped if necessary, and returns its length. */
static size_t put_special(struct text *text, const u8 *bytes, size_t count)
{
	size_t length = character(bytes, count);

	if (length && !(bytes[0] == 0xc2 && bytes[1] < 0xa0)) {
		put(text, bytes, length);
		return length;
	}
	switch (bytes[0]) {
	case '\n': put(text, "\\n", 2); break;
	case '\r': put(text, "\\r", 2); break;
	case '\t': put(text, "\\t", 2); break;
	case '\\': put(text, "\\\\", 2); break;
	default: put_hex(text, bytes, 1);
	}
	return 1;
}

static void put_escaped(struct text *text, const u8 *bytes, size_t count)
{
	while (count && !text->cut) {
		size_t run = plain_run(bytes, count);

		if (run && run > text->room - text->length) {
			/* Write as much as fits. */
			put(text, bytes, text->room - text->length);
			text->cut = true;
			return;
		}
		put(text, bytes, run);
		bytes += run;
		count -= run;
		if (count) {
			run = put_special(text, bytes, count);
			bytes += run;
			count -= run;
		}
	}
}

static int grow(char **bytes, size_t *size, size_t wanted)
{
	char *more;

	if (wanted <= *size)
		return 0;
	more = kvmalloc(wanted, GFP_KERNEL_ACCOUNT);
	if (!more)
		return -ENOMEM;
	kvfree(*bytes);
	*bytes = more;
	*size = wanted;
	return 0;
}

/*
 * Formats the line of a message, in a buffer of @size bytes. Returns false if the buffer is too
 * small.
 */
static bool write_line(struct line *line, size_t length, unsigned int minor, size_t size)
{
	size_t most = ring - RESERVE;
	struct text text = { line->text, 0, min(most, size - sizeof(CUT_NOTE)) };

	put(&text, "hello", 5);
	put_decimal(&text, minor);
	put(&text, ": ", 2);
	if (length && line->raw[length - 1] == '\n')
		length--;
	put_escaped(&text, line->raw, length);
	if (text.cut && text.room < most)
		return false;
	text.room = size;
	if (text.cut) {
		text.cut = false;
		put(&text, CUT_NOTE, sizeof(CUT_NOTE) - 1);
	}
	put(&text, "\n", 1);
	line->start = 0;
	line->end = text.length;
	return true;
}

static int make_line(struct line *line, size_t length, unsigned int minor)
{
	int err = grow(&line->text, &line->text_size, LINE_SIZE);

	while (!err && !write_line(line, length, minor, line->text_size))
		err = grow(&line->text, &line->text_size, min(4 * line->text_size, (size_t)ring));
	return err;
}

/* -- readers */

static void free_line(struct line *line)
{
	if (!line)
		return;
	kvfree(line->raw);
	kvfree(line->text);
	kfree(line);
}

/* Formats a line that reports the number of messages that were pushed out before they were read. */
static int report_lost(struct line *line, u64 lost)
{
	int err = grow(&line->text, &line->text_size, LINE_SIZE);

	line->start = 0;
	if (!err)
		line->end = scnprintf(line->text, line->text_size, "hello_log: %llu messages lost\n", lost);
	return err;
}

/* Fills @line with the next line. Returns 0 if there is none. */
static int next_line(struct reader *reader, struct line *line)
{
	struct cursor cursor = reader->cursor;
	struct record record;
	int err;

	for (;;) {
		mutex_lock(&ring_mutex);
		if (cursor.number < oldest.number) {
			u64 lost = oldest.number - cursor.number;

			cursor = oldest;
			mutex_unlock(&ring_mutex);
			err = report_lost(line, lost);
			break;
		}
		if (cursor.number == newest.number) {
			mutex_unlock(&ring_mutex);
			return 0;
		}
		record = record_at(&cursor);
		if (record.length <= line->raw_size) {
			ring_load(cursor.position + sizeof(record), line->raw, record.length);
			mutex_unlock(&ring_mutex);
			step(&cursor, record.length);
			err = make_line(line, record.length, record.minor);
			break;
		}
		mutex_unlock(&ring_mutex);
		err = grow(&line->raw, &line->raw_size, max_t(size_t, record.length, LINE_SIZE));
		if (err)
			break;
	}
	if (err)
		return err;
	WRITE_ONCE(reader->cursor.position, cursor.position);
	WRITE_ONCE(reader->cursor.number, cursor.number);
	return 1;
}

/* Removes and returns the next line, or NULL if there is none. */
static struct line *take(struct reader *reader)
{
	struct line *line = reader->pending;
	int result;

	if (line) {
		WRITE_ONCE(reader->pending, line->next);
		return line;
	}
	line = reader->spare ?: kzalloc(sizeof(*line), GFP_KERNEL_ACCOUNT);
	if (!line)
		return ERR_PTR(-ENOMEM);
	reader->spare = NULL;
	result = next_line(reader, line);
	if (result > 0)
		return line;
	reader->spare = line;
	return ERR_PTR(result);
}

static void give_back(struct reader *reader, struct line *line)
{
	if (line->start == line->end) {
		free_line(reader->spare);
		reader->spare = line;
	} else {
		line->next = reader->pending;
		WRITE_ONCE(reader->pending, line);
	}
}

static ssize_t read_lines(struct reader *reader, struct iov_iter *to)
{
	ssize_t total = 0;

	while (iov_iter_count(to)) {
		struct line *line;
		size_t copied;
		bool whole;

		if (total && signal_pending(current))
			break;
		mutex_lock(&reader->mutex);
		line = take(reader);
		mutex_unlock(&reader->mutex);
		if (IS_ERR_OR_NULL(line))
			return total ?: PTR_ERR(line);
		copied = copy_to_iter(line->text + line->start, line->end - line->start, to);
		line->start += copied;
		whole = line->start == line->end;
		mutex_lock(&reader->mutex);
		give_back(reader, line);
		mutex_unlock(&reader->mutex);
		total += copied;
		/* Another reader of this file may have found nothing meanwhile. */
		if (!whole)
			wake_up_all(&readers);
		if (!copied)
			return total ?: -EFAULT;
	}
	return total;
}

static bool is_ready(struct reader *reader)
{
	return READ_ONCE(reader->pending) || READ_ONCE(reader->cursor.number) != READ_ONCE(newest.number);
}

static ssize_t log_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct reader *reader = iocb->ki_filp->private_data;
	ssize_t result;

	for (;;) {
		result = read_lines(reader, to);
		if (result || !iov_iter_count(to))
			return result;
		if (iocb->ki_filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		result = wait_event_interruptible(readers, is_ready(reader));
		if (result)
			return result;
	}
}

static __poll_t log_poll(struct file *file, poll_table *table)
{
	poll_wait(file, &readers, table);
	return is_ready(file->private_data) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int log_fasync(int fd, struct file *file, int on)
{
	return fasync_helper(fd, file, on, &fasync);
}

static int log_open(struct inode *inode, struct file *file)
{
	struct reader *reader;

	if (file->f_flags & O_DIRECT)
		return -EINVAL;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->mutex);
	mutex_lock(&ring_mutex);
	reader->cursor = newest;
	mutex_unlock(&ring_mutex);
	file->private_data = reader;
	return stream_open(inode, file);
}

static int log_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;
	struct line *line, *next;

	for (line = reader->pending; line; line = next) {
		next = line->next;
		free_line(line);
	}
	free_line(reader->spare);
	kfree(reader);
	return 0;
}

static const struct file_operations log_operations = {
	.owner = THIS_MODULE,
	.open = log_open,
	.release = log_release,
	.read_iter = log_read_iter,
	.splice_read = copy_splice_read,
	.poll = log_poll,
	.fasync = log_fasync,
};

static char *log_devnode(const struct device *device, umode_t *mode)
{
	if (mode)
		*mode = 0600;
	return NULL;
}

static void unsubscribe(unsigned int count)
{
	while (count--)
		twin_unsubscribe(count, &subscribers[count]);
}

static int __init log_init(void)
{
	unsigned int i, devices = twin_devices();
	struct device *device;
	int err;

	if (ring < 256 || ring > 1 << 20)
		return -EINVAL;
	buffer = kvmalloc(ring, GFP_KERNEL_ACCOUNT);
	subscribers = kcalloc(devices, sizeof(*subscribers), GFP_KERNEL);
	err = -ENOMEM;
	if (!buffer || !subscribers)
		goto memory;
	err = alloc_chrdev_region(&number, 0, 1, name);
	if (err)
		goto memory;
	class = class_create(name);
	err = PTR_ERR_OR_ZERO(class);
	if (err)
		goto region;
	class->devnode = log_devnode;
	device = device_create(class, NULL, number, NULL, "%s", name);
	err = PTR_ERR_OR_ZERO(device);
	if (err)
		goto class;
	for (i = 0; i < devices; i++) {
		subscribers[i].message = log_message;
		twin_subscribe(i, &subscribers[i]);
	}
	cdev_init(&cdev, &log_operations);
	cdev.owner = THIS_MODULE;
	err = cdev_add(&cdev, number, 1);
	if (err)
		goto subscribed;
	pr_info("Hello, listening to %u devices\n", devices);
	return 0;
subscribed:
	unsubscribe(devices);
	device_destroy(class, number);
class:
	class_destroy(class);
region:
	unregister_chrdev_region(number, 1);
memory:
	kfree(subscribers);
	kvfree(buffer);
	return err;
}

static void __exit log_exit(void)
{
	cdev_del(&cdev);
	unsubscribe(twin_devices());
	device_destroy(class, number);
	class_destroy(class);
	unregister_chrdev_region(number, 1);
	kfree(subscribers);
	kvfree(buffer);
	pr_info("Goodbye\n");
}

module_init(log_init);
module_exit(log_exit);
MODULE_DESCRIPTION("hello_log.ko in C, to compare with");
MODULE_LICENSE("GPL");
