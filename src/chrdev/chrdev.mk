# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that contain chrdev: include it after naming, in `chrdev-users`, the object of the
# crate in each.

include $(dir $(lastword $(MAKEFILE_LIST)))library.mk
$(eval $(call library,chrdev,$(chrdev-users),--allowlist-function 'chrdev_.*' --allowlist-type 'chrdev_.*' --allowlist-var 'CHRDEV_.*'))
