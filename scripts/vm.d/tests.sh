# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# Runs many tests, through prove.

# A test with a header `kernels` runs on these kernels only. In a guest, stock stands for all that Debian ships.
runs_here() { # FILE
	local kernels
	# Programs that few tests need are made for x86 only.
	[[ ! $cross || ! $(header "$1" crates) ]] || return 1
	kernels=" $(header "$1" kernels) "
	[[ $kernel == '*' || $kernels == '  ' || $kernels == *" $kernel "* ]] ||
		{ is_debian && [[ $kernels == *" stock "* ]] && ! on_host "$1"; }
}

# Prints the tests whose path contains one of the words. Those that need programs which take minutes to build
# are run only if a word picks them that is not a folder.
pick() { # GROUPS WORDS...
	local file word with_crates
	# shellcheck disable=SC2086 # groups are words
	for file in $(cd "$project" && find $1 -name '*.t' 2>/dev/null | sort); do
		runs_here "$project/$file" || continue
		with_crates=$(header "$project/$file" crates)
		(($# > 1)) || [[ $with_crates ]] || echo "$file"
		for word in "${@:2}"; do
			[[ $file == *"$word"* ]] || continue
			[[ ! $with_crates || $word != */ ]] || continue
			echo "$file"
			break
		done
	done
}

short='tests/guest tests/host'
long='tests/harness tests/long'

# Refuses a word that no test's path contains.
check_words() { # [--long] WORD...
	local groups=$short word other
	other=$(find "$project/tests" -name '*[[:space:]]*.t' -print -quit 2>/dev/null) || true
	[[ ! $other ]] || die "the test '$other' has a space in its name: rename it"
	if [[ ${1:-} == --long ]]; then
		groups=$long
		shift
	fi
	for word; do
		[[ ! $(pick "$groups" "$word") ]] || continue
		# Not `head`, for which pick would be killed by SIGPIPE.
		other=$(kernel='*' pick "$short $long" "$word")
		other=${other%%$'\n'*}
		[[ ! $other ]] || other="; $other is run by: $(command_for "$other")"
		die "no test in $groups for KERNEL=$kernel matches '$word'$other"
	done
}

command_for() { # FILE
	local command='make test' kernels
	[[ ! $1 =~ ^(${long// /|})/ ]] || command='make test-long'
	kernels=$(header "$project/$1" kernels)
	runs_here "$project/$1" || command+=" KERNEL=${kernels%% *}"
	echo "$command T=${1#tests/}"
}

# Sorts tests by their limits, so that a test of many minutes does not run alone at the end.
longest_first() {
	local file
	while IFS= read -r file; do
		echo "$(limit_of "$project/$file") $file"
	done | sort -srn -k 1,1 | cut -d ' ' -f 2
}

# Prints how many tests run at once. A guest takes its memory, and QEMU some more.
default_jobs() {
	local jobs fit
	jobs=$(($(nproc) + 1))
	fit=$(awk -v each=$((memory + 150)) '$1 == "MemAvailable:" { print int($2 / 1024 / each) }' /proc/meminfo)
	((jobs <= fit)) || jobs=$((fit > 0 ? fit : 1))
	echo "$jobs"
}

all_tests() { # [-j N] [--long] WORDS...
	local jobs groups=$short files
	jobs=${VM_JOBS:-$(default_jobs)}
	while [[ ${1:-} == -* ]]; do
		case $1 in
		-j)
			is_number "${2:-}" || wrong "-j takes how many tests run at once, not '${2:-}'"
			jobs=$2
			shift
			;;
		--long) groups=$long ;;
		*) wrong "unknown option '$1'" ;;
		esac
		shift
	done
	check_words
	if [[ $groups == "$short" && ! $(kernel='*' pick "$short $long") ]]; then
		files=("$here/vm.d/smoke.t")
	else
		if [[ $groups == "$long" ]]; then check_words --long "$@"; else check_words "$@"; fi
		mapfile -t files < <(pick "$groups" "$@" | longest_first)
	fi
	((${#files[@]})) || die "there is no test in $groups for KERNEL=$kernel"
	need_kernel
	choose_accel
	base_cpio "$build/vm" >/dev/null
	kernel_image "$build/vm" >/dev/null
	cd "$project" || exit
	# Progress bypasses prove, which after a line on a test's standard error waits for that test's next result
	# and starts no other test meanwhile.
	VM_PROGRESS=9 prove -j "$jobs" --exec "$here/vm test" "${files[@]}" 9>&2
}
