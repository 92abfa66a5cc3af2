#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# Mistakes that the crates blkdev and netdev make impossible: with each of these changes a module that uses them does
# not build, and the compiler says why. This does not depend on the kernel.

set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$here/../lib/kbuild.sh"
source=$here/../../src

# change SED-SCRIPT: prints the module with this change.
change() {
	sed "$1" "$work/$module.original" >"$work/$module.rs"
}

# refuses NAME MESSAGE SED-SCRIPT
refuses() {
	change "$3"
	if cmp -s "$work/$module.rs" "$work/$module.original"; then
		fail "$1" 'the change changed nothing'
		return
	fi
	fails "$1" "$2" kbuild "$work" "$module.o"
}

cat >"$work/Kbuild" <<END
obj-m := hello_blk.o hello_net.o
RUSTFLAGS_hello_blk.o := --extern blkdev=$build/src/hello_blk/libblkdev.rmeta
RUSTFLAGS_hello_net.o := --extern netdev=$build/src/hello_net/libnetdev.rmeta
END
cp "$source/hello_blk/store.rs" "$source/chrdev/segments.rs" "$work"
for module in hello_blk hello_net; do
	sed 's|"../chrdev/|"|' "$source/$module/$module.rs" >"$work/$module.original"
done

plan 22

module=hello_blk
change ''
ok 'the disk as it is builds' kbuild "$work" hello_blk.o
change 's/^impl kernel::Module for/impl kernel::InPlaceModule for/'
ok 'the disk of a module that is initialized in place builds' kbuild "$work" hello_blk.o
refuses 'a disk that the driver adds' 'no method named .add. found' \
	's/^ *pr_info!("Hello.*/disk.add()?;/'
refuses 'a publisher of its own' 'field .added. of struct .Publisher. is private' \
	's/^ *pr_info!("Hello.*/Publisher { added: 0, result: Ok(()) }.add(\&disk);/'
refuses 'the end of init in the middle of it' 'call to unsafe function .*ModuleGuard::complete' \
	's/^ *Ok(Self { disk })$/let this = Self { disk }; let _ = |guard: \&blkdev::ModuleGuard| guard.complete(\&this); Ok(this)/'
refuses 'a module guard of its own' 'call to unsafe function .*ModuleGuard::new' \
	's/^ *pr_info!("Hello.*/blkdev::ModuleGuard::new::<DriverModule>()?;/'
refuses 'a publisher kept for later' 'borrowed data escapes outside of' \
	"s/publisher.add(&self.disk);/fn keep(_: \&'static mut Publisher) {} keep(publisher);/"
refuses 'a module that names no disks' 'Publish. is not satisfied' \
	'/^impl Publish/,/^}/d'
refuses 'a disk of a module that removes none' 'not declared by .blkdev::module!' \
	's/^blkdev::module!/module!/'
refuses 'a request kept past its end' 'borrowed data escapes outside of' \
	"s/let mut position = .*/fn keep(_: \&'static mut Request<'static>) {} keep(request); let mut position = 0usize;/"
refuses 'memory of a request kept past the call' 'borrowed data escapes outside of|lifetime may not live long enough' \
	"s/self.store.read(start, segment)/{ fn keep(_: \&'static mut blkdev::SegmentDest<'static>) {} let _ = start; keep(segment); Ok(()) }/"
refuses 'writing to the memory of a write' 'no method named .copy_from. found' \
	's/self.store.write(start, segment)/{ let _ = start; segment.copy_from(\&[0]); Ok(()) }/'
refuses 'an attribute name that is no file name' 'the name of an attribute is not a file name' \
	's/c"pages"/c"a\/b"/'
refuses 'an attribute with the name of a folder that disks have' 'the name of an attribute is taken' \
	's/c"pages"/c"queue"/'
refuses 'an attribute with the name of a folder that blk-mq adds' 'the name of an attribute is taken' \
	's/c"pages"/c"mq"/'
refuses 'state that threads cannot share' 'Cell<i64>. cannot be shared between threads safely' \
	's/^    store: Store,/&\n    cell: core::cell::Cell<i64>,/; s/^            store,/&\n            cell: core::cell::Cell::new(0),/'

module=hello_net
change ''
ok 'the pair of interfaces as it is builds' kbuild "$work" hello_net.o
refuses 'a packet kept past the call' 'borrowed data escapes outside of' \
	"s/Verdict::Forward$/{ fn keep(_: \&'static TxPacket<'static, End>) {} keep(_packet); Verdict::Forward }/"
refuses 'a packet without a verdict' 'mismatched types' \
	's/Verdict::Forward$/drop(_packet);/'
refuses 'interfaces of a module that unregisters none' 'not declared by .netdev::module!' \
	's/^netdev::module!/module!/'
refuses 'an interface kept past the call' 'borrowed data escapes outside of' \
	"s/let peer = interface.peer();/fn keep(_: \&'static Interface<End>) {} keep(interface); &/"
refuses 'state that threads cannot share' 'Cell<i64>. cannot be shared between threads safely' \
	's/^struct End;/struct End(core::cell::Cell<i64>);/; s/\[End, End\]/[End(core::cell::Cell::new(0)), End(core::cell::Cell::new(0))]/'
