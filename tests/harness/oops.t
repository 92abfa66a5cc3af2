#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 600
# The command in docs/oops.md decodes an oops in a Rust module to a line of its source.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
# shellcheck source=tests/lib/readme.sh
. "${0%/*}/../lib/readme.sh"
plan 3

top=$(cd "${0%/*}/../.." && pwd)
project=$scratch/crash
# The environment describes hello's build, not that of another project.
unset BUILD MODULE_ROOT KERNEL_DIR VM_LOGS

make -C "$top" new NAME=crash DIR="$project" KIND=module >/dev/null
cat >>"$project/crash.rs" <<'END'

#[inline(never)]
fn read_null() -> u8 {
    // SAFETY: None, this is the planted bug.
    unsafe { kernel::str::CStr::from_char_ptr(core::ptr::null()).to_bytes()[0] }
}
END
sed -i 's/pr_info!("Hello.*/pr_info!("Hello {}\\n", read_null());/' "$project/crash.rs"
fails 'a module crashes the guest' 'FAILED: guest panicked' make -C "$project" test KERNEL="$KERNEL"
log=$project/build/$KERNEL-logs/guest-crash.log
like 'its console is kept' "$(cat "$log")" 'read_null|init_module'
block docs/oops.md sh 1 |
	sed "s/kernel stock/kernel $KERNEL/; s|build/stock|$project/build/$KERNEL|g; s/guest-use/guest-crash/" >"$scratch/decode"
decoded=$(cd "$top" && sh "$scratch/decode")
line=$(grep -n 'from_char_ptr' "$project/crash.rs" | cut -d: -f1)
like 'the line of the bug is named' "$decoded" "crash::read_null \(.*/crash\.rs:$line\) crash"
