#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Output that prove would accept as a pass, or at which it would stop, is a failure. Tests on the host and in guests
# are judged by the same code.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 60

passes host/good <<'T'
echo 1..2
echo 'ok 1 - a'
echo 'ok 2 - b'
T
fails_as host/failed 'test failed: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
echo 'not ok 2'
T
fails_as host/todo 'test failed: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
echo 'not ok 2 # TODO later'
T
fails_as host/none 'no plan' <<'T'
echo 'ok 1'
T
fails_as host/nothing 'no plan' <<'T'
T
fails_as host/fewer 'fewer tests than planned: 1 of 2' <<'T'
echo 1..2
echo 'ok 1'
T
fails_as host/more 'more tests than planned: 2 of 1' <<'T'
echo 1..1
echo 'ok 1'
echo 'ok 2'
T
fails_as host/twice 'more than one plan' <<'T'
echo 1..1
echo 'ok 1'
echo 1..1
T
fails_as host/order 'results out of order' <<'T'
echo 1..2
echo 'ok 2'
echo 'ok 1'
T
fails_as host/zero 'no test ran' <<'T'
echo '1..0 # SKIP not today'
T
fails_as host/skipped 'no test ran' <<'T'
echo 1..1
echo 'ok 1 # skip not today'
T
fails_as host/status 'exit status 3' <<'T'
echo 1..1
echo 'ok 1'
exit 3
T
fails_as host/unreadable 'no plan' <<'T'
if
T
fails_as host/bail 'test gave up' <<'T'
echo 1..1
echo 'ok 1'
echo 'Bail out! now'
T
fails_as host/bail2 'test gave up' <<'T'
echo 1..1
echo 'ok 1'
printf '  BAIL   out!'
T
unlike 'nobody was told to stop' "$(cat "$scratch/out" "$scratch/err")" '[Bb][Aa][Ii][Ll] +out!'

# With tests/lib/tap.sh, whose exit handler must not replace the test's status.
TAP=${0%/*}/../lib/tap.sh
export TAP scratch
# The output is KTAP, which KUnit's own parser accepts.
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

fails_as host/tidy 'exit status 4' <<'T'
. "$TAP"
touch "$scratch/behind"
cleanup() { rm "$scratch/behind"; }
plan 1
pass a
exit 4
T
ok 'a test that ends early has cleaned up' test ! -e "$scratch/behind"
fails_as host/hung 'test hung \(limit 2 s\)' <<'T'
# limit: 2
echo 1..1
echo 'ok 1'
sleep 1000
T
fails_as host/stubborn 'test hung \(limit 1 s\)' <<'T'
# limit: 1
trap '' TERM
echo 1..1
echo 'ok 1'
sleep 1000
sleep 1000
T
fails_as host/timed 'exit status 124' <<'T'
echo 1..1
echo 'ok 1'
exit 124
T
fails_as host/long "the header '# limit: 1h' is not a number above 0" <<'T'
# limit: 1h
echo 1..1
echo 'ok 1'
T
passes host/quotes <<'T'

# Headers count only before the first command.
cat >/dev/null <<'END'
# limit: 1
# expects:
END
sleep 1.5
echo 1..1
echo 'ok 1'
T

# A test that fails must not keep another from running.
cp "$scratch/host/bail.t" "$scratch/host/a.t"
prove --exec "$vm test" "$scratch/host/a.t" "$scratch/host/good.t" >"$scratch/out" 2>&1
like 'the test after one that gave up runs' "$(cat "$scratch/out")" '^good: passed'
like 'and the whole run fails' "$(cat "$scratch/out")" '^Result: FAIL'

fails 'no test of that name is an error' "no test in .* matches 'nonesuch'" "$vm" tests nonesuch
fails 'no file of that name too' 'no such test: /nonesuch.t' "$vm" test /nonesuch.t
fails 'nor is there such a command' 'usage:' "$vm" nonesuch
fails 'a test command without a file is an error' 'vm: test takes one FILE' "$vm" test
fails '-j without a number is an error' "vm: -j takes how many tests run at once, not ''" "$vm" tests -j
fails '-j 0 is an error' "not '0'" "$vm" tests -j 0 nonesuch
# Lines are passed on as they are written, not at the end.
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
PID=$scratch/pid "$vm" test "$file" >"$scratch/out" 2>&1 &
await 10 test -s "$scratch/pid"
kill $!
wait $!
is 'a test that is interrupted: status' $? 143
ok 'it does not run on' await 5 ended "$(cat "$scratch/pid")"

# After a line on a test's standard error, prove waits for that test's next result, so it gets none of these lines.
# Here two tests run at a time, and the first ends only when the third has begun.
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

# What such a test needs takes minutes to build.
printf '%s\n' '# crates: fsx' 'echo 1..1' 'echo "ok 1"' >"$scratch/tree/tests/harness/d.t"
like 'a test that needs programs which take minutes to build is run if a word picks it' \
	"$("$scratch/tree/scripts/vm" tests --long harness/d 2>&1)" '^harness/d: passed'
unlike 'and only then' "$("$scratch/tree/scripts/vm" tests --long 2>&1)" '^harness/d: '
unlike 'nor if a word picks its folder' "$("$scratch/tree/scripts/vm" tests --long harness/ 2>&1)" '^harness/d: '
