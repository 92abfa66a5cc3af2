#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
# 100,000 random system calls and batches of io_uring's on the devices, from two
# processes at a time. The seeds are fixed, so that findings can be reproduced;
# in a guest's shell, fuzz SEED COUNT makes other calls, and more.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 6

modprobe hello_log && [ -c /dev/hello0 ] && [ -c /dev/hello_log ] || exit
for seed in 1 3; do
	fuzz "$seed" 25000 &
	fuzz "$((seed + 1))" 25000
	is "seed $((seed + 1))" $? 0
	wait $!
	is "seed $seed" $? 0
done
echo alive >/dev/hello2
is 'a device that was left alone works' "$(stat -c %F /dev/hello2) $(cat /dev/hello2)" 'character special file alive'
# io_uring drops the files of a process some time after its end.
ok 'both can be unloaded' await 30 modprobe -r hello_log
