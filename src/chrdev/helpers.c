// SPDX-License-Identifier: GPL-2.0
/*
 * The parts of chrdev that only C can implement. Each module has its own copy, and none of it is
 * exported.
 */
#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fault-inject-usercopy.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/instrumented.h>
#include <linux/iov_iter.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pipe_fs_i.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "helpers.h"

static_assert(CHRDEV_FMODE_READ == (__force unsigned int)FMODE_READ);
static_assert(CHRDEV_FMODE_WRITE == (__force unsigned int)FMODE_WRITE);
static_assert(CHRDEV_FMODE_PREAD == (__force unsigned int)FMODE_PREAD);
static_assert(CHRDEV_FMODE_ATOMIC_POS == (__force unsigned int)FMODE_ATOMIC_POS);
static_assert(CHRDEV_FMODE_STREAM == (__force unsigned int)FMODE_STREAM);
static_assert(CHRDEV_FMODE_NOWAIT == (__force unsigned int)FMODE_NOWAIT);
static_assert(CHRDEV_IOCB_APPEND == IOCB_APPEND);
static_assert(CHRDEV_IOCB_NOWAIT == IOCB_NOWAIT);
static_assert(CHRDEV_EPOLLIN == (__force unsigned int)EPOLLIN);
static_assert(CHRDEV_EPOLLPRI == (__force unsigned int)EPOLLPRI);
static_assert(CHRDEV_EPOLLOUT == (__force unsigned int)EPOLLOUT);
static_assert(CHRDEV_EPOLLERR == (__force unsigned int)EPOLLERR);
static_assert(CHRDEV_EPOLLHUP == (__force unsigned int)EPOLLHUP);
static_assert(CHRDEV_EPOLLRDNORM == (__force unsigned int)EPOLLRDNORM);
static_assert(CHRDEV_EPOLLWRNORM == (__force unsigned int)EPOLLWRNORM);
static_assert(CHRDEV_EPOLLMSG == (__force unsigned int)EPOLLMSG);
static_assert(CHRDEV_EPOLLRDHUP == (__force unsigned int)EPOLLRDHUP);

static DEFINE_MUTEX(chrdev_mutex);

static __always_inline size_t copy_to_user_buffer(void __user *to, size_t progress, size_t length,
						  void *from, void *unused)
{
	if (should_fail_usercopy() || !access_ok(to, length))
		return length;
	instrument_copy_to_user(to, from + progress, length);
	return raw_copy_to_user(to, from + progress, length);
}

static __always_inline size_t copy_from_user_buffer(void __user *from, size_t progress, size_t length,
						    void *to, void *unused)
{
	size_t missing;

	if (should_fail_usercopy())
		return length;
	if (can_do_masked_user_access()) {
		from = mask_user_address(from);
	} else {
		if (!access_ok(from, length))
			return length;
		/* Prevent speculation with a bad address. */
		barrier_nospec();
	}
	instrument_copy_from_user_before(to + progress, from, length);
	missing = raw_copy_from_user(to + progress, from, length);
	instrument_copy_from_user_after(to + progress, from, length, missing);
	return missing;
}

/*
 * Most calls have a single user buffer: _copy_to_iter() spends half of a small copy on finding that
 * out and on supporting all other kinds.
 */
static __always_inline size_t copy_to_iter_inline(const void *from, size_t length, struct iov_iter *to)
{
	if (likely(iter_is_ubuf(to)))
		return iterate_ubuf(to, min(length, iov_iter_count(to)), (void *)from, NULL,
				    copy_to_user_buffer);
	return _copy_to_iter(from, length, to);
}

size_t chrdev_copy_to_iter(const void *from, size_t length, struct iov_iter *to)
{
	if (user_backed_iter(to))
		might_fault();
	return copy_to_iter_inline(from, length, to);
}

/* Page faults are disabled, so copies stop short instead of sleeping. */
size_t chrdev_copy_to_iter_nofault(const void *from, size_t length, struct iov_iter *to)
{
	size_t copied;

	pagefault_disable();
	copied = copy_to_iter_inline(from, length, to);
	pagefault_enable();
	return copied;
}

