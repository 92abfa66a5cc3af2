// SPDX-License-Identifier: GPL-2.0
/*
 * A textbook character device, like scull in Linux Device Drivers (3rd edition): a mutex, a
 * vmalloc'd buffer, ->read and ->write with copy_to_user() under the mutex.
 *
 * It does less than hello: a reader whose page is missing blocks all others, a failed copy leaves
 * half a write behind, its capacity cannot be set, and it does not support RWF_NOWAIT, splice or
 * subscribers.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "hello.h"

#define COUNT 4
#define CAPACITY 65536

struct naive {
	char *data;
	size_t size;
	u64 generation;
	unsigned long open_files;
	struct mutex lock;
	struct cdev cdev;
};

static struct naive naives[COUNT];
static dev_t first;
static struct class *naive_class;

static int naive_open(struct inode *inode, struct file *file)
{
	struct naive *d = container_of(inode->i_cdev, struct naive, cdev);

	file->private_data = d;
	if (mutex_lock_interruptible(&d->lock))
		return -ERESTARTSYS;
	if ((file->f_flags & O_ACCMODE) == O_WRONLY && (file->f_flags & O_TRUNC)) {
		memset(d->data, 0, d->size);
		d->size = 0;
	}
	d->open_files++;
	mutex_unlock(&d->lock);
	return 0;
}

static int naive_release(struct inode *inode, struct file *file)
{
	struct naive *d = file->private_data;

	mutex_lock(&d->lock);
	d->open_files--;
	mutex_unlock(&d->lock);
	return 0;
}

static ssize_t naive_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct naive *d = file->private_data;
	ssize_t ret = 0;

	if (mutex_lock_interruptible(&d->lock))
		return -ERESTARTSYS;
	if (*pos >= d->size)
		goto out;
	if (count > d->size - *pos)
		count = d->size - *pos;
	if (copy_to_user(buf, d->data + *pos, count)) {
		ret = -EFAULT;
		goto out;
	}
	*pos += count;
	ret = count;
out:
	mutex_unlock(&d->lock);
	return ret;
}

static ssize_t naive_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct naive *d = file->private_data;
	ssize_t ret = -ENOSPC;

	if (mutex_lock_interruptible(&d->lock))
		return -ERESTARTSYS;
	if (file->f_flags & O_APPEND)
		*pos = d->size;
	if (*pos >= CAPACITY)
		goto out;
	if (count > CAPACITY - *pos)
		count = CAPACITY - *pos;
	if (copy_from_user(d->data + *pos, buf, count)) {
		ret = -EFAULT;
		goto out;
	}
	*pos += count;
	if (d->size < *pos)
		d->size = *pos;
	d->generation++;
	ret = count;
out:
	mutex_unlock(&d->lock);
	return ret;
}

static loff_t naive_llseek(struct file *file, loff_t offset, int whence)
{
	struct naive *d = file->private_data;
	loff_t pos;

	switch (whence) {
	case SEEK_SET: pos = offset; break;
	case SEEK_CUR: pos = file->f_pos + offset; break;
	case SEEK_END: pos = d->size + offset; break;
	default: return -EINVAL;
	}
	if (pos < 0)
		return -EINVAL;
	file->f_pos = pos;
	return pos;
}

static long naive_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct naive *d = file->private_data;
	struct hello_info info = {};

	if (cmd != HELLO_GET_INFO)
		return -ENOTTY;
	if (mutex_lock_interruptible(&d->lock))
		return -ERESTARTSYS;
	info.size = d->size;
	info.capacity = CAPACITY;
	info.generation = d->generation;
	info.open_files = d->open_files;
	mutex_unlock(&d->lock);
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int naive_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct naive *d = file->private_data;

	return remap_vmalloc_range(vma, d->data, vma->vm_pgoff);
}

static const struct file_operations naive_fops = {
	.owner = THIS_MODULE,
	.open = naive_open,
	.release = naive_release,
	.read = naive_read,
	.write = naive_write,
	.llseek = naive_llseek,
	.unlocked_ioctl = naive_ioctl,
	.mmap = naive_mmap,
};

static void naive_cleanup(void)
{
	int i;

	for (i = 0; i < COUNT; i++) {
		if (!naives[i].data)
			break;
		device_destroy(naive_class, first + i);
		cdev_del(&naives[i].cdev);
		vfree(naives[i].data);
	}
	class_destroy(naive_class);
	unregister_chrdev_region(first, COUNT);
}

static int naive_add(struct naive *d, dev_t number)
{
	struct device *device;
	int err;

	mutex_init(&d->lock);
	d->data = vmalloc_user(CAPACITY);
	if (!d->data)
		return -ENOMEM;
	cdev_init(&d->cdev, &naive_fops);
	d->cdev.owner = THIS_MODULE;
	err = cdev_add(&d->cdev, number, 1);
	if (err)
		goto free;
	device = device_create(naive_class, NULL, number, NULL, "naive%d", MINOR(number));
	err = PTR_ERR_OR_ZERO(device);
	if (!err)
		return 0;
	cdev_del(&d->cdev);
free:
	vfree(d->data);
	d->data = NULL;
	return err;
}

static int __init naive_init(void)
{
	int i, err;

	err = alloc_chrdev_region(&first, 0, COUNT, "naive");
	if (err)
		return err;
	naive_class = class_create("naive");
	if (IS_ERR(naive_class)) {
		unregister_chrdev_region(first, COUNT);
		return PTR_ERR(naive_class);
	}
	for (i = 0; i < COUNT; i++) {
		err = naive_add(&naives[i], first + i);
		if (err) {
			naive_cleanup();
			return err;
		}
	}
	return 0;
}

module_init(naive_init);
module_exit(naive_cleanup);
MODULE_DESCRIPTION("A textbook character device, to compare with");
MODULE_LICENSE("GPL");
