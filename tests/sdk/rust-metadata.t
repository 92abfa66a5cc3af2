#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/rust-metadata for an installed kernel, with fake headers, source and tools.
# shellcheck disable=SC2016
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
plan 84

T=$(mktemp -d /tmp/metadata-test.XXXXXX)
chmod 755 "$T"
cleanup() {
	rm -rf "$T"
}
release=7.3.4+deb13-amd64
version=7.3.4-1~bpo13+1
text="rustc 1.0 (abc)"
S=$T/system
headers=$S/usr/src/linux-headers-$release
state=$S/var/lib/linux-rust-metadata
out=$state/$release

# Replaces a link to the host's, instead of writing through it.
tool() {
	rm -f "$T/bin/$1"
	{ printf '#!/bin/bash\nT=%s\necho "%s $*" >>$T/calls\n' "$T" "$1"; cat; } >"$T/bin/$1"
	chmod +x "$T/bin/$1"
}

tools() {
	local t
	for t in bash sh awk sed grep sort cut cat mkdir rm mv cp ln tr head tail diff comm wc touch nproc flock tar xz \
		chmod cksum mktemp tee df printenv; do
		ln -s "$(type -P "$t")" "$T/bin/$t"
	done
	tool rustc <<<'cat $T/rustc'
	tool bindgen <<<'cat $T/bindgen'
	tool rustfmt <<<''
	tool x86_64-linux-gnu-gcc-14 <<<''
	tool strip <<<''
	tool nm <<<'cat $T/names'
	tool uname <<<"echo $release"
	tool dpkg-query <<'END'
[[ -e $T/versions/${@: -1} ]] && cat "$T/versions/${@: -1}"
END
	tool make <<'END'
printenv MAKEFLAGS KRUSTFLAGS KBUILD_OUTPUT >$T/environment
while (($#)); do case $1 in
O=*) o=${1#O=} ;;
RUSTC=*) rustc=${1#RUSTC=} ;;
olddefconfig) . $T/die; cp $T/config.here $o/.config ;;
modules_prepare) mkdir -p $o/rust $o/scripts; touch $o/rust/{kernel.o,libkernel.rmeta,libmacros.so}; echo built >$o/scripts/target.json
	$rustc --crate-name kernel; . $T/die ;;
esac; shift; done
END
}

