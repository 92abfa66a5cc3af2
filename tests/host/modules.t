#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The built modules, as modinfo and binutils see them.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# The debug kernel has neither block devices nor network.
case $KERNEL in
debug | kobject | types)
	plan 22
	assertions=yes others=
	;;
*)
	plan 42
	assertions='' others='hello_blk hello_net'
	;;
esac

for folder in "$MODULE_ROOT"/lib/modules/*/updates; do
	release=$(basename "${folder%/updates}")
done

field() { # MODULE FIELD
	modinfo -F "$2" "$folder/$1.ko"
}

# Prints the section that a symbol of a module is in.
section() { # MODULE SYMBOL
	"${CROSS_COMPILE}objdump" -t "$folder/$1.ko" | awk -v name="$2" '$NF == name { print $(NF - 2) }'
}

undefined() { # MODULE
	"${CROSS_COMPILE}nm" -u "$folder/$1.ko"
}

# Prints the functions of core::panicking that a module uses. With CONFIG_RUST_DEBUG_ASSERTIONS, core and the kernel
# crate check for undefined behaviour, and panic if they find any; these calls are left out.
asserted='panic_(nounwind|misaligned_pointer_dereference)|^<_RN[^ ]*_6kernel5alloc4kvec'
panics() { # MODULE
	if [ -z "$assertions" ]; then
		undefined "$1" | grep 9panicking
	else
		objdump -dr "$folder/$1.ko" |
			awk '/>:$/ { caller = $2 } $3 ~ /9panicking/ { print caller, $3 }' | grep -vE "$asserted"
	fi
}

for module in hello hello_log $others; do
	is "$module: name" "$(field "$module" name)" "$module"
	is "$module: license" "$(field "$module" license)" GPL
	like "$module: author" "$(field "$module" author)" .
	like "$module: description" "$(field "$module" description)" .
	is "$module: for this kernel" "$(field "$module" vermagic | cut -d " " -f 1)" "$release"
	is "$module: init code is freed after init" "$(section "$module" init_module)" .init.text
	is "$module: exit code is in a section of its own" "$(section "$module" cleanup_module)" .exit.text
	is "$module: cannot panic" "$(panics "$module")" ''
	like "$module: it does call the kernel" "$(undefined "$module")" ' _?printk|_R'
done
like 'a panic would be seen' "$(cat "$KERNEL_DIR/build/Module.symvers")" '4core9panicking'
is 'hello depends on no module' "$(field hello depends)" ''
for module in $others; do
	is "$module depends on no module" "$(field "$module" depends)" ''
done
is 'hello_log depends on hello' "$(field hello_log depends)" hello
like 'the parameter is described' "$(field hello parm)" '^devices:.*[^0-9]1 to 256'
