#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# limit: 900
# The guests for people: shell and session; and the choice between KVM and TCG.
# shellcheck disable=SC2016 # what is in single quotes is for the guest's shell

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 45

# A shell at a terminal. Input that is typed before the prompt would be lost.
mkfifo "$scratch/keys"
BUILD=$scratch/build PROJECT=$scratch
export BUILD PROJECT
mkdir -p "$BUILD/shared" "$BUILD/$KERNEL"
printf '%s\n' hello.o hello_log.o >"$BUILD/$KERNEL/modules.order"
echo 'from the host' >"$BUILD/shared/in"
TERM=xterm script -qefc "$vm shell" "$scratch/shell" <"$scratch/keys" >/dev/null 2>&1 &
shell=$!
exec 3>"$scratch/keys"
# answers NAME KEYS TEXT
answers() {
	printf '%b' "$2" >&3
	if await 60 grep -qF "$3" "$scratch/shell"; then
		pass "$1"
	else
		fail "$1" "no '$3' in: $(tail -n 8 "$scratch/shell" | cat -v)"
	fi
}
answers 'a shell prompts with the guest and its kernel' '' "[guest $(cat "$KERNEL_DIR/release")] ~ # "
answers 'the modules are ready in it' 'modprobe hello_log && cat /dev/hello0\r' 'Hello, world!'
answers 'lines are edited' 'echo edixed\033[D\033[D\033[D\033[3~t\r' 'edited'
answers 'there is a history' 'echo again-$((6 * 7))\r\033[Aand more\r' 'again-42and more'
# The job prints it, not the shell: a signal that arrives before the shell's fork does not reach the job.
answers 'a command runs' 'sh -c "echo asl\$((3))ep; exec sleep 1000"\r' 'asl3ep'
answers 'Ctrl-C ends it' '\003' '^C'
answers 'and not the guest' 'echo st$((1))ll here\r' 'st1ll here'
answers 'an ordinary user may not open the device' 'su user -c "cat /dev/hello0"\r' "hello0': Permission denied"
answers 'strace is there' 'strace -e trace=write echo traced\r' 'write(1, "traced'
answers 'files come in' 'cat /shared/in\r' 'from the host'
printf 'echo from the guest >/shared/out; touch -d 2001-01-01 /shared/old\rexit\r' >&3
await 60 ended "$shell" || kill "$shell"
wait "$shell"
is 'it can be left' $? 0
exec 3>&-
is 'and files have come out' "$(cat "$BUILD/shared/out")" 'from the guest'
is 'also one with an old date, but not those that were not changed' "$(ls "$BUILD/shared")" 'in
old
out'
like 'how to end the guest was said' "$(cat "$scratch/shell")" 'Ctrl-D ends the guest; Ctrl-A x'
like 'and which modules there are' "$(cat "$scratch/shell")" '^modules: hello hello_log'

# A shell that reads a pipe.
printf '%s\n' 'modprobe hello' 'echo piped >/shared/out' 'read -r line' 'a line for read' 'echo "<$line>" && cat /dev/hello0' 'exit 3' |
	"$vm" shell >"$scratch/out" 2>"$scratch/err"
is 'input from a pipe: its status' $? 3
is 'its output, and nothing else' "$(cat "$scratch/out")" '<a line for read>
Hello, world!'
is 'and the files that it has changed' "$(cat "$BUILD/shared/out")" piped
unset BUILD PROJECT
fails 'a pipe that crashes the guest fails' 'guest panicked' sh -c "echo 'echo c >/proc/sysrq-trigger' | $vm shell"

# A session of another project.
mkdir -p "$scratch/mine/build/$KERNEL"
printf '%s\n' hello.o hello_log.o >"$scratch/mine/build/$KERNEL/modules.order"
PROJECT=$scratch/mine BUILD=$scratch/mine/build "$vm" run >"$scratch/out" 2>"$scratch/err"
is 'a session loads and unloads each module' "$? $(sed -n 's/^# //p' "$scratch/out" | tr '\n' ';')" \
	'0 modprobe hello;modprobe hello_log;lsmod;modprobe -r hello_log;modprobe -r hello;lsmod;dmesg;'
echo nonesuch.o >"$scratch/mine/build/$KERNEL/modules.order"
PROJECT=$scratch/mine BUILD=$scratch/mine/build "$vm" run >"$scratch/out" 2>"$scratch/err"
like 'and says what failed' "$? $(cat "$scratch/out")" '^session: failed with status 1: modprobe nonesuch'

fails 'a session that does not end well fails' 'session: FAILED: guest hung \(limit 2 s\)' \
	env VM_LIMIT=2 PROJECT="$scratch/mine" BUILD="$scratch/mine/build" "$vm" run