fresh() {
	rm -rf "${T:?}"/*
	mkdir -p "$T/bin" "$T/versions" "$headers"/{scripts,arch,include,tools} "$S/lib/modules/$release" "$S/var/lib" "$T/linux-source-7.3"
	ln -s "$headers" "$S/lib/modules/$release/build"
	(umask 0 && : >"$T/calls")
	tools
	touch "$T/die" "$headers"/scripts/{mod,target.json} "$headers/.kernelvariables"
	echo "$text" >"$T/rustc"
	echo "bindgen 1" >"$T/bindgen"
	printf '%s\n' CONFIG_RUST=y "CONFIG_RUSTC_VERSION_TEXT=\"$text\"" 'CONFIG_BINDGEN_VERSION_TEXT="bindgen 1"' \
		'CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0"' >"$headers/.config"
	cp "$headers/.config" "$T/config.here"
	printf '0x0\t_RNvA\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0x0\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n' >"$headers/Module.symvers"
	printf '%s\n' "KBUILD_OUTPUT=/usr/src/linux-headers-$release" 'include /common/Makefile' >"$headers/Makefile"
	echo "0000 T _RNvA" >"$T/names"
	touch "$T/linux-source-7.3/Makefile"
	tar -C "$T" -cJf "$S/usr/src/linux-source-7.3.tar.xz" linux-source-7.3
	echo $version | tee "$T/versions/linux-headers-$release" >"$T/versions/linux-source-7.3"
}

settings=()
metadata() {
	env -i PATH="$T/bin" LINUX_RUST_METADATA_ROOT="$S" "${settings[@]}" "$repo/scripts/rust-metadata" "$@"
}

builds() {
	grep -c '^make .* modules_prepare' "$T/calls"
}

# ---- making the metadata

fresh
is 'check: it could be made' "$(metadata check $release 2>&1; echo $?) $(builds)" '0 0'
settings=(MAKEFLAGS=n KRUSTFLAGS=-Copt-level=0 KBUILD_OUTPUT=/x)
said=$(metadata $release 2>"$T/progress")
settings=()
is 'it prints the folder, and nothing else' "$?$said" "0$out"
like 'it tells how far it is' "$(cat "$T/progress")" '^linux-rust-metadata: \[3/4\] building'
like 'and what is proved' "$(cat "$T/progress")" 'all 1 exported Rust names of kernel .* are reproduced'
is 'all that a build looks for' "$(cd "$out" && echo .[a-z]* * scripts/* rust/*)" \
	".config .kernelvariables Makefile Module.symvers arch include rust scripts stamp tools scripts/mod scripts/target.json rust/libkernel.rmeta rust/libmacros.so"
is 'the headers are not copied' "$(readlink "$out/include")" "$headers/include"
is 'nor changed' "$(stat -c %F "$headers/scripts/target.json")" 'regular empty file'
is 'its Makefile works in it' "$(head -n 1 "$out/Makefile")" "KBUILD_OUTPUT=$out"
like 'no path of the build is in the crates' "$(grep '^rustc --remap' "$T/calls")" \
	"--remap-path-prefix=$state/.work.*/source=/linux --remap-path-prefix=$state/.work.*/build=/build --crate-name kernel"
like "the compiler is the kernel's own" "$(cat "$T/calls")" '^make .* CC=x86_64-linux-gnu-gcc-14 '
is 'nothing else is left' "$(ls -A "$state")" "$(printf '%s\n' $release .lock | sort)"
is "the caller's settings of make and kbuild do not reach it" "$(cat "$T/environment")" ''
is 'check: it is there' "$(metadata check 2>&1; echo $?)" 0
said=$(metadata 2>&1)
is 'a second time it only prints, also for the running kernel' "$?$said $(builds)" "0$out 1"
metadata() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$T/bin" LINUX_RUST_METADATA_ROOT="$S" \
		"$repo/scripts/rust-metadata" "$@"
}
if ((EUID == 0)); then
	is 'any user gets the folder' "$(metadata 2>&1)" "$out"
	chmod -R a+rX "$T"
	rm -rf "$out"
	fails 'an ordinary user cannot make it' "sudo linux-rust-metadata ${release/+/.}\$" metadata
	ln -s /proc/none "$T/none"
	mv "$state" "$state.away"
	ln -s "$T/none/state" "$state"
	fails 'nor can root where it cannot write' "cannot write to $state even as root: mkdir: .*$state" \
		env -i PATH="$T/bin" LINUX_RUST_METADATA_ROOT="$S" "$repo/scripts/rust-metadata"
	unlike 'which is not told to become root' "$tap_out" sudo
	rm "$state"
	mv "$state.away" "$state"
else
	skip 'nor can root where it cannot write' 'not root'
	skip 'which is not told to become root' 'not root'
	pass 'any user gets the folder # SKIP not root'
	pass 'an ordinary user cannot make it # SKIP not root'
fi
metadata() {
	env -i PATH="$T/bin" LINUX_RUST_METADATA_ROOT="$S" "$repo/scripts/rust-metadata" "$@"
}

fresh
metadata >/dev/null 2>&1
echo 7.3.4-2 | tee "$T/versions/linux-headers-$release" >"$T/versions/linux-source-7.3"
is 'other headers of that release: it is made again' "$(metadata 2>/dev/null) $(builds)" "$out 2"
echo '# other' >>"$headers/.config"
is 'or another configuration' "$(metadata 2>/dev/null) $(builds)" "$out 3"
mkdir -p "$state/7.3.1" && touch "$state/7.3.1/stamp"
ln -s /nowhere/.config "$state/7.3.1/.config"
echo 7.3.4-3 | tee "$T/versions/linux-headers-$release" >"$T/versions/linux-source-7.3"
metadata >/dev/null 2>&1
is 'metadata of removed headers are deleted' "$(ls "$state")" $release
echo "rustc 2.0" >"$T/rustc"
fails 'existing metadata are refused for another compiler' "built by 'rustc 1.0 .abc.', rustc is 'rustc 2.0'" metadata

