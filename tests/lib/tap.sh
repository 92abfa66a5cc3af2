# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# TAP for tests in POSIX sh: call `plan` first, then one of the checks for each result. A check that fails prints
# what it got. A test that has to clean up redefines `cleanup`, which is called when the test ends.

tap_planned=0 tap_done=0 tap_failed=0

cleanup() {
	:
}

plan() {
	tap_planned=$1
	echo "1..$1"
	trap tap_end EXIT
}

# The exit status shows an early end and a failed check.
tap_end() {
	tap_status=$?
	cleanup || true
	[ "$tap_status" -eq 0 ] || exit "$tap_status"
	[ "$tap_done" -eq "$tap_planned" ] && [ "$tap_failed" -eq 0 ] || exit 1
}

pass() {
	tap_done=$((tap_done + 1))
	echo "ok $tap_done - $1"
}

# fail NAME [TEXT]
fail() {
	tap_done=$((tap_done + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_done - $1"
	[ $# -lt 2 ] || diag "$2"
}

diag() {
	printf '%s\n' "$1" | sed 's/^/#   /; 40q'
}

# skip NAME REASON: the check cannot be made here.
skip() {
	pass "$1 # SKIP $2"
}

# ok NAME COMMAND...: the command succeeds.
ok() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then
		pass "$tap_name"
	else
		fail "$tap_name" "status $? of: $*
$tap_out"
	fi
}

# fails NAME PATTERN COMMAND...: the command fails, and a line of its output matches the extended pattern.
fails() {
	tap_name=$1 tap_pattern=$2
	shift 2
	if tap_out=$("$@" 2>&1); then
		fail "$tap_name" "succeeded: $*
$tap_out"
	else
		like "$tap_name" "$tap_out" "$tap_pattern"
	fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:    $2
wanted: $3"
	fi
}

# like NAME TEXT PATTERN: one line of the text matches the extended pattern.
like() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		pass "$1"
	else
		fail "$1" "got:    $2
wanted: $3"
	fi
}

unlike() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		fail "$1" "got:      $2
unwanted: $3"
	else
		pass "$1"
	fi
}

# await SECONDS COMMAND...: repeats the command until it succeeds; fails when the time is up.
await() {
	tap_tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tap_tries=$((tap_tries - 1))
		[ "$tap_tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# ended PID: for await. A process that nobody has waited for has ended, too.
ended() {
	! grep -q '^State:[[:space:]]*[A-Y]' "/proc/$1/status" 2>/dev/null
}
