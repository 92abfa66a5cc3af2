#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Subscribers are unloaded while messages are posted, 1,000 times, and while a callback runs.
# limit: 1800

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 8

tests=/lib/test-modules
rounds=$(scaled 1000)

# A turn is as many messages as fit, every other of them to the device whose callback takes its time. It
# begins when the subscribers are there and ends when they are unloaded: loading is not what is tested.
post() { # WRITER, and its turns on standard input, a line each
	n=0
	while read -r _; do
		while [ -e /tmp/unloading ]; do
			echo "writer $1, message $n" >"/dev/hello$((n & 1))"
			n=$((n + 1))
		done
	done
	echo "$n" >"/tmp/posted$1"
}

# By busybox, since for half of a round kmod would only be started.
loads() {
	busybox insmod "$modules/hello_log.ko" && busybox insmod $tests/hello_c.ko minor=1 quiet=1 slow=1
}

modprobe hello
mkfifo /tmp/turns1 /tmp/turns2 /tmp/turns3
for writer in 1 2 3; do
	post $writer <"/tmp/turns$writer" &
	# The messages that are posted while the unloading sleeps suffice.
	renice -n 10 -p $! >/dev/null || exit
done
exec 3>/tmp/turns1 4>/tmp/turns2 5>/tmp/turns3
round=0
while [ $round -lt "$rounds" ]; do
	loads || break
	: >/tmp/unloading
	for turns in 3 4 5; do
		echo >&$turns
	done
	# Not every round: with a reader that has the log open, it could not go.
	[ $((round % 10)) -ne 0 ] || timeout 1 head -n 1 /dev/hello_log >>/tmp/read
	# At once, in the middle of a message, in either order.
	first=hello_log second=hello_c
	[ $((round & 1)) -eq 0 ] || first=hello_c second=hello_log
	busybox rmmod $first || break
	busybox rmmod $second || break
	rm /tmp/unloading
	round=$((round + 1))
done
rm -f /tmp/unloading
exec 3>&- 4>&- 5>&-
wait

is "$rounds rounds" $round "$rounds"
ok 'something was read of the log' test -s /tmp/read
is 'what was read of the log is whole' "$(grep -vc '^hello[0-3]: writer [1-3], message [0-9]*$' /tmp/read)" 0
posted=$(cat /tmp/posted* | awk '{ n += $1 } END { print n }')
ok "messages were posted all the while ($posted)" test "$posted" -gt "$rounds"
like 'and called back' "$(dmesg)" 'hello_c: [1-9][0-9]* messages$'
middle=$(dmesg | grep -c 'hello_c: unloaded in the middle of a callback$')
ok "also while one was unloaded ($middle times)" test "$middle" -ge $((rounds / 20))
unlike 'to nobody who had unsubscribed' "$(dmesg)" 'called with'
ok 'nobody holds hello' rmmod hello
