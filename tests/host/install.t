#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# make install, uninstall and modules_install: what they refuse, and what they leave behind.

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"
unset MAKEFLAGS

# A fake system that runs the kernel of the modules: its uname, and the folders that scripts/install reads.
root=$work/root
updates=$root/lib/modules/$release/updates
# A release contains a +, which is special in a pattern.
as_pattern() {
	printf '%s\n' "$1" | sed 's/+/\\+/g'
}
mkdir -p "$work/bin" "$root/lib/modules/$release" "$root/sys/kernel/security" "$root/sys/module/module/parameters"
cp "$KERNEL_DIR"/modules.* "$root/lib/modules/$release/"
echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
echo N >"$root/sys/module/module/parameters/sig_enforce"
running() {
	printf '#!/bin/sh\necho "%s"\n' "$1" >"$work/bin/uname"
	chmod +x "$work/bin/uname"
}
running "$release"
PATH=$work/bin:$PATH
# This test does not use the modules that the harness does.
unset PROJECT

modules=$("$top/scripts/module-names" "$top/Kbuild")

script() { # COMMAND ARGUMENT...
	"$top/scripts/install" "$@"
}

plan 43

# -- for the running kernel

said=$(script install "$build" "$root" 2>&1)
like 'it tells what to type next' "$said" "^load them: sudo modprobe -a $modules\$"
like 'and how to undo it' "$said" 'make uninstall'
# shellcheck disable=SC2086 # they are words
is 'it installs the modules' "$(find "$updates" -type f -printf '%f %m\n' | sort)" "$(printf '%s.ko 644\n' $modules | sort)"
like 'modprobe finds them' "$(modprobe -d "$root" -S "$release" --show-depends hello_log)" 'updates/hello.ko'
like 'again' "$(script install "$build" "$root" 2>&1)" '^load them'
mkdir "$root/sys/module/hello"
like 'old ones that are loaded' "$(script install "$build" "$root")" '^older ones are still loaded; .*modprobe -r hello '
like 'uninstall says so too' "$(script uninstall "$build" "$root")" '^still loaded; to unload: sudo modprobe -r hello '
is 'it removes all' "$(find "$root/lib/modules" -name '*.ko' -o -name updates)" ''
fails 'modprobe finds nothing then' 'hello not found' modprobe -d "$root" -S "$release" --show-depends hello
fails 'uninstall with nothing installed' "none of $modules is in $(as_pattern "$updates")" script uninstall "$build" "$root"
rmdir "$root/sys/module/hello"
ok 'uninstall needs no build' sh -c "'$top/scripts/install' install '$build' '$root' && '$top/scripts/install' uninstall '$work/none' '$root'"

# -- refusals; each leaves the system unchanged

before=$(find "$root" | sort)
running 6.1.0-1-amd64
fails 'another kernel runs: both releases' "built for kernel $(as_pattern "$release"), this one is 6.1.0-1-amd64" script install "$build" "$root"
like 'and what to do' "$tap_out" 'otherwise: /lib/modules/6.1.0-1-amd64/build'
running "$release"
fails 'nothing is built' "$work/none/hello.ko is missing: run make first" script install "$work/none" "$root"
echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
fails 'lockdown, and no signature' 'hello.ko is not signed.*lockdown is on: none .integrity. confidentiality' script install "$build" "$root"
like 'and how to sign' "$tap_out" 'sign-file sha256 KEY CERTIFICATE .*/hello.ko'
echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
fails 'enforced signatures' 'hello.ko is not signed.*sig_enforce is Y' script install "$build" "$root"
mkdir "$work/signed"
for module in $modules; do
	# The trailer of a signature. Only the kernel checks whether that is valid.
	{ cat "$build/$module.ko" && echo '~Module signature appended~'; } >"$work/signed/$module.ko"
done
cp "$build/hello_log.ko" "$work/signed/"
fails 'one of them without a signature' 'hello_log.ko is not signed' script install "$work/signed" "$root"
is 'nothing of that is left' "$(find "$root" | sort)" "$before"
echo '~Module signature appended~' >>"$work/signed/hello_log.ko"
ok 'signed ones are taken' script install "$work/signed" "$root"
script uninstall "$build" "$root" >"$work/log" 2>&1
echo N >"$root/sys/module/module/parameters/sig_enforce"
mkdir -p "$updates/dkms"
touch "$updates/dkms/hello.ko.xz"
fails "DKMS's own are not shadowed" "DKMS has installed $(as_pattern "$updates")/dkms/hello.ko.xz" script install "$build" "$root"
rm -r "$updates"
# The SDK's own root is read-only, even for root.
rm -r "$root/lib/modules/$release"
ln -s /usr/share "$root/lib/modules/$release"
fails 'a folder that cannot be written' "no permission to write|cannot write to .* even as root: .*read-only" \
	script install "$build" "$root"
