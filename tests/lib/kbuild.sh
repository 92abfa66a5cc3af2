# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For tests on the host that build modules: hello's build, its development files, and a folder that is removed
# when the test ends. Include it after tap.sh.

# shellcheck disable=SC2034 # tests use these
build=${MODULE_ROOT%-root}
release=$(cat "$KERNEL_DIR/build/include/config/kernel.release")
dev=$build/tests/dev/usr/src/hello-$release
namespace=$(sed -n 's/^#define HELLO_NAMESPACE "\(.*\)"$/\1/p' "$dev/include/hello_namespace.h")
work=$(mktemp -d)
cleanup() {
	rm -rf "$work"
}

compiler=CC=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$KERNEL_DIR/build/.config")
! grep -q '^CONFIG_CC_IS_CLANG=y' "$KERNEL_DIR/build/.config" || compiler=LLVM=1

kbuild() { # FOLDER ARGUMENT...
	folder=$1
	shift
	make -C "$KERNEL_DIR/build" M="$folder" "$compiler" HELLO="$dev" \
		CONFIG_DEBUG_INFO_BTF_MODULES= "$@"
}
