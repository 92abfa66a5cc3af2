#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 500
# Each allocation and copy in system calls on open files is made to fail, one after the other. One of the calls adds a
# device, and one maps pages.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
exec faults "$modules" open read write writev info capacity map message open-log read-log async poll epoll store add populate
