#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# The interface of hello.ko: hello.h, and the hash in every name. How these are made does not depend on the kernel.

set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/kbuild.sh
. "$here/../lib/kbuild.sh"

plan 23

# -- hello.h itself, against its definitions

cp -r "$here/../../Kbuild" "$here/../../src" "$work"
sed -i 's/\(ssize_t hello_get(unsigned int minor, \)size_t/\1unsigned int/' "$work/src/hello/hello.h"
fails 'hello.h and what it declares cannot differ' 'hello_get' kbuild "$work" src/hello/hello.o

# -- what the hash in every name depends on

# Prints the hash that a build would use, which building the smallest crate shows.
interface() { # ARGUMENT...
	kbuild "$work" "$@" src/export/export.o >"$work/log" 2>&1 || cat "$work/log"
	grep -o -m 1 -e '-Cmetadata=[0-9a-f]*' "$work/src/export/.export.o.cmd" | sed 's/.*=/HELLO_/'
}

differs() { # NAME ARGUMENT...
	name=$1
	shift
	got=$(interface "$@")
	like "$name is another interface" "$got" '^HELLO_[0-9a-f]{16}$'
	unlike 'of another hash' "$got" "^$namespace\$"
}

cp "$here/../../src/hello/hello.h" "$work/src/hello/"
is 'the same elsewhere is the same interface' "$(interface)" "$namespace"
differs 'another flag' KRUSTFLAGS=--cfg=another
differs 'another flag for modules' RUSTFLAGS_MODULE=--cfg=another
# shellcheck disable=SC2016 # expanded by the script that is written
sed 's/^exec/[ "$*" != -vV ] || echo another; exec/' >"$work/compiler" <<'END'
#!/bin/sh
exec rustc "$@"
END
chmod +x "$work/compiler"
differs 'another compiler' RUSTC="$work/compiler"
sed -i 's/|| echo another/|| exit 1/' "$work/compiler"
fails 'a compiler that does not say what it is: no interface' "cannot be made without: $work/compiler -vV" \
	kbuild "$work" RUSTC="$work/compiler" src/export/export.o
echo >>"$work/src/chrdev/helpers.h"
differs 'another header'
cp "$here/../../src/chrdev/helpers.h" "$work/src/chrdev/"
for file in src/hello/subscribers.rs src/chrdev/helpers.c src/hello/hello.mk Kbuild; do
	echo >>"$work/$file"
	differs "another ${file##*/}"
	cp "$here/../../$file" "$work/$file"
done

# A kernel tree made of symbolic links, in which single files can be replaced.
mkdir "$work/kernel"
cp -rs "$KERNEL_DIR/build" "$work/kernel"
rm "$work/kernel/build/Makefile"
sed "s|^export KBUILD_OUTPUT = .*|export KBUILD_OUTPUT = $work/kernel/build|" \
	"$KERNEL_DIR/build/Makefile" >"$work/kernel/build/Makefile"
KERNEL_DIR=$work/kernel
is 'the same kernel elsewhere is the same interface' "$(interface)" "$namespace"
metadata=$work/kernel/build/rust/libkernel.rmeta
# A link into the real tree.
rm "$metadata"
# The smallest crate needs nothing from there.
echo '#![feature(no_core)] #![no_core]' |
	RUSTC_BOOTSTRAP=1 rustc --crate-name kernel --crate-type lib --emit=metadata -o "$metadata" -
differs 'another kernel crate'
echo >"$metadata"
fails 'a kernel crate that cannot be read: no interface' 'cannot be made without: the hash of rust/libkernel.rmeta' \
	kbuild "$work" src/export/export.o
