#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug kobject types
# The unit tests in the kernel: KUnit runs them when their module is loaded.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 12

results=/sys/kernel/debug/kunit
insmod /lib/test-modules/hello_unit.ko
is 'the suites' "$(cd "$results" && echo hello_*)" \
	'hello_escape hello_extent hello_line hello_ring hello_segments'
for suite in segments extent ring escape line; do
	like "$suite: every test passed" "$(cat "$results/hello_$suite/results")" \
		"^ok [0-9]+ hello_$suite\$"
	is "$suite: as many as are planned" \
		"$(grep -c '^  *ok [0-9]* [a-z_0-9]*$' "$results/hello_$suite/results")" \
		"$(sed -n 's/^  *1\.\.\([1-9][0-9]*\)$/\1/p' "$results/hello_$suite/results")"
done
is 'and none failed' "$(cat "$results"/hello_*/results | grep 'not ok')" ''
