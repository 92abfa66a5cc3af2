#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug kobject
# The unit tests in the kernel, where KUnit runs them when their module is loaded.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 6

results=/sys/kernel/debug/kunit
insmod /lib/test-modules/hello_unit.ko
for suite in segments extent ring escape; do
	like "$suite: every test passed" "$(cat "$results/hello_$suite/results")" \
		"^ok [0-9]+ hello_$suite\$"
done
is 'as many as there are' "$(cat "$results"/hello_*/results | grep -c '^ *ok [0-9]* [a-z_0-9]*$')" \
	$((22 + 4))
is 'and none failed' "$(cat "$results"/hello_*/results | grep 'not ok')" ''
