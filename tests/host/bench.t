#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# What `make bench TIMES=1` refuses, and how it sums up what its guest has measured.

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
work=$(mktemp -d)
cleanup() {
	rm -rf "$work"
}

summary() { # LINE...
	printf '%s\n' "$@" >"$work/results"
	python3 "$top/tests/bench/report.py" times "$work/results"
}

plan 8
for option in PROFILE=pread-64 CHECK=1 RECORD=1; do
	fails "TIMES with $option is refused" '^bench: TIMES=1 .*: omit it, or PROFILE, CHECK and RECORD$' \
		env BUILD="$work" TIMES=1 "$option" "$top/scripts/bench"
done
fails 'TIMES on one CPU is refused' '^bench: TIMES=1 needs two CPUs, and this process may use 1: ' \
	env BUILD="$work" TIMES=1 taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" "$top/scripts/bench"
fails 'without a time there is no table' 'no operation matches: pread-64 and pwrite-64 have times$' summary end

# Two CPUs do twice, once, and 1.33 times as much as one.
table=$(summary 'time hello pread-64 1 100 100' 'time hello pread-64 1 300 600' 'time hello pread-64 1 200 300' \
	'time twin pread-64 1 200 200' 'time twin pread-64 1 200 200' end | tr -s ' -')
like 'medians and quartiles' "$table" '^\| hello \| 200 \| 150–250 \| 300 \| 200–450 \| 1\.33 \| 1\.17–1\.67 \| 1\.00 \|$'
like 'the scaling of hello to that of a twin' "$table" '^\| twin \| 200 \| 200–200 \| 200 \| 200–200 \| 2\.00 \| 2\.00–2\.00 \| 0\.67 \|$'
like 'the head' "$table" '^\| pread-64, on 1 device \| one CPU, ns \| '
