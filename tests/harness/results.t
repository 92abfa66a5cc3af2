#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Results that prove would take for a pass, or that would stop it, are red. A
# test on the host is judged by the same code as one in a guest.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 57

green host/good <<'T'
echo 1..2
echo 'ok 1 - a'
echo 'ok 2 - b'
T
red host/failed 'test failed: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
echo 'not ok 2'
T
red host/todo 'test failed: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
echo 'not ok 2 # TODO later'
T
red host/none 'no plan' <<'T'
echo 'ok 1'
T
red host/nothing 'no plan' <<'T'
T
red host/fewer 'fewer tests than planned: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
T
red host/more 'more tests than planned: 2 of 1' <<'T'
echo 1..1
echo 'ok 1'
echo 'ok 2'
T
red host/twice 'more than one plan' <<'T'
echo 1..1
echo 'ok 1'
echo 1..1
T
red host/order 'results out of order' <<'T'
echo 1..2
echo 'ok 2'
echo 'ok 1'
T
red host/zero 'no test ran' <<'T'
echo '1..0 # SKIP not today'
T
red host/skipped 'no test ran' <<'T'
echo 1..1
echo 'ok 1 # skip not today'
T
red host/status 'exit status 3' <<'T'
echo 1..1
echo 'ok 1'
exit 3
T
red host/unreadable 'no plan' <<'T'
if
T
red host/bail 'test gave up' <<'T'
echo 1..1
echo 'ok 1'
echo 'Bail out! now'
T
red host/bail2 'test gave up' <<'T'
echo 1..1
echo 'ok 1'
printf '  BAIL   out!'
T
unlike 'nobody was told to stop' "$(cat "$scratch/out" "$scratch/err")" '[Bb][Aa][Ii][Ll] +out!'

# With the library of all tests, whose own end does not take the place of the test's.
TAP=${0%/*}/../lib/tap.sh
export TAP scratch
# The output is KTAP, as KUnit's own parser sees it.
small_test host/ktap <<'T'
. "$TAP"
plan 3
pass a
skip b 'not today'
pass c
T
"$vm" test "$file" >"$scratch/out" 2>/dev/null
like 'kunit.py parses what a test prints' \
	"$("$KERNEL_DIR/build/source/tools/testing/kunit/kunit.py" parse "$scratch/out" 2>&1)" \
	'Testing complete.* Ran 3 tests: passed: 2, skipped: 1'

red host/tidy 'exit status 4' <<'T'
. "$TAP"
touch "$scratch/behind"
cleanup() { rm "$scratch/behind"; }
plan 1
pass a
exit 4
T
ok 'a test that ends early has cleaned up' test ! -e "$scratch/behind"
red host/hung 'test hung \(limit 2 s\)' <<'T'
# limit: 2
echo 1..1
echo 'ok 1'
sleep 1000
T
red host/stubborn 'test hung \(limit 1 s\)' <<'T'
# limit: 1
trap '' TERM
echo 1..1
echo 'ok 1'
sleep 1000
sleep 1000
T
red host/timed 'exit status 124' <<'T'
echo 1..1
echo 'ok 1'
exit 124
T
red host/long "the header '# limit: 1h' is no number above 0" <<'T'
# limit: 1h
echo 1..1
echo 'ok 1'
T
green host/quotes <<'T'

# Only what stands before the first command is the test's own.
cat >/dev/null <<'END'
# limit: 1
# expects:
END
sleep 1.5
echo 1..1
echo 'ok 1'
T

# One red file must not keep another from running.
cp "$scratch/host/bail.t" "$scratch/host/a.t"
prove --exec "$vm test" "$scratch/host/a.t" "$scratch/host/good.t" >"$scratch/out" 2>&1
like 'the test after one that gave up runs' "$(cat "$scratch/out")" '^good: passed'
like 'and all is red' "$(cat "$scratch/out")" '^Result: FAIL'

fails 'no test of that name is an error' "no test in .* matches 'nonesuch'" "$vm" tests nonesuch
fails 'no file of that name too' 'no such test: /nonesuch.t' "$vm" test /nonesuch.t
fails 'nor is there such a command' 'usage:' "$vm" nonesuch
fails 'no file is an error' 'vm: test takes one FILE' "$vm" test
fails 'and so is no number' "vm: -j takes how many tests run at once, not ''" "$vm" tests -j
fails 'and what is none' "not '0'" "$vm" tests -j 0 nonesuch
# Lines come as they are written, not at the end.
small_test host/slow <<'T'
echo 1..1
until [ -e "$GO" ]; do sleep 0.05; done
echo 'ok 1'
T
GO=$scratch/go "$vm" test "$scratch/host/slow.t" >"$scratch/out" 2>"$scratch/err" &
ok 'a line is shown while the test still runs' \
	await 10 grep -q '^slow: 1\.\.1$' "$scratch/err"
touch "$scratch/go"
wait

small_test host/waits <<'T'
echo $$ >"$PID"
sleep 1000
T
ended() { # PID
	! kill -0 "$1"
}
PID=$scratch/pid "$vm" test "$file" >"$scratch/out" 2>&1 &
await 10 test -s "$scratch/pid"
kill $!
wait $!
is 'a test that is interrupted: status' $? 143
ok 'it does not run on' await 5 ended "$(cat "$scratch/pid")"

# prove waits for the next result of a test that has said something, so what tests say is kept from it.
# Here two run at a time, and the first ends when the third has begun.
mkdir -p "$scratch/tree/tests/harness" "$scratch/tree/tests/long"
cp -r "${vm%/*}" "$scratch/tree/scripts"
cat >"$scratch/tree/tests/harness/c.t" <<'T'
# limit: 20
echo 1..1
until [ -e "$scratch/third" ]; do sleep 0.05; done
echo 'ok 1'
T
echo 'echo 1..1; echo ok 1' >"$scratch/tree/tests/harness/b.t"
cat >"$scratch/tree/tests/harness/a.t" <<'T'
touch "$scratch/third"
echo 1..1
echo 'ok 1'
T
ok 'a test is started when another ends' "$scratch/tree/scripts/vm" tests -j 2 --long harness/
