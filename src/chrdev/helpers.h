/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the kernel that chrdev needs and the bindings of the kernel crate lack: inline
 * functions, constants that are casts, and fields of structs that are opaque there. bindgen
 * generates the Rust side from this file, so it includes no kernel headers; helpers.c checks each
 * line against the kernel's headers.
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
#define CHRDEV_EPOLLPRI 0x2u
#define CHRDEV_EPOLLOUT 0x4u
#define CHRDEV_EPOLLERR 0x8u
#define CHRDEV_EPOLLHUP 0x10u
#define CHRDEV_EPOLLRDNORM 0x40u
#define CHRDEV_EPOLLWRNORM 0x100u
#define CHRDEV_EPOLLMSG 0x400u
#define CHRDEV_EPOLLRDHUP 0x2000u

struct cdev;
struct class;
struct device;
struct file_operations;
struct ida;
struct inode;
struct iov_iter;
struct module;
struct page;
struct pipe_inode_info;
struct seqcount;
struct wait_queue_entry;
struct xarray;

/* The values that the driver core queries: the beginning of the device's data. */
struct chrdev_node {
	/* The variables for uevents: NAME=VALUE, each terminated by a zero byte. */
	const char *variables;
	__SIZE_TYPE__ length;
	unsigned short mode;
	unsigned int uid;
	unsigned int gid;
};

__SIZE_TYPE__ chrdev_copy_to_iter(const void *from, __SIZE_TYPE__ length, struct iov_iter *to);
__SIZE_TYPE__ chrdev_copy_to_iter_nofault(const void *from, __SIZE_TYPE__ length, struct iov_iter *to);
__SIZE_TYPE__ chrdev_copy_from_iter_nofault(void *to, __SIZE_TYPE__ length, struct iov_iter *from);
_Bool chrdev_iter_is_on_one_page(const struct iov_iter *iter);
_Bool chrdev_seqcount_try_begin(const struct seqcount *count, unsigned int *start);
_Bool chrdev_seqcount_retry(const struct seqcount *count, unsigned int start);
void chrdev_seqcount_write_begin(struct seqcount *count);
void chrdev_seqcount_write_end(struct seqcount *count);
void chrdev_lock(void);
void chrdev_unlock(void);
struct device *chrdev_device_create(const struct class *class,
				    struct device *parent, unsigned int devt,
				    void *data, const char *name,
				    unsigned int minor);
void chrdev_device_del(struct device *device);
int chrdev_device_check_path(struct device *device);
void chrdev_device_announce(struct device *device);
struct cdev *chrdev_cdev_add(struct device *device, unsigned int devt,
			     struct module *owner);
void chrdev_cdev_set_ops(struct cdev *cdev,
			 const struct file_operations *operations);
void chrdev_cdev_del(struct cdev *cdev);
void chrdev_wait_for_opens(struct module *module);
struct device *chrdev_inode_device(const struct inode *inode);
void chrdev_ida_init(struct ida *ida);
void *chrdev_page_address(const struct page *page);
void *chrdev_zero_page_address(void);
void chrdev_xa_init(struct xarray *array);
_Bool chrdev_signal_pending_state(unsigned int state);
void chrdev_init_wait(struct wait_queue_entry *entry);
int chrdev_xa_insert(struct xarray *array, unsigned long index, void *entry);
struct page *chrdev_get_page(const void *address);
long chrdev_add_to_pipe(struct pipe_inode_info *pipe, const void *address,
			unsigned int offset, unsigned int length);
void chrdev_memcpy(void *to, const void *from, __SIZE_TYPE__ length);
void chrdev_memzero(void *to, __SIZE_TYPE__ length);

#endif