fresh
mkdir "$headers/rust"
touch "$headers/rust/libkernel.rmeta"
said=$(metadata 2>"$T/progress")
is 'headers that have the metadata are printed' "$?$said" "0$headers"
like 'and it says so' "$(cat "$T/progress")" "have the Rust metadata already, in ${headers/+/.}/rust$"
is 'nothing is made' "$(builds)$(ls "$S/var/lib")" 0
echo "rustc 2.0" >"$T/rustc"
fails 'but not for another compiler, which could not read them: check' \
	"built by 'rustc 1.0 .abc.', rustc is 'rustc 2.0'" metadata check $release
fails 'they are not printed' "built by 'rustc 1.0 .abc.', rustc is 'rustc 2.0'" metadata

fresh
sed -i 's/x86_64-linux-gnu/aarch64-linux-gnu/' "$headers/.config"
printf '%s\n' CONFIG_ARM64=y CONFIG_COMPAT_VDSO=y >>"$headers/.config"
cp "$headers/.config" "$T/config.here"
mv "$T/bin/x86_64-linux-gnu-gcc-14" "$T/bin/aarch64-linux-gnu-gcc-14"
tool arm-linux-gnueabihf-gcc <<<''
tool uname <<<"[[ \$1 == -m ]] && echo aarch64 || echo $release"
is 'a kernel of arm64, on arm64' "$(metadata 2>/dev/null)" "$out"
unlike 'is not cross-built' "$(cat "$T/calls")" 'CROSS_COMPILE'
like 'its own compiler builds its programs' "$(cat "$T/calls")" '^make .* CC=aarch64-linux-gnu-gcc-14 HOSTCC=aarch64-linux-gnu-gcc-14 '

# ---- refusals, each with what to install

refused() { # NAME PATTERN
	fails "$1: check" "$2" metadata check $release
	refused_late "$@"
}

# Refusals that only the rebuild can show.
refused_late() { # NAME PATTERN
	fails "$1" "$2" metadata $release
	is "$1: no folder" "$(ls "$state" 2>/dev/null)" ''
}

