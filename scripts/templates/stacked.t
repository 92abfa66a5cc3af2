#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The device on top of hello.ko, as its users see it.

# shellcheck source=/dev/null
. "${0%/*}/../lib/tap.sh"
plan 8

ok 'it loads, and hello before it' modprobe @NAME@
like 'it uses hello' "$(cat /proc/modules)" '^hello .* @NAME@,'
is 'it reads as what hello0 holds' "$(cat /dev/@NAME@)" 'Hello, world!'
ok 'it can be written' sh -c 'echo Good morning >/dev/@NAME@'
is 'which posts a message to hello0' "$(cat /dev/hello0)" 'Good morning'
fails 'a message that is too long is refused' 'Message too long' dd if=/dev/zero of=/dev/@NAME@ bs=257 count=1
fails 'hello cannot be unloaded before it' 'in use by: @NAME@' rmmod hello
ok 'it unloads' rmmod @NAME@
