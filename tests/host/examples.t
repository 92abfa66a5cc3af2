#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Every example in the documentation of the crates compiles, unless it is marked "ignore".

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"
cd "$top"

# shellcheck disable=SC2046 # names of files here have no spaces
awk -v folder="$work" -f tests/lib/examples.awk $(find src -name '*.rs' | sort) >"$work/list"
plan $(($(wc -l <"$work/list") + 2))

{
	echo "include $dev/hello.mk"
	while read -r number _; do
		echo "obj-m += example_$number.o"
		echo "RUSTFLAGS_example_$number.o := --extern chrdev=$build/src/hello/libchrdev.rmeta --extern export=$dev/rust/libexport.rmeta"
	done <"$work/list"
} >"$work/Kbuild"
ok 'there are examples' test -s "$work/list"
# #[vtable] asks for the module that owns the operations.
while read -r number place; do
	grep -q 'module!' "$work/example_$number.rs" || cat >>"$work/example_$number.rs" <<-'END'
		struct ExampleModule;
		impl kernel::Module for ExampleModule {
		    fn init(_module: &'static kernel::ThisModule) -> kernel::error::Result<Self> {
		        Ok(Self)
		    }
		}
		chrdev::module! { type: ExampleModule, name: "example", description: "An example", license: "GPL", }
	END
	ok "the example at $place compiles" kbuild "$work" "example_$number.o"
done <"$work/list"
echo 'let wrong: u32 = "text";' >>"$work/example_1.rs"
fails 'one that is wrong does not' 'error' kbuild "$work" example_1.o
