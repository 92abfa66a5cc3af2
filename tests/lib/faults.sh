# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Makes kernel functions fail that tests/debug/fallible.c lists. For tests that include hello.sh.
# shellcheck disable=SC2154 # modules is set there

fail_function=/sys/kernel/debug/fail_function

# Makes the Nth call of the function return VALUE.
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
	ls -d /sys/class/block/"$1"* /sys/class/net/"$1"* 2>/dev/null
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
