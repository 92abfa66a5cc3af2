# SPDX-License-Identifier: GPL-2.0
#
# Links a library crate into each module that uses it. A crate's own .mk includes this file and says, for
# example, $(eval $(call library,blkdev,$(blkdev-users))): each user is the object of a crate, and beside it
# stand the library's object and helpers.o, both of which belong in the module's list of objects.

library-root := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))))

# Where generated sources are, for include! in Rust.
export MODULE_OBJ := $(abspath $(obj))

# Read by chrdev/compat.rs.
library-cfg := $(if $(filter 7.2,$(VERSION).$(PATCHLEVEL)),--cfg=kernel_7_2)

# -Cmetadata=<folder> makes each module's copy a distinct crate of the same name. Its metadata lies beside it.
define library-of
RUSTFLAGS_$(2)$(1).o := -Cmetadata=$(2) --emit=metadata=$(obj)/$(2)lib$(1).rmeta -Zshare-generics=n -Zcross-crate-inline-threshold=always $(library-cfg)
RUSTFLAGS_$(3) += --extern $(1)=$(obj)/$(2)lib$(1).rmeta
$(obj)/$(3): $(obj)/$(2)$(1).o

$(obj)/$(2)$(1).o: $(library-root)/$(1)/$(1).rs $(obj)/src/$(1)/helpers_generated.rs FORCE
	+$$(call if_changed_rule,rustc_o_rs)

$(obj)/$(2)helpers.o: $(library-root)/$(1)/helpers.c FORCE
	$$(call if_changed_rule,cc_o_c)
endef

# The Rust side of the library's helpers.h. bindgen is not run on the kernel's headers: only the kernel
# knows how to filter its own flags for that.
quiet_cmd_bindgen_header = BINDGEN $@
      cmd_bindgen_header = $(BINDGEN) $< --rust-target 1.71 --use-core --ctypes-prefix ffi \
	--no-layout-tests --no-recursive-allowlist $(bindgen-options) -o $@ -- -ffreestanding \
	-D__BINDGEN__ -D__EXPORTED_HEADERS__ $(filter %/uapi,$(LINUXINCLUDE))

# library NAME,USERS,BINDGEN-OPTIONS
define library
$(foreach user,$(2),$(eval $(call library-of,$(1),$(dir $(user)),$(user))))
$(obj)/src/$(1)/helpers_generated.rs: private bindgen-options := $(3)
$(obj)/src/$(1)/helpers_generated.rs: $(library-root)/$(1)/helpers.h FORCE
	$$(call if_changed,bindgen_header)
targets += src/$(1)/helpers_generated.rs
endef
