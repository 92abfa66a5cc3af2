// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "helpers.h"

static_assert(BLKDEV_FEAT_WRITE_CACHE == (__force unsigned int)BLK_FEAT_WRITE_CACHE);
static_assert(BLKDEV_FEAT_FUA == (__force unsigned int)BLK_FEAT_FUA);

/*
 * Each segment lies in one page, and is mapped while f runs; f must not sleep. Stops when f returns
 * false.
 */
void blkdev_for_each_segment(struct request *request, void *context,
			     bool (*f)(void *context, void *bytes, unsigned int length))
{
	struct req_iterator iterator;
	struct bio_vec segment;

	rq_for_each_segment(segment, request, iterator) {
		void *bytes = bvec_kmap_local(&segment);
		bool more = f(context, bytes, segment.bv_len);

		kunmap_local(bytes);
		if (!more)
			return;
	}
}

/*
 * Userspace may write to one side concurrently. C's memory model leaves the result to the hardware.
 */
void blkdev_memcpy(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
}

void blkdev_memzero(void *to, size_t length)
{
	memset(to, 0, length);
}

unsigned long blkdev_total_ram_pages(void)
{
	return totalram_pages();
}

/*
 * Waits until every task that is currently preempted has slept or returned to user space, so that
 * none remains in a function of the module that does not sleep.
 */
void blkdev_synchronize_preempted(void)
{
#if defined(CONFIG_PREEMPTION) && !defined(CONFIG_TASKS_RCU)
#error "blkdev needs CONFIG_TASKS_RCU, which CONFIG_KPROBES selects"
#endif
	synchronize_rcu_tasks();
}

/*
 * Waits until nobody else holds a reference to a disk that the block layer refused: it may have
 * been on the list of block devices briefly, where readers of /proc/diskstats could find it. They
 * no longer can. Its release uses the tag set but is not announced, since free_disk is only called
 * for disks that were added.
 */
void blkdev_wait_for_readers(struct gendisk *disk)
{
	while (kref_read(&disk_to_dev(disk)->kobj.kref) > 1)
		msleep(1);
}

struct gendisk *blkdev_device_to_disk(struct device *device)
{
	return dev_to_disk(device);
}
