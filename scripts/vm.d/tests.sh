# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# Many tests, through prove.

# The tests that the words pick: a path, or a part of one. Those that name
# kernels in a header line are for these.
pick() { # GROUPS WORDS...
	local file word kernels
	# shellcheck disable=SC2086 # groups are words
	for file in $(cd "$top" && find $1 -name '*.t' | sort); do
		kernels=$(header "$top/$file" kernels)
		[[ " ${kernels:-$kernel} " == *" $kernel "* ]] || continue
		(($# > 1)) || echo "$file"
		for word in "${@:2}"; do
			if [[ $file == *"$word"* ]]; then
				echo "$file"
				break
			fi
		done
	done
}

# By what each says of itself, so that none of many minutes is left to run alone at last.
longest_first() {
	local file
	while IFS= read -r file; do
		echo "$(limit_of "$top/$file") $file"
	done | sort -srn -k 1,1 | cut -d ' ' -f 2
}

all_tests() { # [-j N] [--long] WORDS...
	local jobs groups='tests/guest tests/host' files
	jobs=$(($(nproc) + 1))
	while [[ ${1:-} == -* ]]; do
		case $1 in
		-j)
			is_number "${2:-}" || wrong "-j takes how many tests run at once, not '${2:-}'"
			jobs=$2
			shift
			;;
		--long) groups='tests/harness tests/long' ;;
		*) wrong "what is $1?" ;;
		esac
		shift
	done
	mapfile -t files < <(pick "$groups" "$@" | longest_first)
	((${#files[@]})) || die "no test in $groups matches: $*"
	need_kernel
	choose_accel
	base_cpio "$build/vm" >/dev/null
	kernel_image "$build/vm" >/dev/null
	cd "$top" || exit
	# Past prove: after a line on its standard error prove waits for the test's next result, and starts no
	# other test meanwhile.
	VM_PROGRESS=9 prove -j "$jobs" --exec "$here/vm test" "${files[@]}" 9>&2
}
