# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# Judges a test by what it left in its work folder: `stream`, what it wrote to its port, and for a guest
# `console`. A test fails unless everything shows that it passed.

# Lines of a kernel log that report a bug.
reports='WARNING:
BUG:
UBSAN:
refcount_t:
INFO: (task|rcu|trying to register|possible)
Oops
Kernel panic
general protection fault
suspected memory leak'

taint_names=(proprietary forced cpu-out-of-spec forced-unload machine-check
	bad-page user died acpi-overridden warned staging firmware-workaround
	out-of-tree unsigned soft-lockup livepatch auxiliary randstruct test)

# Prints the values of a test's `# NAME: value` lines, which must precede its first command.
header() { # FILE NAME
	sed -n "/^[^#]/q; s/^# $2: *//p" "$1"
}

# Prints what is wrong with a test's headers. An empty `expects` would match every report.
judge_header() { # FILE
	local name value
	if header "$1" expects | grep -qx ''; then
		echo "the header '# expects:' names no report"
	fi
	for name in limit cpus memory; do
		value=$(header "$1" "$name")
		[[ ! $value ]] || is_number "$value" || echo "the header '# $name: $value' is not a number above 0"
	done
}

# Prints the names of the bits that are set in TAINT but are not allowed.
taints() { # TAINT ALLOWED-NAMES
	local i name bad=
	for ((i = 0; i < 32; i++)); do
		name=${taint_names[i]:-bit-$i}
		((($1 >> i) & 1)) && [[ " $2 " != *" $name "* ]] && bad+=" $name"
	done
	echo "${bad# }"
}

# Judges the TAP on standard input. Two things that prove accepts are failures here: a "not ok" with a TODO
# directive, and a file in which every test is skipped.
judge_tap() {
	local line plan='' plans=0 ran=0 failed=0 skipped=0 gave_up=
	while IFS= read -r line || [[ $line ]]; do
		shopt -s nocasematch
		[[ $line =~ ^[[:space:]]*bail[[:space:]]+out! ]] && gave_up=1
		[[ $line =~ ^ok\ .*\#\ *skip ]] && ((++skipped))
		shopt -u nocasematch
		if [[ $line =~ ^1\.\.([0-9]+)([^0-9]|$) ]]; then
			plan=$((10#${BASH_REMATCH[1]})) plans=$((plans + 1))
		elif [[ $line =~ ^(not )?ok($|\ +([0-9]*)) ]]; then
			((++ran))
			[[ -z ${BASH_REMATCH[1]} ]] || ((++failed))
			[[ -z ${BASH_REMATCH[3]} || $((10#${BASH_REMATCH[3]})) -eq $ran ]] ||
				gave_up=2
		fi
	done
	if [[ $gave_up = 1 ]]; then
		echo "test gave up"
	elif ((failed)); then
		echo "test failed: $failed of ${plan:-$ran}"
	elif ((plans == 0)); then
		echo "no plan"
	elif ((plans > 1)); then
		echo "more than one plan"
	elif ((ran < plan)); then
		echo "fewer tests than planned: $ran of $plan"
	elif ((ran > plan)); then
		echo "more tests than planned: $ran of $plan"
	elif [[ $gave_up = 2 ]]; then
		echo "results out of order"
	elif ((ran == skipped)); then
		echo "no test ran"
	fi
}

# Prints why a test on the host failed, or nothing if it passed. STATUS is that of `timeout`.
judge_host() { # STATUS SECONDS LIMIT STREAM
	local why
	if (($2 >= $3)) && [[ $1 = 124 || $1 = 137 ]]; then
		echo "test hung (limit $3 s)"
		return
	fi
	why=$(judge_tap <"$4")
	[[ -n $why || $1 = 0 ]] || why="exit status $1"
	echo "$why"
}

first_report() { # CONSOLE EXPECTS
	grep -aE -e "$reports" "$1" | grep -avE -e "${2:-^$}" | tr -d '\r' |
		head -n 1 || true
}

# Prints what is wrong with how the machine ended, if anything. STATUS is that of `timeout qemu`; 33 is what
# the guest's init ends QEMU with.
judge_machine() { # STATUS SECONDS LIMIT CONSOLE
	case $1 in
	33) ;;
	124) echo "guest hung (limit $3 s)" ;;
	137) if (($2 >= $3)); then
		echo "guest hung (limit $3 s), and QEMU too"
	else
		echo "QEMU died (killed)"
	fi ;;
	0) if grep -aq 'Kernel panic' "$4"; then
		echo "guest panicked"
	else
		echo "guest reset or powered off before its verdict"
	fi ;;
	*) echo "QEMU died (status $1)" ;;
	esac
}

# Judges the verdict line that the guest's init has written.
judge_word() { # STREAM WORD FILE
	local said status taint locks report bad excused
	said=$(grep -a "^v $2 " "$1") || { echo "no verdict from the guest"; return; }
	[[ $said =~ ^v\ [^\ ]+\ status=([^\ ]+)\ taint=([0-9]+)\ locks=([^\ ]+)\ report=(.*)$ ]] ||
		{ echo "verdict not understood: $said"; return; }
	status=${BASH_REMATCH[1]} taint=${BASH_REMATCH[2]}
	locks=${BASH_REMATCH[3]} report=${BASH_REMATCH[4]}
	excused=" $(header "$3" taints | tr '\n' ' ')"
	bad=$(taints "$taint" "$allowed_taint$excused")
	if [[ $report == missing:* ]]; then
		echo "expected kernel log report is ${report}"
	elif [[ $report == "cannot be unloaded:"* || $report == *" is off" || $report == "pages were not freed" ]]; then
		echo "$report"
	elif [[ $report ]]; then
		echo "kernel log report: $report"
	elif [[ $bad ]]; then
		echo "kernel tainted: $bad"
	# Loading a proprietary module, or forcing one, turns lockdep off.
	elif [[ $locks != 1 && ! $excused =~ " "(proprietary|forced)" " ]] && ! { [[ $locks == none ]] && is_debian; }; then
		echo "lockdep turned itself off"
	elif [[ $status != 0 ]]; then
		echo "exit status $status"
	fi
}

# Prints why a guest failed, or nothing if it passed. A test must have TAP results, a session has none.
judge_guest() { # FOLDER WORD STATUS SECONDS LIMIT [TEST-FILE]
	local why report tap='' expects
	set -- "$@" /dev/null
	expects=$(header "$6" expects)
	report=$(first_report "$1/console" "$expects")
	why=$(judge_machine "$3" "$4" "$5" "$1/console")
	if [[ $why ]]; then
		echo "$why${report:+: $report}"
		return
	fi
	why=$(judge_word "$1/stream" "$2" "$6")
	[[ $why || -z $report ]] || why="kernel log report: $report"
	[[ $6 = /dev/null ]] || tap=$(sed -n 's/^t //p' "$1/stream" | judge_tap)
	# A failed check says more than the exit status that it leads to.
	[[ -z $tap || -n $why && $why != "exit status"* ]] || why=$tap
	echo "$why"
}
