# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Shared by the guest tests of the modules.

# shellcheck disable=SC2034 # for the tests
modules=/lib/modules/$(uname -r)/updates

# Prints every trace of the modules: files, numbers, names.
traces() {
	ls -d /dev/hello* /sys/class/hello* /sys/module/hello* 2>/dev/null
	stat -c %N /sys/dev/char/* | grep hello
	grep hello /proc/devices /proc/modules
}

major() {
	awk -v name="$1" '$2 == name { print $1 }' /proc/devices
}

opened() { # PID FILE
	stat -c %N "/proc/$1/fd"/* | grep -q " '$2'\$"
}

# Prints N, or a tenth of it on a debug kernel, where everything takes ten times as long.
scaled() { # N
	if [ -e /proc/lockdep_stats ]; then
		echo "$(($1 / 10))"
	else
		echo "$1"
	fi
}

lines() { # N FILE
	[ "$(wc -l <"$2")" -ge "$1" ]
}

# The last word of each line of the log with which a module began so.
said() { # MODULE WORDS
	dmesg | awk -v words="] $1: $2" 'index($0, words) { print $NF }' | paste -sd ' '
}
