# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # what scripts/vm sets
# The guest's files: a base of Debian's own programs, cached under a hash of its contents, and an overlay for
# each boot.

# Programs that run other commands are not busybox's, which would run its own insmod and sh instead of those in
# PATH.
programs=(usr/bin/{dash,kmod,busybox,env,find,nice,nohup,setsid,taskset,timeout,xargs})
kmod_names=(insmod rmmod modprobe depmod lsmod modinfo)

pack() { # FOLDER
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc -R +0:+0 --quiet)
}

# Copies a program or library of a Debian root, with its loader and libraries. (The loader could list them, but runs
# on its own architecture only.)
copy_program() { # FOLDER ROOT FILE
	local name file
	[[ ! -e $1/$3 ]] || return 0
	mkdir -p "$1/${3%/*}"
	cp -L "$2/$3" "$1/$3"
	for name in $(readelf -ld "$2/$3" | sed -nE 's/.*(program interpreter: |Shared library: \[)([^]]*)\].*/\2/p'); do
		case $name in
		/*) file=usr$name ;;
		# A library names the loader, too, but not where it is.
		ld-*) continue ;;
		*) file=$(find_library "$2" "$name") ;;
		esac
		copy_program "$1" "$2" "$file"
	done
}

find_library() { # ROOT NAME
	local folder
	for folder in "usr/lib/$triplet" "usr/lib/$triplet/ceph"; do
		[[ -e $1/$folder/$2 ]] || continue
		echo "$folder/$2"
		return
	done
	die "the library $2, which a program for guests needs, is not in $1/usr/lib/$triplet"
}

link_folders() { # FOLDER
	local d
	for d in bin sbin lib lib64; do
		mkdir -p "$1/usr/$d"
		ln -s "usr/$d" "$1/$d"
	done
}

fill_base() { # FOLDER
	local name
	mkdir -p "$1"/{dev,proc,sys,tmp,run,root,etc}
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/home/user:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: user:x:1000: >"$1/etc/group"
	link_folders "$1"
	for name in "${programs[@]}"; do copy_program "$1" "$debian_root" "$name"; done
	ln -s dash "$1/usr/bin/sh"
	for name in "${kmod_names[@]}"; do ln -s ../bin/kmod "$1/usr/sbin/$name"; done
	"$compiler" -nostdlib -static -s -o "$1/usr/sbin/exit-qemu" "$here/vm.d/exit-$exit_by.S"
	# busybox provides everything else.
	for name in $(busybox --list); do
		case $name in ash | \[\[ | linuxrc | init) continue ;; esac
		[[ -e $1/usr/bin/$name || -e $1/usr/sbin/$name ]] ||
			ln -s busybox "$1/usr/bin/$name"
	done
}

# Prints the path of the base. It is made in the work folder and then renamed, so that it is never incomplete.
base_cpio() { # CACHE
	local key dir
	key=$({ cat "${BASH_SOURCE[0]}" "$here/vm.d/exit-$exit_by.S"; stat -Lc '%n %s %Y' "${programs[@]/#/$debian_root/}"; } |
		sha256sum | cut -c1-16)
	if [[ ! -e $1/base-$key.cpio ]]; then
		dir=$(mktemp -d)
		fill_base "$dir/root"
		pack "$dir/root" >"$dir/cpio" ||
			die "the base of all guests, $1/base-$key.cpio, was not written: is there cpio, and room on the disk?"
		mv "$dir/cpio" "$1/base-$key.cpio"
		rm -r "$dir"
		find "$1" -maxdepth 1 -name 'base-*.cpio' -mmin +60 ! -name "base-$key.cpio" -delete
	fi
	echo "$1/base-$key.cpio"
}

# The modules as installed, the test modules, helper programs, and the test.
fill_overlay() { # FOLDER
	local root=$1
	mkdir -p "$root"/usr/lib/modules "$root"/usr/lib/test-modules \
		"$root"/usr/bin "$root"/tests/{lib,guest}
	[[ ! -d $module_root/lib/modules ]] ||
		cp -r "$module_root"/lib/modules/. "$root/usr/lib/modules/"
	copy_all "$root/usr/lib/test-modules" "$build/$kernel"/tests/{modules,debug,bench}/*.ko
	# Debug information is most of their size, and would be unpacked at each boot.
	find "$root/usr/lib" -name '*.ko' -exec "${cross}strip" --strip-debug {} +
	copy_all "$root/usr/bin" "$build/$programs_built"/*
	copy_all "$root/tests/lib" "$top"/tests/lib/* "$project"/tests/lib/*
	cp "$here"/vm.d/{child,leaks,session} "$root/tests/"
	copy_all "$root/tests" "$project/tests/session"
	module_names >"$root/tests/modules"
	cp "$here/vm.d/init" "$root/init"
	chmod 755 "$root/init"
	printf '%s\n' "$reports" >"$root/tests/reports"
	# A checkout may be readable for its owner only; in the guest, an ordinary user runs the programs, too.
	chmod -R a+rX "$root"
}

# Adds bash, with what it needs to edit lines on this terminal, and the shared folder. bash also runs what comes
# from a pipe.
fill_for_shell() { # WORK-FOLDER
	local root=$1/overlay name
	link_folders "$root"
	for name in bash strace; do copy_program "$root" "$debian_root" "usr/bin/$name"; done
	# bash treats an unknown terminal as a dumb one.
	name=${TERM:-dumb}
	mkdir -p "$root/usr/share/terminfo/${name:0:1}"
	cp -L {/lib,/usr/lib,/usr/share}/terminfo/"${name:0:1}/$name" "$root/usr/share/terminfo/${name:0:1}" 2>/dev/null || true
	cp "$here/vm.d/bashrc" "$root/tests/"
	mkdir "$root/shared"
	[[ ! -d $shared ]] || cp -r "$shared/." "$root/shared"
	if [[ -e $1/script ]]; then
		cp "$1/script" "$root/tests/typed"
		echo 'exec bash </tests/typed' >"$root/tests/script"
	fi
}

# Prints the names of the project's modules, in the order in which they were built.
module_names() {
	[[ ! -e $build/$kernel/modules.order ]] ||
		sed 's|.*/||; s/\.k\{0,1\}o$//; s/-/_/g' "$build/$kernel/modules.order"
}

