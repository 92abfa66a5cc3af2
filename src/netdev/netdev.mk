# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that contain netdev: include it after naming, in `netdev-users`, the object of the
# crate in each.

include $(dir $(lastword $(MAKEFILE_LIST)))../chrdev/library.mk
$(eval $(call library,netdev,$(netdev-users),--allowlist-type 'netdev_.*' \
	--allowlist-function 'netdev_.*'))
