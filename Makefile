# SPDX-License-Identifier: GPL-2.0
#
# The front door. `make help` lists the commands.
#
# Without KDIR everything runs in the SDK (scripts/sdk), which is made when it is first needed. With
# KDIR the modules are built for that kernel tree, with that tree's own compiler, and without the SDK.

# Make, the shell and kbuild split or expand paths at these characters, and a recipe would then work on a
# part of the path. This comes before everything else: make -i ignores failed recipes, not this.
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
$(foreach variable,KDIR DESTDIR INSTALL_MOD_PATH SDK_CACHE,$(call refuse,$(variable),set $(variable) to a path))

# Which folders make enters and leaves is of no interest.
MAKEFLAGS += --no-print-directory
# What a command has written that then failed must not pass for its target.
.DELETE_ON_ERROR:

# stock: the kernel that Debian ships; debug: one that forgives nothing; kobject: the same, and it drops
# kobjects late.
KERNEL ?= stock
# Which tests: words, of which a test's path contains one.
T ?=

ifdef KDIR
ifneq ($(filter run shell test test-long coverage bench check guest,$(MAKECMDGOALS)),)
$(error $(MAKECMDGOALS): only with a kernel of the SDK; KERNEL=stock or debug in place of KDIR)
endif
KERNEL := custom
kernel_build := "$(abspath $(KDIR))"
in_sdk :=
sdk :=
else
kernel_dir = "$$(scripts/sdk kernel $(KERNEL))"
kernel_build = $(kernel_dir)/build
in_sdk := scripts/sdk run
sdk := sdk
ifeq ($(filter stock debug kobject,$(KERNEL)),)
$(error KERNEL=$(KERNEL): there are stock, debug and kobject; for another kernel name its tree with KDIR=)
endif
# The compiler that the kernel is built with. Debian has not given us the key to sign with.
compiler := $(if $(filter stock,$(KERNEL)),CC=gcc-14,LLVM=1)
kbuild_options := $(compiler) CONFIG_MODULE_SIG_ALL= \
	$(foreach option,V W,$(if $($(option)),$(option)=$($(option))))
endif

build := $(CURDIR)/build/$(KERNEL)
module_root := $(build)-root
kbuild = $(in_sdk) $(MAKE) --no-print-directory -C $(kernel_build) $(kbuild_options)
vm = $(in_sdk) KERNEL=$(KERNEL) MODULE_ROOT="$(module_root)" $(vm_options) scripts/vm
# `scripts/vm help` says what they are.
vm_options = $(foreach option,VM_ACCEL VM_LIMIT VM_CPUS VM_MEMORY VM_COVERAGE,$(if $($(option)),$(option)=$($(option))))

.PHONY: all
all: modules ## Build hello.ko and hello_log.ko into build/KERNEL/

.PHONY: modules
modules: $(sdk)
	$(if $(KDIR),@scripts/preflight $(kernel_build) $(MAKEOVERRIDES))
	@mkdir -p "$(build)"
	@$(kbuild) M="$(CURDIR)" MO="$(build)" modules

.PHONY: run
run: installed ## Boot a guest, and show a session with the modules
	@$(vm) run

.PHONY: shell
shell: installed ## Boot a guest to type in, with the modules ready for modprobe
	@$(vm) shell

.PHONY: test
test: guest ## Run the tests (T="words" picks files)
	@$(vm) tests $(T)

.PHONY: test-long
test-long: guest ## Run the long tests: of the harness, rounds, races (T= too)
	@$(vm) tests --long $(T)

# Which lines of src/ the tests run: those that run in guests, since host tests run none.
.PHONY: coverage
coverage: VM_COVERAGE = $(build)/passed
coverage: ## Run all guest tests on the debug kernel, and list the lines of src/ that none of them ran
ifneq ($(KERNEL),debug)
	@$(MAKE) KERNEL=debug coverage
else
coverage: guest
	@rm -rf "$(VM_COVERAGE)" && mkdir "$(VM_COVERAGE)"
	@$(vm) tests guest/
	@$(vm) tests --long long/
	@$(in_sdk) scripts/coverage "$(build)" "$(VM_COVERAGE)" tests/debug/excused
endif

.PHONY: check
check: $(sdk) ## Check style and lints, and the kernel tree that is built against
	@echo '== preflight'
	@$(in_sdk) scripts/preflight $(kernel_build) $(kbuild_options)
	@echo '== rustfmt'
	@$(in_sdk) rustfmt --check --config-path $(kernel_build)/source/.rustfmt.toml --edition 2021 $$(find src tests -name '*.rs')
	@echo '== shellcheck'
	@$(in_sdk) shellcheck -x $$(grep -rlE '^#!/bin/(ba)?sh|^# shellcheck shell=' scripts tests .ci)
	@echo '== the SDK, on this host'
	@command -v prove >/dev/null || { echo 'prove is missing: apt-get install perl' >&2; exit 1; }
	@prove tests/sdk
	@echo '== unit tests, on the host'
	@mkdir -p build/unit
	@$(in_sdk) rustc --edition 2021 -Dwarnings --test tests/debug/hello_unit.rs -o build/unit/hello_unit
	@$(in_sdk) build/unit/hello_unit --quiet
	@echo '== clippy'
	@mkdir -p build/clippy
	@$(kbuild) M="$(CURDIR)" MO="$(CURDIR)/build/clippy" CLIPPY=1 KRUSTFLAGS=-Dwarnings KCFLAGS=-Werror modules

