#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# What the chrdev crate does not let a driver do: each change to the example
# driver does not build, and the compiler says why, which is the same for every kernel.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$here/../lib/kbuild.sh"

# change SED-SCRIPT: the example, so changed.
change() {
	sed "$1" "$here/../modules/tally/tally.rs" >"$work/tally.rs"
}

# refuses NAME MESSAGE SED-SCRIPT
refuses() {
	change "$3"
	if cmp -s "$work/tally.rs" "$here/../modules/tally/tally.rs"; then
		fail "$1" 'the change changed nothing'
		return
	fi
	fails "$1" "$2" kbuild "$work" tally.o
}

cat >"$work/Kbuild" <<END
obj-m := tally.o
RUSTFLAGS_tally.o := --extern chrdev=$build/src/hello/libchrdev.rmeta
END

plan 13
change ''
ok 'the example as it is builds' kbuild "$work" tally.o
refuses 'no module that owns it' 'LocalModule' \
	'/^chrdev::module!/d'
refuses 'state that threads cannot share' 'Cell<i64>. cannot be shared between threads safely' \
	's/type Device = Atomic<i64>/type Device = core::cell::Cell<i64>/; s/Device<Atomic<i64>>/Device<core::cell::Cell<i64>>/'
refuses 'state of a file that threads cannot share' 'cannot be shared between threads safely' \
	's/type File = ();/type File = core::cell::Cell<i64>;/'
refuses 'user memory kept past the call' 'borrowed data escapes outside of' \
	"s/let room = destination.len();/fn keep(_: \&'static mut Destination<'static>) {} keep(destination); let room = 0usize;/"
refuses 'a publication by the driver itself' 'call to unsafe function .*publish' \
	's/Prepared::new(\(.*\))$/let p: Prepared<Self> = Prepared::new(\1)?; let _ = p.publish(); Err(ENODEV)/'
refuses 'a second publication' 'use of moved value' \
	's/Prepared::new(\(.*\))$/let p: Prepared<Self> = Prepared::new(\1)?; unsafe { let _ = p.publish(); let _ = p.publish(); } Err(ENODEV)/'
refuses 'a name that is no pattern' 'a file name with at most one %u' \
	's/c"tally%u"/c"tally%s"/'
refuses 'a class name that is no file name' 'NAME: not a file name' \
	's/c"tally";/c"a\/b";/'
refuses 'an attribute name that is no file name' 'the name of an attribute is not a file name' \
	's/^    type File/    const ATTRIBUTES: \&'"'"'static [chrdev::Attribute<Atomic<i64>>] = \&[chrdev::Attribute::new(c"a%u", |_, _| Ok(()))];\n&/'
# The head of an ioctl for the example.
ioctl="    fn ioctl(_: chrdev::OpenFile<'_, Self>, _: u32, argument: chrdev::Argument<'_>) -> Result<isize>"
refuses 'an ioctl argument kept past the call' 'borrowed data escapes outside of' \
	"s/^    fn read_iter/$ioctl { fn keep(_: chrdev::Argument<'static>) {} keep(argument); Ok(0) }\n&/"
refuses 'an ioctl argument sent to another thread' 'cannot be sent between threads safely' \
	"s/^    fn read_iter/$ioctl { fn send<T: Send>(_: T) {} send(argument); Ok(0) }\n&/"
refuses 'operations without their table' 'USE_VTABLE_ATTR' \
	'/^#\[vtable\]/d'
