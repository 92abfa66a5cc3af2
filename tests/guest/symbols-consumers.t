#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Modules in C and Rust that use the exports of another module, and modules that the loader must refuse.

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/hello.sh
. "${0%/*}/../lib/hello.sh"
plan 70

tests=/lib/test-modules
use=/sys/module/hello_c/parameters

versions() {
	modinfo -F vermagic "$modules/hello.ko" | grep -q modversions
}

# Prints the lines that were logged since the last call.
new_log() {
	dmesg | sed 's/^\[[^]]*\] //' >/tmp/log.new
	touch /tmp/log.old
	tail -n "+$(($(wc -l </tmp/log.old) + 1))" /tmp/log.new
	mv /tmp/log.new /tmp/log.old
}

# refused NAME INSMOD-PATTERN LOG-PATTERN MODULE
refused() {
	new_log >/dev/null
	fails "$1 is refused" "$2" insmod "$4"
	like 'and the log says why' "$(new_log)" "$3"
}

# -- in C

fails 'the consumer in C needs hello' 'Unknown symbol in module' insmod $tests/hello_c.ko
insmod "$modules/hello.ko"
new_log >/dev/null
ok 'the consumer in C loads on hello' insmod $tests/hello_c.ko minor=2
said=$(new_log)
like 'hello_devices' "$said" '^hello_c: of 4 devices$'
like 'hello_get of a device that is not there: ENODEV' "$said" '^hello_c: get: -19$'
like 'hello_get from beyond the end: nothing' "$said" '^hello_c: get beyond the end: 0$'
like 'from before the end: that, and zeros' "$said" '^hello_c: get the end: 4, then zeros$'
like 'zeros also after an error' "$said" '^hello_c: get in vain: -19, then zeros$'
like 'hello_get to NULL: EINVAL, unless the size is 0' "$said" '^hello_c: get to nowhere: -22, 0$'
like 'hello_post from NULL: EINVAL' "$said" '^hello_c: post from nowhere: -22$'
like 'hello_post to a device that is not there: ENODEV' "$said" '^hello_c: post: -19$'
like 'hello_post of more than there is room: ENOSPC' "$said" '^hello_c: post too much: -28$'
like 'hello_subscribe to a device that is not there: ENODEV' "$said" '^hello_c: subscribe: -19$'
like 'hello_subscribe of no callback: EINVAL' "$said" '^hello_c: subscribe nothing: -22$'
is 'refused calls have posted nothing' "$(cat $use/get)" 'Hello, world!'

printf 'from user space' >/dev/hello2
is 'a write calls back once, with its text' "$(new_log)" \
	'hello_c: hello2, 15 bytes
hello_c: 0: from user space'
printf 'elsewhere' >/dev/hello1
is 'a write to another device does not call back' "$(new_log)" ''
printf 'a message that is longer than the buffer' >$use/post
is 'hello_post calls back' "$(new_log)" \
	'hello_c: hello2, 40 bytes
hello_c: 0: a message that is longer than th
hello_c: 32: e buffer'
is 'a posted message can be read from the device' "$(cat /dev/hello2)" 'a message that is longer than the buffer'
printf 'short' >$use/post
is 'a shorter post leaves nothing of the previous one' "$(cat /dev/hello2)" short
is 'hello_get returns the shorter post' "$(cat $use/get)" short
generation=$(cat /sys/class/hello/hello2/generation)
new_log >/dev/null
ok 'hello_post of nothing, from NULL' sh -c "echo >$use/empty"
is 'an empty post empties the device' "$(cat /dev/hello2)" ''
is 'that raises the generation' "$(cat /sys/class/hello/hello2/generation)" $((generation + 1))
ok 'a second empty post succeeds' sh -c "echo >$use/empty"
is 'emptying an empty device does not raise the generation' "$(cat /sys/class/hello/hello2/generation)" $((generation + 1))
is 'empty posts do not call back' "$(new_log)" ''
insmod "$modules/hello_log.ko"
cat /dev/hello_log >/tmp/stream &
reader=$!
await 10 opened "$reader" /dev/hello_log
printf 'for all' >$use/post
ok 'hello_log receives a posted message' await 10 lines 1 /tmp/stream
is 'hello_log formats it as a line' "$(cat /tmp/stream)" 'hello2: for all'
kill "$reader"
wait "$reader" 2>/dev/null
fails 'rmmod hello names both' 'in use by: hello_(c hello_log|log hello_c)$' rmmod hello
rmmod hello_log
ok 'hello_unsubscribe' sh -c "echo N >$use/subscribed"
new_log >/dev/null
printf 'after' >/dev/hello2
is 'nothing is called back after it' "$(new_log)" ''
ok 'the consumer unloads' rmmod hello_c
insmod $tests/hello_c.ko
ok 'the consumer unloads while it is subscribed' rmmod hello_c
printf 'nobody' >/dev/hello0
is 'an unloaded consumer is not called' "$(cat /dev/hello0; dmesg | grep -c 'called with')" 'nobody0'

