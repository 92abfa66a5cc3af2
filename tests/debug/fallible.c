// SPDX-License-Identifier: GPL-2.0
/*
 * While this module is loaded, fail_function accepts these functions, which the kernel does not
 * offer to it.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/error-injection.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/netdevice.h>

ALLOW_ERROR_INJECTION(alloc_chrdev_region, ERRNO);
ALLOW_ERROR_INJECTION(register_chrdev_region, ERRNO);
ALLOW_ERROR_INJECTION(class_create, ERRNO);
ALLOW_ERROR_INJECTION(device_create_with_groups, ERRNO);
ALLOW_ERROR_INJECTION(device_create_file, ERRNO);
ALLOW_ERROR_INJECTION(cdev_alloc, NULL);
ALLOW_ERROR_INJECTION(cdev_add, ERRNO);
#ifdef CONFIG_BLOCK
ALLOW_ERROR_INJECTION(blk_mq_alloc_tag_set, ERRNO);
ALLOW_ERROR_INJECTION(__blk_mq_alloc_disk, ERRNO);
ALLOW_ERROR_INJECTION(device_add_disk, ERRNO);
#endif
#ifdef CONFIG_NET
ALLOW_ERROR_INJECTION(alloc_netdev_mqs, NULL);
ALLOW_ERROR_INJECTION(register_netdev, ERRNO);
#endif

MODULE_DESCRIPTION("Lets functions of the kernel be made to fail");
MODULE_LICENSE("GPL");
