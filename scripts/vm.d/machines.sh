# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2054,SC2154 # scripts/vm uses these, and sets kernel and kernel_dir
# The machines that guests run on: how QEMU, the guest's init and binutils name their parts.

case $kernel in
arm64)
	# What `uname -m` says where KVM can run it.
	native_on=aarch64
	emulator=qemu-system-aarch64
	board=(-machine virt,gic-version=3 -semihosting-config enable=on,userspace=on,target=native)
	# With userspace=on, any program in the guest can access files as QEMU can: those of the project and the cache.
	# -cpu max would spend most of its time on pointer authentication.
	cpu=cortex-a57
	machine_words=
	console=ttyAMA0 port=ttyAMA1
	exit_by=semihosting
	triplet=aarch64-linux-gnu
	cross=aarch64-linux-gnu-
	compiler=aarch64-linux-gnu-gcc-14
	# The Debian whose programs a guest has: that of the SDK, or one of its own.
	debian_root=$kernel_dir/debian
	programs_built=programs-arm64
	;;
*)
	native_on=x86_64
	emulator=qemu-system-x86_64
	board=(-device isa-debug-exit,iobase=0xf4,iosize=0x01)
	# With la57, KASAN kernels die at boot.
	cpu=max,la57=off
	machine_words=no_timer_check
	console=ttyS0 port=ttyS1
	exit_by=debug-exit
	triplet=x86_64-linux-gnu
	cross=
	compiler=gcc
	debian_root=
	# The root that this runs in is sid's.
	[[ $kernel != sid ]] || debian_root=$("$here/sdk" path)/root
	programs_built=programs
	;;
esac

is_native() {
	[[ $(uname -m) == "$native_on" ]]
}
