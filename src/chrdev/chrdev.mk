# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that contain chrdev: include it after naming, in `chrdev-users`, the object of the
# crate in each.

include $(dir $(lastword $(MAKEFILE_LIST)))library.mk
$(eval $(call library,chrdev,$(chrdev-users),--allowlist-function 'chrdev_.*' --allowlist-type 'chrdev_.*' --allowlist-var 'CHRDEV_.*'))

# The functions of helpers.c mostly stand for inline ones, which are not traced either. When a module is loaded, the
# kernel looks each traced function up among all symbols: that made up 2 % of the time.
$(foreach user,$(chrdev-users),$(eval CFLAGS_REMOVE_$(dir $(user))helpers.o := $(CC_FLAGS_FTRACE)))
