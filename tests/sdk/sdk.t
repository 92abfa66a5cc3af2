#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/sdk make, with each tool of the host replaced by a fake that writes the files the real one would.
# shellcheck disable=SC2016,SC2086
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
plan 260

T=$(mktemp -d /tmp/sdk-test.XXXXXX)
cleanup() {
	rm -rf "$T"
}
chmod 755 "$T"
unset SDK_CACHE SDK_MIRROR XDG_CACHE_HOME
newest=7.3.10+deb13-amd64

# ---- the fakes

tool() {
	{ printf '#!/bin/bash\nT=%s\necho "%s $*" >>$T/calls\n' "$T" "$1"; cat; } >"$T/bin/$1"
	chmod +x "$T/bin/$1"
}

fresh() {
	local t
	rm -rf "${T:?}"/* "$T/.cache"
	mkdir -p "$T/bin" "$T/p/scripts"
	for t in bash sh awk date sed grep sort sha256sum cut cat mkdir rm mv cp ln tr head tail df id diff comm wc env dirname touch find nproc flock tar xz readlink realpath chmod mktemp true; do
		ln -s "$(type -P "$t")" "$T/bin/$t"
	done
	cp -r "$repo"/scripts/{sdk,sdk.d,sdk.conf,guest.conf,rust-metadata} "$T/p/scripts/"
	echo "keyring=$T/keyring" >>"$T/p/scripts/sdk.conf"
	printf '%s\n' '# a comment' CONFIG_D=y '# CONFIG_E is not set' >"$T/p/.config.fragment"
	printf '%s\n' CONFIG_F=y >"$T/p/.config.kobject.fragment"
	printf '%s\n' CONFIG_FF=y >"$T/p/.config.types.fragment"
	printf '%s\n' CONFIG_D=y CONFIG_F=y CONFIG_FF=y >"$T/config.own"
	touch "$T/keyring" "$T/calls"
	echo "rustc 1.0 (Debian)" >"$T/rustc"
	printf 'CONFIG_RUSTC_VERSION_TEXT="rustc 1.0 (Debian)"\nCONFIG_BINDGEN_VERSION_TEXT="bindgen 1"\nCONFIG_CC_VERSION_TEXT="x-linux-gnu-gcc-1 1.0"\nCONFIG_RUST=y\n' >"$T/config.stock"
	cp "$T/config.stock" "$T/config.here"
	printf '0x0\t_RNvA\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0x0\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n' >"$T/symvers"
	echo "0000 T _RNvA" >"$T/names"
	suite 7.3.9=7.3.9-1 7.3.10=7.3.10-1 7.3.11=7.3.11-1 -- 7.3.9-1 7.3.10-1
	fakes
}

# suite RELEASE=VERSION… -- SOURCE_VERSION…: headers and binary of each, and the sources.
suite() {
	local r
	while [[ $1 != -- ]]; do
		r=${1%=*}+deb13-amd64
		echo "linux-headers-$r ${1#*=}"
		echo "linux-binary-$r ${1#*=}"
		shift
	done >"$T/suite"
	shift
	for r; do echo "linux-source-7.3 $r"; done >>"$T/suite"
}

fakes() {
	tool dpkg <<<'echo amd64'
	tool apt-get <<'END'
for a; do case $a in
indextargets) cat $T/targets ;;
Dir::Etc::SourceList=*) lists=${a#*=} ;;
update) cat "$lists" >$T/lists
	if [[ -e $T/offline ]]; then said=$(<$T/offline); echo "E: Failed to fetch http://x  ${said:-Temporary failure resolving 'x'}"; exit 100; fi ;;
download) for p; do [[ $p != linux-*=* && $p != cargo && $p != trinity ]] || touch "$(sed 's/:arm64//; s/=/_/; s/$/_amd64.deb/' <<<"$p")"; done ;;
source) mkdir -p $T/liburing/test; tar -cJf liburing_1.orig.tar.xz -C $T liburing ;;
install) [[ ! -e $T/hidden ]] || mv $T/hidden $T/bin/mmdebstrap ;;
esac; done
END
	tool apt-config <<<'[[ ! -e $T/expired ]] || echo "value='"'false'"'"'
	tool apt-cache <<'END'
foreign=nothing
while [[ $1 != pkgnames && $1 != madison ]]; do [[ $1 != *=amd64,arm64 ]] || foreign=-arm64; shift; done
case $1 in
pkgnames) awk -v p="$2" 'index($1, p) == 1 { print $1 }' $T/suite ;;
madison) for p in "${@:2}"; do awk -v p="$p" -v foreign="$foreign\$" '$1 == p { print $1 (p ~ foreign ? ":arm64" : "") " | " $2 " | x" }' $T/suite; done ;;
esac
END
	tool mmdebstrap <<'END'
[[ ! -e /proc/$$/fd/8 ]] || { echo "sh: 1: Syntax error: Bad fd number"; exit 25; }
[[ " $* " == *" --skip=check/chrootless "* ]] || { echo "E: running chrootless mode as root without fakeroot"; exit 25; }
for a; do
	[[ $a != --setup-hook* ]] || { echo "deb http://default.test/debian trixie main"; exit 25; }
	[[ $a != /*/root && $a != /*/deb-* && $a != /*/guest-* && $a != /*/arm64-* && $a != /*/sid-* && $a != /*/debian ]] || root=$a
done
[[ ! -e $root ]] || { echo "E: $root is not empty"; exit 1; }
mkdir "${TMPDIR:-/tmp}/sdk-test.mmdebstrap.$$"
mkdir -p $root/usr/bin $root/usr/share/doc $root/etc/dpkg/origins $root/usr/lib/llvm-19/bin
touch $root/usr/lib/llvm-19/bin/clang
. $T/die
rm -r "${TMPDIR:-/tmp}/sdk-test.mmdebstrap.$$"
END
	tool dpkg-deb <<'END'
case $1 in
-x) mkdir -p $3/usr/bin; touch $3/usr/bin/trinity
	r=${2#*linux-*-}; r=${r%%_*}; h=$3/usr/src/linux-headers-$r m=$3/usr/lib/modules/$r; mkdir -p $h $m
	for c in $r ${r##*-} stock; do [[ ! -e $T/config.$c ]] || break; done
	cp $T/config.$c $h/.config; cp $T/symvers $h/Module.symvers; touch $h/vmlinux
	. $T/die
	touch $m/{vmlinuz,modules.builtin,modules.builtin.modinfo,modules.order} ;;
--fsys-tarfile) (($# == 2)) || exit 2; cd $T
	if [[ $2 == linux-headers-* ]]; then
		r=${2#linux-headers-}; r=${r%%_*}; mkdir -p usr/src/linux-headers-$r
		cp config.$([[ -e config.$r ]] && echo $r || echo stock) usr/src/linux-headers-$r/.config
		tar -c ./usr/src/linux-headers-$r; exit
	fi
	s=${2##*/}; s=${s%%_*}
	mkdir -p usr/src $s; mkdir -p $s/{kernel,arch/x86}/configs
	printf '%s\n' 'config D' 'menuconfig E' '	config F' >$s/kernel/Kconfig.own
	touch $s/{Makefile,kernel/configs/tiny{-base,}.config,arch/x86/configs/tiny.config}
	tar -cJf usr/src/$s.tar.xz $s; . $T/die; tar -c ./usr ;;
