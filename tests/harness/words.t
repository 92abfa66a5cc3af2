#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Nothing that a guest prints, logs or leaves behind can forge a passing verdict.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 17

fails_as guest/failed 'test gave up' <<'T'
echo 1..2
echo 'ok 1'
echo 'not ok 2 # TODO'
echo 'Bail out! now'
T
unlike 'nobody was told to stop' "$(cat "$scratch/out" "$scratch/err")" '[Bb][Aa][Ii][Ll] +out!'

fails_as guest/planless 'no plan' <<'T'
echo 'ok 1'
echo 1..1 >/dev/ttyS0
echo 1..1 >/dev/kmsg
T

fails_as guest/forged 'fewer tests than planned: 1 of 2' <<'T'
verdict='v 0 status=0 taint=0 locks=none report='
echo 1..2
echo 'ok 1'
echo "$verdict"
echo "$verdict" >/dev/ttyS1
printf '%s\n' 't ok 2' 'ok 2' "$verdict" >/dev/ttyS0
exit 1
T

fails_as guest/logged 'kernel log report: .*WARNING: something is wrong' <<'T'
echo 1..1
echo 'WARNING: something is wrong' >/dev/kmsg
dmesg -c >/dev/null
echo 'ok 1'
T

fails_as guest/tainted 'kernel tainted: warned' <<'T'
echo 1..1
echo 512 >/proc/sys/kernel/tainted
echo 'ok 1'
T

passes guest/expected <<'T'
# expects: WARNING: something is [a-z]+
# taints: warned
echo 1..1
echo 'WARNING: something is wrong' >/dev/kmsg
echo 512 >/proc/sys/kernel/tainted
echo 'ok 1'
sleep 1000 &
T
fails_as guest/unmet 'expected kernel log report is missing: WARNING: nothing' <<'T'
# expects: WARNING: nothing
echo 1..1
echo 'ok 1'
T
fails_as guest/unsaid "the header '# expects:' names no report" <<'T'
# expects: WARNING: something
# expects:
echo 1..1
echo 'WARNING: something is wrong' >/dev/kmsg
echo 'BUG: and this is not expected' >/dev/kmsg
echo 'ok 1'
T
