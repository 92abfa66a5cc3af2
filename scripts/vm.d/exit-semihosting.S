/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ends QEMU with status 33, as isa-debug-exit does on x86. The machine of arm64 has no such device, but QEMU serves the
 * call SYS_EXIT of Arm's semihosting. Where nothing serves it, SIGILL kills the program.
 */
.globl _start
_start:
	mov	w0, #0x18		// SYS_EXIT
	adr	x1, reason
	hlt	#0xf000

.balign 8
reason:
	.quad	0x20026			// ADP_Stopped_ApplicationExit
	.quad	33

.section .note.GNU-stack, "", %progbits
