#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module on top of hello.ko, as its users see it.

# shellcheck source=/dev/null
. "${0%/*}/../lib/tap.sh"
plan 5

ok 'it loads, and hello before it' modprobe @NAME@
like 'it uses hello' "$(cat /proc/modules)" '^hello .* @NAME@,'
printf 12345 >/dev/hello0
like 'it receives a message' "$(dmesg)" '@NAME@: 5 bytes$'
fails 'hello cannot be unloaded before it' 'in use by: @NAME@' rmmod hello
ok 'it unloads' rmmod @NAME@
