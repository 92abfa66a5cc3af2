// SPDX-License-Identifier: GPL-2.0
/*
 * The part of chrdev that only C can reach. Nothing of it is exported: a name of C is the same in each
 * build, and would tie a module to a hello.ko that it was not built against. So what is compiled into
 * other modules, generic and inlined, calls a function of the crate that is neither.
 */
#include <linux/capability.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
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
static_assert(CHRDEV_EPOLLOUT == (__force unsigned int)EPOLLOUT);
static_assert(CHRDEV_EPOLLERR == (__force unsigned int)EPOLLERR);
static_assert(CHRDEV_EPOLLHUP == (__force unsigned int)EPOLLHUP);
static_assert(CHRDEV_EPOLLRDNORM == (__force unsigned int)EPOLLRDNORM);
static_assert(CHRDEV_EPOLLWRNORM == (__force unsigned int)EPOLLWRNORM);

static DEFINE_MUTEX(table_mutex);

void chrdev_pagefault_disable(void)
{
	pagefault_disable();
}

void chrdev_pagefault_enable(void)
{
	pagefault_enable();
}

struct cdev *chrdev_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}

void *chrdev_page_address(const struct page *page)
{
	return page_address(page);
}

void chrdev_table_lock(void)
{
	mutex_lock(&table_mutex);
}

void chrdev_table_unlock(void)
{
	mutex_unlock(&table_mutex);
}

void chrdev_xa_init(struct xarray *array)
{
	xa_init_flags(array, XA_FLAGS_ACCOUNT);
}

void chrdev_init_wait(struct wait_queue_entry *entry)
{
	init_waitqueue_func_entry(entry, woken_wake_function);
	entry->private = current;
}

int chrdev_xa_add(struct xarray *array, unsigned long index, void *entry)
{
	return xa_insert(array, index, entry, GFP_KERNEL_ACCOUNT);
}

void chrdev_get_page(struct page *page)
{
	get_page(page);
}

void chrdev_copy(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
}

void chrdev_clear(void *to, size_t length)
{
	memset(to, 0, length);
}

struct vm_area_struct *chrdev_fault_vma(const struct vm_fault *fault)
{
	return fault->vma;
}

unsigned long chrdev_fault_index(const struct vm_fault *fault)
{
	return fault->pgoff;
}

void chrdev_attribute_init(struct device_attribute *attribute, const char *name,
			   ssize_t (*show)(struct device *device,
					   struct device_attribute *attribute,
					   char *buffer))
{
	sysfs_attr_init(&attribute->attr);
	attribute->attr.name = name;
	attribute->attr.mode = 0444;
	attribute->show = show;
}

void chrdev_group_init(struct attribute_group *group,
		       struct attribute **attributes)
{
	group->attrs = attributes;
}

bool chrdev_may_administer(void)
{
	return capable(CAP_SYS_ADMIN);
}
