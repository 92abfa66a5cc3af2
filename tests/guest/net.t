#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# limit: 240
# programs: ip ping iperf3 ethtool
# modules: veth
# The two interfaces and the cable between them.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 83

module=$modules/hello_net.ko
stats=/sys/class/net/hello_net0/statistics

left() {
	ls -d /sys/class/net/hello_net* /sys/module/hello_net 2>/dev/null
	ip -o link | grep hello_net
	grep hello_net /proc/modules
}

there() { # COMMAND...: at the other end of the cable
	ip netns exec there "$@"
}

# Moves each end to its own namespace.
connect() {
	ip netns add there
	ip link set hello_net1 netns there
	ip addr add 10.9.0.1/24 dev hello_net0
	ip -6 addr add fd00::1/64 dev hello_net0 nodad
	there ip addr add 10.9.0.2/24 dev hello_net1
	there ip -6 addr add fd00::2/64 dev hello_net1 nodad
	there ip link set lo up
	ip link set hello_net0 up
	there ip link set hello_net1 up
	await 10 linked
}

linked() {
	[ "$(cat /sys/class/net/hello_net0/carrier)" = 1 ] && ping -c 1 -W 1 10.9.0.2
}

# In both directions, for as long as it lasts.
load() {
	ping -f -q -l 200 10.9.0.2 >/dev/null 2>&1 &
	load=$!
	there ping -f -q -l 200 10.9.0.1 >/dev/null 2>&1 &
	load="$load $!"
}

# Checks that each end has received what the other has sent.
agree() {
	other=/sys/class/net/hello_net1/statistics
	[ "$(value tx_packets) $(value tx_bytes)" = "$(there cat $other/rx_packets) $(there cat $other/rx_bytes)" ] &&
		[ "$(value tx_packets)" = "$(there ethtool -S hello_net1 | awk '/_packets/ { n += $2 } END { print n }')" ]
}

# Checks that byte queue limits count no packet as in flight.
idle() {
	inflight='cat /sys/class/net/hello_net?/queues/tx-*/byte_queue_limits/inflight'
	[ "$({ $inflight; there sh -c "$inflight"; } | sort -u)" = 0 ]
}

refused() { # PARAMETER VALUE FIRST LAST
	lines=$(dmesg | wc -l)
	fails "$1=$2 is refused" 'Invalid parameters$' insmod "$module" "$1=$2"
	is "$1=$2: the log says why" "$(dmesg | tail -n +$((lines + 1)) | sed -n 's/^\[[^]]*\] \(.*parameter\)/\1/p')" \
		"hello_net: parameter $1: $2 is out of range, $3 to $4"
	is "$1=$2 leaves nothing" "$(left)" ''
}

value() { # FILE
	cat "$stats/$1"
}

listening() {
	there iperf3 -s -D -1 --logfile /tmp/server --pidfile /tmp/server.pid
	await 10 sh -c 'ip netns exec there cat /proc/net/tcp6 | grep -q ":1451 .* 0A "'
	# The server removes the file when it ends.
	server=$(cat /tmp/server.pid)
}

iperf() { # NAME ARGUMENT...
	name=$1
	shift
	listening
	ok "$name" iperf3 -c 10.9.0.2 "$@"
	await 10 ended "$server"
}

# ---- attributes

is 'nothing is there before' "$(left)" ''
ok 'hello_net loads' insmod "$module"
like 'the log has the greeting' "$(dmesg | tail -n 3)" 'hello_net: Hello, a cable with two ends$'
is 'there are two interfaces' "$(ip -o link | grep -c 'hello_net[01]: .*link/ether')" 2
unlike 'the addresses of the interfaces differ' "$(cat /sys/class/net/hello_net0/address)" "^$(cat /sys/class/net/hello_net1/address)\$"
like 'ethtool shows the driver' "$(ethtool -i hello_net0)" '^driver: hello_net$'
like 'ethtool shows the speed' "$(ethtool hello_net0)" 'Speed: 10000Mb/s'
like 'ethtool shows the rings' "$(ethtool -g hello_net0)" '^RX:[[:space:]]*256$'
like 'ethtool shows the queues' "$(ethtool -l hello_net0)" '^TX:[[:space:]]*2$'
like 'ethtool shows timestamps' "$(ethtool -T hello_net0)" 'software-transmit'
for feature in tx-checksumming scatter-gather generic-segmentation-offload tcp-segmentation-offload; do
	like "$feature is on" "$(ethtool -k hello_net0)" "^$feature: on"
done
is 'each queue has a NAPI and byte queue limits' \
	"$(find /sys/class/net/hello_net0/queues/tx-*/ -name byte_queue_limits | wc -l)" 2
fails 'a second load is refused' 'File exists$' insmod "$module"

# ---- the link

ip link set hello_net0 up
is 'with one end up there is no link' "$(cat /sys/class/net/hello_net0/carrier)" 0
ip link set hello_net1 up
is 'with both ends up there is a link' "$(cat /sys/class/net/hello_net0/carrier)$(cat /sys/class/net/hello_net1/carrier)" 11
like 'ethtool shows the link' "$(ethtool hello_net1)" 'Link detected: yes'
ip link set hello_net1 down
is 'when one end goes down there is no link' "$(cat /sys/class/net/hello_net0/carrier)" 0
ip link set hello_net0 down

# ---- packets

connect
ok 'IPv4' ping -c 3 -i 0.05 10.9.0.2
ok 'IPv6' ping -6 -c 3 -i 0.05 fd00::2
ok 'IPv4 from the other end' there ping -c 3 -i 0.05 10.9.0.1
dropped=$(value tx_dropped)
flood=$(scaled 5000)
like "$flood packets at once, without a loss" "$(ping -f -q -c "$flood" 10.9.0.2)" \
	"$flood packets transmitted, $flood received, 0% packet loss"
