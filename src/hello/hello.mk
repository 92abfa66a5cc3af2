# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that are stacked on hello.ko: with an include of this file in it, C finds
# hello.h, Rust finds the crates, and modpost finds the symbols.

hello-dev := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

# The hash of hello.ko's interface goes into the names of what is stacked on it, whose layouts depend on
# those below: what is stacked on that in turn cannot be mixed with another hello.ko either.
hello-interface := $(shell sed -n 's/.*"HELLO_\(.*\)"/\1/p' $(hello-dev)/include/hello_namespace.h)

ccflags-y += -I$(hello-dev)/include
rustflags-y += -Cmetadata=$(hello-interface) -L dependency=$(hello-dev)/rust \
	$(foreach crate,export hello,--extern $(crate)=$(hello-dev)/rust/lib$(crate).rmeta)
# What is given on the command line of make would otherwise take its place, and not stand beside it.
override KBUILD_EXTRA_SYMBOLS += $(hello-dev)/Module.symvers