fails 'no modules: an error' 'no modules in /nowhere' env MODULE_ROOT=/nowhere "$vm" run
fails 'no kernel: an error' 'no kernel: /nowhere/vmlinuz' env KERNEL_DIR=/nowhere "$vm" run

# A fake QEMU, which records that it was started, and boots or fails as it is told.
BUILD=$scratch/build PATH=$scratch/bin:$PATH VM_KVM=$scratch/kvm
export BUILD PATH VM_KVM
unset VM_ACCEL VM_SAID
mkdir "$scratch/bin"
pretend() { # VERSION COMMAND
	cat >"$scratch/bin/qemu-system-x86_64" <<END
#!/bin/sh
[ "\$1" != --version ] || { echo "$1"; exit; }
echo "\$*" >>"$scratch/boots"
$2
END
	chmod +x "$scratch/bin/qemu-system-x86_64"
	: >"$scratch/boots"
}
accel() {
	"$vm" accel 2>&1
}

# A terminal whose guest sends what the command leaves in $changed. Prints what is said, and the status.
leaves_shell() { # COMMAND
	pretend 'version 0' "changed=\$(echo \"\$*\" | sed 's/.*-serial file:\([^ ]*\).*/\1/')
$1
exit 33"
	PROJECT=$scratch VM_ACCEL=tcg script -qec "$vm shell; echo status \$?" /dev/null </dev/null | tr -d '\r'
}
mkdir "$scratch/guest's"
seq 10000 >"$scratch/guest's/in"
(cd "$scratch/guest's" && find . -type f | cpio -o -H newc) >"$scratch/whole" 2>/dev/null
echo 'from the host' >"$BUILD/shared/in"
half=$(leaves_shell "head -c 20000 $scratch/whole >\$changed")
like 'half of what has changed' "$half" "^vm: what was changed in /shared was not copied .* is kept: cpio .* <$BUILD/shared.cpio\$"
like 'is an error' "$half" '^status 2$'
is 'no file of the host is replaced' "$(cat "$BUILD/shared/in")" 'from the host'
is 'and what came is kept' "$(stat -c %s "$BUILD/shared.cpio")" 20000
like 'all of it' "$(leaves_shell "cp $scratch/whole \$changed")" '^status 0$'
is 'replaces the file' "$(cat "$BUILD/shared/in")" "$(seq 10000)"
like 'a work folder that was removed' "$(leaves_shell "rm -r \${changed%/*}")" '^vm: .* was removed while the shell was open: .* is lost'
like 'a second shell of a kernel is refused' "$(flock "$BUILD/vm/shell-$KERNEL" \
	env PROJECT="$scratch" VM_ACCEL=tcg script -qec "$vm shell" /dev/null </dev/null)" "^vm: another make shell of KERNEL=$KERNEL is open"

pretend 'version 1' 'exit 33'
is 'no device: TCG' "$(accel)" "vm: tcg, no access to $VM_KVM"
is 'and nothing is booted' "$(cat "$scratch/boots")" ''
: >"$VM_KVM"
is 'a guest boots: KVM' "$(accel)" 'vm: kvm, a guest boots on it'
like 'it was asked to use it' "$(cat "$scratch/boots")" ' -accel kvm '
: >"$scratch/boots"
is 'the answer is the same' "$(accel)" 'vm: kvm, a guest boots on it'
is 'and remembered' "$(cat "$scratch/boots")" ''
pretend 'version 2' 'exit 1'
remembered="remembered in $BUILD/vm/accel until this host boots again"
is 'another QEMU, which fails: TCG' "$(accel)" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s ($remembered)"
# Runs under the name that qemu_pid looks for.
pretend 'version 3' 'exec bash -c "exec -a qemu-system-x86_64 sleep 1000"'
is 'a third, which hangs: TCG' "$(accel)" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s ($remembered)"
is 'and remembered' "$(accel; wc -l <"$scratch/boots")" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s ($remembered)
1"
is 'none is left running' "$(qemu_pid)" ''
is 'it can be overridden' "$(VM_ACCEL=kvm "$vm" accel 2>&1)" 'vm: kvm, as VM_ACCEL says'
ln -s qemu-system-x86_64 "$scratch/bin/qemu-system-aarch64"
is 'another architecture: TCG' "$(KERNEL=arm64 "$vm" accel 2>&1)" 'vm: tcg, since this machine is not aarch64'
is 'and said once' "$(VM_ACCEL=kvm VM_SAID=1 "$vm" accel 2>&1)" ''
