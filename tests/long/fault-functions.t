#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 200
# Each step of registration is made to fail, with an error of its own: for the first device, and for one
# after others that are registered.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 66

fail_function=/sys/kernel/debug/fail_function

# The Nth call of the function returns this.
arm() { # FUNCTION N VALUE
	echo "$1" >$fail_function/inject
	printf '%#x' "$3" >"$fail_function/$1/retval"
	echo "$2" >$fail_function/space
	echo 1 >$fail_function/times
	echo 100 >$fail_function/probability
}

disarm() {
	echo 0 >$fail_function/probability
	echo >$fail_function/inject
}

# traces() of this module alone.
of() { # MODULE
	traces | grep -E "$1([^_a-z]|\$)"
}

refused() { # FUNCTION N VALUE WORDS MODULE [PARAMETER]
	arm "$1" "$2" "$3"
	fails "$5 is refused as $1, call $2, fails" "could not insert module .*: $4" \
		insmod "$modules/$5.ko" ${6+"$6"}
	met=$(cat $fail_function/times)
	disarm
	is 'which it did' "$met" 0
	is 'it leaves nothing' "$(of "$5")" ''
	ok 'the next load works' insmod "$modules/$5.ko"
	rmmod "$5"
}

insmod /lib/test-modules/fallible.ko
refused alloc_chrdev_region 1 -16 'Device or resource busy' hello
refused register_chrdev_region 1 -5 'Input/output error' hello major=240
refused class_create 1 -12 'Cannot allocate memory' hello
for call in 1 2 4; do
	refused device_create_with_groups "$call" -28 'No space left on device' hello
done
# device_add() makes two files of its own before the six of hello.
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
