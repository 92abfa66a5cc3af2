#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: types
# limit: 200
# Each step of registering the disk and the interfaces is made to fail, each with a different error.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# shellcheck source=tests/lib/faults.sh
. "${0%/*}/../lib/faults.sh"
plan 30

insmod /lib/test-modules/fallible.ko
refused blk_mq_alloc_tag_set 1 -12 'Cannot allocate memory' hello_blk
refused __blk_mq_alloc_disk 1 -5 'Input/output error' hello_blk
refused device_add_disk 1 -28 'No space left on device' hello_blk
for call in 1 2; do
	refused alloc_netdev_mqs "$call" 0 'Cannot allocate memory' hello_net
done
refused register_netdev 1 -19 'No such device' hello_net
refused register_netdev 2 -23 'Too many open files in system' hello_net
ok 'after all that the disk loads' insmod "$modules/hello_blk.ko"
is 'and can be read' "$(head -c 13 /dev/hello_blk0)" 'Hello, world!'
