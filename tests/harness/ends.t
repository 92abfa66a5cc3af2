#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock arm64
# A guest that does not end properly fails, whatever its test has printed.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 18

fails_as guest/panicked 'guest panicked: .*sysrq triggered crash' <<'T'
echo 1..1
echo 'ok 1'
echo c >/proc/sysrq-trigger
T
like 'the end of its console is shown' "$(cat "$scratch/err")" 'Kernel panic - not syncing: sysrq'
ok 'and kept' grep -q 'Kernel panic' "$VM_LOGS/panicked.log"

fails_as guest/off 'guest reset or powered off before its verdict' <<'T'
echo 1..1
echo 'ok 1'
poweroff -f
T

fails_as guest/hung 'guest hung \(limit 12 s\)' <<'T'
# limit: 12
echo 1..1
echo 'ok 1'
sleep 1000
T

small_test guest/waits <<'T'
echo 1..1
echo 'ok 1'
sleep 1000
T
prove --exec "$vm test" "$scratch/guest/waits.t" >"$scratch/out" 2>"$scratch/err" &
prove=$!
ok 'a line of the guest is shown while it runs' \
	await 60 grep -q '^waits: ok 1$' "$scratch/err"
kill -9 "$(qemu_pid)"
wait "$prove"
is 'guest/killed: prove fails it' "$? $(tail -n 1 "$scratch/out")" '1 Result: FAIL'
like 'guest/killed: QEMU died' "$(cat "$scratch/err")" '^waits: FAILED: QEMU died \(killed\)'

rm "$scratch/err"
"$vm" test "$scratch/guest/waits.t" >"$scratch/out" 2>"$scratch/err" &
test=$!
ok 'another guest runs' await 60 grep -q '^waits: ok 1$' "$scratch/err"
kill "$test"
wait "$test"
is 'guest/interrupted: status' $? 143
like 'guest/interrupted: said' "$(cat "$scratch/err")" 'FAILED: interrupted'
ok 'no QEMU is left behind' await 10 no_qemu

# A killed run leaves its folder, which the next run removes, unless QEMU still writes to it.
rm "$scratch/err"
"$vm" test "$scratch/guest/waits.t" >"$scratch/out" 2>"$scratch/err" &
test=$!
await 60 grep -q '^waits: ok 1$' "$scratch/err"
folder=$(tr '\0' '\n' <"/proc/$(qemu_pid)/cmdline" | sed -n 's|^file:\(.*\)/console$|\1|p')
kill -9 "$test"
"$vm" accel
ok 'guest/lost: its folder stays while QEMU runs' test -f "$folder/console"
kill -9 "$(qemu_pid)"
next_start() {
	"$vm" accel
	[ ! -e "$folder" ]
}
ok 'guest/lost: and goes at a later start' await 10 next_start
ok "guest/lost: this test's own is not taken" test -d "$scratch"
