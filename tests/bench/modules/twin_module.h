/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hello.ko in C: the same behaviour, on the same kernel functions, as a C programmer would write
 * it. tests/guest/twin.t and twinraw.t run the checks of hello on it. twin.c and twinraw.c include
 * this file and define how bytes are copied.
 *
 * Locking: `sem` protects everything in struct twin except the atomics. `size` and `capacity` are
 * written under it and also read without it; `populated` is also written without it.
 */
#include <linux/capability.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pipe_fs_i.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/xarray.h>

#include "hello.h"
#include "twin.h"

#define GREETING "Hello, world!\n"
#define MAX_CAPACITY (16u << 20)
/*
 * The number of times that a read restarts because user memory was paged out, before it is cut
 * short.
 */
#define READ_ROUNDS 8
/* The number of bytes that an append copies in vain for the same reason. */
#define RETRY_BYTES (1u << 20)

static char *name = TWIN_NAME;
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "Name of the class and prefix of the devices");
static unsigned int devices = 4;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "Number of devices, 1 to 256");
static unsigned int capacity = 65536;
module_param(capacity, uint, 0444);
MODULE_PARM_DESC(capacity, "Bytes that a device can hold, 1 to 16777216");

struct twin {
	struct cdev cdev;
	struct device *device;
	unsigned int minor;
	struct rw_semaphore sem;
	size_t size;
	size_t capacity;
	u64 generation;
	struct list_head subscribers;
	struct xarray pages;		/* pages are only added until the module is unloaded */
	unsigned long populated;	/* all pages below this index exist */
	atomic_long_t mapped;		/* one past the last byte that was ever mapped */
	atomic_long_t open_files;
	atomic_long_t opens;
	atomic_long_t reads;
	atomic_long_t writes;
};

static struct twin *twins;
static struct class *twin_class;
static dev_t first;

static int lock_read(struct twin *t, bool nowait)
{
	if (nowait)
		return down_read_trylock(&t->sem) ? 0 : -EAGAIN;
	down_read(&t->sem);
	return 0;
}

static int lock_write(struct twin *t, bool nowait)
{
	if (nowait)
		return down_write_trylock(&t->sem) ? 0 : -EAGAIN;
	down_write(&t->sem);
	return 0;
}

/* Copies stop short instead of waiting for user memory while the lock is held. */
static size_t copy_out(struct twin *t, size_t pos, size_t count, struct iov_iter *to)
{
	size_t done = 0;

	pagefault_disable();
	while (done < count) {
		size_t offset = offset_in_page(pos + done);
		size_t n = min(count - done, PAGE_SIZE - offset);
		struct page *page = xa_load(&t->pages, (pos + done) >> PAGE_SHIFT);
		size_t copied = twin_copy_out(page, offset, n, to);

		done += copied;
		if (copied < n)
			break;
	}
	pagefault_enable();
	return done;
}

static size_t copy_in(struct twin *t, size_t pos, size_t count, struct iov_iter *from)
{
	size_t done = 0;

	pagefault_disable();
	while (done < count) {
		size_t offset = offset_in_page(pos + done);
		size_t n = min(count - done, PAGE_SIZE - offset);
		struct page *page = xa_load(&t->pages, (pos + done) >> PAGE_SHIFT);
		size_t copied = twin_copy_in(page, offset, n, from);

		done += copied;
		if (copied < n)
			break;
	}
	pagefault_enable();
	return done;
}

static void zero(struct twin *t, size_t pos, size_t count)
{
	while (count) {
		size_t offset = offset_in_page(pos);
		size_t n = min(count, PAGE_SIZE - offset);

		memset(page_address(xa_load(&t->pages, pos >> PAGE_SHIFT)) + offset, 0, n);
		pos += n;
		count -= n;
	}
}