# Retried if the kernel has sent a packet meanwhile, such as for neighbour discovery.
for _ in 1 2 3 4 5; do
	packets=$(value tx_packets) bytes=$(value tx_bytes)
	ping -c 1 -s 1000 10.9.0.2 >/dev/null
	bytes=$(($(value tx_bytes) - bytes)) packets=$(($(value tx_packets) - packets))
	[ "$packets" -ne 1 ] || break
done
is 'packets are counted' "$packets" 1
is 'bytes are counted, with the Ethernet header' "$bytes" 1042
ok 'the counts agree at both ends, and by queue' await 10 agree
is 'no packet was dropped' "$(value tx_dropped)" "$dropped"
is 'byte queue limits count what is on its way, which is nothing' \
	"$(cat /sys/class/net/hello_net0/queues/tx-*/byte_queue_limits/inflight | tr '\n' ' ')" '0 0 '
iperf 'TCP' -t 2
iperf 'TCP in the other direction' -t 2 -R
iperf 'UDP' -t 2 -u -b 20M
iperf 'UDP in the other direction' -t 2 -u -b 20M -R

# ---- the MTU

fails 'an MTU beyond 9000 is refused' '[Mm]tu|Invalid' ip link set hello_net0 mtu 9001
ok 'an MTU of 9000 is accepted' ip link set hello_net0 mtu 9000
before=$(value tx_dropped)
fails 'a jumbo frame to an end with a smaller MTU is lost' '100% packet loss' ping -c 1 -W 1 -s 8000 -M "do" 10.9.0.2
ok 'the lost jumbo frame is counted' [ "$(value tx_dropped)" -gt "$before" ]
ok 'the other end accepts an MTU of 9000' there ip link set hello_net1 mtu 9000
ok 'jumbo frames arrive' ping -c 2 -i 0.05 -s 8000 -M "do" 10.9.0.2
ok 'a multicast address can be added' ip maddr add 01:00:5e:00:00:05 dev hello_net0
ok 'the address can be changed' ip link set hello_net0 address 02:00:00:00:00:01
ok 'packets reach the new address' ping -c 2 -i 0.05 10.9.0.2
fails 'a multicast address is refused as the address' 'Cannot assign requested address' ip link set hello_net0 address 01:00:00:00:00:01

# ---- checksums and segments that the sender makes

ok 'offloads can be turned off' ethtool -K hello_net0 tx off sg off tso off gso off
iperf 'TCP without offloads' -t 1
ethtool -K hello_net0 tx on sg on gso on >/tmp/ethtool
# The receiver merges these segments, which a capture still holds.
cd /tmp || exit
capture hello_net0 200 2>/tmp/capture &
capture=$!
await 10 test -e capturing
iperf 'TCP with software segmentation' -t 1
wait "$capture"
is 'a capture of them gets all bytes' "$? $(cat /tmp/capture)" '0 '
ethtool -K hello_net0 tso on >/tmp/ethtool

# ---- under load: the peer goes down and up, and the module is unloaded

# With threaded NAPI packets are received later, so that they wait in the rings.
echo 1 >/sys/class/net/hello_net0/threaded
there sh -c 'echo 1 >/sys/class/net/hello_net1/threaded'
load
flaps=0
while [ "$flaps" -lt 10 ]; do
	there ip link set hello_net1 down || break
	there ip link set hello_net1 up || break
	flaps=$((flaps + 1))
done
is 'the peer can go down and up under load' "$flaps" 10
ok 'packets arrive after the peer went down and up' await 10 linked
# shellcheck disable=SC2086 # several
kill $load
ok 'no lost packet stays in flight' await 10 idle
load
ok 'the module can be unloaded under load' rmmod hello_net
is 'nothing is left after the unload' "$(left)$(there ip -o link | grep hello_net)" ''
# Those whose interface has gone have ended.
# shellcheck disable=SC2086 # several
kill $load 2>/dev/null
like 'the log has Goodbye' "$(dmesg | tail -n 5)" 'hello_net: Goodbye$'
ip netns del there

# ---- namespaces and names

insmod "$module"
connect
ok 'the namespace of an end can be deleted' ip netns del there
ok 'the end returns to the initial namespace' await 10 ip link show hello_net1
ip link set hello_net0 down
ok 'an interface can be renamed' ip link set hello_net0 name renamed
ok 'the renamed interface can be brought up' ip link set renamed up
ip netns add there
ip link set renamed netns there
ip link set hello_net1 netns there
ok 'with both ends in a namespace the module can be unloaded' rmmod hello_net
is 'the interfaces are gone from the namespace' "$(there ip -o link | grep -c ether)" 0
ip netns del there
insmod "$module"
ip netns add there
ip link set hello_net1 netns there
(there sleep 100) &
ip netns del there
ok 'with an end in a namespace that only a process keeps, the module can be unloaded' rmmod hello_net
kill $!
is 'nothing is left' "$(left)" ''

# ---- parameters

refused queues 0 1 64
refused queues 65 1 64
refused ring 63 64 4096
refused ring 4097 64 4096
refused offload 2 0 1
ok 'all of them are taken' insmod "$module" queues=1 ring=64 offload=0
like 'there is one queue' "$(ethtool -l hello_net0)" '^TX:[[:space:]]*1$'
like 'and small ring' "$(ethtool -g hello_net0)" '^RX:[[:space:]]*64$'
like 'and no offload' "$(ethtool -k hello_net0)" '^tx-checksumming: off'
connect
iperf 'TCP through a small ring' -t 2
like '1000 pings without a loss' "$(ping -f -q -c 1000 10.9.0.2)" '1000 received, 0% packet loss'
ok 'it goes' rmmod hello_net
