# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a module that has chrdev in it: src/export/export.o, src/chrdev/chrdev.o and
# src/chrdev/helpers.o. The first two export, so they stand in `rust-exports`, see export.mk.

# Where generated sources are, for include! in Rust.
export MODULE_OBJ := $(abspath $(obj))

# Where a crate finds the crates below it: each one's metadata is beside its object.
crates = $(foreach crate,$(1),-L $(obj)/src/$(crate) --extern $(crate)=$(obj)/src/$(crate)/lib$(crate).rmeta)

RUSTFLAGS_src/chrdev/chrdev.o := $(call crates,export)

$(obj)/src/chrdev/chrdev.o: $(obj)/src/export/export.o $(obj)/src/chrdev/helpers_generated.rs

# Rust's side of a header of our own. bindgen is not run on the kernel's headers: only the kernel
# knows how to filter its own flags for that.
quiet_cmd_bindgen_header = BINDGEN $@
      cmd_bindgen_header = $(BINDGEN) $< --rust-target 1.71 --use-core --ctypes-prefix ffi \
	--no-layout-tests --no-recursive-allowlist $(bindgen-options) -o $@ -- -ffreestanding \
	-D__BINDGEN__ -D__EXPORTED_HEADERS__ $(filter %/uapi,$(LINUXINCLUDE))

$(obj)/src/chrdev/helpers_generated.rs: private bindgen-options := \
	--allowlist-function 'chrdev_.*' --allowlist-var 'CHRDEV_.*'
$(obj)/src/chrdev/helpers_generated.rs: $(src)/src/chrdev/helpers.h FORCE
	$(call if_changed,bindgen_header)

targets += src/chrdev/helpers_generated.rs
