# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that are stacked on hello.ko: with an include of this file in it, C finds
# hello.h, Rust finds the crates, and modpost finds the symbols.

hello-dev := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

ccflags-y += -I$(hello-dev)/include
rustflags-y += -L $(hello-dev)/rust \
	$(foreach crate,export chrdev hello,--extern $(crate)=$(hello-dev)/rust/lib$(crate).rmeta)
KBUILD_EXTRA_SYMBOLS += $(hello-dev)/Module.symvers