size_t chrdev_copy_from_iter_nofault(void *to, size_t length, struct iov_iter *from)
{
	size_t copied;

	pagefault_disable();
	if (likely(iter_is_ubuf(from)))
		copied = iterate_ubuf(from, min(length, iov_iter_count(from)), to, NULL, copy_from_user_buffer);
	else
		copied = _copy_from_iter(to, length, from);
	pagefault_enable();
	return copied;
}

bool chrdev_iter_is_on_one_page(const struct iov_iter *iter)
{
	return iter_is_ubuf(iter) &&
	       offset_in_page(iter->ubuf + iter->iov_offset) + iov_iter_count(iter) <= PAGE_SIZE;
}

bool chrdev_seqcount_try_begin(const struct seqcount *count, unsigned int *start)
{
	if (raw_seqcount_try_begin(count, *start))
		return true;
	/* raw_seqcount_try_begin() has told KCSAN that a read begins; this ends it. */
	read_seqcount_retry(count, *start);
	return false;
}

bool chrdev_seqcount_retry(const struct seqcount *count, unsigned int start)
{
	return read_seqcount_retry(count, start);
}

void chrdev_seqcount_write_begin(struct seqcount *count)
{
	raw_write_seqcount_begin(count);
}

void chrdev_seqcount_write_end(struct seqcount *count)
{
	raw_write_seqcount_end(count);
}

void *chrdev_page_address(const struct page *page)
{
	return page_address(page);
}

void *chrdev_zero_page_address(void)
{
	return page_address(ZERO_PAGE(0));
}

void chrdev_lock(void)
{
	mutex_lock(&chrdev_mutex);
}

void chrdev_unlock(void)
{
	mutex_unlock(&chrdev_mutex);
}

static char *devnode(const struct device *device, umode_t *mode, kuid_t *uid,
		     kgid_t *gid)
{
	const struct chrdev_node *node = dev_get_drvdata(device);

	if (mode)
		*mode = node->mode;
	if (uid)
		*uid = KUIDT_INIT(node->uid);
	if (gid)
		*gid = KGIDT_INIT(node->gid);
	return NULL;
}

static int uevent(const struct device *device, struct kobj_uevent_env *env)
{
	const struct chrdev_node *node = dev_get_drvdata(device);
	size_t offset;
	int error = 0;

	for (offset = 0; offset < node->length && !error;
	     offset += strlen(node->variables + offset) + 1)
		error = add_uevent_var(env, "%s", node->variables + offset);
	return error;
}

static const struct device_type device_type = {
	.devnode = devnode,
	.uevent = uevent,
};

static umode_t prepare(struct kobject *kobj, struct attribute *attribute,
		       int index)
{
	kobj_to_dev(kobj)->type = &device_type;
	dev_set_uevent_suppress(kobj_to_dev(kobj), true);
	return 0;
}

/*
 * Creates a device with a type, and without sending its uevent. Its data begins with a struct
 * chrdev_node.
 *
 * The type can be set, and uevents suppressed, only between device_initialize() and device_add(),
 * which device_create() does in one step. It queries the visibility of attributes before it creates
 * the node and sends the uevent, so a group with one attribute that is never visible provides the
 * hook. Initializing the device here instead would need a release function in this module, which
 * may be called after the module is freed.
 */
struct device *chrdev_device_create(const struct class *class,
				    struct device *parent, dev_t devt,
				    void *data, const char *name,
				    unsigned int minor)
{
	static struct attribute invisible = { .name = "invisible" };
	static struct attribute *attributes[] = { &invisible, NULL };
	static const struct attribute_group group = {
		.is_visible = prepare,
		.attrs = attributes,
	};
	static const struct attribute_group *groups[] = { &group, NULL };

	return device_create_with_groups(class, parent, devt, data, groups,
					 name, minor);
}

/* Resets the type, since it belongs to this module, which the device can outlive. */
void chrdev_device_del(struct device *device)
{
	device_del(device);
	/*
	 * System suspend reads the type under the lock, except in its late phases, when only
	 * threads that are not frozen run.
	 */
	device_lock(device);
	device->type = NULL;
	device_unlock(device);
}

/*
 * Returns -ENAMETOOLONG if the device lies so deep in sysfs that its path would not leave enough
 * room for the rest of a uevent: add_uevent_var() warns then.
 */