rm "$root/lib/modules/$release"
fails 'a kernel that was removed' "/lib/modules/$(as_pattern "$release") does not exist" script install "$build" "$root"

# -- a project elsewhere

mkdir -p "$work/elsewhere/build" "$root/lib/modules/$release"
cat >"$work/elsewhere/Kbuild" <<'END'
	obj-m := my_counter.o \
		an-other.o # and not.o
END
is 'all its modules are found' "$("$top/scripts/module-names" "$work/elsewhere/Kbuild")" 'my_counter an-other'
cp "$build/hello.ko" "$work/elsewhere/build/my_counter.ko"
said=$(PROJECT=$work/elsewhere script install "$work/elsewhere/build" "$root")
like 'the words to remove it name it' "$said" "sudo make uninstall M=$work/elsewhere\$"
like 'what is not built is named' "$said" "^skipped, since they are not in $work/elsewhere/build: an-other\$"
mkdir "$root/sys/module/an_other"
cp "$build/hello.ko" "$work/elsewhere/build/an-other.ko"
like 'a name with a dash is found where the kernel writes an underscore' \
	"$(PROJECT=$work/elsewhere script install "$work/elsewhere/build" "$root")" '^older ones are still loaded; .*modprobe -r an-other'
cp "$build/hello_log.ko" "$work/elsewhere/build/an-other.ko"
fails 'a module that is missing below it is named' "an-other.ko needs the module hello, which is not installed for kernel " \
	env PROJECT="$work/elsewhere" "$top/scripts/install" install "$work/elsewhere/build" "$root"
mkdir "$updates/dkms"
touch "$updates/dkms/my_counter.ko.xz"
fails 'those to remove it from DKMS name its package' 'apt-get purge my-counter-dkms' \
	env PROJECT="$work/elsewhere" "$top/scripts/install" install "$work/elsewhere/build" "$root"
rm -r "$updates"

# -- below a folder

running 6.1.0-1-amd64
ok 'whatever kernel runs' script copy "$build" "$work/below"
ok 'the modules are there' modprobe -d "$work/below" -S "$release" --show-depends hello_log
fails 'a folder that cannot be made' "cannot make /usr/below/.*INSTALL_MOD_PATH" script copy "$build" /usr/below
mkdir -p "$work/theirs/lib/modules/$release"
chmod 555 "$work/theirs/lib/modules/$release"
as_user=
[ "$(id -u)" != 0 ] || as_user='unshare --user --map-user=1000 --map-group=1000'
if $as_user true 2>/dev/null; then
	# shellcheck disable=SC2086 # they are words
	fails "a user is told root's command, which builds nothing" \
		"no permission to write to .*: sudo $top/scripts/install copy $build $work/theirs\$" \
		$as_user "$top/scripts/install" copy "$build" "$work/theirs"
	mkdir -p "$work/elsewhere/build"
	cp "$build/hello.ko" "$work/elsewhere/build/my_counter.ko"
	# shellcheck disable=SC2086 # as above
	fails 'for the modules of a project elsewhere, too' \
		": sudo env PROJECT=$work/elsewhere $top/scripts/install copy $work/elsewhere/build $work/theirs\$" \
		env PROJECT="$work/elsewhere" $as_user "$top/scripts/install" copy "$work/elsewhere/build" "$work/theirs"
else
	skip "a user is told root's command, which builds nothing" 'no user namespaces'
	skip 'for the modules of a project elsewhere, too' 'no user namespaces'
fi
for goal in install uninstall; do
	fails "$goal does not install below a folder" "\*\*\* $goal: " make -n -C "$top" $goal DESTDIR=/tmp/below
done
like 'make hands the folder on' "$(make -n -C "$top" modules_install INSTALL_MOD_PATH=/tmp/below)" \
	'scripts/install copy ".*/build/stock" "/tmp/below"'
fails 'and wants one' 'modules_install: set INSTALL_MOD_PATH' make -n -C "$top" modules_install
like 'but not with KDIR' "$(make -n -C "$top" modules_install KDIR=/tmp/tree)" '/tmp/tree".* modules_install'
like 'a relative folder is one below this' "$(make -n -C "$top" modules_install KDIR=/tmp/tree INSTALL_MOD_PATH=below)" \
	"INSTALL_MOD_PATH=\"$top/below\" modules_install"
like 'install builds nothing' "$(make -n -C "$top" install)" '^PROJECT=".*" scripts/install install ".*/build/stock"$'
echo 'obj-m := sub/mine.o' >"$work/Kbuild"
fails 'a module in a folder below is refused' "^$work/Kbuild: obj-m names what is in another folder .sub/mine.o." "$top/scripts/module-names" "$work/Kbuild"
fails 'a Kbuild that names no module' "has no line 'obj-m" sh -c "mkdir -p '$work/p/scripts' && cp '$top/scripts/install' '$top/scripts/module-names' '$work/p/scripts/' && touch '$work/p/Kbuild' && '$work/p/scripts/install' install /tmp /tmp"
