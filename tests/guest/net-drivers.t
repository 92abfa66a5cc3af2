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

ok 'cable loads' insmod /lib/test-modules/cable.ko
for name in '' . a/b 'a b' '%s' '%d%d' 0123456789012345 lo; do
	is "the name '$name' is refused" "$(said cable "the name '$name'")" -22
done
is 'invalid limits are refused' "$(said cable "the name 'cable%d'")" '-22 -22 -22 -22 -22 -22'
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
ok 'a packet arrives after both ends were down' await 20 arrived
ping -f -q 10.9.0.2 >/dev/null 2>&1 &
ok 'cable unloads while packets are sent' rmmod cable
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

ok 'cable loads with interfaces that refuse to go up' insmod /lib/test-modules/cable.ko refuse=1
fails 'an interface that refuses does not go up' 'No space left on device' ip link set cable0 up
ok 'cable unloads with interfaces that are down' rmmod cable

[ $leaks -gt 0 ] || exit 0
ok 'cable loads with a leaked registration' insmod /lib/test-modules/cable.ko leak=1
is 'the leaked interfaces exist' "$(cd /sys/class/net && echo leaked*)" 'leaked0 leaked1'
ip link set leaked0 up
ip link set leaked1 up
ok 'cable unloads with a leaked registration' rmmod cable
is 'the leaked interfaces are gone' "$(cd /sys/class/net && echo leaked*)" 'leaked*'
fails 'a load fails whose init fails after the leak' 'No space left on device' insmod /lib/test-modules/cable.ko leak=2
is 'a failed init leaves no interface' "$(cd /sys/class/net && echo leaked* cable*)" 'leaked* cable*'
ok 'cable loads after all that' insmod /lib/test-modules/cable.ko
ok 'cable unloads after all that' rmmod cable
