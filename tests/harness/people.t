#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# The guests that people look at, and which of KVM and TCG they run on.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
. "${0%/*}/../lib/vm.sh"
plan 19

mkfifo "$scratch/keys"
"$vm" shell <"$scratch/keys" >"$scratch/shell" 2>&1 &
shell=$!
exec 3>"$scratch/keys"
ok 'a shell prompts' await 60 grep -q '^# $' "$scratch/shell"
echo 'modprobe hello_log && cat /dev/hello0; exit' >&3
wait "$shell"
is 'and can be left' $? 0
exec 3>&-
like 'the modules were ready in it' "$(tr -d '\r' <"$scratch/shell")" '^Hello, world!$'
like 'what ends it was said' "$(cat "$scratch/shell")" 'Ctrl-A x'

fails 'a session that does not end well fails' 'session: FAILED: guest hung \(limit 2 s\)' \
	env VM_LIMIT=2 "$vm" run
fails 'no modules: an error' 'no modules in /nowhere' env MODULE_ROOT=/nowhere "$vm" run
fails 'no kernel: an error' 'no kernel: /nowhere/vmlinuz' env KERNEL_DIR=/nowhere "$vm" run

# A QEMU of our own: it boots, or not, and tells that it was asked to.
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
is 'another QEMU, which fails: TCG' "$(accel)" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s"
# By the name that qemu_pid looks for.
pretend 'version 3' 'exec bash -c "exec -a qemu-system-x86_64 sleep 1000"'
is 'a third, which hangs: TCG' "$(accel)" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s"
is 'and remembered' "$(accel; wc -l <"$scratch/boots")" \
	"vm: tcg, $VM_KVM is there, but a guest does not boot on it within 5 s
1"
is 'none is left running' "$(qemu_pid)" ''
is 'it can be overridden' "$(VM_ACCEL=kvm "$vm" accel 2>&1)" 'vm: kvm, as VM_ACCEL says'
is 'and said once' "$(VM_ACCEL=kvm VM_SAID=1 "$vm" accel 2>&1)" ''
