#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernels: stock
# What the Makefile refuses before anything is built.

set -eu
top=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# Set by the make that runs the tests.
unset MAKEFLAGS
work=$(mktemp -d)
cleanup() {
	rm -rf "$work"
}

# A project whose path has a space, beside a folder with the name of the path's first word.
mkdir "$work/my project" "$work/my"
touch "$work/my/file"
cp -r "$top/Makefile" "$top/scripts" "$work/my project"

plan 102
for goal in run clean installed; do
	fails "a project in a path with a space: $goal is refused" \
		"^[^ ]* \*\*\* CURDIR='$work/my project' contains space, .*: move the project to a path without it" \
		make -i -C "$work/my project" $goal
done
is 'and nothing beside it is removed' "$(ls "$work/my" "$work/my project")" "$work/my:
file

$work/my project:
Makefile
scripts"
for variable in KDIR M DESTDIR INSTALL_MOD_PATH SDK_CACHE; do
	fails "$variable with a space is refused" \
		"^[^ ]* \*\*\* $variable='/tmp/my dir' contains space, .*: set $variable to a path without it" \
		make -i -n -C "$top" install-dev "$variable=/tmp/my dir"
done
fails 'a path with a quote is refused' "contains ', " make -n -C "$top" install-dev "DESTDIR=/tmp/it's"
fails 'a path with a # is refused' 'contains #, ' make -n -C "$top" install-dev 'DESTDIR=/tmp/a#b'
ok 'but not in a variable that the goal does not use' env DIR='/tmp/my dir' M='/tmp/my dir' make -n -C "$top" install-dev
fails 'KDIR= of a command that failed is refused' '\*\*\* KDIR is empty .*: set KDIR to a kernel tree' make -n -C "$top" KDIR=
ok 'one without is taken' make -n -C "$top" install-dev DESTDIR=/tmp/mine
fails 'an unknown kernel is refused' 'KERNEL=odd is not one of: stock cloud rt arm64 7.2 sid debug kobject types;' make -n -C "$top" KERNEL=odd
fails 'two kernels at once are refused' 'KERNEL=stock debug is not one of: stock' make -n -C "$top" KERNEL='stock debug'
for goal in run shell gdb test test-long bench rust-analyzer doc; do
	ok "make $goal has a rule for all that it needs" make -n -C "$top" KERNEL=stock $goal
done
for goal in tests src scripts docs; do
	fails "make $goal is not a command" "there is no command 'make $goal'" make -C "$top" $goal
done
for setting in VM_ACCEL=foo VM_CPUS=99 VM_MEMORY=64 VM_LIMIT=1h VM_ACCEL=kvm; do
	fails "$setting is refused before anything is built" "^[^ ]* \*\*\* vm: ${setting%=*}[=:].*${setting#*=}" \
		env VM_KVM=/nowhere make -C "$top" run "$setting"
done
for goal in session coverage bench; do
	fails "$goal refuses it, too" '^[^ ]* \*\*\* vm: VM_CPUS=.99.' make -n -C "$top" KERNEL=stock $goal VM_CPUS=99
done
fails 'KVM is refused for another architecture' '^[^ ]* \*\*\* vm: VM_ACCEL=kvm: KERNEL=arm64 is for aarch64, this machine is ' \
	make -C "$top" KERNEL=arm64 run VM_ACCEL=kvm

# refused COMMAND WORDS ERROR: the words are refused before anything is built.
refused() {
	fails "make $1 T='$2' is refused" "^[^ ]* \*\*\* vm: $3\.  Stop" make -C "$top" KERNEL=stock "$1" "T=$2"
}
refused test nonexistent "no test in tests/guest tests/host for KERNEL=stock matches 'nonexistent'"
refused test 'guest/use nonexistent' "no test .* matches 'nonexistent'"
refused test harness/words "no test .* matches 'harness/words'; tests/harness/words.t is run by: make test-long T=harness/words.t"
refused test long/lifetime "no test .*; .* is run by: make test-long KERNEL=kobject T=long/lifetime-leaked.t"
refused test guest/unit "no test .*; .* is run by: make test KERNEL=debug T=guest/unit.t"
refused test-long guest/use "no test .*; .* is run by: make test T=guest/use.t"
fails 'so is a word that no operation has' "^[^ ]* \*\*\* bench: no operation matches 'nonexistent'; there are: .*pread-64" \
	make -n -C "$top" KERNEL=stock bench T=nonexistent
