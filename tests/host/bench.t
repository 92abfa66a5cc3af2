#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# What `make bench` refuses, the limits that CHECK=1 applies, and how TIMES=1 sums up what its guest has measured.

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

# What operations cost on the disks and the interfaces, in the order of their arguments.
check() { # READ WRITE PACKET PING SETUP
	printf 'count %s %s %s 0 0\n' \
		hello disk-read-4096 "$1" brd disk-read-4096 8000 null_blk disk-read-4096 10000 \
		hello disk-write-4096 "$2" brd disk-write-4096 8000 null_blk disk-write-4096 11000 \
		hello packet-60 "$3" veth packet-60 5000 hello ping "$4" veth ping 20000 >"$work/results"
	printf '%s\n' '# Recorded on here' 'disk-read-4096 20000' 'disk-write-4096 20000' 'packet-60 20000' \
		'ping 30000' >"$work/figures"
	python3 "$top/tests/bench/report.py" check "$work/results" "$work/figures" "$5"
}

plan 19
for option in PROFILE=pread-64 CHECK=1 RECORD=1; do
	fails "TIMES with $option is refused" '^bench: TIMES=1 .*: omit it, or PROFILE, CHECK and RECORD$' \
		env BUILD="$work" TIMES=1 "$option" "$top/scripts/bench"
done
fails 'TIMES on one CPU is refused' '^bench: TIMES=1 needs two CPUs, and this process may use 1: ' \
	env BUILD="$work" TIMES=1 taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" "$top/scripts/bench"
fails 'an operation to profile needs its whole name' \
	'^bench: PROFILE=pread is not an operation; there are: insmod .* pread-64 ' \
	env PROFILE=pread "$top/scripts/bench" check
fails 'TIMES has few operations' "^bench: no operation matches 'ping'; there are: pread-64 pwrite-64\$" \
	env TIMES=1 "$top/scripts/bench" check pread ping
is 'the operations are those that are measured' \
	"$("$top/scripts/bench" check nonexistent 2>&1 | sed 's/.*are: //' | tr ' ' '\n' | sort)" \
	"$(sed -n 's/^\([a-z0-9-]*\) [0-9]*$/\1/p' "$top/tests/bench/figures" | sort)"
fails 'without a time there is no table' 'no operation matches: pread-64 and pwrite-64 have times$' summary end

# Two CPUs do twice, once, and 1.33 times as much as one.
table=$(summary 'time hello pread-64 1 100 100' 'time hello pread-64 1 300 600' 'time hello pread-64 1 200 300' \
	'time twin pread-64 1 200 200' 'time twin pread-64 1 200 200' end | tr -s ' -')
like 'medians and quartiles' "$table" '^\| hello \| 200 \| 150–250 \| 300 \| 200–450 \| 1\.33 \| 1\.17–1\.67 \| 1\.00 \|$'
like 'the scaling of hello to that of a twin' "$table" '^\| twin \| 200 \| 200–200 \| 200 \| 200–200 \| 2\.00 \| 2\.00–2\.00 \| 0\.67 \|$'
like 'the head' "$table" '^\| pread-64, on 1 device \| one CPU, ns \| '

ok 'costs at the limits, and within the tolerance, pass' check 9690 10200 5865 23460 here
fails 'a write above the limit to brd fails' '^bench: disk-write-4096: 10201 .* 8000 of brd, at most 1.25 ' \
	check 9500 10201 5750 23000 here
fails 'a read above the limit to null_blk fails' '^bench: disk-read-4096: 9691 .* 10000 of null_blk, at most 0.95 ' \
	check 9691 10000 5750 23000 here
fails 'a packet above the limit to veth fails' '^bench: packet-60: 5866 .* 5000 of veth, at most 1.15 ' \
	check 9500 10000 5866 23000 here
fails 'a ping above the limit fails' '^bench: ping: 23461 .* 20000 of veth, at most 1.15 ' \
	check 9500 10000 5750 23461 here
ok 'on another setup, it is only reported' check 9500 10000 5750 23461 elsewhere
fails 'all excesses are named' '^bench: ping: ' check 9691 10201 5866 23461 here
sed -i '/veth ping/d' "$work/results"
fails 'a missing peer fails' '^bench: ping: it was not measured on both hello and veth' \
	python3 "$top/tests/bench/report.py" check "$work/results" "$work/figures" here