esac
END
	tool bwrap <<'END'
echo $PPID >$T/outside
while (($#)); do case $1 in
*/sid-*/usr) export OF=sid ;;
true) [[ ! -e $T/forbidden ]] || { echo "bwrap: setting up uid map: Permission denied" >&2; exit 1; } ;;
make | rustc | cargo | strings | depmod | */rust-metadata) exec "$@" ;;
esac; shift; done
END
	tool cargo <<<'. $T/die'
	tool rustc <<<'cat $T/rustc${OF:+.$OF}'
	tool bindgen <<<'echo bindgen 1'
	tool rustfmt <<<''
	tool x-linux-gnu-gcc-1 <<<''
	tool depmod <<<''
	tool strings <<<'echo "Linux version 7 Debian $(cat $T/banner) (2026-01-01)"'
	echo 7.3.10-1 >"$T/banner"
	tool nm <<<'cat $T/names'
	tool make <<'END'
outside=$(<$T/outside) here=${OF:-here}
while (($#)); do case $1 in
O=*) o=${1#O=} ;;
-C) folder=$2 ;;
*.t) touch "$folder/$1" ;;
ARCH=*) here=${1#ARCH=} ;;
olddefconfig) . $T/die; cp $T/config.$here $o/.config ;;
allnoconfig) . $T/die; cp $T/config.own $o/.config; cp $o/all.config $T/ ;;
all) for ((i = 1; i < 500; i++)); do echo "  CC $i.o"; done; mkdir -p $o/{arch/x86/boot,include/config}
	touch $o/made; . $T/die; echo 7.3-own >$o/include/config/kernel.release
	touch $o/arch/x86/boot/bzImage $o/modules.{builtin,builtin.modinfo,order} ;;
modules_prepare) mkdir -p $o/rust; touch $o/rust/kernel.o; . $T/die ;;
esac; shift; done
END
	: >"$T/die"
	printf '%s\n' "http://security.test/debian-security Debian-Security trixie-security" \
		"http://other.test/apt Other trixie" "http://host.test/debian Debian trixie" >"$T/targets"
}

sdk() { env -i HOME="$T" PATH="$T/bin" ${SET:-} "$T/p/scripts/sdk" "$@"; }
made() { sdk kernel stock; }
mirrors() { grep -o 'https\?://[a-z.]*' "$T/calls" | sort -u; }
calls() { grep -c "^$1" "$T/calls"; }
line_of() { sed -nE "s/.*sdk\.conf:([0-9]+) \($1=.*/\1/p" <<<"$2"; }

# ---- all is well

fresh
out=$(sdk make 2>&1 8>/dev/null)
is "an SDK is made from nothing" "$?: $(tail -1 <<<"$out" | cut -c-10)" "0: sdk: ready"
is "each of the 5 steps tells its number and its time" "$(grep -cE '^sdk: \[[1-5]/5\] .*: [0-9]+ s$' <<<"$out")" 5
is "the path is made of the cache and a key" "$(sdk path | sed -E 's/[0-9a-f]{12}$/KEY/')" "$T/.cache/hello-kmod/KEY"
stock=$(made)
is "kernel stock is a folder of it" "$stock" "$(sdk path)/kernels/stock"
fails "a step is not a kernel" "'root' is not made" sdk kernel root
is "the newest release is taken whose source is there" "$(cat "$stock/release")" $newest
ok "it has all that others need" ls "$stock"/{vmlinuz,modules.builtin,modules.builtin.modinfo,modules.order,build/Module.symvers,build/vmlinux,build/.config}
ok "the source stays" ls "$(sdk path)/source/Makefile"
is "packages do not" "$(find "$(sdk path)" -name '*.deb' -o -name tree -o -name apt)" ""
if grep -qx ID=debian /etc/os-release; then mirror=http://host.test; else mirror=http://default.test; fi
is "the mirror is the host's on Debian, mmdebstrap's own elsewhere" "$(mirrors)" $mirror
: >"$T/calls"
out=$(sdk make 2>&1)
is "a second run says nothing, and only looks whether bubblewrap runs" "$?$out$(sed 's/ .* / /' "$T/calls")" '0bwrap true'
echo '# a comment' >>"$T/p/scripts/sdk.conf"
ok "a comment in sdk.conf changes nothing" made
sed -i 's/^format=.*/format=999/' "$T/p/scripts/sdk.conf"
fails "a fact does: another SDK" "stock.* not made" made

fresh
SET=SDK_MIRROR=http://mine.test/debian sdk make >/dev/null 2>&1
like "SDK_MIRROR is where the root comes from" "$(cat "$T/calls")" "^mmdebstrap.*deb \[signed-by=.*\] http://mine.test/debian trixie-backports main"
is "and all of it" "$(mirrors)" http://mine.test
fresh
SET=SDK_MIRROR=http://snapshot.debian.org/archive/debian/20261120T000000Z sdk make >/dev/null 2>&1
is "an archive's lists have expired: none is checked for that" \
	"$(grep -E '^(mmdebstrap|apt-get .* update)' "$T/calls" | grep -cvE 'Acquire::Check-Valid-Until(=| ")false')" 0
like "those of other mirrors are" "$(sed -i /host.test/d "$T/targets"; rm -rf "$T/.cache"; sdk make 2>&1; cat "$T/calls")" \
	'^apt-get .*Acquire::Check-Valid-Until=true .* update'
fresh
touch "$T/expired"
sdk make >/dev/null 2>&1
is "nor is any for that if the host's apt checks none" \
	"$(grep -E '^(mmdebstrap|apt-get .* update)' "$T/calls" | grep -cvE 'Acquire::Check-Valid-Until(=| ")false')" 0
fresh
sed -i /host.test/d "$T/targets"
sdk make >/dev/null 2>&1
is "the host's apt knows no Debian: mmdebstrap's own" "$(mirrors)" http://default.test

# ---- what is missing

fresh
mv "$T/bin/mmdebstrap" "$T/hidden"
user="env"
if ((EUID == 0)); then
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
	mkdir -m 777 "$T/.cache"
fi
fails "a missing tool is named, with the command that mends it" "install with: sudo apt-get install .*mmdebstrap" \
	$user env -i HOME="$T" PATH="$T/bin" "$T/p/scripts/sdk" make
if ((EUID == 0)); then
	out=$(sdk make 2>&1)
	is "root installs it" "$?$(calls 'apt-get install')" 01
	like "and says so" "$out" "installing what this host lacks: .*mmdebstrap"
else
	skip "root installs it" "not root"
	skip "and says so" "not root"
