#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: debug
# limit: 800
# Each allocation and call in the modules' init that can fail is made to fail, one after the other. The plan is the
# number of faults.

# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
exec faults "$modules" load-hello load-hello_log load-hello_c load-tee load-nodes load-attributes