for words in "use;touch $work/ran" 'log|chrdev' "it's" '*'; do
	fails "T='$words' is refused" '\*\*\* T=.* contains .: set T to words' make -n -C "$top" KERNEL=stock test "T=$words"
done
is 'and nothing of it is run' "$(ls "$work")" 'my
my project'
fails 'a quote in a name is handed on' "^new: NAME='a\"b' is not a module's name" make -s -C "$top" new 'NAME=a"b'
ok 'words that pick tests are taken' make -n -C "$top" KERNEL=stock test 'T=guest/use host/'

# The kernels that are tested.
like 'test-kernels tests all of Debian' "$(KERNEL=arm64 make -n -C "$top" test-kernels)" \
	'^scripts/test-kernels stock cloud rt arm64 7.2 sid$'
like 'or one, by a KERNEL= of the command line' \
	"$(make -n -C "$top" test-kernels KERNEL=arm64)" '^scripts/test-kernels arm64$'
fails 'but no kernel that Debian does not ship' '\*\*\* test-kernels: KERNEL=debug is not one of: stock cloud rt arm64 7.2 sid' \
	make -n -C "$top" test-kernels KERNEL=debug

# Modules elsewhere.
fails 'M= without a module is refused' "M='/tmp': neither /tmp/Kbuild nor /tmp/Makefile exists" make -C "$top" M=/tmp
mkdir -p "$work/elsewhere/build/mine"
echo 'obj-m := mine.o' >"$work/elsewhere/Kbuild"
like 'make M= builds there' "$(make -n -C "$top" M="$work/elsewhere" locked=yes modules)" \
	" M=\"$work/elsewhere\" MO=\"$work/elsewhere/build/stock\" modules"
for goal in session test-kernels coverage install-dev bench test-ship; do
	fails "make $goal is not about it" \
		"\*\*\* $goal: works only on hello-kmod itself, not on the module in $work/elsewhere: run it in $top, without M=" \
		make -n -C "$top" M="$work/elsewhere" $goal
done
help=$(make -s -C "$top" M="$work/elsewhere" help)
unlike 'its help leaves these out' "$help" '^(session|test-kernels|coverage|install-dev|bench|test-ship) |hello-dkms|install-dev'
like 'and describes its own package' "$help" '^deb +Build the Debian package NAME-dkms into build/deb/$'
mkdir -p "$work/elsewhere/build/stock/source" "$work/elsewhere/build/debug"
make -C "$top" M="$work/elsewhere" clean >/dev/null
is 'make clean M= removes only what was built by it' "$(ls "$work/elsewhere" "$work/elsewhere/build")" "$work/elsewhere:
Kbuild
build

$work/elsewhere/build:
debug
lock
mine"
is 'make distclean keeps the SDK, which others use' "$(make -n -C "$top" distclean | grep '^rm')" \
	"rm -f \"$top/rust-project.json\""
mkdir -p "$work/own/output/shared" "$work/own/output/stock" "$work/own/output/vm/work.1"
ln -s output "$work/own/build"
touch "$work/own/output/shared/mine" "$work/own/output/shared.cpio"
cp -r "$top/Makefile" "$top/scripts" "$work/own"
fails 'make clean removes nothing while a guest runs' '^clean: a guest runs' flock "$work/own/build/vm/work.1" make -C "$work/own" clean
like 'nor while another make builds' "$(make -n -C "$work/own" clean)" "[|] scripts/locked \"$work/own/build/lock\" make locked=yes clean\$"
make -C "$work/own" clean >/dev/null
is "then it keeps the files that a user shares with guests" "$(find "$work/own/output" | sort)" "$work/own/output
$work/own/output/lock
$work/own/output/shared
$work/own/output/shared.cpio
$work/own/output/shared/mine"

# A tree whose kbuild builds in the sources, and an SDK that notes what is run in it.
mkdir "$work/tree"
echo 'modules: ;' >"$work/tree/Makefile"
printf '#!/bin/sh\n' >"$work/own/scripts/preflight"
fails 'a tree whose kbuild knows no MO=' "^KDIR=$work/tree: .* has no MO= .*: use make -C $work/tree M=$work/elsewhere\$" \
	make -C "$work/own" M="$work/elsewhere" KDIR="$work/tree" locked=yes modules