fi
fresh
rm "$T/keyring"
like "the keyring counts as a tool" "$(sdk make 2>&1)" "(installing|missing).*debian-archive-keyring"
fresh
rm "$T/bin/apt-get"
fails "no apt-get" "no apt-get: .*Debian or Ubuntu" sdk make
fresh
touch "$T/forbidden"
fails "bubblewrap not allowed: its words" "setting up uid map: Permission denied" sdk make
like "and what to do" "$(sdk make 2>&1)" "apparmor|sysctl|container"
fresh
sdk make >/dev/null 2>&1
touch "$T/forbidden"
cd "$T/p" || exit 1
for command in make 'run true'; do
	fails "forbidden when all is made, $command: its words" "setting up uid map: Permission denied" sdk $command
	like "and what to do" "$(sdk $command 2>&1)" "apparmor|sysctl|container"
done
rm "$T/forbidden"
mv "$T/bin/bwrap" "$T/gone"
fails "removed when all is made: what to install" "(installing|missing).*bubblewrap" sdk make
mv "$T/gone" "$T/bin/bwrap"
ln -s "$(sdk path)/source" "$(made)/build/source"
ok "an SDK where it was made" sdk make
mv "$T/.cache" "$T/moved"
for command in make 'run true'; do
	SET=XDG_CACHE_HOME=$T/moved fails "an SDK that was moved, $command: where it was made" \
		"the SDK in $T/moved/.* was made in $T/.cache/.*, and works only there" sdk $command
done
cd / || exit 1
fresh
sed -i 's/^disk_mb=.*/disk_mb=999999999/' "$T/p/scripts/sdk.conf"
fails "too little disk: both figures" "has [0-9]+ MB free, .* takes 999999999" sdk make
ok "building packages does not need as much" sdk make deb
rm -rf "$(sdk path)"
sed -i 's/^deb_disk_mb=.*/deb_disk_mb=999999998/' "$T/p/scripts/sdk.conf"
fails "but some" "has [0-9]+ MB free, .* takes 999999998" sdk make deb
fresh
touch "$T/offline"
fails "no network" "cannot reach the mirror http.*SDK_MIRROR" sdk make
while IFS=: read -r said why; do
	echo "$said" >"$T/offline"
	fails "apt says $said" "$why" sdk make
done <<'END'
No space left on device:no space left on a disk; .* MB free: make room
404  Not Found:^sdk: E: Failed to fetch .*404  Not Found$
Hash Sum mismatch:^sdk: the step is .packages., the mirror http.* .SDK_MIRROR names another.
NO_PUBKEY 123:the key is not in .*/keyring: install a newer debian-archive-keyring
Release file is not valid yet:the clock of this host may be wrong; it says
END
rm "$T/offline"
ok "with it, the next run goes on" sdk make
fresh
tool dpkg <<<'echo arm64'
fails "another architecture" "host is arm64.*sdk.conf:[0-9]+ \(arch=" sdk make

# ---- paths

SET="SDK_CACHE=$T/c+1" ok "SDK_CACHE is the cache folder" sdk path
is "and nothing else is" "$(SET=SDK_CACHE=$T/c+1 sdk path | sed 's/[^/]*$//')" "$T/c+1/"
ln -s "$T/c+1" "$T/link"
is "a symlink is followed" "$(SET=SDK_CACHE=$T/link sdk path | sed 's/[^/]*$//')" "$T/c+1/"
SET=SDK_CACHE=/usr/x fails "a cache that the SDK would hide" "set SDK_CACHE to a path outside of /usr/x" sdk path
is "XDG_CACHE_HOME" "$(SET=XDG_CACHE_HOME=$T/x sdk path | sed 's/[^/]*$//')" "$T/x/hello-kmod/"
SET=SDK_CACHE=c fails "a relative cache" "'c' is not an absolute path: set SDK_CACHE" sdk path
SET="HOME=" fails "no HOME" "HOME is not set: set it, or SDK_CACHE" sdk path
if ((EUID == 0)); then
	mkdir -m 755 "$T/others"
	fails "a cache of another user" "no permission to write to $T/others .its owner: root.: set SDK_CACHE" \
		setpriv --reuid=65534 --regid=65534 --clear-groups env -i SDK_CACHE="$T/others" HOME="$T" PATH="$T/bin:/usr/bin" "$T/p/scripts/sdk" make
else
	skip "a cache of another user" "not root"
fi
fails "a HOME with a space" "kbuild cannot work in '$T/a b/.*set SDK_CACHE" env -i PATH="$T/bin" HOME="$T/a b" "$T/p/scripts/sdk" path
fresh
cp -r "$T/p" "$T/p p"
fails "a project with a space" "move the project" env -i PATH="$T/bin" HOME="$T" "$T/p p/scripts/sdk" make
sdk make >/dev/null 2>&1
fails "also when the SDK is complete" "move the project" env -i PATH="$T/bin" HOME="$T" "$T/p p/scripts/sdk" make
rm -rf "$T/.cache"
fails "run without an SDK" "no SDK yet: scripts/sdk make" env -i HOME="$T/none" PATH="$T/bin" bash -c "cd $T/p; exec scripts/sdk run true"
fails "kernel without its name" "usage" sdk kernel
fails "no kernel of that name: which there are" "there are: stock cloud rt arm64 7.2 sid debug kobject types" sdk make nonsense

# ---- no such kernel in the suite

fresh
suite 7.3.10=7.3.10-1 -- 7.3.9-1
out=$(sdk make 2>&1)
like "no kernel whole: what was looked for" "$out" "looked for: linux-headers-7.*, its linux-binary-RELEASE, linux-source-7.3"
like "what there is" "$out" "headers 7.3.10-1; binary 7.3.10-1 *; source 7.3.9-1"
is "and the line to change" "$(sed -n "$(line_of series "$out")p" "$T/p/scripts/sdk.conf")" series=7.3
sed -i s/^series=.*/series=9.9/ "$T/p/scripts/sdk.conf"
fails "a series that nobody has" "there are: headers none; binary none; source none" sdk make

# ---- kernels that must not be used

fresh
echo "rustc 1.0.1" >"$T/rustc"
fails "another compiler: both texts" "built by 'rustc 1.0 .Debian.', rustc is 'rustc 1.0.1'" sdk make
fresh
echo CONFIG_B=y >>"$T/config.here"
fails "another .config: the line" "> CONFIG_B=y" sdk make
fails "and no kernel" "not made" made
fresh
echo "0000 T _RNvB" >"$T/names"
fails "a Rust name that is not reproduced" "exports _RNvA, which the rebuild does not have" sdk make
fresh
sed -i /_RNvA/d "$T/symvers"
fails "a kernel without Rust names" "exports no Rust symbol" sdk make

# ---- a step that fails