fresh
mkdir "$S/etc"
printf '%s\n' 'NAME="Ubuntu"' ID=ubuntu >"$S/etc/os-release"
refused 'Ubuntu without its package' 'apt-get install linux-lib-rust-7.3.4.deb13-amd64$'
fresh
rm "$T/versions/linux-headers-$release"
refused 'headers of no package' 'belongs to no package linux-headers-7.3.4.deb13-amd64, so the source .* is not known$'
fresh
rm -rf "$headers"
fails 'no headers' 'no headers of kernel .*: apt-get install linux-headers-7.3.4.deb13-amd64$' metadata
fresh
sed -i 's/^CONFIG_RUST=y/# &/' "$headers/.config"
fails 'a kernel without Rust' 'is built without CONFIG_RUST' metadata
fresh
rm "$T/bin/rustc"
fails 'no rustc' "rustc does not run: apt-get install rustc .*'rustc 1.0 .abc.'" metadata
fresh
echo "bindgen 2" >"$T/bindgen"
refused 'another bindgen' "by 'bindgen 1', bindgen is 'bindgen 2'"
fresh
rm "$T/bin/rustfmt"
refused 'no rustfmt' 'apt-get install rustfmt'
fresh
rm "$T/bin/x86_64-linux-gnu-gcc-14"
refused 'no C compiler' 'x86_64-linux-gnu-gcc-14, .* is missing: apt-get install gcc-14$'
fresh
printf '%s\n' CONFIG_ARM64=y CONFIG_COMPAT_VDSO=y | tee -a "$headers/.config" >>"$T/config.here"
refused 'no compiler for 32-bit programs' 'arm-linux-gnueabihf-gcc, .* is missing: apt-get install gcc-arm-linux-gnueabihf$'
fresh
rm "$T/versions/linux-source-7.3"
fails 'no source' 'linux-source-7.3 is missing: apt-get install linux-source-7.3=7.3.4-1~bpo13.1$' metadata
fresh
echo 7.3.5-1 >"$T/versions/linux-source-7.3"
fails 'the source of another version' 'linux-source-7.3 is 7.3.5-1: apt-get install linux-source-7.3=7.3.4-1~bpo13.1$' metadata
fresh
rm "$S/usr/src/linux-source-7.3.tar.xz"
fails 'a source that was removed by hand' 'apt-get install --reinstall linux-source-7.3' metadata
fresh
echo CONFIG_B=y >>"$T/config.here"
refused_late 'another .config' '> CONFIG_B=y'
fails 'check remembers it' '> CONFIG_B=y' metadata check $release
like 'and says how to try again' "$tap_out" "to try again: sudo linux-rust-metadata ${release/+/.}$"
echo '# other' >>"$headers/.config"
ok 'but not for other headers' metadata check $release
cp "$headers/.config" "$T/config.here"
ok 'which are made' metadata $release
is 'then it is forgotten' "$(ls -A "$state")" "$(printf '%s\n' $release .lock | sort)"
fresh
sed -i 's/14.2.0-19/14.2.0-20/' "$T/config.here"
ok 'an update of the same C compiler' metadata
like 'the update is reported' "$tap_out" 'in its version: .*14.2.0-20'
fresh
echo "0000 T _RNvB" >"$T/names"
refused_late 'a name that is not reproduced' 'exports _RNvA, which the rebuild does not have'
fails 'which check remembers, too' 'exports _RNvA' metadata check $release
fresh
sed -i /_RNvA/d "$headers/Module.symvers"
refused_late 'a kernel without Rust names' 'exports no Rust symbol'
fresh
tool df <<<'printf "%s\n" Filesystem "x 1 1 1024 1% /"'
refused_late 'a full disk' 'has 1 MB free, .* takes 1500'
fresh
echo '[[ $1 != modules_prepare ]] || { echo "rust/kernel.o: broken" >&2; exit 2; }' >"$T/die"
refused_late 'a build that fails shows its log' '^rust/kernel.o: broken'
ok 'which check does not remember' metadata check $release
unlike 'and goes no further' "$(metadata 2>&1)" reproduced
fails 'words that it does not know' usage metadata --bad

# ---- interrupted, and twice at once

for signal in KILL TERM; do
	fresh
	# Of the script, whose child the fake make is.
	echo "if [[ \$1 == modules_prepare && ! -e \$T/died ]]; then touch \$T/died; kill -$signal \$PPID; exit 1; fi" >"$T/die"
	fails "ended by $signal: no folder" '' metadata
	is "$signal: nothing passes for it" "$(ls "$state")" ''
	is "$signal: the next run makes it" "$(metadata 2>/dev/null) $(find "$state" -mindepth 1 -maxdepth 1 -printf x)" "$out xx"
done

fresh
ln -s "$(type -P sleep)" "$T/bin/"
echo '[[ $1 != modules_prepare ]] || for ((i = 0; i < 200; i++)); do ! grep -q waiting $T/second || break; sleep 0.05; done' >"$T/die"
metadata >"$T/first" 2>"$T/progress" &
await 10 grep -q 'make .* modules_prepare' "$T/calls"
said=$(metadata 2>"$T/second")
second=$?
wait $!
is 'two at once: both end well' "$?$second" 00
is 'with the same folder' "$(cat "$T/first") $said" "$out $out"
is 'which is made once' "$(builds)" 1