printf '#!/bin/sh\necho "$*" >>"%s/calls"\n' "$work" >"$work/own/scripts/sdk"
make -n -C "$work/own" locked=yes programs >/dev/null
fails 'make -n builds nothing' 'No such file' cat "$work/calls"
like 'preflight is told of tools, in words' "$(make -n -C "$top" locked=yes KDIR=/tmp/tree KCFLAGS='-DX=(1)' CC="it's" modules)" \
	"^scripts/preflight \"/tmp/tree\" SERIES=\"[0-9. ]*\" +CC='it'\\\\''s' *\$"
mkdir -p "$work/build/counter/build"
touch "$work/build/counter/Kbuild" "$work/build/counter/counter.rs" "$work/build/counter/build/made.rs"
is 'a project below a folder called build is checked' "$(make -n -C "$top" locked=yes M="$work/build/counter" check |
	sed -n 's/^\(find .* -print0\) .*/\1/p' | sh | tr '\0' ' ')" "$work/build/counter/counter.rs "
# shellcheck disable=SC2016 # kbuild expands it
echo 'include $(HELLO)/chrdev/chrdev.mk' >"$work/build/counter/Kbuild"
like 'what it includes is made first' "$(make -n -C "$top" locked=yes M="$work/build/counter" check)" '^install -d ".*/dev/usr/src/hello-.*/chrdev'

# The environment.
mkfifo "$work/fifo"
MAKEFLAGS='-j4 -O' make -s -C "$top" --eval="show: ; @echo shown; cat $work/fifo" show >"$work/shown" &
ok 'make -O keeps nothing back, as guests are watched' await 10 grep -q shown "$work/shown"
echo >"$work/fifo"
wait $!
ok 'a locale that is not installed changes nothing' env LC_ALL=xx_YY.UTF-8 make -n -C "$top" KERNEL=stock run
# shellcheck disable=SC2016 # the other shell expands it
ok 'nor does CDPATH' sh -c 'cd "$1" && CDPATH=.:/tmp make -n KERNEL=stock run' sh "$top"
# shellcheck disable=SC2016 # make and its shell expand it
is 'nor does SDK_ROOT' "$(SDK_ROOT=/opt/sdk make -s -C "$top" KERNEL=stock --eval='show: ; @echo "<$$SDK_ROOT>"' show)" '<>'
like 'VM_LOGS and VM_KVM reach the virtual machine' "$(make -n -C "$top" KERNEL=stock run VM_LOGS=/tmp/logs VM_KVM=/dev/null)" \
	" VM_KVM='/dev/null' .*VM_LOGS='/tmp/logs' "

# One make at a time builds in a tree.
fails 'a tree that cannot be written to is refused' "no permission to write to /usr/mine, .*\(/usr belongs to " \
	"$top/scripts/locked" /usr/mine/lock
like 'before an SDK is made' "$(make -n -C "$top" M="$work/elsewhere" modules)" \
	"^scripts/locked \"$work/elsewhere/build/lock\"\$"
"$top/scripts/locked" "$work/lock" sleep 1000 &
holder=$!
await 10 test -e "$work/lock"
"$top/scripts/locked" "$work/lock" echo built >"$work/second" 2>&1 &
second=$!
ok 'a second make waits, and says so' await 10 grep -q "^make: waiting for another make that builds in $work\$" "$work/second"
kill "$holder"
wait "$second"
is 'the second make continues when the first has ended' "$(tail -n 1 "$work/second")" built
like 'make holds the lock while it builds' "$(make -n -C "$top" M="$work/elsewhere" modules)" \
	"^scripts/locked \"$work/elsewhere/build/lock\" make locked=yes modules\$"
for goal in deb bench session; do
	like "make $goal holds it" "$(make -n -C "$top" $goal)" "^scripts/locked \"$top/build/lock\" make locked=yes $goal\$"
done
like 'make deb makes no kernel' "$(make -n -C "$top" deb | grep '^scripts/sdk make' | xargs)" '^scripts/sdk make deb$'
like 'make -j reaches kbuild' "$(make -n -j7 -C "$top" locked=yes modules)" "^scripts/sdk run make -j7 "

for goal in run shell session gdb test test-long test-kernels coverage bench check guest deb test-ship; do
	fails "make $goal needs the SDK" "\*\*\* $goal: works only with a kernel of the SDK" \
		make -n -C "$top" $goal KDIR=/usr/src/linux
done
