/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the kernel that blkdev needs and Rust's bindings lack: inline functions, and constants
 * that are casts. bindgen reads this file, so it includes no kernel headers; helpers.c checks it
 * against the kernel's headers.
 */
#ifndef BLKDEV_HELPERS_H
#define BLKDEV_HELPERS_H

#define BLKDEV_FEAT_WRITE_CACHE 0x1u
#define BLKDEV_FEAT_FUA 0x2u

struct device;
struct gendisk;
struct request;

void blkdev_for_each_segment(struct request *request, void *context,
			     _Bool (*f)(void *context, void *bytes, unsigned int length));
void blkdev_memcpy(void *to, const void *from, __SIZE_TYPE__ length);
void blkdev_memzero(void *to, __SIZE_TYPE__ length);
unsigned long blkdev_total_ram_pages(void);
void blkdev_synchronize_preempted(void);
void blkdev_wait_for_readers(struct gendisk *disk);
struct gendisk *blkdev_device_to_disk(struct device *device);

#endif
