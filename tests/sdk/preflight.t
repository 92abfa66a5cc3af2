#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/preflight with a fake kernel tree and fake tools.
set -u
repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$repo/tests/lib/tap.sh"
plan 25

T=$(mktemp -d)
cleanup() {
	rm -rf "$T"
}
text="rustc 1.0 (abc) (Debian)"

says() {
	printf '#!/bin/sh\necho "%s"\n' "$2" >"$T/bin/$1"
	chmod +x "$T/bin/$1"
}

fresh() {
	rm -rf "${T:?}"/*
	mkdir -p "$T/bin" "$T/k/rust" "$T/k/scripts"
	for t in bash sed head cut; do ln -s "$(type -P $t)" "$T/bin/$t"; done
	printf '%s\n' CONFIG_MODULES=y CONFIG_RUST=y "CONFIG_RUSTC_VERSION_TEXT=\"$text\"" \
		'CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-9 (Debian 9) 9"' >"$T/k/.config"
	touch "$T"/k/rust/lib{core,kernel,bindings,pin_init}.rmeta "$T/k/rust/libmacros.so" "$T/k/Module.symvers" "$T/k/scripts/module.lds"
	says rustc "$text"
	says bindgen "bindgen 1"
	says gcc "gcc (Debian 9) 9"
	says clang-9 "clang 9"
}

preflight() { env -i PATH="$T/bin" ${SET:+"$SET"} "$repo/scripts/preflight" "$T/k" "$@"; }

fresh
ok "a tree that fits" preflight
sed -i '1i # Linux/x86 7.4.0 Kernel Configuration' "$T/k/.config"
ok "of any series, if the module is for any" preflight
ok "or for this one among others" preflight 'SERIES=7.3 7.4'
fails "another series" "^no .*/k is a tree of kernel 7.4, the modules are for 7.3 and 7.2: " preflight 'SERIES=7.3 7.2'
unlike "without SERIES=, no problem is reported" "$(preflight)" "^(no|warn)"
like "LLVM= in the environment is seen" "$(SET=LLVM=-9 preflight)" "^warn +clang-9 is"
like "another C compiler is a warning" "$(preflight LLVM=-9)" "^warn +clang-9 is 'clang 9', .* built by 'x86_64-linux-gnu-gcc-9 .Debian 9. 9'"
ok "no more than a warning" preflight LLVM=-9
fails "a C compiler that is not there" "^no +gcc-7 does not run: install .*gcc-9 .Debian 9. 9" preflight CC=gcc-7
says rustc-other "rustc 2.0"
fails "another rustc: both texts" "^no .*'rustc 2.0'.* by 'rustc 1.0 .abc. .Debian.'.*E0514" preflight RUSTC=rustc-other
rm "$T/bin/rustc" "$T/bin/bindgen"
fails "no rustc" "^no +rustc does not run: install rustc, '.*1.0" preflight
is "no bindgen either: each has its line" "$(preflight | grep -c '^no ')" 2
like "and says what to do" "$(preflight)" "^no +bindgen does not run: install bindgen"
fresh
touch "$T/k/.kernelvariables"
rm "$T/bin/gcc"
fails "Debian's tree names its compiler" "^no +x86_64-linux-gnu-gcc-9 does not run" preflight
fresh
rm "$T/k/scripts/module.lds"
fails "no linker script" "^no .*/k lacks scripts/module.lds" preflight
mkdir -p "$T/k/arch/x86"
touch "$T/k/arch/x86/module.lds"
ok "Debian's is elsewhere" preflight
fresh
rm "$T/k/rust/libkernel.rmeta"
fails "no metadata: which" "^no .*/k lacks rust/libkernel.rmeta: run 'make modules_prepare'" preflight
fresh
rm "$T/k/Module.symvers"
fails "no Module.symvers" "^no .*/k lacks Module.symvers, .*: build the kernel with 'make', or copy" preflight
is "and that is all" "$(preflight | grep -c '^no')" 1
fresh
rm "$T/k/scripts/module.lds"
fails "no module.lds" "^no .*/k lacks scripts/module.lds: run 'make modules_prepare'" preflight
mkdir -p "$T/k/arch/x86"
touch "$T/k/arch/x86/module.lds"
ok "as in Debian's headers packages" preflight
fresh
sed -i 's/^CONFIG_RUST=y/# CONFIG_RUST is not set/' "$T/k/.config"
fails "no Rust" "^no +CONFIG_RUST is not set .*rustavailable" preflight
fresh
sed -i /MODULES/d "$T/k/.config"
fails "no modules" "^no +CONFIG_MODULES is not set" preflight
fresh
rm "$T/k/.config"
fails "no kernel tree" "^no .*/k has no .config: set KDIR to" preflight
fails "no KDIR" "usage" "$repo/scripts/preflight"
