#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 900
# A project made of copies, as docs/own-module.md describes, builds and passes its own tests.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
# shellcheck source=tests/lib/readme.sh
. "${0%/*}/../lib/readme.sh"
plan 13

top=${0%/*}/../..
project=$scratch/project
# The environment describes hello's build, not that of another project.
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
block docs/own-module.md make 1 >"$project/Kbuild"
# In this project the module is installed, and does not need hello.
sed '/^modprobe hello$/d; s|insmod /lib/test-modules/tally.ko|modprobe tally|' "$top/tests/guest/tally.t" \
	>"$project/tests/guest/tally.t"
ok 'a character device, with a test' make -C "$project" test
like 'which is run' "$tap_out" '^guest/tally: passed'
cp "$project/tests/guest/tally.t" "$scratch"
sed -i "s/'it counts' .* 8\$/'it counts' 9 8/" "$project/tests/guest/tally.t"
fails 'a test that fails' 'FAILED: test failed: 1 of 8' make -C "$project" test
mv "$scratch/tally.t" "$project/tests/guest/tally.t"

ok 'make run has a session' make -C "$project" run
like 'of this project' "$tap_out" '^# modprobe tally$'
unlike 'and of no other' "$tap_out" hello
unlike 'nor does make help speak of another' "$(make -C "$project" help)" 'hello(\.ko|_log)'
mkdir "$project/tests/modules"
echo 'obj-m := beside.o' >"$project/tests/modules/Kbuild"
sed 's/Mine/Beside/; s/mine/beside/' "$project/mine.rs" >"$project/tests/modules/beside.rs"
sed -i '/^plan/s/8/9/; $a ok "beside a module of the tests" insmod /lib/test-modules/beside.ko' "$project/tests/guest/tally.t"
ok 'modules that only its tests load are built' make -C "$project" test
ok 'make check passes' make -C "$project" check
fails 'but against what is not formatted' 'Diff in .*tally.rs' \
	sh -c "sed -i 's/^struct TallyDevice(/struct  TallyDevice(/' '$project/src/tally/tally.rs' && make -C '$project' check"
sed -i 's/^struct  TallyDevice(/struct TallyDevice(/' "$project/src/tally/tally.rs"
ok 'and it can be installed' make -C "$project" modules_install \
	KDIR="$("$top/scripts/sdk" kernel stock)/build" CC=gcc-14 INSTALL_MOD_PATH="$scratch/system"
