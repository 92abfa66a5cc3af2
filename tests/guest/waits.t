#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver that waits in each way that there is.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 26

device=/dev/waits

# begin COMMAND: writes it, in the background.
begin() {
	sh -c "trap : HUP; echo $1 >$device" &
	pid=$!
	await 10 state "$pid" '[SD]' || :
}

state() { # PID PATTERN
	grep -q "^State:.*$2 (.*sleep" "/proc/$1/status" && grep -q wait_woken "/proc/$1/stack"
}

# The status that it ends with.
ends_with() { # NAME STATUS PID
	status=0
	wait "$3" || status=$?
	is "$1" $status "$2"
}

give() {
	echo give >$device
}

# How often a task has slept.
slept() { # PID
	awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$1/status"
}

insmod /lib/test-modules/waits.ko
is 'there is nothing to poll' "$(poll-events <$device)" ''
give
is 'an event of its own' "$(poll-events <$device)" 'pri err rdhup '
for command in wait killable exclusive timeout 'at once' long; do
	ok "$command: with a token it does not wait" sh -c "echo $command >$device"
	give
done
echo wait >$device

fails 'a timeout' 'timed out' sh -c "echo timeout | dd of=$device"
fails 'one that was up before' 'timed out' sh -c "echo at once | dd of=$device"

begin long
ok 'a timeout of many years' state "$pid" S
give
ends_with 'is ended by a token' 0 "$pid"

begin wait
kill -USR1 "$pid"
ends_with 'a signal ends a sleeper' 138 "$pid"

begin killable
kill -HUP "$pid"
pending() {
	grep -q '^S.*Pnd:.*[1-9a-f]' "/proc/$pid/status"
}
ok 'a signal is pending' await 10 pending
ok 'and does not interrupt one that can only be killed' state "$pid" D
kill -KILL "$pid"
ends_with 'which it can be' 137 "$pid"
begin killable
give
ends_with 'or be woken' 0 "$pid"

begin exclusive
first=$pid
begin exclusive
second=$pid
begin exclusive
third=$pid
before="$(slept "$second") $(slept "$third")"
give
ends_with 'of several exclusive sleepers, the first is woken' 0 "$first"
is 'and no other' "$(slept "$second") $(slept "$third")" "$before"
kill -USR1 "$second"
ends_with 'another is ended by a signal' 138 "$second"
give
ends_with 'one that has left is not waited for' 0 "$third"

# Of two sleepers, the first is killed while there is a token for one of them.
woken_or_empty() {
	ended "$pid" || [ -z "$(poll-events <$device)" ]
}
woken=0
for _ in $(seq 40); do
	begin exclusive
	first=$pid
	begin exclusive
	kill -USR1 "$first" 2>/dev/null &
	give
	wait "$first" || :
	await 10 woken_or_empty || break
	woken=$((woken + 1))
	# The first one has perhaps taken the token before it died, and perhaps not.
	give
	wait "$pid" || :
	[ -z "$(poll-events <$device)" ] || echo wait >$device
done
is 'no wake-up is lost, 40 times' $woken 40

is 'a wake-up that is passed on reports no event' "$(ring-poll $device leave give)" 'pri err '
echo wait >$device
is 'the removal of a device that waits on the same queue reports no event' "$(ring-poll $device remove give)" 'pri err '
ok 'the module goes' rmmod waits
is 'and leaves nothing' "$(ls -d /dev/waits* /sys/class/waits 2>/dev/null)" ''