/* Allocates all pages up to @end, so that a gap before a write can be read and mapped too. */
static int populate(struct twin *t, size_t end)
{
	unsigned long index = smp_load_acquire(&t->populated);
	struct page *page;
	int err;

	for (; index << PAGE_SHIFT < end; index++) {
		page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!page)
			return -ENOMEM;
		err = xa_insert(&t->pages, index, page, GFP_KERNEL_ACCOUNT);
		if (err)
			__free_page(page);
		if (err && err != -EBUSY)
			return err;
		/* Callers that race may lower it again, which is harmless. */
		smp_store_release(&t->populated, index + 1);
	}
	return 0;
}

static bool is_populated(struct twin *t, size_t end)
{
	return end <= smp_load_acquire(&t->populated) << PAGE_SHIFT;
}

static ssize_t twin_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct twin *t = iocb->ki_filp->private_data;
	size_t limit = iov_iter_count(to), want, done;
	int rounds = READ_ROUNDS, err;

	for (;;) {
		rounds--;
		err = lock_read(t, iocb->ki_flags & IOCB_NOWAIT);
		if (err)
			return err;
		want = 0;
		if (iocb->ki_pos < t->size)
			want = min(limit, t->size - (size_t)iocb->ki_pos);
		done = copy_out(t, iocb->ki_pos, want, to);
		up_read(&t->sem);
		if (done == want || (!rounds && done)) {
			iocb->ki_pos += done;
			atomic_long_inc(&t->reads);
			return done;
		}
		/* Restart from the beginning, so that the read does not see part of a write. */
		iov_iter_revert(to, done);
		limit = want - fault_in_iov_iter_writeable(to, want);
		if (!limit)
			return -EFAULT;
		/* Not at first: notifications of io_uring's count as signals, and it restarts no calls. */
		if (rounds < READ_ROUNDS - 1 && signal_pending(current))
			return -ERESTARTSYS;
	}
}

/* Adds the pages themselves to the pipe, as tmpfs does. */
static ssize_t twin_splice_read(struct file *file, loff_t *pos, struct pipe_inode_info *pipe, size_t count,
				unsigned int flags)
{
	struct twin *t = file->private_data;
	/* Pairs with smp_store_release() in twin_write_iter(): the pages are there, too. */
	size_t size = smp_load_acquire(&t->size), done = 0;
	ssize_t err = 0;

	count = *pos < size ? min(count, size - (size_t)*pos) : 0;
	while (done < count) {
		size_t offset = offset_in_page(*pos);
		struct pipe_buffer buffer = {
			.page = xa_load(&t->pages, *pos >> PAGE_SHIFT),
			.offset = offset,
			.len = min(count - done, PAGE_SIZE - offset),
			.ops = &nosteal_pipe_buf_ops,
		};

		get_page(buffer.page);
		err = add_to_pipe(pipe, &buffer);
		if (err < 0)
			break;
		*pos += err;
		done += err;
	}
	if (!done && err < 0)
		return err;
	atomic_long_inc(&t->reads);
	return done;
}

/* Notifies the subscribers, and unlocks. */
static void wrote(struct twin *t, size_t start, size_t length)
{
	struct twin_message message = { t, t->minor, start, length };
	struct twin_subscriber *subscriber;

	if (list_empty(&t->subscribers)) {
		up_write(&t->sem);
		return;
	}
	downgrade_write(&t->sem);
	list_for_each_entry(subscriber, &t->subscribers, list)
		subscriber->message(subscriber, &message);
	up_read(&t->sem);
}

