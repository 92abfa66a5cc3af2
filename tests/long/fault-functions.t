#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 200
# Each step of registration is made to fail, each with a different error: for the first device, and for one that
# follows others.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
# shellcheck source=tests/lib/faults.sh
. "${0%/*}/../lib/faults.sh"
plan 66

insmod /lib/test-modules/fallible.ko
refused alloc_chrdev_region 1 -16 'Device or resource busy' hello
refused register_chrdev_region 1 -5 'Input/output error' hello major=240
refused class_create 1 -12 'Cannot allocate memory' hello
for call in 1 2 4; do
	refused device_create_with_groups "$call" -28 'No space left on device' hello
done
# device_add() creates two files before the six of hello.
for call in 3 12; do
	refused device_create_file "$call" -12 'Cannot allocate memory' hello
done
for call in 1 4; do
	refused cdev_alloc "$call" 0 'Cannot allocate memory' hello
	refused cdev_add "$call" -7 'Argument list too long' hello
done
ok 'after all that it loads' insmod "$modules/hello.ko"
is 'and works' "$(cat /dev/hello3)" 'Hello, world!'
refused alloc_chrdev_region 1 -16 'Device or resource busy' hello_log
refused class_create 1 -12 'Cannot allocate memory' hello_log
refused device_create_with_groups 1 -28 'No space left on device' hello_log
refused cdev_add 1 -7 'Argument list too long' hello_log
