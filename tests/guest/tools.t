#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The commands of this guest are the ones that people use: kmod's, not
# busybox's of the same names.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
plan 2
like 'insmod is kmod' "$(insmod --version)" '^kmod version'
like 'sh is dash' "$(readlink -f "/proc/$$/exe")" /dash$
