#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: types
# limit: 900
# Everything that the init of the disk and of the interfaces needs of the kernel is made to fail, one after the other,
# and so is what a write to the disk needs. The plan is the number of faults.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
exec faults "$modules" load-hello_blk load-hello_net write-disk
