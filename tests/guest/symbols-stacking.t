#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The documented behaviour of modules that use each other's symbols, for hello_log, which is stacked on hello.
# coverage: none, for it looks at which modules are loaded

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 66

tests=/lib/test-modules
release=/lib/modules/$(uname -r)

# Prints the symbols that a module takes from another one.
wanted() { # LOG
	sed -n 's/.*hello_log: Unknown symbol \([^ ]*\) (err -2)$/\1/p' "$1" | sort -u
}

loaded() {
	awk '{ printf "%s ", $1 }' /proc/modules
}

field() { # MODULE FIELD
	modinfo -F "$2" "$1"
}

# -- alone

fails 'hello_log alone is refused' 'Unknown symbol in module' insmod "$modules/hello_log.ko"
dmesg >/tmp/log
like 'the log has the names that it wanted' "$(wanted /tmp/log)" 'hello.*Subscription.*new'
unlike 'none of them is of the chrdev crate' "$(wanted /tmp/log)" 'chrdev'
is 'nothing is left of it' "$(traces)" ''

# -- what depmod has recorded

like 'modules.dep has the lower one behind the upper' "$(cat "$release/modules.dep")" \
	'^updates/hello_log.ko: updates/hello.ko$'
like 'modules.dep has nothing behind the lower' "$(cat "$release/modules.dep")" '^updates/hello.ko:$'
missing=
for name in $(wanted /tmp/log); do
	grep -q "^alias symbol:$name hello\$" "$release/modules.symbols" || missing="$missing $name"
done
is 'modules.symbols has every name, with hello' "$missing" ''
is 'a symbol finds its module' "$(modprobe -R symbol:hello_post)" hello
is 'modules.alias has none, for no hardware has them' "$(grep -c hello "$release/modules.alias")" 0
is 'modprobe says what it would do, in order' \
	"$(modprobe -D hello_log | sed 's/ *$//')" \
	"insmod $release/updates/hello.ko
insmod $release/updates/hello_log.ko"

# -- what modinfo shows

is 'hello: description' "$(field hello description)" 'Character devices that say hello'
is 'hello: licence' "$(field hello license)" GPL
like 'hello: authors' "$(field hello author)" .
is 'hello: depends on nothing' "$(field hello depends)" ''
like 'hello: devices has a type and a description' "$(field hello parm)" \
	'^devices:Number of devices, 1 to 256 \(i64\)$'
like 'hello_log: ring has a type and a description' "$(field hello_log parm)" \
	'^ring:Bytes of messages kept for slow readers, 256 to 1048576 \(i64\)$'
is 'every parameter has a type and a description' "$({ field hello parm; field hello_log parm; } | grep -vc '^[a-z]*:..* ([a-z0-9]*)$')" 0
is 'hello_log: depends on hello' "$(field hello_log depends)" hello
is 'hello_log: licence' "$(field hello_log license)" GPL
like 'hello_log: description' "$(field hello_log description)" .
like 'hello_log: authors' "$(field hello_log author)" .
is 'a consumer in C: imports its namespace' "$(field $tests/hello_c.ko import_ns)" \
	"$(strings "$modules/hello.ko" | grep -m 1 -o '^HELLO_[0-9a-f]\{16\}$')"
is 'a consumer in Rust: imports its namespace' "$(field $tests/client.ko import_ns)" PROVIDER

# -- order of loading, and use counts

ok 'modprobe of the upper succeeds' modprobe hello_log
is 'modprobe loads the lower first' "$(loaded)" 'hello_log hello '
is 'holders has the upper' "$(ls /sys/module/hello/holders)" hello_log
is 'the upper has no holders' "$(ls /sys/module/hello_log/holders)" ''
like 'lsmod says who uses it' "$(lsmod)" '^hello +[0-9]+ +1 hello_log$'
like '/proc/modules too' "$(cat /proc/modules)" '^hello [0-9]+ 1 hello_log, Live'
is 'refcnt counts the upper' "$(cat /sys/module/hello/refcnt)" 1
fails 'rmmod of the lower is refused, by name' 'Module hello is in use by: hello_log' rmmod hello
fails 'modprobe -r of the lower is refused' 'Module hello is in use' modprobe -r hello
exec 3</dev/hello_log
fails 'an open file keeps the upper' 'Module hello_log is in use$' rmmod hello_log
fails 'an open file keeps the lower' 'Module hello is in use by: hello_log' rmmod hello
is 'the open file does not raise the refcnt of the lower' "$(cat /sys/module/hello/refcnt)" 1
exec 3<&-

