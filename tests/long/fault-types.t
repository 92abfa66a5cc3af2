#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: types
# limit: 1800
# Each allocation and call in the init of the disk and the interfaces, and in a write to the disk, is made to fail, one
# after the other. The plan is the number of faults.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
exec faults "$modules" load-hello_blk load-hello_net write-disk
