# SPDX-License-Identifier: GPL-2.0
#
# The top-level Makefile. `make help` lists the commands.
#
# Without KDIR everything runs in the SDK (scripts/sdk), which is made when it is first needed. With
# KDIR the modules are built for that kernel tree, with that tree's own compiler, and without the SDK.

# Make, the shell and kbuild split or expand paths at these characters, and a recipe would then work on a
# part of the path. Checked before everything else, as make -i ignores recipes that fail.
empty :=
space := $(empty) $(empty)
tab := $(empty)	$(empty)
define newline


endef
special := $$ " ' ` \ ; & | < > ( ) * ? [ \# : % = ,
unusable = $(strip \
	$(foreach name,space tab newline,$(if $(findstring $($(name)),$(value $(1))),$(name))) \
	$(foreach character,$(special),$(findstring $(character),$(value $(1)))) \
	$(if $(filter ~%,$(firstword $(value $(1)))),~))
refuse = $(if $(unusable),$(error $(1)='$(value $(1))' contains $(unusable), which make and kbuild cannot handle \
	in a path: $(2) without it))
$(call refuse,CURDIR,move the project to a path)
# M and DIR may be in the environment for other programs.
$(foreach variable,KDIR $(if $(filter command,$(origin M)),M) $(if $(filter new,$(MAKECMDGOALS)),DIR) DESTDIR \
	INSTALL_MOD_PATH SDK_CACHE VM_LOGS,$(call refuse,$(variable),set $(variable) to a path))
# Otherwise a command substitution that failed would select the SDK's kernel.
ifneq ($(origin KDIR),undefined)
$(if $(strip $(KDIR)),,$(error KDIR is empty (did the command that prints it fail?): set KDIR to a kernel tree, or leave \
	KDIR unset))
endif

# The project whose modules are built and tested: this one, or the folder in M=, as for kbuild.
ifeq ($(origin M),command line)
# bubblewrap cannot bind a symbolic link below /tmp.
project := $(or $(realpath $(M)),$(abspath $(M)))
$(if $(wildcard $(project)/Kbuild $(project)/Makefile),,$(error M='$(M)': neither $(project)/Kbuild nor \
	$(project)/Makefile exists: set M to the folder of a module))
else
project := $(CURDIR)
endif
own := $(filter $(CURDIR),$(project))
# Commands about this project itself.
only_here := session test-kernels coverage install-dev bench test-ship
ifeq ($(own),)
misplaced := $(filter $(only_here),$(MAKECMDGOALS))
$(if $(misplaced),$(error $(misplaced): works only on hello-kmod itself, not on the module in $(project): run it in \
	$(CURDIR), without M=))
endif

# A locale that is not generated here makes bash print warnings.
export LC_ALL := C
# Don't print "Entering directory".
MAKEFLAGS += --no-print-directory
# With -O, guests would show nothing until they end.
MAKEFLAGS += -Onone
# A failed command must not leave half a target behind.
.DELETE_ON_ERROR:

# stock: the kernel that Debian ships; cloud, rt: its other flavours; arm64: that of arm64, cross-built; 7.2: the newest
# of that series; sid: the newest of sid; debug: a kernel with sanitizers, lockdep and fault injection; kobject: the same
# with DEBUG_KOBJECT_RELEASE; types: the same with block devices and network.
debian_kernels := stock $(if $(wildcard scripts/sdk.conf),$(shell . scripts/sdk.conf && echo $$flavour_names))
kernels := $(debian_kernels) debug kobject types
# The kernel series that this project's modules can be built for.
series := $(if $(wildcard scripts/sdk.conf),$(shell . scripts/sdk.conf && echo $$series $$flavour_series))
KERNEL ?= stock
# Words: a test is run if its path contains one of them. The shell splits and expands them.
T ?=
unusable_words = $(strip $(if $(findstring $(newline),$(value T)),newline) \
	$(foreach character,$(special),$(findstring $(character),$(value T))))
