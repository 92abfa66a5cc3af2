# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that contain blkdev: include it after naming, in `blkdev-users`, the object of the
# crate in each.

include $(dir $(lastword $(MAKEFILE_LIST)))../chrdev/library.mk
$(eval $(call library,blkdev,$(blkdev-users),--allowlist-function 'blkdev_.*' --allowlist-var 'BLKDEV_.*'))
