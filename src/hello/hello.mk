# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that are stacked on hello.ko: it includes this file, by which C finds hello.h, Rust
# finds the crates, and modpost finds the symbols.

hello-dev := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

# The hash of hello.ko's interface becomes part of the names of modules stacked on it, whose layouts depend on
# those of hello.ko, so modules that are stacked on them in turn cannot be mixed with another hello.ko either.
hello-interface := $(shell sed -n 's/.*"HELLO_\(.*\)"/\1/p' $(hello-dev)/include/hello_namespace.h)

ccflags-y += -I$(hello-dev)/include
rustflags-y += -Cmetadata=$(hello-interface) -L dependency=$(hello-dev)/rust \
	$(foreach crate,export hello,--extern $(crate)=$(hello-dev)/rust/lib$(crate).rmeta)
# Added to what the command line of make gives, which would otherwise replace it.
override KBUILD_EXTRA_SYMBOLS += $(hello-dev)/Module.symvers