ifneq ($(filter test test-long bench,$(MAKECMDGOALS)),)
$(if $(unusable_words),$(error T='$(value T)' contains $(unusable_words): set T to words of letters, digits and . / _ -))
endif
# In single quotes, for the shell.
quoted = '$(subst ','\'',$(1))'

ifdef KDIR
ifneq ($(filter run shell session gdb test test-long test-kernels coverage bench check guest deb \
	test-ship,$(MAKECMDGOALS)),)
$(error $(MAKECMDGOALS): works only with a kernel of the SDK: set KERNEL= instead of KDIR=)
endif
KERNEL := custom
kernel_build := "$(abspath $(KDIR))"
in_sdk :=
else
kernel_dir = "$$(scripts/sdk kernel $(KERNEL))"
kernel_build = $(kernel_dir)/build
in_sdk := scripts/sdk run
sdk := $(if $(locked),,sdk)
ifneq ($(words $(KERNEL)) $(filter $(kernels),$(KERNEL)),1 $(strip $(KERNEL)))
$(error KERNEL=$(KERNEL) is not one of: $(kernels); for another kernel, set KDIR= to its tree)
endif
# Without a KERNEL on the command line, all are tested.
to_test := $(if $(filter command,$(origin KERNEL)),$(KERNEL),$(debian_kernels))
ifneq ($(filter test-kernels,$(MAKECMDGOALS)),)
$(if $(filter $(debian_kernels),$(to_test)),,$(error test-kernels: KERNEL=$(KERNEL) is not one of: $(debian_kernels)))
endif
# Debian's kernel tree names its own compiler. The key that Debian signs modules with is not public.
kbuild_options := $(if $(filter $(debian_kernels),$(KERNEL)),,LLVM=1) CONFIG_MODULE_SIG_ALL= \
	$(foreach option,V W,$(if $($(option)),$(option)=$($(option))))
# These have a root of their own, with the cross compiler and QEMU for arm64, or with sid's compilers.
ifneq ($(filter arm64 sid,$(KERNEL)),)
export SDK_ROOT := $(KERNEL)
else
unexport SDK_ROOT
endif
ifeq ($(KERNEL),arm64)
cross := aarch64-linux-gnu-
kbuild_options += ARCH=arm64 CROSS_COMPILE=$(cross)
endif
endif

build := $(project)/build/$(KERNEL)
module_root := $(build)-root
# Commands in the SDK get a clean environment: make there sees neither this make's jobserver nor -n. Recipes call it
# `make`, since this make would run lines with $(MAKE) even under -n.
jobs = $(if $(in_sdk),$(filter -j%,$(MAKEFLAGS)))
kbuild = $(in_sdk) $(MAKE) $(jobs) --no-print-directory -C $(kernel_build) $(kbuild_options)
vm = $(in_sdk) KERNEL=$(KERNEL) PROJECT="$(project)" BUILD="$(project)/build" MODULE_ROOT="$(module_root)" \
	$(vm_options) scripts/vm
# `scripts/vm help` explains them.
vm_options = $(foreach option,VM_ACCEL VM_KVM VM_LIMIT VM_SLOW VM_JOBS VM_CPUS VM_MEMORY VM_LOGS VM_COVERAGE,$(if $($(option)),$(option)=$(call quoted,$($(option)))))
export SDK_BIND := $(if $(own),,$(project))

ifeq ($(KDIR)$(INSTALL_MOD_PATH),)
ifneq ($(filter modules_install,$(MAKECMDGOALS)),)
$(error modules_install: set INSTALL_MOD_PATH to the folder to install below; `make install` installs for the \
	running kernel, KDIR= for that of a tree)
endif
endif

# Refuse wrong words and settings now, not after minutes of building.
tested := $(filter test test-long,$(MAKECMDGOALS))
ifneq ($(tested)$(filter run shell session coverage bench,$(MAKECMDGOALS)),)
refused := $(shell LC_ALL=C KERNEL=$(KERNEL) PROJECT="$(project)" $(vm_options) scripts/vm check \
	$(if $(tested),$(if $(filter test-long,$(tested)),--long) $(T)) 2>&1)