# -- a subscription that ends in the middle of a callback

logged() { # TEXT
	dmesg | grep -q "$1\$"
}

asleep() { # PID: where no signal wakes it
	[ "$(awk '{ print $3 }' "/proc/$1/stat")" = D ]
}

insmod $tests/hello_c.ko quiet=1 hold=1
new_log >/dev/null
printf 'in the middle' >/dev/hello0 &
writer=$!
ok 'a callback is running' await 10 logged 'hello_c: held'
rmmod hello_c &
remover=$!
ok 'rmmod waits for it' await 10 asleep $remover
echo N >$use/hold
wait $remover
is 'rmmod succeeds after the callback' $? 0
wait $writer
is 'the module was unloaded after the callback returned' "$(new_log)" 'hello_c: held
hello_c: let go
hello_c: 1 messages
hello_c: unloaded in the middle of a callback'

# -- in Rust, every kind of item

fails 'client needs provider' 'Unknown symbol in module' insmod $tests/client.ko
insmod $tests/provider.ko
new_log >/dev/null
ok 'client loads on provider' insmod $tests/client.ko
is 'statics, methods, generics, private items, C functions' "$(new_log)" \
	'provider: twice
client: 1 (1, 2) 4 5 -4'
like 'client holds provider' "$(lsmod)" '^provider +[0-9]+ +1 client$'
rmmod client
rmmod provider

# -- in Rust, everything public

new_log >/dev/null
ok 'a driver loads that uses all that is public' insmod $tests/everything.ko
printf 'by way of it' >/dev/everything0
is 'what is written to it is posted' "$(cat /dev/hello0 /dev/everything0)" 'by way of itby way of it'
rmmod everything
is 'a post by everything calls back once' "$(new_log | sed 1d)" 'everything everything0: 1 messages'

new_log >/dev/null
ok "the README's example loads" insmod $tests/mine.ko
printf '16 bytes, or not' >/dev/hello0
is 'the example logs the message' "$(new_log)" 'mine: 16 bytes'
rmmod mine

insmod $tests/hello_c.ko minor=0
insmod "$modules/hello_log.ko"
cat /dev/hello_log >/tmp/log &
reader=$!
ok 'a second subscriber listens to the same device' await 10 opened $reader /dev/hello_log
ok 'the first subscriber unloads' rmmod hello_c
printf 'by way of it' >/dev/hello0
await 10 lines 1 /tmp/log
is 'the second subscriber still gets messages' "$(cat /tmp/log)" 'hello0: by way of it'
kill $reader
wait $reader 2>/dev/null
rmmod hello_log

# -- refused

refused 'a symbol that does not exist' 'Unknown symbol in module' \
	'^missing: Unknown symbol hello_missing \(err -2\)$' $tests/missing.ko
refused 'a namespace that is not imported' 'Invalid parameters' \
	'no_namespace: module uses symbol \(hello_post\) from namespace HELLO_[0-9a-f]+, but does not import it' \
	$tests/no_namespace.ko
refused 'the namespace of another build' 'Invalid parameters' \
	'stale_namespace: module uses symbol \(hello_post\) from namespace HELLO_[0-9a-f]+, but does not import it' \
	$tests/stale_namespace.ko
refused 'a name that hello exports too' 'Invalid module format' \
	'^twice: exports duplicate symbol hello_devices \(owned by hello\)$' $tests/twice.ko
like 'none of them has run' "$(lsmod | sed 1d)" '^hello +[0-9]+ +0$'
is 'none of them has posted' "$(cat /dev/hello0)" 'by way of it'

# -- another hello.ko, under modules that were built against this one

rmmod hello
ok 'another hello loads' insmod $tests/hello_changed.ko
is 'and works' "$(cat /dev/hello0)" 'Hello, world!'
refused 'hello_log of another hello' 'Unknown symbol in module' \
	'^hello_log: Unknown symbol _R[A-Za-z0-9_]*5hello[A-Za-z0-9_]* \(err -2\)$' "$modules/hello_log.ko"
if versions; then
	refused 'a module in C of another hello' 'Invalid parameters' \
		'^hello_c: disagrees about version of symbol hello_post$' $tests/hello_c.ko
else
	refused 'a module in C of another hello' 'Invalid parameters' \
		'^hello_c: module uses symbol \(hello_[a-z]+\) from namespace HELLO_[0-9a-f]+, but does not' \
		$tests/hello_c.ko
fi
like 'neither is loaded' "$(lsmod | sed 1d)" '^hello +[0-9]+ +0$'
rmmod hello
ok 'the right pair loads' modprobe hello_log
is 'and works' "$(echo again >/dev/hello3; cat /dev/hello3)" again
modprobe -r hello_log
is 'nothing is left' "$(traces)" ''
