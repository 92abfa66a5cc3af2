#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock types
# programs: ip ping mke2fs mount umount
# modules: ext4
# Checks the output of each command in the session of `make run`.
# coverage: none, for it looks at which modules are loaded

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 47

step=0

# Checks that the next command is this one, and its output exactly these lines.
says() { # COMMAND PATTERN...
	command=$1
	shift
	step=$((step + 1))
	typed=$(awk -v n="$step" '/^# / && ++seen == n { print substr($0, 3) }' /tmp/session)
	answer=$(awk -v n="$step" '/^# / { ++seen; next } seen == n' /tmp/session)
	if [ "$typed" = "$command" ]; then
		# Output lines have no tabs, so a tab can mark their end.
		like "$command" "$(printf '%s' "$answer" | tr '\n' '\t')" \
			"^$(printf '%s\t' "$@" | sed 's/\t$//')\$"
	else
		fail "$command" "the session has: $typed"
	fi
}

time='\[ *[0-9]+\.[0-9]+\] '
date='[A-Z][a-z][a-z] +[0-9]+ [0-9:]+'
node() { # NAME MINOR
	echo "crw------- +1 root +root +[0-9]+, +$2 $date /dev/$1"
}

ok 'the session comes to its end' sh -c 'sh /tests/session >/tmp/session 2>&1'
says 'insmod hello_log.ko' \
	'insmod: ERROR: could not insert module hello_log.ko: Unknown symbol in module'
says "dmesg | grep 'hello_log: Unknown symbol' | head -n 1" \
	"${time}hello_log: Unknown symbol [A-Za-z0-9_]*(hello|chrdev)[A-Za-z0-9_]* \(err -2\)"
says 'insmod hello.ko' ''
says 'insmod hello_log.ko' ''
says 'ls -l /dev/hello*' "$(node hello0 0)" "$(node hello1 1)" "$(node hello2 2)" \
	"$(node hello3 3)" "$(node hello_log 0)"
says 'grep hello /proc/devices' '[0-9]+ hello_log' '[0-9]+ hello'
says 'cat /dev/hello0' 'Hello, world!'
says 'cat /dev/hello_log > /tmp/log &' ''
says 'echo "Good morning" > /dev/hello0' ''
says 'cat /dev/hello0' 'Good morning'
says 'echo "Good night" > /dev/hello3' ''
says 'cat /tmp/log' 'hello0: Good morning' 'hello3: Good night'
says 'lsmod' 'Module +Size +Used by' 'hello_log +[0-9]+ +[1-9]' 'hello +[0-9]+ +1 hello_log'
says 'rmmod hello' 'rmmod: ERROR: Module hello is in use by: hello_log'
says 'kill $!' ''
says 'rmmod hello_log' ''
says 'rmmod hello' ''
says 'modprobe hello_log' ''
says 'lsmod' 'Module +Size +Used by' 'hello_log +[0-9]+ +0' 'hello +[0-9]+ +1 hello_log'
says 'modprobe -r hello_log' ''
says 'lsmod' 'Module +Size +Used by'
says 'ls /dev/hello*' "ls: /dev/hello\*: No such file or directory"
says 'dmesg | grep -E "hello(_log)?: (Hello|Goodbye)"' \
	"${time}hello: Hello, world" "${time}hello_log: Hello, .*" \
	"${time}hello_log: Goodbye" "${time}hello: Goodbye" \
	"${time}hello: Hello, world" "${time}hello_log: Hello, .*" \
	"${time}hello_log: Goodbye" "${time}hello: Goodbye"
says 'insmod hello_blk.ko' ''
says 'ls -l /dev/hello_blk0' "brw------- +1 root +root +[0-9]+, +[0-9]+ $date /dev/hello_blk0"
says 'head -n 1 /dev/hello_blk0' 'Hello, world!'
says 'mke2fs -q /dev/hello_blk0' ''
says 'mkdir /tmp/disk' ''
says 'mount /dev/hello_blk0 /tmp/disk' ''
says 'echo "Good evening" > /tmp/disk/letter' ''
says 'cat /tmp/disk/letter' 'Good evening'
says 'rmmod hello_blk' 'rmmod: ERROR: Module hello_blk is in use'
says 'umount /tmp/disk' ''
says 'rmmod hello_blk' ''
says 'insmod hello_net.ko' ''
says 'ip netns add there' ''
says 'ip link set hello_net1 netns there' ''
says 'ip addr add 10.0.0.1/24 dev hello_net0' ''
says 'ip -n there addr add 10.0.0.2/24 dev hello_net1' ''
says 'ip link set hello_net0 up' ''
says 'ip -n there link set hello_net1 up' ''
says 'ping -q -c 3 -i 0.1 10.0.0.2' 'PING 10.0.0.2 .*' '' '--- 10.0.0.2 ping statistics ---' \
	'3 packets transmitted, 3 received, 0% packet loss, time .*' 'rtt .*'
says 'lsmod | grep hello' 'hello_net +[0-9]+ +0'
says 'rmmod hello_net' ''
says 'dmesg | grep -E "hello_(blk|net): (Hello|Goodbye)"' \
	"${time}hello_blk: Hello, .*" "${time}hello_blk: Goodbye" \
	"${time}hello_net: Hello, .*" "${time}hello_net: Goodbye"
is 'that was all' "$(grep -c '^# ' /tmp/session)" "$step"