$(if $(filter-out 0,$(.SHELLSTATUS)),$(error $(refused)))
endif
bench_options = $(foreach option,PROFILE CHECK RECORD TIMES VM_LIMIT VM_ACCEL VM_KVM,$(if \
	$($(option)),$(option)=$(call quoted,$($(option)))))
ifneq ($(filter bench,$(MAKECMDGOALS)),)
refused := $(shell LC_ALL=C $(bench_options) scripts/bench check $(T) 2>&1)
$(if $(filter-out 0,$(.SHELLSTATUS)),$(error $(refused)))
endif

.PHONY: all
all: modules ## Build the modules into build/KERNEL/

# Names of folders, which make would otherwise report as up to date.
.PHONY: tests src scripts docs
tests src scripts docs:
	$(error there is no command 'make $@': make test runs the tests, make help lists all commands)

.PHONY: run
run: installed $(if $(shell grep -ls '^\# programs: ' $(project)/tests/session),debian) ## Boot a guest, and show a session with the modules
	@$(vm) run

.PHONY: shell
shell: installed ## Boot a guest with a shell, in which modprobe finds the modules
	@$(vm) shell

.PHONY: gdb
gdb: gdb-constants ## Attach gdb to the guest of `make shell` in another terminal (KERNEL=debug)
	@$(vm) gdb

.PHONY: test
test: guest ## Run the tests (T="words" picks files)
	@$(vm) tests $(T)

# The tests with a header of that name, and whether one of the words is in the path of one of the tests.
asking = $(shell grep -lE '^\# $(1): ' $(wildcard $(2)) /dev/null)
picked = $(strip $(foreach word,$(2),$(foreach test,$(1),$(findstring $(word),$(test)))))

