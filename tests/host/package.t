#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# What the packages say of the modules is what the modules are.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$top/tests/lib/kbuild.sh"
cd "$top"
package=scripts/package

parameters() { # MODULE
	modinfo -F parm "$build/$1.ko" | cut -d : -f 1 | sort
}

plan 8
is 'DKMS is told of each module' "$(sed -n 's/^BUILT_MODULE_NAME.*="\(.*\)"/\1/p' $package/debian/hello-dkms.dkms | xargs)" \
	"$(sed -n 's/^obj-m *[:+]*= *//p' Kbuild | grep -o '[a-z_]*\.o\>' | sed 's/\.o$//' | xargs)"
for module in hello hello_log; do
	is "$module(4) has its parameters" "$(sed -n 's/^\.BI \([a-z]*\)= .*/\1/p' $package/man/$module.4 | sort)" "$(parameters $module)"
	is "and so has modprobe.d" "$(sed -n "s/^#options $module //p" $package/debian/hello-dkms.hello.modprobe | tr ' ' '\n' | cut -d = -f 1 | sort)" \
		"$(parameters $module)"
done
is 'hello(4) has each ioctl' "$(sed -n 's/^\.B \(HELLO_[A-Z_]*\)$/\1/p' $package/man/hello.4 | sort)" \
	"$(sed -n 's/^#define \(HELLO_[A-Z_]*\) _IO.*/\1/p' src/hello/uapi/hello.h | sort)"
is 'and each sysfs attribute' "$(sed -nE '/sys\/class\/hello/,/^\.SH/s/^\.IR? ([a-z]+)( .*)?$/\1/p' $package/man/hello.4 | sort)" \
	"$(sed -n 's/.*Attribute::new(c"\([a-z]*\)".*/\1/p' src/hello/device.rs | sort)"
is 'udev is told of each class' "$(sed -n 's/^SUBSYSTEM=="\([a-z_]*\)".*/\1/p' $package/debian/hello-dkms.hello.udev)" \
	"$(sed -n 's/.*Region::new(c"\([a-z_]*\)".*/\1/p' src/hello/hello.rs src/hello_log/hello_log.rs)"