static ssize_t twin_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct twin *t = iocb->ki_filp->private_data;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT, append = iocb->ki_flags & IOCB_APPEND, last;
	size_t budget = RETRY_BYTES, most = iov_iter_count(from), limit, want, done, end, room;
	loff_t pos;
	int err;

	if (!iov_iter_count(from)) {
		atomic_long_inc(&t->writes);
		return 0;
	}
	for (;;) {
		/*
		 * User and kernel memory is provided without the lock; the range is computed again
		 * under it.
		 */
		pos = append ? READ_ONCE(t->size) : iocb->ki_pos;
		room = READ_ONCE(t->capacity);
		if (pos >= room)
			return -ENOSPC;
		limit = min(most, room - (size_t)pos);
		limit -= fault_in_iov_iter_readable(from, limit);
		if (!limit)
			return -EFAULT;
		if (!nowait) {
			err = populate(t, pos + limit);
			if (err)
				return err;
		}
		err = lock_write(t, nowait);
		if (err)
			return err;
		if (append)
			pos = t->size;
		err = -ENOSPC;
		if (pos >= t->capacity)
			goto unlock;
		want = min(limit, t->capacity - (size_t)pos);
		err = -EAGAIN;
		if (nowait && !is_populated(t, pos + want))
			goto unlock;
		err = populate(t, pos + want);
		if (err)
			goto unlock;
		last = budget < want;
		budget -= min(budget, want);
		done = copy_in(t, pos, want, from);
		if (unlikely(done < want)) {
			/* An append is all or nothing; all bytes beyond the size are zero. */
			if (pos >= t->size && !last) {
				iov_iter_revert(from, done);
				done = 0;
			}
			end = max(t->size, (size_t)pos + done);
			if (end < pos + want)
				zero(t, end, pos + want - end);
		}
		if (done) {
			if (pos + done > t->size)
				smp_store_release(&t->size, pos + done);
			t->generation++;
			wrote(t, pos, done);
			iocb->ki_pos = pos + done;
			atomic_long_inc(&t->writes);
			return done;
		}
		up_write(&t->sem);
		if (signal_pending(current))
			return -ERESTARTSYS;
		/*
		 * Not even its first byte was resident, so the write goes on with a page at a time.
		 */
		if (last)
			most = min(most, PAGE_SIZE);
	}
unlock:
	up_write(&t->sem);
	return err;
}

static loff_t twin_llseek(struct file *file, loff_t offset, int whence)
{
	struct twin *t = file->private_data;

	return generic_file_llseek_size(file, offset, whence, LLONG_MAX, READ_ONCE(t->size));
}

static void clear(struct twin *t)
{
	down_write(&t->sem);
	if (t->size) {
		zero(t, 0, t->size);
		WRITE_ONCE(t->size, 0);
		t->generation++;
	}
	up_write(&t->sem);
}

static long set_capacity(struct twin *t, u64 wanted)
{
	long err = 0;

	if (!wanted || wanted > MAX_CAPACITY)
		return -EINVAL;
	down_write(&t->sem);
	if (wanted < t->size)
		err = -EINVAL;
	else if (wanted < t->capacity && wanted < atomic_long_read(&t->mapped))
		err = -EBUSY;
	else
		WRITE_ONCE(t->capacity, wanted);
	up_write(&t->sem);
	return err;
}

static long twin_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct twin *t = file->private_data;
	struct hello_capacity wanted;
	struct hello_info info;

	switch (command) {
	case HELLO_GET_INFO:
		down_read(&t->sem);
		info.size = t->size;
		info.capacity = t->capacity;
		info.generation = t->generation;
		up_read(&t->sem);
		info.open_files = atomic_long_read(&t->open_files);
		return copy_to_user((void __user *)argument, &info, sizeof(info)) ? -EFAULT : 0;
	case HELLO_CLEAR:
		if (!(file->f_mode & FMODE_WRITE))
			return -EBADF;
		clear(t);
		return 0;
	case HELLO_SET_CAPACITY:
		if (!(file->f_mode & FMODE_WRITE))
			return -EBADF;
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (copy_from_user(&wanted, (void __user *)argument, sizeof(wanted)))
			return -EFAULT;
		return set_capacity(t, wanted.capacity);
	}
	return -ENOTTY;
}