# Whether T picks long tests that need programs which few tests need. Without T, they are not run.
with_crates = $(call picked,$(call asking,crates,$(project)/tests/long/*.t),$(filter-out %/,$(T)))

.PHONY: test-long
test-long: guest $(if $(filter test-long,$(MAKECMDGOALS)),$(if $(with_crates),crates)) ## Run the long tests: of the harness, rounds, races (T= too)
	@$(vm) tests --long $(T)

# Fills in the table of kernels in README.md.
.PHONY: test-kernels
test-kernels: ## Build, load and test the modules on each of Debian's kernels (an hour), or KERNEL=, and note it in README.md
	@scripts/test-kernels $(to_test)

.PHONY: coverage
coverage: VM_COVERAGE = $(build)/passed
coverage: ## Run the guest and long tests on the debug kernel, and list the lines that none of them ran
ifneq ($(KERNEL),debug)
	@$(MAKE) KERNEL=debug coverage
else
coverage: guest
	@rm -rf "$(VM_COVERAGE)" && mkdir "$(VM_COVERAGE)"
	@$(vm) tests guest/
	@$(vm) tests --long long/
	@$(in_sdk) scripts/coverage "$(build)" "$(VM_COVERAGE)" tests/debug/excused
endif

# Debian's own programs and modules, for tests that name them. The arm64 kernel has its own.
.PHONY: debian
debian: $(sdk)
	$(if $(cross),,@scripts/sdk make guest)

# Programs that few tests need, which take minutes to build.
.PHONY: crates
crates: $(sdk)
	$(if $(cross),,@scripts/sdk make crates)

# Two makes that build in one tree would overwrite each other's files, so building takes a lock. Tests and guests
# do not take it, except those that write to fixed paths.
building := rust-analyzer doc gdb-constants modules installed guest install-dev test-modules debug-modules bench-modules \
	programs modules_install check session $(if $(filter stock,$(KERNEL)),bench)
.PHONY: $(building)
ifndef locked
.PHONY: writable
writable:
	@scripts/locked "$(project)/build/lock"
$(building): writable $(sdk)
	@scripts/locked "$(project)/build/lock" $(MAKE) locked=yes $@
# This takes no kernel.
deb: writable
	@scripts/sdk make deb
	@scripts/locked "$(project)/build/lock" $(MAKE) locked=yes deb
else

# If the Kbuild of a project elsewhere mentions HELLO, then hello.ko and its development files are built first.
ifneq ($(if $(own),,$(shell grep -sw HELLO "$(project)/Kbuild" "$(project)/Makefile")),)
hello_build := $(CURDIR)/build/$(KERNEL)
stacked = HELLO="$(hello_build)/dev/usr/src/hello-$$(cat $(kernel_build)/include/config/kernel.release)"
.PHONY: hello
hello:
	@$(MAKE) locked= M="$(CURDIR)" DESTDIR="$(hello_build)/dev" install-dev
endif

# What the kernel's make is told about its tools; it reads only LLVM from the environment as well.
tools = $(foreach variable,LLVM CC RUSTC BINDGEN,$(if $(filter command,$(origin $(variable))),$(variable)=$(call quoted,$($(variable)))))
modules: $(sdk) $(if $(stacked),hello)
	$(if $(KDIR),@scripts/preflight $(kernel_build) $(if $(own),SERIES="$(series)") $(tools))
	@mkdir -p "$(build)"
	@$(kbuild) $(stacked) M="$(project)" MO="$(build)" modules
	@[ -e "$(build)/modules.order" ] || { echo "KDIR=$(KDIR): the kbuild of this tree has no MO= (Linux 6.13 has), and has built" \
		'in $(project): use make -C $(KDIR) M=$(project)' >&2; exit 1; }

# Installs as into a real system, except that depmod is run here, since kbuild's needs System.map. The folder is
# replaced only if it differs, as tests of another make may be reading it.
install_options = INSTALL_MOD_PATH="$(module_root).new" CONFIG_MODULE_COMPRESS_ALL=
installed: modules
	@rm -rf "$(module_root).new"
	@{ $(kbuild) $(stacked) M="$(project)" MO="$(build)" $(install_options) modules_install \
		$(if $(stacked),&& $(kbuild) M="$(CURDIR)" MO="$(hello_build)" $(install_options) INSTALL_MOD_DIR=hello \
			modules_install); } \
		>"$(build)/install.log" 2>&1 || { cat "$(build)/install.log"; exit 1; }
	@release=$$(cat $(kernel_dir)/release) && \
	cp $(kernel_dir)/modules.* "$(module_root).new/lib/modules/$$release/" && \
	$(in_sdk) depmod -b "$(module_root).new" "$$release"
	@if diff -qr "$(module_root).new" "$(module_root)" >/dev/null 2>&1; then rm -r "$(module_root).new"; else \
		rm -rf "$(module_root)" && mv "$(module_root).new" "$(module_root)"; fi

# The tests that need programs of Debian's.
asking_programs = $(call asking,programs,$(project)/tests/guest/*.t $(project)/tests/long/*.t)
with_programs = $(if $(T),$(call picked,$(asking_programs),$(T)),$(asking_programs))

# Programs and test modules, if the project has them.
guest: installed $(if $(with_programs),debian) $(foreach part,programs modules:test-modules debug:debug-modules bench:bench-modules,$(if \
	$(wildcard $(project)/tests/$(firstword $(subst :, ,$(part)))),$(lastword $(subst :, ,$(part)))))

# Where the files are installed that other projects need in order to stack modules on this one.
dev = "$(DESTDIR)/usr/src/hello-$$(cat $(kernel_build)/include/config/kernel.release)"

install-dev: modules ## Install the files for stacking other modules on these (DESTDIR=)
	@[ -e src/hello ] || { echo 'install-dev: this project has no src/hello to stack a module on' >&2; exit 1; }
	@install -d $(dev)/include $(dev)/rust $(dev)/chrdev $(dev)/blkdev $(dev)/netdev
	@install -C -m 644 src/hello/hello.mk src/export/export.mk "$(build)/Module.symvers" $(dev)
	@install -C -m 644 src/hello/hello.h "$(build)/src/hello/hello_namespace.h" $(dev)/include
	@install -C -m 644 "$(build)"/src/export/lib*.rmeta "$(build)"/src/hello/lib*.rmeta $(dev)/rust
	@for crate in chrdev blkdev netdev; do install -C -m 644 src/$$crate/* $(dev)/$$crate || exit; done

# Modules that only tests load. Those of this project are built with the files of install-dev.
ifneq ($(and $(own),$(wildcard tests/modules/Makefile)),)
test-modules: DESTDIR = $(build)/tests/dev
test-modules: install-dev
	@build="$(build)" dev=$(dev) kbuild="$(kbuild)" \
		$(MAKE) --no-print-directory -f tests/modules/Makefile
else
test-modules: modules
	@mkdir -p "$(build)/tests/modules"
	@$(kbuild) $(stacked) M="$(project)/tests/modules" MO="$(build)/tests/modules" \
		KBUILD_EXTRA_SYMBOLS="$(build)/Module.symvers" modules
endif

# Modules that only tests on a debug kernel load.
debug-modules: $(sdk)
ifeq ($(filter $(debian_kernels),$(KERNEL)),)
	@mkdir -p "$(build)/tests/debug"
	@$(kbuild) M="$(project)/tests/debug" MO="$(build)/tests/debug" KCFLAGS=-Werror KRUSTFLAGS=-Dwarnings modules
endif

# The C modules that the Rust modules are compared with. Tests check that they behave the same.
bench-modules: $(sdk)
ifneq ($(filter $(debian_kernels),$(KERNEL)),)
	@mkdir -p "$(build)/tests/bench"
	@$(kbuild) M="$(CURDIR)/tests/bench/modules" MO="$(build)/tests/bench" KCFLAGS=-Werror modules
endif

# Programs that guest tests run; they depend on the architecture, but not on the kernel.
programs: $(sdk)
	@$(if $(cross),,SDK_ROOT=) $(in_sdk) make $(jobs) -C "$(project)/tests/programs" \
		$(if $(cross),OUT="$(project)/build/programs-arm64" CROSS_COMPILE=$(cross) ROOT=$(kernel_dir)/debian, \
		OUT="$(project)/build/programs")

# kbuild's own target would run in the SDK, where neither that folder nor this system is visible.
modules_install: modules ## Install below INSTALL_MOD_PATH, or with KDIR into this system
	@$(if $(KDIR),$(kbuild) $(stacked) M="$(project)" MO="$(build)" \
		$(if $(INSTALL_MOD_PATH),INSTALL_MOD_PATH="$(abspath $(INSTALL_MOD_PATH))") modules_install, \
		PROJECT="$(project)" scripts/install copy "$(build)" "$(abspath $(INSTALL_MOD_PATH))")

# For editors: the kernel's crates, and those that were built here. /usr is rewritten to the SDK's.
rust-analyzer: modules $(if $(wildcard $(project)/tests/modules),test-modules) ## Write rust-project.json, for editors
	@$(kbuild) $(stacked) M="$(project)" MO="$(build)" rust-analyzer
	@$(in_sdk) scripts/rust-project "$(build)/rust-project.json" "$(project)" \
		$(if $(in_sdk),"$$(scripts/sdk root)/usr",/usr) \
		$(if $(stacked),"$(hello_build)") "$(build)" $(wildcard $(build)/tests/modules)
	@echo "rust-analyzer: $(project)/rust-project.json is written"

# The constants that the kernel's scripts for gdb read from its headers.
gdb-constants: $(sdk)
	@mkdir -p "$(build)/gdb"
	@$(kbuild) -s M="$(CURDIR)/scripts/gdb" MO="$(build)/gdb" modules

doc: modules ## Render the documentation of the crates into build/doc/
	@$(in_sdk) scripts/doc "$(build)" "$(project)/build/doc"
	@echo "doc: see $(project)/build/doc/"

# What is checked; a project elsewhere, or a copy of this one, may lack some of these.
checked = $(if $(own),$(wildcard src tests *.rs),"$(project)")
# The dot is for grep, which would leave out a project whose own name is build.
scripts = $(if $(own),$(wildcard scripts tests .ci),"$(project)/.")
check: $(sdk) $(if $(stacked),hello) ## Check style and lints, the SDK, the packages, and the kernel tree that is built against
	@echo '== preflight'
	@$(in_sdk) scripts/preflight $(kernel_build) $(kbuild_options)
	@echo '== rustfmt'
	@find $(checked) -path "$(project)/build" -prune -o -name '*.rs' -print0 | $(in_sdk) xargs -0r \
		rustfmt --check --config-path $(kernel_build)/source/.rustfmt.toml --edition 2021
# In another project, a copy of this Makefile does not require SPDX lines.
ifneq ($(and $(own),$(wildcard src/hello)),)
	@echo '== SPDX'
	@! grep -rL --include='*.rs' --include='*.[ch]' --include='*.t' --include='*.sh' --include='*.py' --include='*.mk' \
		--include=Kbuild --include=Makefile SPDX-License-Identifier $(wildcard Makefile Kbuild src scripts tests) | grep . || \
		{ echo 'these files have no SPDX-License-Identifier: add one in the first line' >&2; exit 1; }
endif
	@echo '== shellcheck'
	@grep -rlZE --exclude-dir=build --exclude='*.[48]' '^#!/bin/(ba)?sh|^# shellcheck shell=' $(scripts) | \
		$(in_sdk) xargs -0r shellcheck -x
ifneq ($(and $(own),$(wildcard tests/sdk)),)
	@echo '== the SDK, on this host'
	@command -v prove >/dev/null || { echo 'prove is missing: apt-get install perl' >&2; exit 1; }
	@prove tests/sdk
endif
ifneq ($(and $(own),$(wildcard tests/debug)),)
	@echo '== unit tests, on the host'
	@mkdir -p build/unit
	@$(in_sdk) rustc --edition 2021 -Dwarnings --test tests/debug/hello_unit.rs -o build/unit/hello_unit
	@$(in_sdk) build/unit/hello_unit --quiet
endif
	@echo '== clippy'
	@mkdir -p "$(project)/build/clippy"
	@$(kbuild) $(stacked) M="$(project)" MO="$(project)/build/clippy" CLIPPY=1 KRUSTFLAGS=-Dwarnings KCFLAGS=-Werror modules

ifeq ($(KERNEL),stock)
bench: installed bench-modules debian ## Count the instructions of operations, compared with C twins (T=, PROFILE=, CHECK=1, RECORD=1, TIMES=1)
	@$(in_sdk) make --no-print-directory -C tests/bench OUT="$(CURDIR)/build/bench"
	@$(in_sdk) MODULE_ROOT="$(module_root)" $(bench_options) scripts/bench $(T)
endif

# Updates the session that docs/session.md and README.md show.
session: installed debian
	@$(vm) run >build/session 2>&1 || { cat build/session >&2; exit 1; }
	@scripts/session build/session

deb: ## Build Debian packages into build/deb/: hello-dkms, linux-rust-metadata; with M= that of the module
	@SDK_ROOT=deb scripts/sdk run DEBEMAIL="$$DEBEMAIL" DEBFULLNAME="$$DEBFULLNAME" EMAIL="$$EMAIL" \
		$(if $(VERSION),VERSION=$(call quoted,$(VERSION))) \
		$(if $(own),scripts/package/build,scripts/package/module deb "$(project)") "$(project)/build/deb"

endif

.PHONY: bench session deb
ifneq ($(KERNEL),stock)
bench:
	@$(MAKE) KERNEL=stock bench
endif

KIND ?= module
DIR ?= ../$(NAME)
.PHONY: new
new: ## Write a project of your own: NAME=, DIR=../NAME, KIND=module|chrdev|stacked|blkdev|netdev
	@scripts/new $(call quoted,$(NAME)) $(call quoted,$(DIR)) $(call quoted,$(KIND))

# These build nothing: under sudo, the build and the SDK would be root's.
.PHONY: install
install: ## Install the built modules for the running kernel (sudo)
	$(if $(DESTDIR)$(INSTALL_MOD_PATH),$(error install: this installs for the running kernel, below /; \
		`make modules_install INSTALL_MOD_PATH=` installs below a folder))
	@PROJECT="$(project)" scripts/install install "$(build)"

.PHONY: uninstall
uninstall: ## Remove them again (sudo)
	$(if $(DESTDIR)$(INSTALL_MOD_PATH),$(error uninstall: this removes what `make install` has installed below /))
	@PROJECT="$(project)" scripts/install uninstall "$(build)"

.PHONY: test-ship
test-ship: $(sdk) ## Install the packages in a Debian, boot it, and remove them (half an hour)
	@tests/ship/run

.PHONY: sdk
sdk:
	@scripts/sdk make $(KERNEL)

# In another project's build folder, only what this Makefile makes: folders with such names may be the project's own,
# so each is removed only if it holds the named file. The folder source is kbuild's.
built := $(foreach kernel,$(kernels) custom,$(kernel):source $(kernel)-root:lib/modules) \
	clippy:source vm:lock doc:crates.js deb:log $(foreach folder,programs programs-arm64,$(folder):../../tests/programs/Makefile)
built_here = $(foreach pair,$(built),$(if $(wildcard $(project)/build/$(subst :,/,$(pair))),$(firstword $(subst :, ,$(pair))))) \
	$(notdir $(wildcard $(kernels:%=$(project)/build/%-logs)))
.PHONY: clean
clean: ## Remove the build output
ifndef locked
	@[ ! -d "$(project)/build" ] || scripts/locked "$(project)/build/lock" $(MAKE) locked=yes clean
else
	@for work in "$(project)"/build/vm/work.*; do \
		[ ! -d "$$work" ] || flock -n "$$work" true || \
		{ echo 'clean: a guest runs in this build folder (make shell or make test in another terminal): end it first' >&2; exit 1; }; \
	done
ifdef own
	@echo 'rm -rf build, except for build/shared'
	@find build/ -mindepth 1 -maxdepth 1 ! -name 'shared*' ! -name lock -exec rm -rf {} +
else
	rm -rf $(patsubst %,"$(project)/build/%",$(built_here))
endif
endif

.PHONY: distclean
distclean: clean ## Also remove rust-project.json, and say how to remove the SDK
	rm -f "$(project)/rust-project.json"
	@echo "other projects may use the SDK, too; to remove it: rm -rf $$(scripts/sdk path)"

.PHONY: help
help: ## Show this list
	@sed -n $(elsewhere) -e 's/^\([a-z_-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@sed -n $(elsewhere) -e 's/^#? //p' $(MAKEFILE_LIST)

# With M=, the list is about that module.
elsewhere = $(if $(own),,$(foreach command,$(only_here),-e '/^$(command):/d') -e '/^\#? \(M\|DESTDIR\)=/d' \
	-e '/^deb:/s|\#\# .*|\#\# Build the Debian package NAME-dkms into build/deb/|')

#? M=/path/to/module           build, test and load the modules of that folder, not those of this project
#? KERNEL=stock|cloud|rt|arm64|7.2|sid|debug|kobject|types  which kernel
#? KDIR=/path/to/tree          build for any other kernel tree, without the SDK (also LLVM=, CC=, RUSTC=, BINDGEN=)
#? T="words"                   only the tests whose path contains one of the words
#? V=1, W=1                    show kbuild's commands; more warnings
#? DEBEMAIL=, DEBFULLNAME=     the maintainer of the packages that deb builds (or EMAIL=, as for Debian's own tools)
#? VERSION=0.1                 the version of the packages that deb builds
#? DESTDIR=/path               where install-dev installs
#? INSTALL_MOD_PATH=/path      where modules_install installs
#? VM_ACCEL=kvm|tcg VM_CPUS=2 VM_MEMORY=256 VM_SLOW=1 VM_JOBS=  the virtual machine (scripts/vm help)
#? SDK_CACHE=/path             where the SDK is (default: ~/.cache/hello-kmod)
#? SDK_MIRROR=URL              where its packages come from (default: the mirror of this host's apt)