# As for a real system, but in a folder, and so with a depmod of our own (kbuild's wants System.map).
.PHONY: installed
installed: modules
	@rm -rf "$(module_root)"
	@$(kbuild) M="$(CURDIR)" MO="$(build)" INSTALL_MOD_PATH="$(module_root)" CONFIG_MODULE_COMPRESS_ALL= modules_install \
		>"$(build)/install.log" 2>&1 || { cat "$(build)/install.log"; exit 1; }
	@release=$$(cat $(kernel_dir)/release) && \
	cp $(kernel_dir)/modules.* "$(module_root)/lib/modules/$$release/" && \
	$(in_sdk) depmod -b "$(module_root)" "$$release"

# A project that has copied this one may have none of what the tests here run and load.
.PHONY: guest
guest: installed $(if $(wildcard tests/programs),programs) $(if $(wildcard tests/modules),test-modules) \
	$(if $(wildcard tests/debug),debug-modules) $(if $(wildcard tests/bench),bench-modules)

# What another project needs in order to stack a module on this one.
dev = "$(DESTDIR)/usr/src/hello-$$(cat $(kernel_build)/include/config/kernel.release)"

.PHONY: install-dev
install-dev: modules ## Install header, crates and symbols for other modules (DESTDIR=)
	@install -d $(dev)/include $(dev)/rust $(dev)/chrdev
	@install -C -m 644 src/hello/hello.mk src/export/export.mk "$(build)/Module.symvers" $(dev)
	@install -C -m 644 src/hello/hello.h "$(build)/src/hello/hello_namespace.h" $(dev)/include
	@install -C -m 644 "$(build)"/src/export/lib*.rmeta "$(build)"/src/hello/lib*.rmeta $(dev)/rust
	@install -C -m 644 src/chrdev/* $(dev)/chrdev

# Modules that only tests load, built on what install-dev installs.
.PHONY: test-modules
test-modules: DESTDIR = $(build)/tests/dev
test-modules: install-dev
	@build="$(build)" dev=$(dev) kbuild="$(kbuild)" \
		$(MAKE) --no-print-directory -f tests/modules/Makefile

# Modules that only tests on a debug kernel load.
.PHONY: debug-modules
debug-modules: $(sdk)
ifneq ($(KERNEL),stock)
	@mkdir -p "$(build)/tests/debug"
	@$(kbuild) M="$(CURDIR)/tests/debug" MO="$(build)/tests/debug" KCFLAGS=-Werror KRUSTFLAGS=-Dwarnings modules
endif

# The C modules that the Rust modules are compared with. Tests hold them to the same behaviour.
.PHONY: bench-modules
bench-modules: $(sdk)
	@mkdir -p "$(build)/tests/bench"
	@$(kbuild) M="$(CURDIR)/tests/bench/modules" MO="$(build)/tests/bench" KCFLAGS=-Werror modules

.PHONY: bench
ifneq ($(KERNEL),stock)
bench:
	@$(MAKE) KERNEL=stock bench
else
bench: installed bench-modules ## Count the instructions of operations, beside C twins (T=, PROFILE=, CHECK=1, RECORD=1)
	@$(in_sdk) $(MAKE) --no-print-directory -C tests/bench OUT="$(CURDIR)/build/bench"
	@$(in_sdk) MODULE_ROOT="$(module_root)" \
		$(foreach option,PROFILE CHECK RECORD VM_LIMIT,$(if $($(option)),$(option)=$($(option)))) scripts/bench $(T)
endif

# What guest tests run, kernel or not.
.PHONY: programs
programs: $(sdk)
	@$(in_sdk) $(MAKE) -C tests/programs OUT="$(CURDIR)/build/programs"

.PHONY: modules_install
modules_install: modules ## Install into this system, or INSTALL_MOD_PATH (needs KDIR)
	@$(kbuild) M="$(CURDIR)" MO="$(build)" modules_install

.PHONY: sdk
sdk:
	@scripts/sdk make $(KERNEL)

.PHONY: clean
clean: ## Remove what was built
	rm -rf build

.PHONY: distclean
distclean: clean ## Remove what was built, and the SDK
	rm -rf "$$(scripts/sdk path)"

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo 'KERNEL=stock|debug|kobject  which kernel; KDIR=/path/to/tree  any other, without the SDK'
