// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to a disk as other kernel code can, such as the device mapper: nothing looks whether the
 * disk is read-only. The load fails with the error of the write.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

static char *disk = "";
module_param(disk, charp, 0);
MODULE_PARM_DESC(disk, "File name of the disk");

static int __init disk_write_init(void)
{
	struct file *file;
	void *sector;
	dev_t number;
	int error;

	error = lookup_bdev(disk, &number);
	if (error)
		return error;
	file = bdev_file_open_by_dev(number, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	sector = kzalloc(SECTOR_SIZE, GFP_KERNEL);
	error = sector ? bdev_rw_virt(file_bdev(file), 0, sector, SECTOR_SIZE, REQ_OP_WRITE) : -ENOMEM;
	kfree(sector);
	bdev_fput(file);
	return error;
}

static void __exit disk_write_exit(void)
{
}

module_init(disk_write_init);
module_exit(disk_write_exit);

MODULE_DESCRIPTION("Writes to a disk");
MODULE_LICENSE("GPL");