# -- the symbols in the kernel's own tables

# kmod lists the namespace as a symbol.
grep '\[hello\]$' /proc/kallsyms >/tmp/kallsyms
is 'the kernel knows each export as such' \
	"$(sed -n 's/.* __ksymtab_\([^[:space:]]*\).*/\1/p' /tmp/kallsyms | sort)" \
	"$(sed -n 's/^alias symbol:\(.*\) hello$/\1/p' "$release/modules.symbols" | grep -v '^HELLO_' | sort)"
like 'a Rust one under its mangled name' "$(cat /tmp/kallsyms)" \
	' T _R[A-Za-z0-9_]*5hello3api[A-Za-z0-9_]*3new'
like 'one in C under its own' "$(cat /tmp/kallsyms)" '[tT] hello_post'
is 'the memory of init was freed' "$(cat /sys/module/hello/initsize /sys/module/hello_log/initsize)" \
	'0
0'
unlike 'the symbols of init are in no table' "$(cat /tmp/kallsyms)" ' init_module|__init'

# -- unloading

exec 3</dev/hello0
ok 'modprobe -r of the upper, while the lower is in use' modprobe -r hello_log
is 'leaves the lower' "$(loaded)" 'hello '
exec 3<&-
modprobe hello_log
ok 'modprobe -r of the upper, while it is not' modprobe -r hello_log
is 'modprobe -r of the upper unloads the lower' "$(loaded)" ''
ok 'insmod of the lower succeeds' insmod "$modules/hello.ko"
ok 'insmod of the upper succeeds' insmod "$modules/hello_log.ko"
modprobe -r hello_log

# -- options and soft dependencies

mkdir -p /etc/modprobe.d "$release/extra"
cp $tests/own_reference.ko $tests/hello_c.ko "$release/extra/"
ok 'depmod here, with more modules' depmod
like 'modules.dep has those on hello too' "$(cat "$release/modules.dep")" \
	'^extra/hello_c.ko: updates/hello.ko$'
cat >/etc/modprobe.d/hello.conf <<'END'
options hello devices=2
softdep hello_log post: own_reference
blacklist hello_c
alias greeting hello_log
END
ok 'an alias loads' modprobe greeting
is 'hello with its options' "$(ls /dev/hello[0-9]*)" '/dev/hello0
/dev/hello1'
is 'and the soft dependency' "$(loaded)" 'own_reference hello_log hello '
is 'what is blacklisted is not loaded by alias' \
	"$(modprobe -b hello_c; loaded)" 'own_reference hello_log hello '
ok 'but by name' modprobe hello_c
like 'two on hello: both are named' "$(lsmod)" '^hello +[0-9]+ +2 hello_(c,hello_log|log,hello_c)$'
is 'holders has both' "$(ls /sys/module/hello/holders)" 'hello_c
hello_log'
ok 'one of them unloads' rmmod hello_c
is 'the other still holds hello' "$(ls /sys/module/hello/holders)" hello_log
rm /etc/modprobe.d/hello.conf
rmmod hello_log
is 'without a holder, the lower can go' "$(rmmod hello; loaded)" 'own_reference '

# -- a module with a reference to itself

fails 'a module that holds itself cannot be unloaded' 'Module own_reference is in use$' rmmod own_reference
ok 'it can drop that reference' sh -c 'echo N >/sys/module/own_reference/parameters/held'
ok 'then it can be unloaded' rmmod own_reference

# -- modules_disabled

modprobe hello
ok 'modules_disabled' sh -c 'echo 1 >/proc/sys/kernel/modules_disabled'
fails 'refuses insmod' 'Operation not permitted' insmod "$modules/hello_log.ko"
fails 'refuses rmmod' 'Operation not permitted' rmmod hello
fails 'modules_disabled cannot be unset' '' sh -c 'echo 0 >/proc/sys/kernel/modules_disabled'
is 'a loaded module still works' "$(cat /dev/hello1)" 'Hello, world!'
