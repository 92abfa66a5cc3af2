#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# The packages describe the modules as they are.

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"
# shellcheck source=tests/lib/readme.sh
. "$top/tests/lib/readme.sh"
cd "$top"
package=scripts/package

parameters() { # MODULE
	modinfo -F parm "$build/$1.ko" | cut -d : -f 1 | sort
}

# Reads dkms.conf as dkms does, for a kernel whose configuration has these lines, and then runs a command.
dkms() { # COMMAND LINE...
	command=$1
	shift
	rm -rf "$work/kernel"
	[ $# -eq 0 ] || { mkdir "$work/kernel" && printf '%s\n' "$@" >"$work/kernel/.config"; }
	sed 's/#SERIES#/7.3|7.2/' $package/debian/hello-dkms.dkms >"$work/dkms.conf"
	# shellcheck disable=SC2016 # of the inner shell
	PATH=$work/bin:$PATH kernel_source_dir=$work/kernel bash -euc 'kernelver=$3 && . "$1" && eval "$2"' - \
		"$work/dkms.conf" "$command" "${kernel:-7.3.4}"
}

# Prints the modules that it names.
# shellcheck disable=SC2016 # as above
names='((${#BUILT_MODULE_NAME[@]} == ${#BUILT_MODULE_LOCATION[@]} && ${#BUILT_MODULE_NAME[@]} == ${#DEST_MODULE_LOCATION[@]}))
	echo "${BUILT_MODULE_NAME[@]}"'

# Prints whether dkms would build for the kernel on ACTION, and the calls of linux-rust-metadata, which fails for
# CALL.
builds() { # ACTION [CALL]
	cat >"$work/bin/linux-rust-metadata" <<-END
		#!/bin/sh
		echo "\$*" >>"$work/calls"
		[ "\$*" != "${2:-}" ]
	END
	chmod +x "$work/bin/linux-rust-metadata"
	: >"$work/calls"
	# shellcheck disable=SC2016 # as above
	action=$1 dkms 'if [[ $kernelver =~ $BUILD_EXCLUSIVE_KERNEL ]]; then echo builds; else echo skips; fi'
	cat "$work/calls"
}

modules=$(scripts/module-names Kbuild)

plan 43
is 'DKMS is told of each module' "$(dkms "$names" CONFIG_BLOCK=y CONFIG_NET=y)" "$modules"
is 'but not of those that a kernel cannot have' "$(dkms "$names" CONFIG_NET=y 2>/dev/null)" 'hello hello_log hello_net'
like 'and says why' "$(dkms "$names" CONFIG_NET=y 2>&1)" '^hello: kernel 7.3.4 has no CONFIG_BLOCK: hello_blk is not built$'
like 'of each' "$(dkms "$names" CONFIG_BLOCK=y 2>&1)" '^hello: kernel 7.3.4 has no CONFIG_NET: hello_net is not built$'
is 'Kbuild leaves out the same ones' "$(grep -o '(CONFIG_[A-Z]*),[a-z_]*\.o' Kbuild | sed 's/(\(.*\)),\(.*\)\.o/\2:\1/')" \
	"$(sed -n 's/^for record in //p' $package/debian/hello-dkms.dkms | tr ' ;' '\n' | grep :)"
mkdir "$work/bin"
is 'DKMS builds for a kernel that can have its metadata' "$(builds status)" "$(printf '%s\n' builds 'check 7.3.4')"
is 'which are made before it builds' "$(builds build)" "$(printf '%s\n' builds 'check 7.3.4' 7.3.4)"
is 'also as headers are installed' "$(builds autoinstall)" "$(builds build)"
is 'a kernel that cannot have them is skipped' "$(builds build 'check 7.3.4')" "$(printf '%s\n' skips 'check 7.3.4')"
is 'a kernel whose metadata cannot be made is skipped, too' "$(builds build 7.3.4)" "$(printf '%s\n' skips 'check 7.3.4' 7.3.4)"
is 'another supported series is built for in the same way' "$(kernel=7.2.9 builds build)" "$(printf '%s\n' builds 'check 7.2.9' 7.2.9)"
is 'other series are skipped without a check' "$(for kernel in 7.1.9 7.20.1 17.2.9; do builds build; done | xargs)" 'skips skips skips'
rm "$work/bin/linux-rust-metadata"
is 'if it is not installed and there are no headers, DKMS can still remove all modules' "$(action=remove dkms "$names")" "$modules"
for module in $modules; do
	is "$module(4) is installed" "$(grep -c "^$package/man/$module.4$" $package/debian/hello-dkms.manpages)" 1
	is "$module(4) has its parameters" "$(sed -n 's/^\.BI \([a-z_]*\)= .*/\1/p' "$package/man/$module.4" | sort)" "$(parameters "$module")"
	is "and so has modprobe.d" "$(sed -n "s/^#options $module //p" $package/debian/hello-dkms.hello.modprobe | tr ' ' '\n' | cut -d = -f 1 | sort)" \
		"$(parameters "$module")"
done
is 'hello(4) has each ioctl' "$(sed -n 's/^\.B \(HELLO_[A-Z_]*\)$/\1/p' $package/man/hello.4 | sort)" \
	"$(sed -n 's/^#define \(HELLO_[A-Z_]*\) _IO.*/\1/p' src/hello/uapi/hello.h | sort)"
is 'and each sysfs attribute' "$(sed -nE '/sys\/class\/hello/,/^\.SH/s/^\.IR? ([a-z]+)( .*)?$/\1/p' $package/man/hello.4 | sort)" \
	"$(sed -n 's/.*Attribute::new(c"\([a-z]*\)".*/\1/p' src/hello/device.rs | sort)"
is 'hello_blk(4) has each sysfs attribute' "$(sed -n '/^\.RS/,/^\.RE/s/^\.I \([a-z_]*\)$/\1/p' $package/man/hello_blk.4 | sort)" \
	"$(sed -n 's/.*Attribute::new(c"\([a-z_]*\)".*/\1/p' src/hello_blk/hello_blk.rs | sort)"
is 'udev is told of each class' "$(sed -n 's/^SUBSYSTEM=="\([a-z_]*\)".*/\1/p' $package/debian/hello-dkms.hello.udev)" \
	"$(sed -n 's/.*Region::new(c"\([a-z_]*\)".*/\1/p' src/hello/hello.rs src/hello_log/hello_log.rs)"
mkdir "$work/deb"
touch "$work/deb/before"
fails 'a maintainer needs an address' "DEBFULLNAME='Ann' comes without an address: set DEBEMAIL" \
	env DEBFULLNAME=Ann DEBEMAIL= $package/build "$work/deb"
fails 'which is one' "DEBFULLNAME and DEBEMAIL make 'Ann <b>', but it must be 'NAME <USER@HOST.DOMAIN>'" \
	env DEBFULLNAME=Ann DEBEMAIL=b $package/build "$work/deb"
fails 'also with a name' "DEBEMAIL make 'Ann B <b>', but" env DEBFULLNAME= DEBEMAIL='Ann B <b>' $package/build "$work/deb"
fails 'with a domain' "'ann <ann@laptop>', but" env DEBFULLNAME= DEBEMAIL=ann@laptop $package/build "$work/deb"
fails 'also that of EMAIL' "DEBFULLNAME and EMAIL make 'Ann <b>', but" \
	env DEBFULLNAME=Ann DEBEMAIL= EMAIL='C <b>' $package/build "$work/deb"
fails 'a version is one' "VERSION='v1' is not a version" env VERSION=v1 $package/build "$work/deb"
ok 'what was built before is left alone by all that' test -e "$work/deb/before"

# -- the packaged sources are complete: DKMS can build from them

$package/sources "$work/sources"
ok 'the sources in the package build' make -C "$work/sources" "KDIR=$KERNEL_DIR/build" "$compiler"
# shellcheck disable=SC2086 # they are words
is 'each module' "$(cd "$work/sources/build/custom" && printf '%s ' *.ko)" "$(printf '%s.ko\n' $modules | LC_ALL=C sort | tr '\n' ' ')"

# -- a module of another project

# module COMMAND PROJECT
module() {
	$package/module "$1" "$2" "$work/packaged"
}

make -s new NAME=my_count DIR="$work/my_count" KIND=chrdev
module sources "$work/my_count"
ok 'the sources of a generated project build' make -C "$KERNEL_DIR/build" "$compiler" M="$work/packaged" HELLO="$work/packaged/hello" modules
is 'its module' "$(modinfo -F name "$work/packaged/my_count.ko")" my_count
make -s new NAME=my_stack DIR="$work/my_stack" KIND=stacked
fails 'a stacked one is refused' "my_stack/Kbuild stacks its module on hello.ko" module sources "$work/my_stack"
block docs/stacking.md make 1 >"$work/my_stack/Kbuild"
fails 'also as docs/stacking.md writes it' "my_stack/Kbuild stacks its module" module sources "$work/my_stack"
fails 'and a wrong version' "VERSION='v1' is not a version" env VERSION=v1 $package/module sources "$work/my_count" "$work/packaged"