# Adds the programs and modules of Debian's that a test names in its header. In the debug kernels, what tests
# need is built in.
fill_debian() { # FOLDER TEST-FILE
	local names debian name
	names=$(header "$2" programs)
	[[ $names ]] || return 0
	debian=$debian_root
	[[ $cross ]] || debian=$("$here/sdk" guest) || die "$2 needs programs of Debian's: scripts/sdk make guest"
	for name in $names; do
		copy_debian_program "$1" "$debian" "$name"
	done
	is_debian || return 0
	[[ $kernel == stock ]] || debian=$kernel_dir/debian
	for name in $(header "$2" modules); do
		copy_debian_module "$1" "$debian" "$name"
	done
	depmod -b "$1/usr" "$(<"$kernel_dir/release")"
}

# Adds the programs that a test names in its header and that few tests need. They use the C library of the base, if any.
fill_crates() { # FOLDER TEST-FILE
	local names folder name
	names=$(header "$2" crates)
	[[ $names ]] || return 0
	folder=$("$here/sdk" crates) || die "$2 needs programs that few tests need: scripts/sdk make crates"
	for name in $names; do
		[[ -e $folder/bin/$name ]] || die "the lines crate_ of scripts/guest.conf make no program $name"
		cp "$folder/bin/$name" "$1/usr/bin/"
	done
}

# Copies a program with its own loader and libraries, which replace those of the base.
copy_debian_program() { # FOLDER DEBIAN NAME
	local file
	file=$(cd "$2" && find usr/bin usr/sbin -name "$3" -print -quit)
	[[ $file ]] || die "scripts/guest.conf names no package with the program $3"
	copy_program "$1" "$2" "$file"
	# The C library loads it when a thread is cancelled.
	copy_program "$1" "$2" "usr/lib/$triplet/libgcc_s.so.1"
}

copy_debian_module() { # FOLDER DEBIAN NAME
	local file insmod
	modprobe -d "$2" -S "$(<"$kernel_dir/release")" -D "$3" | while read -r insmod file _; do
		[[ $insmod == insmod ]] || continue
		file=${file#"$2/lib/"}
		mkdir -p "$1/usr/lib/${file%/*}"
		cp "$2/usr/lib/$file" "$1/usr/lib/$file"
	done
}

copy_all() { # FOLDER FILES...: a pattern that matched nothing copies nothing
	local file
	for file in "${@:2}"; do
		[[ ! -f $file ]] || cp "$file" "$1/"
	done
}
