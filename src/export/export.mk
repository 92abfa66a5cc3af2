# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a module in Rust that exports: include it after naming the objects of the crates
# with exports in `rust-exports`.

# Metadata and object come from one run of rustc, since metadata of a run of its own lacks the code that generics and
# inlined functions need. Only functions marked #[inline] are inlined into other crates, not every short one: that would
# be a local symbol, which cannot be exported. Optimised for size, a crate offers its instances of generics to those
# above it: these would not be compiled into another module, which would then look for symbols that nobody exports.
$(foreach object,$(rust-exports),$(eval RUSTFLAGS_$(object) += \
	--emit=metadata=$(obj)/$(dir $(object))lib$(basename $(notdir $(object))).rmeta \
	-Zcross-crate-inline-threshold=never -Zshare-generics=n))

# Kbuild's rule for .rs gives exports no version. On a kernel with MODVERSIONS this one does: with
# gendwarfksyms, as for C and for the kernel's own crates. Without MODVERSIONS, the last line expands to nothing.
quiet_cmd_rustc_export = $(quiet_cmd_rustc_o_rs)
      cmd_rustc_export = $(cmd_rustc_o_rs)

define rule_rustc_export
	$(call cmd_and_fixdep,rustc_export)
	$(call cmd,gen_objtooldep)
	$(call cmd,gen_symversions_c)
endef

$(addprefix $(obj)/,$(rust-exports)): $(obj)/%.o: $(src)/%.rs FORCE
	+$(call if_changed_rule,rustc_export)
