#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# How exports are built, and which ones are refused.

set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$here/../lib/kbuild.sh"

# The fields of Module.symvers: CRC, name, module, kind, namespace.
column() { # NUMBER
	cut -f "$1" "$build/Module.symvers"
}

plan 44

# -- the names

like 'the namespace carries a hash' "$namespace" '^HELLO_[0-9a-f]{16}$'
is 'all that hello.h declares is exported in it, and nothing else of C' \
	"$(awk -v FS='\t' '$2 !~ /^_R/ { print $2, $5 }' "$build/Module.symvers" | sort)" \
	"$(sed -n "s/^[a-z].*\\(hello_[a-z_]*\\)(.*/\\1 $namespace/p" "$dev/include/hello.h" | grep -v '^hello_callback' | sort)"
is 'one symbol is for all modules' \
	"$(awk -v FS='\t' '$4 == "EXPORT_SYMBOL" { print $2 }' "$build/Module.symvers")" hello_devices
is 'no name is longer than 400 characters' \
	"$(column 2 | awk 'length > 400')" ''
is 'the records themselves are not in the module' \
	"$(readelf -SW "$build/hello.ko" | grep -c export_symbol)" 0
if grep -q '^CONFIG_MODVERSIONS=y' "$KERNEL_DIR/build/.config"; then
	is 'with MODVERSIONS every export has a CRC' "$(column 1 | grep -c '^0x00000000$')" 0
	is 'and few are the same' "$(($(column 1 | sort -u | wc -l) * 2 > $(column 1 | wc -l)))" 1
else
	is 'without MODVERSIONS no export has a CRC' "$(column 1 | grep -vc '^0x00000000$')" 0
	is 'and none is in the module' "$(readelf -SW "$build/hello.ko" | grep -c version_ext)" 0
fi

# -- the build

said=$(cat "$build/tests/changed/log")
like 'a build from nothing' "$said" 'MODPOST'
unlike 'warns of nothing' "$said" '[Ww]arning:|WARNING:'
is 'one more makes nothing again' "$(cat "$build/tests/changed/again")" ''
is 'hello_log has no unsafe code, and declares nothing of C' \
	"$(grep -rnE '\<unsafe\>|extern "|no_mangle' "$here/../../src/hello_log")" ''

# -- consumers that modpost refuses

cp "$here"/../modules/refused/* "$work"
ok 'modules that modpost refuses compile' kbuild "$work" no_namespace.o
fails 'and are refused' 'ERROR: modpost' kbuild "$work" modules
said=$tap_out
# Kernel 7.2 names the module elsewhere in these messages.
like 'for a namespace that is not imported' "$said" \
	"ERROR: modpost: (module )?no_namespace(.ko: module)? uses symbol '?hello_post'? from namespace '?$namespace'?, but does not import it"
like 'for another namespace' "$said" \
	"ERROR: modpost: (module )?stale_namespace(.ko: module)? uses symbol '?hello_post'? from namespace '?$namespace'?"
like 'for the licence' "$said" \
	"ERROR: modpost: (proprietary.ko: )?GPL-incompatible module (proprietary.ko )?uses GPL-only symbol 'hello_post'"
like 'for a symbol that does not exist' "$said" \
	"ERROR: modpost: (missing.ko: symbol 'hello_missing'|\"hello_missing\" \[missing.ko\]) undefined!"
is 'and for nothing else' "$(echo "$said" | grep -c 'ERROR: modpost')" 4

# -- what export! refuses: crates with one mistake each

crate() { # FOLDER NAME: its code on standard input
	mkdir -p "$work/$1"
	cat "$work/head" - >"$work/$1/$2.rs"
	echo "obj-m += $2.o" >>"$work/$1/Kbuild"
}
cat >"$work/head" <<'END'
// SPDX-License-Identifier: GPL-2.0
#![allow(dead_code, missing_docs)]
use kernel::prelude::*;
module! {
    type: M,
    name: "m",
    license: "GPL",
}
struct M;
impl kernel::Module for M {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(M)
    }
}
END
mkdir "$work/rustc" "$work/modpost"
echo "include $dev/hello.mk" | tee "$work/rustc/Kbuild" >"$work/modpost/Kbuild"

crate rustc right <<'END'
pub static STATE: u32 = 1;
pub fn plain(n: usize) -> usize { n }
mod header { extern "C" { pub fn half(n: i32) -> i32; } }
#[no_mangle] unsafe extern "C" fn half(n: i32) -> i32 { n >> 1 }
export::export! { STATE }
export::export_c! { gpl, "RIGHT", header; half }
END
crate rustc missing <<'END'
export::export! { nowhere }
END
crate rustc generic <<'END'
pub fn largest<T: Ord>(a: T, b: T) -> T { core::cmp::max(a, b) }
export::export! { largest }
END
crate rustc local <<'END'
pub fn outer() { fn inner() {} inner() }
export::export! { inner }
END
crate rustc inside <<'END'
pub fn outer() { fn innermost() {} export::export! { innermost } }
END
crate rustc mangled <<'END'
pub extern "C" fn half(n: i32) -> i32 { n >> 1 }
export::export_c! { all: half }
END
crate rustc constant <<'END'
pub const LENGTH: usize = 1;
export::export! { LENGTH }
END
crate rustc twice <<'END'
pub static STATE: u32 = 1;
export::export! { STATE, STATE }
END
crate rustc undeclared <<'END'
mod header {}
#[no_mangle] extern "C" fn half(n: i32) -> i32 { n >> 1 }
export::export_c! { gpl, "WRONG", header; half }
END
crate rustc declared <<'END'
mod header { extern "C" { pub fn half(n: i64) -> i64; } }
#[no_mangle] unsafe extern "C" fn half(n: i32) -> i32 { n >> 1 }
export::export_c! { gpl, "WRONG", header; half }
END
crate rustc injected <<'END'
#[no_mangle] extern "C" fn half(n: i32) -> i32 { n >> 1 }
export::export_c! { gpl, "WRONG\"\n.long 0\n.asciz \""; half }
END
kbuild "$work/rustc" -k right.o missing.o generic.o local.o inside.o mangled.o constant.o twice.o \
	undeclared.o declared.o injected.o >"$work/log" 2>&1 || true

# wrong NAME WHAT PATTERN...: the crate was not built, and the errors match each pattern.
wrong() {
	name=$1 what=$2
	shift 2
	if [ -e "$work/rustc/$name.o" ]; then
		fail "$what" 'it was built'
		return
	fi
	for pattern; do
		if ! grep -qE -e "$pattern" "$work/log"; then
			fail "$what" "not there: $pattern"
			return
		fi
	done
	pass "$what"
}

ok 'a crate without a mistake builds' test -e "$work/rustc/right.o"
wrong missing 'a path that does not exist' 'cannot find value .nowhere. in this scope'
wrong generic 'a generic without its type' 'type annotations needed' 'export! \{ largest \}'
wrong local 'an item of a function' 'cannot find value .inner. in this scope'
wrong inside 'an export in a function' 'export! \{ innermost \}'
wrong mangled 'a function for C whose name is not one of C' 'half is not #\[no_mangle\]'
wrong constant 'a constant' 'export! \{ LENGTH \}'
wrong twice 'an item exported twice' '__export_symbol__R[A-Za-z0-9_]*5STATE. is already defined'
wrong undeclared 'a function that the header does not declare' \
	'cannot find value .half. in module .header.'
wrong declared 'a function that it declares otherwise' \
	'expected fn item .unsafe extern "C" fn.*header::half'
wrong injected 'a namespace that ends its string' 'a namespace may not have spaces, quotes'

crate modpost inlined <<'END'
#[inline]
pub fn short(n: usize) -> usize { n }
export::export! { short }
END
crate modpost instance <<'END'
pub fn largest<T: Ord>(a: T, b: T) -> T { core::cmp::max(a, b) }
export::export! { largest::<u32> }
END
crate modpost foreign <<'END'
export::export! { hello::devices }
END
# Two crates of one module.
cat >"$work/modpost/shared.rs" <<'END'
#![allow(missing_docs)]
pub fn work() {}
export::export! { work }
END
cat "$work/head" - >"$work/modpost/sharer.rs" <<'END'
export::export! { shared::work }
END
cat >>"$work/modpost/Kbuild" <<END
obj-m += both.o
both-y := shared.o sharer.o
RUSTFLAGS_sharer.o := --extern shared=\$(obj)/libshared.rmeta
\$(obj)/sharer.o: \$(obj)/shared.o
rust-exports := shared.o
include $dev/export.mk
END
kbuild "$work/modpost" modules >"$work/log" 2>&1 || true
said=$(cat "$work/log")
like 'an item that no other object sees' "$said" "local symbol '_R[A-Za-z0-9_]*5short' was exported"
like 'an item of another module' "$said" \
	"_R[A-Za-z0-9_]*5hello[A-Za-z0-9_]*7devices['\"]( \[foreign.ko\])? was exported without definition"
like 'an item that two crates export' "$said" "'_R[A-Za-z0-9_]*6shared4work' exported twice"
like 'an instance of a generic' "$said" "local symbol '_R[A-Za-z0-9_]*7largest[A-Za-z0-9_]*' was exported"

# -- each form of export_c!

crate forms forms <<'END'
#[no_mangle] extern "C" fn form_gpl() {}
#[no_mangle] extern "C" fn form_gpl_namespace() {}
#[no_mangle] unsafe extern "C" fn form_gpl_header() {}
#[no_mangle] extern "C" fn form_all() {}
#[no_mangle] extern "C" fn form_all_namespace() {}
#[no_mangle] unsafe extern "C" fn form_all_header() {}
#[no_mangle] extern "C" fn form_for_modules() {}
mod header { extern "C" { pub fn form_gpl_header(); pub fn form_all_header(); } }
export::export_c! { gpl: form_gpl }
export::export_c! { gpl, "ONE"; form_gpl_namespace }
export::export_c! { gpl, "TWO", header; form_gpl_header }
export::export_c! { all: form_all }
export::export_c! { all, "THREE"; form_all_namespace }
export::export_c! { all, "FOUR", header; form_all_header }
export::export_c! { gpl, "module:friend"; form_for_modules }
END
echo "include $dev/hello.mk" >>"$work/forms/Kbuild"
ok 'every form of export_c! builds' kbuild "$work/forms" modules
is 'and is in Module.symvers as C would be' \
	"$(awk -v FS='\t' '{ print $2, $4, $5 }' "$work/forms/Module.symvers" | sort)" \
	'form_all EXPORT_SYMBOL 
form_all_header EXPORT_SYMBOL FOUR
form_all_namespace EXPORT_SYMBOL THREE
form_for_modules EXPORT_SYMBOL_GPL module:friend
form_gpl EXPORT_SYMBOL_GPL 
form_gpl_header EXPORT_SYMBOL_GPL TWO
form_gpl_namespace EXPORT_SYMBOL_GPL ONE'

# -- a consumer with another list of symbols on the command line

mkdir "$work/lists"
cat >"$work/lists/two_lists.c" <<'END'
#include <linux/module.h>
#include <hello.h>
void form_all(void);
static int __init two_lists_init(void)
{
	form_all();
	return hello_devices();
}
module_init(two_lists_init);
MODULE_DESCRIPTION("Uses symbols of two other modules");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(HELLO_NAMESPACE);
END
printf '%s\n' "include $dev/hello.mk" 'obj-m := two_lists.o' >"$work/lists/Kbuild"
ok 'a list of symbols on the command line' \
	kbuild "$work/lists" KBUILD_EXTRA_SYMBOLS="$work/forms/Module.symvers" modules
is "stands beside hello's" "$(modinfo -F depends "$work/lists/two_lists.ko")" forms,hello

# -- consumers when hello changes

cp -r "$dev" "$work/dev"
mkdir "$work/again"
cp "$work/rustc/right.rs" "$here/../modules/refused/no_namespace.c" "$work/again"
echo "include $work/dev/hello.mk" >"$work/again/Kbuild"
compiled() {
	kbuild "$work/again" right.o no_namespace.o >"$work/log" 2>&1 || cat "$work/log"
	awk '$1 == "CC" || $1 == "RUSTC" { print $1, $NF }' "$work/log" | sort
}
exported() {
	"${CROSS_COMPILE}nm" "$work/again/right.o" | grep -o ' _R.*5right5STATE$'
}
is 'consumers are compiled' "$(compiled)" 'CC no_namespace.o
RUSTC right.o'
before=$(exported)
is 'and with the same hello not again' "$(compiled)" ''
sed -i 's/"HELLO_.*"/"HELLO_0123456789abcdef"/' "$work/dev/include/hello_namespace.h"
touch "$work/dev/rust/libexport.rmeta"
is 'but with another' "$(compiled)" 'CC no_namespace.o
RUSTC right.o'
unlike 'and what they export has other names' "$(exported)" "^$before\$"

# -- everything public can be used from outside, also when optimized for size

# In a copy, every public function is marked as deprecated, so that the compiler lists those that are used.
mkdir "$work/sized" "$work/sized/include" "$work/sized/rust" "$work/users"
cp -r "$here/../../Kbuild" "$here/../../src" "$work/sized"
for file in "$work"/sized/src/chrdev/*.rs "$work"/sized/src/hello/*.rs; do
	sed -i 's/^ *pub \(const \|unsafe \)*fn /#[deprecated]\n&/' "$file"
done
public() {
	awk '
		FNR == 1 { n = split(FILENAME, path, "/"); owner = path[n - 1] }
		/^ *(unsafe )?impl/ {
			owner = $0
			sub(/^ *(unsafe )?impl(<[^>]*>)? */, "", owner)
			sub(/[^$A-Za-z0-9_].*/, "", owner)
		}
		/^}/ { owner = path[n - 1] }
		/^ *pub ((const|unsafe) )*fn / {
			sub(/.* fn /, "")
			sub(/[^a-z0-9_].*/, "")
			# In a macro, for two types.
			if (owner == "$type")
				print "IovIterDest::" $0 "\nIovIterSource::" $0
			else
				print owner "::" $0
		}' "$here"/../../src/chrdev/*.rs "$here"/../../src/hello/*.rs | sort -u
}
# shellcheck disable=SC2016 # rustc's quotes
used() {
	sed -n 's/.*: use of deprecated .* `\(.*\)`.*/\1/p' "$work/log" |
		sed 's/::<[^>]*>//; s/.*::\([^:]*::[^:]*\)$/\1/' | sort -u
}
sized='KRUSTFLAGS=-Copt-level=s -Adeprecated'
ok 'both modules build' kbuild "$work/sized" "$sized" modules
cp "$dev/hello.mk" "$dev/export.mk" "$work/sized/"
cp "$dev/include/hello.h" "$work/sized/src/hello/hello_namespace.h" "$work/sized/include"
cp "$work"/sized/src/export/lib*.rmeta "$work"/sized/src/hello/lib*.rmeta "$work/sized/rust"
cp -r "$here/../modules/everything" "$work/users"
cat >"$work/users/Kbuild" <<END
include $work/sized/hello.mk
obj-m := everything.o
everything-y := everything/chrdev.o everything/helpers.o everything/everything.o
chrdev-users := everything/everything.o
RUSTFLAGS_everything/everything.o := --force-warn deprecated
include $work/sized/src/chrdev/chrdev.mk
END
kbuild "$work/users" "$sized" modules >"$work/log" 2>&1 || true
ok 'and everything.ko on them' test -e "$work/users/everything.ko"
is 'which uses every public function' "$({ public; used; } | sort | uniq -u)" ''
