# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a module in Rust that exports: include it after naming the objects of the crates
# with exports in `rust-exports`.

# One run of rustc emits object and metadata: metadata from a separate run would lack the code of generics and inlined
# functions. With -Zcross-crate-inline-threshold=never, only functions marked #[inline] are inlined into other crates;
# otherwise each short function would become a local symbol, which cannot be exported. With -Zshare-generics=n, a crate
# does not share its instances of generics; when optimizing for size it would, and nobody exports them.
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
