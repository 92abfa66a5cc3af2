#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# What scripts/coverage reports about the lines that a test ran, and what it refuses.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 14

passed=$scratch/passed
mkdir "$passed"
small_test guest/loads <<'T'
modprobe hello || exit
cat /dev/hello0
echo 1..1
echo 'ok 1'
T
VM_COVERAGE=$passed "$vm" test "$file" >"$scratch/out" 2>&1
is 'a guest tells' "$(awk '{ print $1, $2 }' "$passed/loads" | sort -u)" 'hello init
hello text'

report() {
	"${vm%/*}/coverage" "$BUILD/$KERNEL" "$passed" "$scratch/excused"
}

row() { # FILE
	awk -v file="$1" '$1 == file { print ($2 > 0), ($3 > 0), ($4 > 0), ($5 > 0) }' "$scratch/out"
}

line() { # PATTERN FILE: the line's number
	grep -nF -m 1 -e "$1" "${0%/*}/../../$2" | cut -d: -f1
}

listed() { # FILE PATTERN
	grep -c "^$1:$(line "$2" "$1"): " "$scratch/out"
}

device=src/hello/device.rs
: >"$scratch/excused"
report >"$scratch/out" 2>"$scratch/err"
is 'lines without a reason are an error' "$? $(tail -n 1 "$scratch/err" | sed 's/[0-9][0-9]*/N/')" \
	"1 coverage: N lines were not run, and $scratch/excused has no reason for them"
is 'a file that was run in part' "$(row $device)" '1 1 0 1'
is 'a file that was not run' "$(row src/hello_log/ring.rs)" '1 0 0 1'
is 'a line that was run is not listed' "$(listed $device 'device.opens.add(')" 0
is 'one that was not is' "$(listed $device 'self.contents.write().store.clear()')" 1

cat >"$scratch/excused" <<END
$device: self.contents.write().store.clear()
	Nobody clears here.
$device: device.opens.add(
	Nobody opens here.
END
report >"$scratch/out" 2>"$scratch/err"
like 'a line with a reason has it beside' "$(cat "$scratch/out")" 'store.clear.*\[Nobody clears here.\]$'
is 'and its column' "$(row $device)" '1 1 1 1'
like 'an excuse for what was run is an error' "$(cat "$scratch/err")" \
	"'$device: device.opens.add\\(' is excused in .* but was run"
printf '%s\n' "$device: contents.store" '	Any of them.' >"$scratch/excused"
fails 'an excuse that matches several lines is an error' "'$device: contents.store' matches [0-9]+ lines in" report
echo "$device: file.generic_file_llseek(" >"$scratch/excused"
fails 'so is one without a reason' "no reason for '$device: file.generic_file_llseek\\('" report

: >"$scratch/excused"
echo 'hello text 1' >"$passed/strange"
fails 'an unknown trace point is an error' 'hello: 1 trace points that were hit are not in .*hello.ko' report
rm "$passed/strange"
: >"$passed/silent"
like 'a test that tells nothing is named' "$(report 2>/dev/null)" '^coverage: silent ran no line of the modules$'
mkdir "$scratch/build"
for module in hello hello_log; do
	objcopy --redefine-sym __sanitizer_cov_trace_pc=other "$BUILD/$KERNEL/$module.ko" "$scratch/build/$module.ko"
done
fails 'modules without trace points are refused' 'hello.ko has no trace point: is it built with CONFIG_KCOV' \
	"${vm%/*}/coverage" "$scratch/build" "$passed" "$scratch/excused"