static vm_fault_t twin_fault(struct vm_fault *vmf)
{
	struct twin *t = vmf->vma->vm_private_data;
	struct page *page = xa_load(&t->pages, vmf->pgoff);
	long end = (vmf->pgoff + 1) << PAGE_SHIFT, old;

	if (!page)
		return VM_FAULT_SIGBUS;
	old = atomic_long_read(&t->mapped);
	while (old < end && !atomic_long_try_cmpxchg(&t->mapped, &old, end))
		;
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct twin_vm_operations = {
	.fault = twin_fault,
};

static int twin_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EACCES;
	vm_flags_mod(vma, VM_DONTEXPAND, VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &twin_vm_operations;
	vma->vm_private_data = file->private_data;
	return 0;
}

static int twin_open(struct inode *inode, struct file *file)
{
	struct twin *t = container_of(inode->i_cdev, struct twin, cdev);

	if (file->f_flags & O_DIRECT)
		return -EINVAL;
	file->private_data = t;
	file->f_mode |= FMODE_ATOMIC_POS | FMODE_NOWAIT;
	if ((file->f_flags & O_TRUNC) && (file->f_mode & FMODE_WRITE))
		clear(t);
	atomic_long_inc(&t->open_files);
	atomic_long_inc(&t->opens);
	return 0;
}

static int twin_release(struct inode *inode, struct file *file)
{
	struct twin *t = file->private_data;

	atomic_long_dec(&t->open_files);
	return 0;
}

static int twin_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

static void twin_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct twin *t = file->private_data;

	seq_printf(m, "minor:\t%u\n", t->minor);
}

static const struct file_operations twin_operations = {
	.owner = THIS_MODULE,
	.open = twin_open,
	.release = twin_release,
	.read_iter = twin_read_iter,
	.write_iter = twin_write_iter,
	.splice_read = twin_splice_read,
	.splice_write = iter_file_splice_write,
	.llseek = twin_llseek,
	.fsync = twin_fsync,
	.unlocked_ioctl = twin_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = twin_mmap,
	.show_fdinfo = twin_show_fdinfo,
};

#define ATTRIBUTE(name, value)									\
static ssize_t name##_show(struct device *device, struct device_attribute *attribute, char *buffer) \
{												\
	struct twin *t = dev_get_drvdata(device);						\
	u64 v;											\
												\
	down_read(&t->sem);									\
	v = (value);										\
	up_read(&t->sem);									\
	return sysfs_emit(buffer, "%llu\n", v);							\
}												\
static struct device_attribute attribute_##name = __ATTR_RO(name)

ATTRIBUTE(size, t->size);
ATTRIBUTE(capacity, t->capacity);
ATTRIBUTE(generation, t->generation);
ATTRIBUTE(opens, atomic_long_read(&t->opens));
ATTRIBUTE(reads, atomic_long_read(&t->reads));
ATTRIBUTE(writes, atomic_long_read(&t->writes));

static struct attribute *twin_attrs[] = {
	&attribute_size.attr,
	&attribute_capacity.attr,
	&attribute_generation.attr,
	&attribute_opens.attr,
	&attribute_reads.attr,
	&attribute_writes.attr,
	NULL,
};
ATTRIBUTE_GROUPS(twin);

static char *twin_devnode(const struct device *device, umode_t *mode)
{
	if (mode)
		*mode = 0600;
	return NULL;
}

unsigned int TWIN(devices)(void);
unsigned int TWIN(devices)(void)
{
	return devices;
}
EXPORT_SYMBOL_GPL(TWIN(devices));

int TWIN(subscribe)(unsigned int minor, struct twin_subscriber *subscriber);
int TWIN(subscribe)(unsigned int minor, struct twin_subscriber *subscriber)
{
	if (minor >= devices)
		return -ENODEV;
	down_write(&twins[minor].sem);
	list_add(&subscriber->list, &twins[minor].subscribers);
	up_write(&twins[minor].sem);
	return 0;
}
EXPORT_SYMBOL_GPL(TWIN(subscribe));

