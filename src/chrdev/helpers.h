/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What chrdev needs of the kernel and Rust's bindings do not carry: inline functions, and constants
 * that are casts. bindgen makes the Rust side from this file, so nothing of the kernel is included
 * here; helpers.c holds each line against the kernel's own headers.
 */
#ifndef CHRDEV_HELPERS_H
#define CHRDEV_HELPERS_H

#define CHRDEV_FMODE_READ 0x1u
#define CHRDEV_FMODE_WRITE 0x2u
#define CHRDEV_FMODE_PREAD 0x8u
#define CHRDEV_FMODE_ATOMIC_POS 0x8000u
#define CHRDEV_FMODE_STREAM 0x200000u
#define CHRDEV_FMODE_NOWAIT 0x8000000u

#define CHRDEV_IOCB_APPEND 0x10
#define CHRDEV_IOCB_NOWAIT 0x8

#define CHRDEV_EPOLLIN 0x1u
#define CHRDEV_EPOLLOUT 0x4u
#define CHRDEV_EPOLLERR 0x8u
#define CHRDEV_EPOLLHUP 0x10u
#define CHRDEV_EPOLLRDNORM 0x40u
#define CHRDEV_EPOLLWRNORM 0x100u

struct attribute;
struct attribute_group;
struct cdev;
struct device;
struct device_attribute;
struct inode;
struct page;
struct vm_area_struct;
struct vm_fault;
struct wait_queue_entry;
struct xarray;

void chrdev_pagefault_disable(void);
void chrdev_pagefault_enable(void);
struct cdev *chrdev_inode_cdev(const struct inode *inode);
void *chrdev_page_address(const struct page *page);
void chrdev_table_lock(void);
void chrdev_table_unlock(void);
void chrdev_xa_init(struct xarray *array);
void chrdev_init_wait(struct wait_queue_entry *entry);
int chrdev_xa_add(struct xarray *array, unsigned long index, void *entry);
void chrdev_get_page(struct page *page);
void chrdev_copy(void *to, const void *from, __SIZE_TYPE__ length);
void chrdev_clear(void *to, __SIZE_TYPE__ length);
struct vm_area_struct *chrdev_fault_vma(const struct vm_fault *fault);
unsigned long chrdev_fault_index(const struct vm_fault *fault);
void chrdev_attribute_init(struct device_attribute *attribute, const char *name,
			   long (*show)(struct device *device,
					struct device_attribute *attribute,
					char *buffer));
void chrdev_group_init(struct attribute_group *group,
		       struct attribute **attributes);
_Bool chrdev_may_administer(void);

#endif