int chrdev_device_check_path(struct device *device)
{
	char *path = kobject_get_path(&device->kobj, GFP_KERNEL);
	int error = 0;

	if (!path)
		return -ENOMEM;
	if (strlen(path) > UEVENT_BUFFER_SIZE / 2)
		error = -ENAMETOOLONG;
	kfree(path);
	return error;
}

/* Sends the uevent that chrdev_device_create() has suppressed. */
void chrdev_device_announce(struct device *device)
{
	dev_set_uevent_suppress(device, false);
	/* device_add() ignores its errors as well. */
	kobject_uevent(&device->kobj, KOBJ_ADD);
}

/*
 * Adds a cdev for a device, to which it keeps a reference. Opens fail with ENXIO until it has
 * operations. The caller gets a reference, which chrdev_cdev_del() drops.
 */
struct cdev *chrdev_cdev_add(struct device *device, dev_t devt,
			     struct module *owner)
{
	struct cdev *cdev = cdev_alloc();
	int error;

	if (!cdev)
		return ERR_PTR(-ENOMEM);
	cdev->owner = owner;
	cdev_set_parent(cdev, &device->kobj);
	error = cdev_add(cdev, devt, 1);
	if (error) {
		/* Only a cdev that was added has a reference to its parent. */
		cdev->kobj.parent = NULL;
		kobject_put(&cdev->kobj);
		return ERR_PTR(error);
	}
	kobject_get(&cdev->kobj);
	return cdev;
}

void chrdev_cdev_set_ops(struct cdev *cdev,
			 const struct file_operations *operations)
{
	smp_store_release(&cdev->ops, operations);
}

/*
 * Deletes a cdev, and drops the reference of chrdev_cdev_add(). Inodes that were opened before
 * point to it until the last open in progress ends.
 */
void chrdev_cdev_del(struct cdev *cdev)
{
	cdev_del(cdev);
	kobject_put(&cdev->kobj);
}

/*
 * Waits for opens in progress when init has failed and all devices are removed, since the module is
 * freed despite references to it. An open drops its reference to the module after that to the cdev,
 * so when init's reference is the only one, the cdevs are released, and no inode points to one any
 * more. (CONFIG_DEBUG_KOBJECT_RELEASE delays the release, so there this does not hold, as with any
 * cdev.) There is no event to wait for.
 */
void chrdev_wait_for_opens(struct module *module)
{
#ifdef CONFIG_MODULE_UNLOAD
	while (module_refcount(module) > 1)
		msleep(1);
#endif
}

struct device *chrdev_inode_device(const struct inode *inode)
{
	return kobj_to_dev(inode->i_cdev->kobj.parent);
}

void chrdev_ida_init(struct ida *ida)
{
	ida_init(ida);
}

void chrdev_xa_init(struct xarray *array)
{
	xa_init_flags(array, XA_FLAGS_ACCOUNT);
}

bool chrdev_signal_pending_state(unsigned int state)
{
	return signal_pending_state(state, current);
}

void chrdev_init_wait(struct wait_queue_entry *entry)
{
	init_waitqueue_func_entry(entry, woken_wake_function);
	entry->private = current;
}

int chrdev_xa_insert(struct xarray *array, unsigned long index, void *entry)
{
	return xa_insert(array, index, entry, GFP_KERNEL_ACCOUNT);
}

struct page *chrdev_get_page(const void *address)
{
	struct page *page = virt_to_page(address);

	get_page(page);
	return page;
}

/* Adds the page itself, so later writes to the page are visible until the pipe is read. */
ssize_t chrdev_add_to_pipe(struct pipe_inode_info *pipe, const void *address,
			   unsigned int offset, unsigned int length)
{
	struct pipe_buffer buffer = {
		.page = virt_to_page(address),
		.offset = offset,
		.len = length,
		/* The page stays ours: it cannot be moved into a file. */
		.ops = &nosteal_pipe_buf_ops,
	};

	get_page(buffer.page);
	return add_to_pipe(pipe, &buffer);
}

void chrdev_memcpy(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
}

void chrdev_memzero(void *to, size_t length)
{
	memset(to, 0, length);
}