fresh
echo '[[ $1 != modules_prepare ]] || { echo "  CC resolve_btfids/main.o"; echo "error: no"; exit 1; }' >"$T/die"
out=$(sdk make 2>&1)
like "the compiler fails: the step is named" "$out" "step 'metadata' failed with status 1; the last lines of .*metadata:"
like "the last lines of its log are shown" "$out" "error: no"
like "the next run says the same, although the mirror is not needed any more" "$(sdk make 2>&1)" "step 'metadata' failed"
echo '[[ $1 != modules_prepare ]] || kill -KILL $$' >"$T/die"
like "killed for want of memory: not called interrupted" "$(sdk make 2>&1)" "step 'metadata' failed with status 137"

# ---- interrupted, and twice at once

# killed_at CONDITION: the first fake for which it holds leaves its work half done, and kills scripts/sdk.
killed_at() {
	fresh
	echo "if $1 && [[ ! -e \$T/died ]]; then touch \$T/died; kill -${2:-KILL} \${outside:-\$PPID}; exit 1; fi" >"$T/die"
	out=$( (sdk make) 2>&1)
	[[ -e $T/died ]] && ! made >/dev/null 2>&1
}

recovers() {
	sdk make >/dev/null 2>&1 && ls "$(made)"/{vmlinuz,build/Module.symvers} >/dev/null &&
		! ls -d "$(sdk path)"/{source.new,packages/*.deb} 2>/dev/null
}

for at in '[[ $0 == *dpkg-deb && $1 == -x ]]' '[[ $0 == *mmdebstrap ]]' '[[ $1 == --fsys-tarfile ]]' \
	'[[ $1 == olddefconfig ]]' '[[ $1 == modules_prepare ]]'; do
	ok "killed at $at: no kernel" killed_at "$at"
	ok "and the next run makes it" recovers
done
killed_at '[[ $0 == *mmdebstrap ]]'
sdk make >/dev/null 2>&1
is "nothing of mmdebstrap's is left" "$(find /tmp "$(sdk path)" -maxdepth 2 -name 'sdk-test.mmdebstrap.*')" ''
killed_at '[[ $1 == modules_prepare ]]' TERM
like "ended by a signal: says what comes next" "$out" "interrupted; run it again to continue"
touch "$(sdk path)/kernels/stock/build/rust/half"
sdk make >/dev/null 2>&1
fails "nothing of a killed build is used" "No such file" ls "$(made)/build/rust/half"

killed_at '[[ $0 == *mmdebstrap ]]'
rm "$(sdk path)/done/packages"
suite 7.3.12=7.3.12-1 -- 7.3.12-1
sdk make >/dev/null 2>&1
is "nor of packages that are older by now" "$(cat "$(made)/release")" 7.3.12+deb13-amd64

fresh
echo '[[ $0 != *mmdebstrap ]] || for ((i = 0; i < 200; i++)); do ! grep -q waiting $T/second || break; sleep 0.05; done' >"$T/die"
ln -s "$(type -P sleep)" "$T/bin/"
sdk make >"$T/first" 2>&1 &
await 10 grep -q mmdebstrap "$T/calls"
sdk make >"$T/second" 2>&1
second=$?
wait $!
is "two at once: both end well" "$?$second" 00
like "the second waits" "$(cat "$T/second")" "waiting for another run"
is "and makes nothing again" "$(calls mmdebstrap)" "$(grep -c mmdebstrap "$T/calls")"

# ---- programs and modules for guests

fresh
fails "for guests: not without a stock kernel" "there is no stock kernel yet" sdk make guest
sdk make >/dev/null 2>&1
out=$(sdk make guest 2>&1)
like "for guests: a step of its own" "$?$out" "^0sdk: \[1/1\] Debian's programs and modules for guests: [0-9]+ s$"
like "modules of the stock kernel's version" "$(cat "$T/calls")" "^mmdebstrap .*,linux-modules-${newest/+/.}=7.3.10-1 "
rm -rf "$(sdk guest)"
echo "[[ \$root != */guest-* ]] || { echo \"E: Version '7.3.10-1' for 'linux-modules-$newest' was not found\"; exit 100; }" >"$T/die"
fails "gone from the mirror: what to do" "no longer have the modules of the stock kernel, ${newest/+/.}" sdk make guest

# ---- programs that few tests need

fresh
crates() { SET="SSL_CERT_FILE=$T/certificates https_proxy=http://proxy.test" sdk make crates; }
fails "programs that few tests need: not without an SDK" "there is no SDK yet" crates
sdk make >/dev/null 2>&1
fails "not without certificates" "there is no $T/certificates: apt-get install ca-certificates" crates
touch "$T/certificates"
echo "echo \"error: failed to download from \\\`x\\\`\"; exit 101" >"$T/die"
fails "no network: what to do" "cannot reach crates.io.*check the network" crates
: >"$T/die"
out=$(crates 2>&1)
like "programs that few tests need: a step of its own" "$?$out" "^0sdk: \[1/1\] programs for guests that few tests need: [0-9]+ s$"
like "from crates.io, of a fixed version, and fixed dependencies" "$(cat "$T/calls")" '^cargo install --locked .* fsx@[0-9.]+$'
like "by this host's proxy" "$(cat "$T/calls")" '^bwrap .* --setenv https_proxy http://proxy.test .* cargo install '
like "from Debian's source" "$(cat "$T/calls")" '^apt-get .* source --download-only liburing$'
is "nothing else stays" "$(cd "$(sdk crates)" && echo ./* bin/*)" \
	"./bin bin/liburing-read-write bin/liburing-ringbuf-read bin/liburing-thread-exit bin/trinity"
is "a second time calls nothing" "$(: >"$T/calls"; crates; cat "$T/calls")" ""
sdk make guest >/dev/null 2>&1
sed -i 's/^crate_programs="fsx@/&9/' "$T/p/scripts/guest.conf"
fails "another version is made anew" "scripts/sdk make crates" sdk crates
ok "and nothing of Debian's" sdk guest

# ---- what can be removed

fresh
path=$(sdk path)
cache=$T/.cache/hello-kmod
mkdir -p "$cache/photos" "$cache/0123456789ab/done" "$path/guest-0" \
	"$path"/ship-{older,newer}/boot "$path"/ship-{copy,third.new}
touch "$path/ship-older/boot/vmlinuz-7.3.9+deb13-amd64" "$path/ship-newer/boot/vmlinuz-$newest"
tool unshare <<<'shift 3; exec "$@"'
removable() {
	rm -f "$path/done/"*
	sdk make 2>&1 | sed -n 's/.*can be removed by scripts.sdk clean: //p'
}
is "only what is an SDK's is named as removable" "$(removable)" "$cache/0123456789ab $path/guest-0 $path/ship-older "
touch "$path/ship.lock"
is "with what a killed test-ship has left" "$(removable)" \
	"$cache/0123456789ab $path/guest-0 $path/ship-copy $path/ship-older $path/ship-third.new "
exec {held}>"$path/ship.lock"
flock "$held"
is "nothing of one that runs is" "$(removable)" "$cache/0123456789ab $path/guest-0 "
exec {held}>&-
before=$(find "$cache" -maxdepth 2 ! -name lock | sort)
flock --no-fork "$cache/lock" sleep 1000 &
holder=$!
await 10 sh -c "! flock -n '$cache/lock' true"
sdk clean >"$T/cleaned" 2>&1 &
ok "clean waits for another run" await 10 grep -q '^sdk: waiting for another run to finish$' "$T/cleaned"
is "and removes nothing yet" "$(find "$cache" -maxdepth 2 ! -name lock | sort)" "$before"
kill "$holder"
wait $!
is "it prints what it removes" "$?: $(tail -n +2 "$T/cleaned" | xargs)" \
	"0: $cache/0123456789ab $path/guest-0 $path/ship-copy $path/ship-older $path/ship-third.new"
if ((EUID == 0)); then
	is "root needs no user namespace for that" "$(calls unshare)" 0
else
	skip "root needs no user namespace for that" 'not root'
fi
is "and nothing else goes" "$(find "$cache" -maxdepth 2 | sort)" \
	"$(grep -vE '/(0123456789ab|guest-0|ship-copy|ship-older|ship-third.new)(/|$)' <<<"$before
$cache/lock" | sort)"
ok "the SDK stays" made
mkdir -p "$cache/fedcba987654"/{done,ship-copy}
touch "$cache/fedcba987654/ship.lock"
fails "an SDK in which a test-ship runs stays" "fedcba987654 was not removed whole: run it again when no test-ship holds .*fedcba987654/ship.lock" \
	flock "$cache/fedcba987654/ship.lock" env -i HOME="$T" PATH="$T/bin" bash -c "cd $T/p; exec scripts/sdk clean"
ok "and is found again" ls -d "$cache/fedcba987654"/{done,ship-copy}
is "it is removed afterwards" "$(sdk clean 2>&1)" "$cache/fedcba987654"
is "then there is nothing left to remove" "$(sdk clean 2>&1)" "sdk: nothing to remove from $cache"

# ---- the root for Debian packages

fresh
fails "it is not made unasked" "sdk make deb" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=deb bash -c "cd $T/p; exec scripts/sdk run true"
out=$(sdk make deb 2>&1)
like "it is made by itself" "$?$out" "^0sdk: \[1/1\] a root to build Debian packages in: [0-9]+ s$"
is "of what sdk.conf says" "$(grep -c 'mmdebstrap .*include=.*,debhelper,dh-dkms,lintian,' "$T/calls")" 1
ok "run enters it" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=deb bash -c "cd $T/p; exec scripts/sdk run true"
like "and not the other" "$(tail -n 1 "$T/calls")" "--ro-bind $(sdk path)/deb-[0-9a-f]*/usr /usr"
is "a second time calls nothing" "$(: >"$T/calls"; sdk make deb; cat "$T/calls")" ""
path=$(sdk path)
sed -i 's/^deb_packages="/&more /' "$T/p/scripts/sdk.conf"
is "its packages change nothing of the SDK" "$(sdk path)" "$path"
fails "but make it another" "sdk make deb" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=deb bash -c "cd $T/p; exec scripts/sdk run true"

# ---- listing kernels

fresh
printf '%s\n' 'linux-headers-7.3.10+deb13-common 7.3.10-1' 'linux-headers-7.1.1+deb13-amd64 7.1.1-1' 'linux-source-7.1 7.1.1-1' \
	'linux-headers-7.3.8+deb13-rt-amd64 7.3.8-1' 'linux-headers-7.3.10+deb13-arm64 7.3.10-1' >>"$T/suite"
sed -i '1i linux-headers-7.3.10+deb13-amd64 7.3.10-0' "$T/suite"
echo '# CONFIG_RUST is not set' >"$T/config.7.3.8+deb13-rt-amd64"
mkdir -p "$T/.cache/hello-kmod"/{kernels.backup,kernels} "$(sdk path)/list/state"
out=$(sdk kernels 2>&1)
is "kernels: all that are there, in order, each in its newest version" "$(awk '{ print $1 " " $2 }' <<<"$out" | xargs)" \
	"RELEASE VERSION 7.1.1+deb13-amd64 7.1.1-1 7.3.8+deb13-rt-amd64 7.3.8-1 7.3.9+deb13-amd64 7.3.9-1 $newest 7.3.10-1 7.3.10+deb13-arm64 7.3.10-1 7.3.11+deb13-amd64 7.3.11-1"
like "with flavour, architecture and compiler" "$out" "^${newest/+/.} +7.3.10-1 +plain +amd64 +rustc 1.0 +yes: DKMS$"
like "DKMS builds on one architecture" "$out" "^7.3.10.deb13-arm64 .* plain +arm64 .* no: hello-dkms is for amd64$"
like "one without Rust" "$out" '^7.3.8.deb13-rt-amd64 +7.3.8-1 +rt +amd64 +- +no: built without Rust$'
like "one of another series" "$out" '^7.1.1.deb13-amd64 .*no: the modules are for 7.3 and 7.2$'
like "one without its source" "$out" '^7.3.11.deb13-amd64 .*no: there is no linux-source-7.3 of that version$'
fails "nothing is left, not even by earlier runs" 'No such file' ls "$(sdk path)/list"
ok "folders of other programs stay" ls -d "$T/.cache/hello-kmod"/{kernels.backup,kernels}
sdk make >/dev/null 2>&1
like "the one that the SDK has is named" "$(sdk kernels 2>&1)" "^${newest/+/.} .*yes: KERNEL=stock$"
like "and that of arm64, which it could have" "$(sdk kernels 2>&1)" '^7.3.10.deb13-arm64 .*yes: KERNEL=arm64$'
echo "rustc 2.0 (Debian)" >"$T/rustc"
like "one of another compiler than the SDK's" "$(sdk kernels 2>&1)" '^7.3.9.deb13-amd64 .*no: the SDK has rustc 2.0 .Debian.$'
touch "$T/offline"
fails "without a network" "cannot reach the mirror http://host.test/debian: check the network" sdk kernels
fails "nothing is left, either" 'No such file' ls "$(sdk path)/list"

# ---- moving to the newest kernel

fresh
sdk make >/dev/null 2>&1
sdk make debug >/dev/null 2>&1
like "update: nothing newer" "$(sdk update 2>&1)" "^sdk: ${newest/+/.} of version 7.3.10-1 is the newest: the mirror has ${newest/+/.} of version 7.3.10-1$"
like "which changes nothing" "$(sdk kernel debug)" /kernels/debug-
suite 7.3.9=7.3.9-1 -- 7.3.9-1
like "update: older" "$(sdk update 2>&1)" "is the newest: the mirror has 7.3.9.deb13-amd64 of version 7.3.9-1$"
sdk kernels >/dev/null 2>&1
unlike "which make does not call newer" "$(sdk make 2>&1)" newer
suite 7.3.12=7.3.12-1 -- 7.3.12-1
sed -i s/1.0/2.0/ "$T/config.stock"
fails "update: of another compiler" "7.3.12.deb13-amd64 was built by 'rustc 2.0 .Debian.', the SDK has 'rustc 1.0 .Debian.', and stays on ${newest/+/.}" sdk update
is "the kernel is there as before" "$(cat "$(made)/release")" $newest
ok "and the debug kernel" sdk kernel debug
sed -i s/2.0/1.0/ "$T/config.stock"
suite 7.3.12=7.3.12-1 -- 7.3.12-1
unlike "make does not ask the mirror" "$(sdk make 2>&1)" newer
sdk kernels >/dev/null 2>&1
like "but tells what it has heard" "$(sdk make 2>&1)" "^sdk: the mirror has a newer kernel, 7.3.12.deb13-amd64: scripts/sdk update$"
: >"$T/calls"
like "update: from which to which" "$(sdk update 2>&1)" \
	"^sdk: from ${newest/+/.} of version 7.3.10-1 to 7.3.12.deb13-amd64 of version 7.3.12-1$"
is "the kernel is the newer one" "$(cat "$(made)/release")" 7.3.12+deb13-amd64
is "the root is not made again" "$(calls mmdebstrap)" 0
is "the lists are downloaded once" "$(calls 'apt-get .* update')" 1
ok "and do not stay" test ! -e "$(sdk path)/apt"
fails "a debug kernel of the older source does not serve any more" "'debug' is not made" sdk kernel debug
unlike "make has nothing more to tell" "$(sdk make 2>&1)" newer
touch "$T/offline"
fails "update without a network" "cannot reach the mirror http://host.test/debian" sdk update
ok "which loses nothing" made

# ---- other flavours

fresh
flavour() { # VERSION
	local p
	for p in headers binary base modules; do
		echo "linux-$p-7.3.10+deb13-cloud-amd64 $1"
	done >>"$T/suite"
}
flavour 7.3.10-1
cp "$T/config.stock" "$T/config.7.3.10+deb13-cloud-amd64"
out=$(sdk make cloud 2>&1)
like "a flavour is a step of its own" "$out" "^sdk: \[6/6\] Rust metadata of the cloud kernel: [0-9]+ s$"
cloud=$(sdk kernel cloud)
is "it has the release of its packages" "$(cat "$cloud/release")" 7.3.10+deb13-cloud-amd64
ok "it has all that others need" ls "$cloud"/{vmlinuz,modules.builtin,modules.order,build/Module.symvers,build/.config,debian/lib/modules}
fails "the packages are not kept" 'No such' ls -d "$cloud/packages"
like "kernels names it" "$(sdk kernels 2>&1)" '^7.3.10.deb13-cloud-amd64 .* cloud +amd64 .*yes: KERNEL=cloud$'
is "a second time calls nothing" "$(: >"$T/calls"; sdk make cloud; grep -v '^bwrap' "$T/calls")" ""
fresh
flavour 7.3.11-1
fails "not in the version of the stock kernel: which there are" 'no linux-headers-7.3.10.deb13-cloud-amd64 of version 7.3.10-1' sdk make cloud
fails "and the kernel is not there" "'cloud' is not made" sdk kernel cloud

# ---- another series

fresh
older() { # RELEASE
	local p
	for p in headers binary base modules; do
		echo "linux-$p-$1+deb13-amd64 $1-1"
	done >>"$T/suite"
}
sdk make >/dev/null 2>&1
suite 7.3.10=7.3.10-1 7.3.12=7.3.12-1 -- 7.3.10-1 7.3.12-1
older 7.2.8
older 7.2.9
older 7.2.10
printf 'linux-source-7.2 %s\n' 7.2.8-1 7.2.9-1 >>"$T/suite"
unlike "a series is not a kernel of the stock kernel's series" "$(sdk kernels 2>&1)" '^7.2.9.deb13-amd64 .*KERNEL=(stock|cloud|rt)$'
like "kernels names the newest whose source is there, before it is made" "$(sdk kernels 2>&1)" '^7.2.9.deb13-amd64 .*yes: KERNEL=7.2$'
like "an older one is for DKMS" "$(sdk kernels 2>&1)" '^7.2.8.deb13-amd64 .*yes: DKMS$'
rm "$(sdk path)/newest"
out=$(sdk make 7.2 2>&1)
like "a newer stock kernel that it has heard of is told" "$out" \
	'^sdk: the mirror has a newer kernel, 7.3.12.deb13-amd64: scripts/sdk update$'
rm "$(sdk path)/newest"
like "it is a step of its own" "$out" '^sdk: \[6/6\] Rust metadata of the 7.2 kernel: [0-9]+ s$'
other=$(sdk kernel 7.2)
is "the newest release is taken whose source is there" "$(cat "$other/release")" 7.2.9+deb13-amd64
like "it is made of its own source" "$(cat "$T/calls")" "^bwrap .*/rust-metadata rebuild 7.2.9.deb13-amd64 $other/packages/usr/src/linux-headers-7.2.9.deb13-amd64 $other/source $other/build$"
ok "which stays" ls "$other/source/Makefile"
ok "it has all that others need" ls "$other"/{vmlinuz,modules.builtin,modules.order,build/Module.symvers,debian/lib/modules/7.2.9+deb13-amd64}
is "its packages do not stay" "$(find "$other" "$(sdk path)/apt" -name '*.deb' -o -name 'source.*' -o -name packages 2>/dev/null)" ""
is "the stock kernel is that of its own series" "$(cat "$(made)/release")" $newest
is "a second time calls nothing" "$(: >"$T/calls"; sdk make 7.2; grep -v '^bwrap' "$T/calls")" ""
older 7.2.11
echo 'linux-source-7.2 7.2.11-1' >>"$T/suite"
like "kernels names the one that is made, when there is a newer" "$(sdk kernels 2>&1)" '^7.2.9.deb13-amd64 .*yes: KERNEL=7.2$'
like "which is for DKMS" "$(sdk kernels 2>&1)" '^7.2.11.deb13-amd64 .*yes: DKMS$'
fresh
older 7.2.10
out=$(sdk make 7.2 2>&1)
like "none is whole: what was looked for" "$out" "no kernel 7.2 whose headers, binary and source are of one version"
is "and the line to change" "$(sed -n "$(line_of flavour_series "$out")p" "$T/p/scripts/sdk.conf")" 'flavour_series="7.2"'
fails "and the kernel is not there" "'7.2' is not made" sdk kernel 7.2
path=$(sdk path)
sed -i 's/^flavour_series=.*/flavour_series="7.2 7.1"/' "$T/p/scripts/sdk.conf"
is "other series change nothing of the SDK" "$(sdk path)" "$path"
fails "but are kernels" "there are: stock cloud rt arm64 7.2 7.1 sid debug" sdk make nonsense

# ---- arm64

fresh
for p in headers binary base modules; do
	echo "linux-$p-7.3.10+deb13-arm64 7.3.10-1"
done >>"$T/suite"
sed 's/x-linux-gnu-gcc-1/aarch64-linux-gnu-gcc-1/' "$T/config.stock" >"$T/config.arm64"
echo CONFIG_ARM64=y >>"$T/config.arm64"
tool aarch64-linux-gnu-gcc-1 <<<''
tool aarch64-linux-gnu-nm <<<'cat $T/names'
tool uname <<<'echo x86_64'
fails "its root is not made unasked" "sdk make arm64" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=arm64 bash -c "cd $T/p; exec scripts/sdk run true"
sdk make >/dev/null 2>&1
unlike "nor by stock, which is not cross-built" "$(cat "$T/calls")" 'aarch64|arm64'
: >"$T/calls"
out=$(sdk make arm64 2>&1)
like "arm64 has a root of its own" "$out" '^sdk: \[6/7\] a Debian root with the toolchain for arm64: [0-9]+ s$'
like "and a step for the kernel" "$out" '^sdk: \[7/7\] Rust metadata of the arm64 kernel: [0-9]+ s$'
arm64=$(sdk kernel arm64)
said=$(cat "$T/calls")
is "it has the release of its packages" "$(cat "$arm64/release")" 7.3.10+deb13-arm64
like "which are those of arm64" "$said" '^apt-get .*APT::Architecture=arm64 .*download linux-headers-7.3.10.deb13-arm64=7.3.10-1$'
like "the root is of this host's architecture, with the cross compiler beside all else" "$said" \
	'^mmdebstrap .*--architectures=amd64 .*=rustc,.*,gcc-14-aarch64-linux-gnu,.* [^ ]*/arm64-[0-9a-f]{12} '
like "the programs for guests are of arm64" "$said" \
	"^mmdebstrap .*--architectures=arm64 .*=dash,kmod,.*,e2fsprogs,.* $arm64/debian "
like "it is cross-built, the kernel's own programs are not" "$said" \
	'^make .* CC=aarch64-linux-gnu-gcc-1 HOSTCC=gcc-1 .* ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules_prepare$'
like "in that root" "$said" "^bwrap .*--ro-bind $(sdk path)/arm64-[0-9a-f]*/usr /usr .*/rust-metadata rebuild 7.3.10.deb13-arm64 "
ok "it has all that others need" ls "$arm64"/{vmlinuz,modules.builtin,modules.order,build/Module.symvers,debian/lib/modules/7.3.10+deb13-arm64}
ok "run enters the root" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=arm64 bash -c "cd $T/p; exec scripts/sdk run true"
like "and not the other" "$(tail -n 1 "$T/calls")" "--ro-bind $(sdk path)/arm64-[0-9a-f]*/usr /usr"
is "a second time calls nothing" "$(: >"$T/calls"; sdk make arm64; grep -v '^bwrap' "$T/calls")" ""
path=$(sdk path)
sed -i 's/^arm64_packages="/&more /' "$T/p/scripts/sdk.conf"
is "its packages change nothing of the SDK" "$(sdk path)" "$path"
fails "but make another root" "sdk make arm64" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=arm64 bash -c "cd $T/p; exec scripts/sdk run true"
out=$(sdk make arm64 2>&1)
is "and not another kernel" "$(grep -c '^sdk: \[' <<<"$out")" 1
like "the old one can go" "$out" "can be removed by scripts/sdk clean: $path/arm64-"
rm "$path/done/flavour-arm64"
echo '[[ $1 != modules_prepare ]] || { echo "  CC resolve_btfids/main.o"; exit 1; }' >"$T/die"
fails "a compiler that fails is not taken for the mirror" "step 'flavour-arm64' failed with status" sdk make arm64

# ---- sid

fresh
newer() { # RELEASE
	local p
	for p in headers binary base modules; do
		echo "linux-$p-$1+deb14-amd64 $1-1"
	done >>"$T/suite"
	echo "linux-source-${1%.*} $1-1" >>"$T/suite"
	sed 's/rustc 1.0/rustc 2.0/' "$T/config.stock" >"$T/config.$1+deb14-amd64"
	cp "$T/config.$1+deb14-amd64" "$T/config.sid"
}
newer 7.2.12
newer 7.2.13
echo "rustc 2.0 (Debian)" >"$T/rustc.sid"
fails "sid's root is not made unasked" "sdk make sid" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=sid bash -c "cd $T/p; exec scripts/sdk run true"
like "kernels names sid's newest, before it is made" "$(sdk kernels 2>&1)" '^7.2.13.deb14-amd64 .* rustc 2.0 +yes: KERNEL=sid$'
sdk make >/dev/null 2>&1
unlike "stock needs nothing of sid" "$(cat "$T/calls")" 'mmdebstrap.* sid|metadata.*deb14'
said=$(sdk kernels 2>&1)
like "that its compiler is not the SDK's makes no difference" "$said" '^7.2.13.deb14-amd64 .*yes: KERNEL=sid$'
like "for others it does" "$said" '^7.2.12.deb14-amd64 .*no: the SDK has rustc 1.0 .Debian.$'
: >"$T/calls"
out=$(sdk make sid 2>&1)
like "sid has a root of its own" "$out" '^sdk: \[6/7\] a Debian root with the toolchain for sid: [0-9]+ s$'
like "and a step for the kernel" "$out" '^sdk: \[7/7\] Rust metadata of the sid kernel: [0-9]+ s$'
own=$(sdk kernel sid)
said=$(cat "$T/calls")
is "it has the newest release" "$(cat "$own/release")" 7.2.13+deb14-amd64
is "from sid's lists" "$(sed 's/.*\] //' "$T/lists")" "http://${mirror#*//}/debian sid main"
like "the root is from sid, with sid's compilers" "$said" \
	'^mmdebstrap .*=rustc,.*,gcc-16,.* sid [^ ]*/sid-[0-9a-f]{12} deb [^ ]* [^ ]* sid main$'
like "it is made of its own source, in that root" "$said" \
	"^bwrap .*--ro-bind $(sdk path)/sid-[0-9a-f]*/usr /usr .*/rust-metadata rebuild 7.2.13.deb14-amd64 [^ ]* $own/source $own/build$"
ok "it has all that others need" ls "$own"/{vmlinuz,modules.builtin,modules.order,build/Module.symvers,debian/lib/modules/7.2.13+deb14-amd64}
ok "run enters the root" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=sid bash -c "cd $T/p; exec scripts/sdk run true"
like "and not the other" "$(tail -n 1 "$T/calls")" "--ro-bind $(sdk path)/sid-[0-9a-f]*/usr /usr"
like "which has a name" "$(SET=SDK_ROOT=sid sdk root)" "^$(sdk path)/sid-[0-9a-f]{12}$"
is "as has the SDK's own" "$(sdk root)" "$(sdk path)/root"
is "a second time calls nothing" "$(: >"$T/calls"; sdk make sid; grep -v '^bwrap' "$T/calls")" ""
echo "rustc 3.0 (Debian)" >"$T/rustc.sid"
like "kernels compares it with the compiler of that root" "$(sdk kernels 2>&1)" '^7.2.13.deb14-amd64 .*no: the SDK has rustc 3.0 .Debian.$'
rm "$(sdk path)/done/flavour-sid"
out=$(sdk make sid 2>&1)
like "sid has moved on: both compilers" "$out" "built by 'rustc 2.0 .Debian.', rustc is 'rustc 3.0 .Debian.'"
is "the line to change" "$(sed -n "$(line_of sid_packages "$out" | tail -n 1)p" "$T/p/scripts/sdk.conf" | cut -c1-19)" 'sid_packages="rustc'
like "and what to remove" "$out" "rm -rf $(sdk path)/sid-[0-9a-f]{12}$"
echo "rustc 2.0 (Debian)" >"$T/rustc.sid"
newer 7.3.11
is "of two series the newer is taken" "$(sdk make sid >/dev/null 2>&1; cat "$own/release")" 7.3.11+deb14-amd64
path=$(sdk path)
sed -i 's/^sid_packages="/&more /' "$T/p/scripts/sdk.conf"
is "its packages change nothing of the SDK" "$(sdk path)" "$path"
like "but make another root" "$(sdk make sid 2>&1)" "can be removed by scripts/sdk clean: $path/sid-"
for p in headers binary base modules; do
	echo "linux-$p-7.3.12+deb13-amd64 7.3.12-1"
done >>"$T/suite"
echo "linux-source-7.3 7.3.12-1" >>"$T/suite"
sdk update >/dev/null 2>&1
fails "update moves the root, too, whose compilers are of its time" "sdk make sid" env -i HOME="$T" PATH="$T/bin" SDK_ROOT=sid bash -c "cd $T/p; exec scripts/sdk run true"
fresh
sdk make >/dev/null 2>&1
out=$(sdk make sid 2>&1)
like "sid has none: what was looked for" "$out" "^sdk: sid at .* have no kernel 7.2 whose headers, binary and source are of one version$"
is "and the lines to change" "$(for name in sid_series sid_suites; do sed -n "$(line_of $name "$out")p" "$T/p/scripts/sdk.conf"; done | cut -d= -f1 | xargs)" \
	'sid_series sid_suites'

# ---- debug kernels

fresh
sdk make >/dev/null 2>&1
fails "stock does not wait for the debug kernel" "'debug' is not made: .*make debug" sdk kernel debug
out=$(sdk make debug 2>&1)
debug=$(sdk kernel debug)
like "it is the sixth step" "$out" '^sdk: \[6/6\] the debug kernel.*: 200 400 [0-9]+ s$'
ok "and has what others need" ls "$debug"/{vmlinuz,release,modules.builtin,modules.builtin.modinfo,modules.order,build/.config}
is "it was asked for what its fragment says" "$(cat "$T/all.config")" "$(cat "$T/p/.config.fragment")"
like "of clang" "$(cat "$T/calls")" 'make .* LLVM=1 .* all'
: >"$T/calls"
out=$(sdk make debug 2>&1)
is "a second time it says nothing, and only looks whether bubblewrap runs" "$?$out$(sed 's/ .* / /' "$T/calls")" '0bwrap true'
echo '# more' >>"$T/p/.config.fragment"
sed -i 's/^debug_disk_mb=.*/debug_disk_mb=1/' "$T/p/scripts/sdk.conf"
is "a comment changes nothing, nor what sdk.conf says of its size" "$(sdk kernel debug)" "$debug"
path=$(sdk path)
sed -i 's/^debug_make=.*/debug_make="LLVM=1 V=1"/' "$T/p/scripts/sdk.conf"
fails "how it is made does change it" "'debug' is not made" sdk kernel debug
is "but not the SDK" "$(sdk path)" "$path"
sed -i 's/^debug_make=.*/debug_make="LLVM=1"/' "$T/p/scripts/sdk.conf"
like "kobject is in its place" "$(sdk make kobject 2>&1)" '^sdk: \[6/6\] the kobject kernel, '
is "and is asked for both fragments" "$(cat "$T/all.config")" "$(cat "$T"/p/.config{,.kobject}.fragment)"
is "the debug kernel is not made for it" "$(grep -c '^make .* all$' "$T/calls")" 1
like "types is in its place" "$(sdk make types 2>&1)" '^sdk: \[6/6\] the types kernel, '
is "and is asked for its own fragment on top of debug's" "$(cat "$T/all.config")" "$(cat "$T"/p/.config{,.types}.fragment)"
echo CONFIG_FF=y >>"$T/p/.config.fragment"
fails "a setting does change it" "'debug' is not made" sdk kernel debug
like "the old one can go" "$(sdk make debug 2>&1)" "can be removed by scripts/sdk clean: .*$debug"
cp "$T/p/.config.fragment" "$T/newer"
sed -i '$d' "$T/p/.config.fragment"
rm -rf "$debug"
sdk make debug >/dev/null 2>&1
is "and is made again when it is asked for" "$(sdk kernel debug)" "$debug"
cp "$T/newer" "$T/p/.config.fragment"
echo CONFIG_DD=y >>"$T/p/.config.fragment"
fails "a line that did not survive is named" "CONFIG_DD=y.*config.fragment did not survive: there is no CONFIG_DD" sdk make debug
fails "and there is no kernel" "'debug' is not made" sdk kernel debug
sed -i 's/CONFIG_DD=y/CONFIG_D=m/' "$T/p/.config.fragment"
fails "another value too" "CONFIG_D=m.* did not survive: CONFIG_D=y" sdk make debug
sed -i 's/CONFIG_D=m/# CONFIG_F is not set/' "$T/p/.config.fragment"
fails "and one that should not be set" "CONFIG_F is set although .*config.fragment" sdk make debug
sed -i 's/# CONFIG_F is/# CONFIG_FOO is/' "$T/p/.config.fragment"
fails "and one that there is not" "config.fragment unset CONFIG_FOO, which is in no Kconfig file" sdk make debug
fresh
sed -i 's/^debug_disk_mb=.*/debug_disk_mb=999999999/' "$T/p/scripts/sdk.conf"
fails "too little disk for it: both figures" "has [0-9]+ MB free, a debug kernel takes 999999999" sdk make debug

for at in allnoconfig all; do
	fresh
	echo "if [[ \$1 == $at && ! -e \$T/died ]]; then touch \$T/died; kill -KILL \${outside:-\$PPID}; exit 1; fi" >"$T/die"
	fails "killed at $at: it fails" "debug kernel" sdk make debug
	fails "there is none" "'debug' is not made" sdk kernel debug
	find "$(sdk path)/kernels" -path '*debug-*/build' -exec touch {}/half \;
	ok "the next run makes it" sdk make debug
	fails "and of nothing that was left" "No such file" ls "$(sdk kernel debug)/build/half"
done
