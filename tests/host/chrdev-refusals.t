#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Mistakes that the chrdev crate makes impossible: with each of these changes the example driver does not build, and
# the compiler says why. This does not depend on the kernel.

set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$here/../lib/kbuild.sh"

# change SED-SCRIPT: prints the example with this change.
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

plan 34
change ''
ok 'the example as it is builds' kbuild "$work" tally.o
refuses 'no module that owns it' 'LocalModule' \
	'/^chrdev::module!/,/^}/d'
refuses 'a module that chrdev does not know of' 'not declared by .chrdev::module!.' \
	's/^chrdev::module!/module!/'
refuses 'state that threads cannot share' 'Cell<i64>. cannot be shared between threads safely' \
	's/struct TallyDevice(Atomic<i64>)/struct TallyDevice(Atomic<i64>, core::cell::Cell<i64>)/; s/TallyDevice(Atomic::new(0))/TallyDevice(Atomic::new(0), core::cell::Cell::new(0))/'
refuses 'state of a file that threads cannot share' 'cannot be shared between threads safely' \
	's/type File = ();/type File = core::cell::Cell<i64>;/'
refuses 'user memory kept past the call' 'borrowed data escapes outside of' \
	"s/let count = iov.len();/fn keep(_: \&'static mut IovIterSource<'static>) {} keep(iov); let count = 0usize;/"
refuses 'a call kept past its end' 'borrowed data escapes outside of' \
	"s/let count = iov.len();/fn keep(_: \&'static mut Kiocb<'static, TallyDevice>) {} keep(kiocb); let count = 0usize;/"
refuses 'a file kept past its open' 'borrowed data escapes outside of' \
	"s/fn open(_device.*{/& fn keep(_: \&'static mut Opening<'static>) {} keep(_opening);/"
refuses 'an open file sent to another thread' 'cannot be sent between threads safely' \
	"s/let count = iov.len();/fn send<T: Send>(_: T) {} send(kiocb.file()); let count = 0usize;/"
refuses 'a destination advanced without a write' 'no method named .advance. found' \
	's/iov.simple_read_from_buffer.*/{ iov.advance(1); Ok(1) }/'
refuses 'bytes changed outside an update' 'no method named .zero. found' \
	's/^struct TallyModule/fn change(pages: \&chrdev::SeqPages) { pages.zero(0, 1); }\n&/'
refuses 'an update beside readers' 'cannot borrow .*writer. as mutable' \
	's/^struct TallyModule/fn change(writer: \&chrdev::SeqPagesWriter) { writer.update(|_| ()); }\n&/'
refuses 'two writers of the same bytes' 'no method named .clone. found for struct .SeqPagesWriter' \
	's/^struct TallyModule/fn twice(writer: chrdev::SeqPagesWriter) -> [chrdev::SeqPagesWriter; 2] { [writer.clone(), writer] }\n&/'
refuses 'an update kept past its end' 'borrowed data escapes outside of closure' \
	's/^struct TallyModule/fn keep(writer: \&mut chrdev::SeqPagesWriter) { let mut kept = None; writer.update(|update| kept = Some(update)); }\n&/'
refuses 'a module that goes live by itself' 'call to unsafe function .*ModuleGuard::complete' \
	's/let region/let _ = |guard: \&chrdev::ModuleGuard| guard.complete(\&()); let region/'
refuses 'a module guard of its own' 'call to unsafe function .*ModuleGuard::new' \
	's/let region/chrdev::ModuleGuard::new::<crate::DriverModule>()?; let region/'
refuses 'a forged declaration' 'the trait .DeclaredModule. requires an .unsafe impl. declaration' \
	's/^struct TallyModule/impl chrdev::DeclaredModule for TallyModule {}\n&/'
refuses 'a name that is no pattern' 'not a path below /dev with at most one %u' \
	's/c"tally%u"/c"tally%s"/'
refuses 'a name that is a folder' 'not a path below /dev with at most one %u' \
	's/c"tally%u"/c".."/'
refuses 'a path that leaves /dev' 'not a path below /dev with at most one %u' \
	's#c"tally%u"#c"tally/../%u"#'
refuses 'a path without a name' 'not a path below /dev with at most one %u' \
	's#c"tally%u"#c"tally/"#'
refuses 'a name that is too long for a uevent' 'not a path below /dev with at most one %u' \
	"s/c\"tally%u\"/c\"$(printf '%062d' 0)%u\"/"
refuses 'an attribute name that is no file name' 'the name of an attribute is not a file name' \
	's/^    type File/    const ATTRIBUTES: \&'"'"'static [Attribute<Self>] = \&[Attribute::new(c"a%u", |_, _| Ok(()))];\n&/'
# attribute NAME MESSAGE ATTRIBUTE
attribute() {
	refuses "$1" "$2" "s/^    type File/    const ATTRIBUTES: \&'static [Attribute<Self>] = \&[$3];\n&/"
}
attribute 'an attribute that all can write' 'the mode of an attribute is not one' \
	'Attribute::rw(c"a", |_, _| Ok(()), |_, _| Ok(())).mode(0o666)'
attribute 'an attribute that the group can read and its owner cannot' 'the mode of an attribute is not one' \
	'Attribute::new(c"a", |_, _| Ok(())).mode(0o044)'
attribute 'an attribute that can be written without a store' 'can be written has no .store.' \
	'Attribute::new(c"a", |_, _| Ok(())).mode(0o644)'
attribute 'an attribute that can be read without a show' 'can be read has no .show.' \
	'Attribute::wo(c"a", |_, _| Ok(())).mode(0o600)'
refuses 'an attribute name that devices have' 'the name of an attribute is taken' \
	's/^    type File/    const ATTRIBUTES: \&'"'"'static [Attribute<Self>] = \&[Attribute::new(c"uevent", |_, _| Ok(()))];\n&/'
refuses 'a mode without permissions' 'MODE: not the permissions of a file' \
	's/^    type File/    const MODE: u16 = 0;\n&/'
# The head of an ioctl for the example.
ioctl="    fn ioctl(_: OpenFile<'_, Self>, _: u32, argument: Argument<'_>) -> Result<isize>"
refuses 'an ioctl argument kept past the call' 'borrowed data escapes outside of' \
	"s/^    fn read_iter/$ioctl { fn keep(_: Argument<'static>) {} keep(argument); Ok(0) }\n&/"
refuses 'an ioctl argument sent to another thread' 'cannot be sent between threads safely' \
	"s/^    fn read_iter/$ioctl { fn send<T: Send>(_: T) {} send(argument); Ok(0) }\n&/"
# The head of a poll for it.
poll="    fn poll<'a>(_: OpenFile<'a, Self>, table: \&mut PollTable<'a>) -> Events"
refuses 'a poll table kept past the call' 'borrowed data escapes outside of' \
	"s/^    fn read_iter/$poll { fn keep(_: \&'static mut PollTable<'static>) {} keep(table); Events::NONE }\n&/"
refuses 'a queue that does not live as long as the file' 'does not live long enough' \
	"s/^    fn read_iter/$poll { if let Ok(queue) = KBox::pin_init(chrdev::WaitQueue::new(), GFP_KERNEL) { table.poll_wait(\&queue); } Events::NONE }\n&/"
refuses 'operations without their table' 'USE_VTABLE_ATTR' \
	'/^#\[vtable\]/d'