void TWIN(unsubscribe)(unsigned int minor, struct twin_subscriber *subscriber);
void TWIN(unsubscribe)(unsigned int minor, struct twin_subscriber *subscriber)
{
	down_write(&twins[minor].sem);
	list_del(&subscriber->list);
	up_write(&twins[minor].sem);
}
EXPORT_SYMBOL_GPL(TWIN(unsubscribe));

void TWIN(message_read)(const struct twin_message *message, size_t offset, void *buffer, size_t count);
void TWIN(message_read)(const struct twin_message *message, size_t offset, void *buffer, size_t count)
{
	struct xarray *pages = &message->device->pages;
	size_t pos = message->start + offset;

	while (count) {
		size_t n = min(count, PAGE_SIZE - offset_in_page(pos));

		memcpy(buffer, page_address(xa_load(pages, pos >> PAGE_SHIFT)) + offset_in_page(pos), n);
		buffer += n;
		pos += n;
		count -= n;
	}
}
EXPORT_SYMBOL_GPL(TWIN(message_read));

static void remove(struct twin *t)
{
	struct page *page;
	unsigned long index;

	if (t->device) {
		cdev_del(&t->cdev);
		device_destroy(twin_class, first + t->minor);
	}
	xa_for_each(&t->pages, index, page)
		__free_page(page);
	xa_destroy(&t->pages);
}

static int add(struct twin *t, unsigned int minor)
{
	size_t length = min(strlen(GREETING), (size_t)capacity);
	int err;

	t->minor = minor;
	t->capacity = capacity;
	init_rwsem(&t->sem);
	xa_init_flags(&t->pages, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&t->subscribers);
	err = populate(t, length);
	if (err)
		return err;
	memcpy(page_address(xa_load(&t->pages, 0)), GREETING, length);
	t->size = length;
	t->device = device_create_with_groups(twin_class, NULL, first + minor, t, twin_groups,
					      "%s%u", name, minor);
	if (IS_ERR(t->device)) {
		err = PTR_ERR(t->device);
		t->device = NULL;
		return err;
	}
	cdev_init(&t->cdev, &twin_operations);
	t->cdev.owner = THIS_MODULE;
	err = cdev_add(&t->cdev, first + minor, 1);
	if (err) {
		device_destroy(twin_class, first + minor);
		t->device = NULL;
	}
	return err;
}

static int __init twin_init(void)
{
	unsigned int i;
	int err;

	if (!devices || devices > 256 || !capacity || capacity > MAX_CAPACITY)
		return -EINVAL;
	err = alloc_chrdev_region(&first, 0, devices, name);
	if (err)
		return err;
	err = -ENOMEM;
	twins = kcalloc(devices, sizeof(*twins), GFP_KERNEL);
	if (!twins)
		goto region;
	twin_class = class_create(name);
	err = PTR_ERR_OR_ZERO(twin_class);
	if (err)
		goto memory;
	twin_class->devnode = twin_devnode;
	for (i = 0; i < devices; i++) {
		err = add(&twins[i], i);
		if (err)
			goto added;
	}
	pr_info("Hello, world\n");
	return 0;
added:
	do
		remove(&twins[i]);
	while (i--);
	class_destroy(twin_class);
memory:
	kfree(twins);
region:
	unregister_chrdev_region(first, devices);
	return err;
}

static void __exit twin_exit(void)
{
	unsigned int i;

	for (i = 0; i < devices; i++)
		remove(&twins[i]);
	class_destroy(twin_class);
	kfree(twins);
	unregister_chrdev_region(first, devices);
	pr_info("Goodbye\n");
}

module_init(twin_init);
module_exit(twin_exit);
MODULE_DESCRIPTION("hello.ko in C, to compare with");
MODULE_LICENSE("GPL");
