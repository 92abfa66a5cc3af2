# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of modules that have chrdev in them: include it after naming, in `chrdev-users`, the object
# of the crate in each. Each module has a chrdev of its own, beside that crate's object, and chrdev.o and
# helpers.o from there stand in the module's objects.

chrdev-src := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

# Where generated sources are, for include! in Rust.
export MODULE_OBJ := $(abspath $(obj))

# The folder makes it another crate in each, with the same name. Its metadata lies beside it.
define chrdev-of
RUSTFLAGS_$(1)chrdev.o := -Cmetadata=$(1) --emit=metadata=$(obj)/$(1)libchrdev.rmeta -Zshare-generics=n -Zcross-crate-inline-threshold=always
RUSTFLAGS_$(2) += --extern chrdev=$(obj)/$(1)libchrdev.rmeta
$(obj)/$(2): $(obj)/$(1)chrdev.o
endef
$(foreach user,$(chrdev-users),$(eval $(call chrdev-of,$(dir $(user)),$(user))))

$(obj)/%/chrdev.o: $(chrdev-src)/chrdev.rs $(obj)/src/chrdev/helpers_generated.rs FORCE
	+$(call if_changed_rule,rustc_o_rs)

$(obj)/%/helpers.o: $(chrdev-src)/helpers.c FORCE
	$(call if_changed_rule,cc_o_c)

# Rust's side of a header of our own. bindgen is not run on the kernel's headers: only the kernel
# knows how to filter its own flags for that.
quiet_cmd_bindgen_header = BINDGEN $@
      cmd_bindgen_header = $(BINDGEN) $< --rust-target 1.71 --use-core --ctypes-prefix ffi \
	--no-layout-tests --no-recursive-allowlist $(bindgen-options) -o $@ -- -ffreestanding \
	-D__BINDGEN__ -D__EXPORTED_HEADERS__ $(filter %/uapi,$(LINUXINCLUDE))

$(obj)/src/chrdev/helpers_generated.rs: private bindgen-options := \
	--allowlist-function 'chrdev_.*' --allowlist-var 'CHRDEV_.*'
$(obj)/src/chrdev/helpers_generated.rs: $(chrdev-src)/helpers.h FORCE
	$(call if_changed,bindgen_header)

targets += src/chrdev/helpers_generated.rs
