#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# programs: ip ping
# A driver that misuses netdev: it changes the carrier of both ends on each call, even if the other end has already been
# unregistered.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# kmemleak would report the planted leaks.
leaks=8
[ ! -e /sys/kernel/debug/kmemleak ] || leaks=0
plan $((20 + leaks))

arrived() {
	ping -c 1 -W 1 10.9.0.2
}

ok 'it loads' insmod /lib/test-modules/cable.ko
for name in '' . a/b 'a b' '%s' '%d%d' 0123456789012345 lo; do
	is "the name '$name' is refused" "$(said cable "the name '$name'")" -22
done
is 'and limits that are none' "$(said cable "the name 'cable%d'")" '-22 -22 -22 -22 -22 -22'
is 'two interfaces are left' "$(cd /sys/class/net && echo cable*)" 'cable0 cable1'

# Moves cable1 into another network namespace, and sets both ends up.
connect() {
	ip link set cable1 netns there
	ip addr add 10.9.0.1/24 dev cable0
	ip netns exec there ip addr add 10.9.0.2/24 dev cable1
	ip link set cable0 up
	ip netns exec there ip link set cable1 up
}

ip netns add there
connect
ok 'a packet arrives' await 20 arrived
for _ in 1 2 3 4 5; do
	ip link set cable0 down
	ip netns exec there ip link set cable1 down
	ip netns exec there ip link set cable1 up
	ip link set cable0 up
done
ok 'and after both were down' await 20 arrived
ping -f -q 10.9.0.2 >/dev/null 2>&1 &
ok 'it can be unloaded while packets are sent' rmmod cable
kill $!
wait

# The driver leaves the link on, so that cable0 goes on sending.
dropped() {
	[ "$(cat /sys/class/net/cable0/statistics/tx_dropped)" -gt "$before" ]
}

insmod /lib/test-modules/cable.ko linger=1
connect
await 20 arrived
ip neigh replace 10.9.0.2 dev cable0 nud permanent \
	lladdr "$(ip netns exec there cat /sys/class/net/cable1/address)"
ping -f -q 10.9.0.2 >/dev/null 2>&1 &
ip netns exec there ip link set cable1 down
is 'while an interface goes down, its peer sends more than a ring can hold' \
	"$(said cable 'the peer of an interface that goes down')" sends
before=$(cat /sys/class/net/cable0/statistics/tx_dropped)
ok 'after that, what the peer sends is dropped' await 20 dropped
kill $!
wait
ip netns exec there ip link set cable1 up
ok 'packets arrive when it is up again' await 20 arrived
rmmod cable

ok 'with interfaces that do not go up, it loads' insmod /lib/test-modules/cable.ko refuse=1
fails 'they do not' 'No space left on device' ip link set cable0 up
ok 'and it goes' rmmod cable

[ $leaks -gt 0 ] || exit 0
ok 'with a registration that is leaked it loads' insmod /lib/test-modules/cable.ko leak=1
is 'its interfaces are there' "$(cd /sys/class/net && echo leaked*)" 'leaked0 leaked1'
ip link set leaked0 up
ip link set leaked1 up
ok 'it goes' rmmod cable
is 'and takes them away' "$(cd /sys/class/net && echo leaked*)" 'leaked*'
fails 'if init fails after that' 'No space left on device' insmod /lib/test-modules/cable.ko leak=2
is 'none is left either' "$(cd /sys/class/net && echo leaked* cable*)" 'leaked* cable*'
ok 'after that it loads as ever' insmod /lib/test-modules/cable.ko
ok 'and goes' rmmod cable
