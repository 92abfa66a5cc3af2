#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# A project of its own, made of copies as README.md says: it builds, and tests itself.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
# shellcheck source=tests/lib/readme.sh
. "${0%/*}/../lib/readme.sh"
plan 6

top=${0%/*}/../..
project=$scratch/project
# What this test was told of hello's build is not for another.
unset BUILD MODULE_ROOT KERNEL_DIR VM_LOGS

mkdir -p "$project/tests/guest" "$project/src/tally"
cp -r "$top/Makefile" "$top/scripts" "$project"
cp -r "$top/tests/lib" "$project/tests"
cat >"$project/mine.rs" <<'END'
// SPDX-License-Identifier: GPL-2.0
//! Does nothing.
use kernel::prelude::*;
module! { type: Mine, name: "mine", description: "Does nothing", license: "GPL", }
struct Mine;
impl kernel::Module for Mine {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
END
echo 'obj-m := mine.o' >"$project/Kbuild"
ok 'a single file is a module' make -C "$project"
is 'of that name' "$(modinfo -F name "$project"/build/stock/*.ko)" mine

cp -r "$top/src/chrdev" "$project/src"
cp "$top/tests/modules/tally/tally.rs" "$project/src/tally"
block make 1 >"$project/Kbuild"
# There it is a module as any other, and needs no hello.
sed '/^modprobe hello$/d; s|insmod /lib/test-modules/tally.ko|modprobe tally|' "$top/tests/guest/tally.t" \
	>"$project/tests/guest/tally.t"
ok 'a character device, with a test' make -C "$project" test
like 'which is run' "$tap_out" '^guest/tally: passed'
sed -i "s/'it counts' .* 8\$/'it counts' 9 8/" "$project/tests/guest/tally.t"
fails 'a test that fails' 'FAILED: test failed: 1 of 8' make -C "$project" test
ok 'and it can be installed' make -C "$project" modules_install \
	KDIR="$("$top/scripts/sdk" kernel stock)/build" CC=gcc-14 INSTALL_MOD_PATH="$scratch/system"
