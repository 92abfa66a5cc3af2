// SPDX-License-Identifier: GPL-2.0

//! The capabilities of the calling process.
//!
//! C header: [`include/linux/capability.h`](srctree/include/linux/capability.h)

use kernel::{
    bindings,
    prelude::*, //
};

/// A capability, as in capabilities(7).
///
/// # Invariants
///
/// The number is at most `CAP_LAST_CAP`.
#[derive(Clone, Copy)]
pub struct Capability(u32);

impl Capability {
    /// `CAP_DAC_OVERRIDE`: bypass permission checks of files.
    pub const DAC_OVERRIDE: Self = Self(bindings::CAP_DAC_OVERRIDE);
    /// `CAP_NET_ADMIN`: configure the network.
    pub const NET_ADMIN: Self = Self(bindings::CAP_NET_ADMIN);
    /// `CAP_SYS_ADMIN`: administer the system.
    pub const SYS_ADMIN: Self = Self(bindings::CAP_SYS_ADMIN);
    /// `CAP_SYS_RAWIO`: access hardware.
    pub const SYS_RAWIO: Self = Self(bindings::CAP_SYS_RAWIO);

    /// Returns the capability with this number in
    /// [`include/uapi/linux/capability.h`](srctree/include/uapi/linux/capability.h), if the kernel
    /// has one.
    pub const fn new(number: u32) -> Option<Self> {
        // The others are a `BUG()` in `capable()`.
        if number <= bindings::CAP_LAST_CAP {
            // INVARIANT: Checked above.
            Some(Self(number))
        } else {
            None
        }
    }
}

/// Whether the calling process has a capability in the initial user namespace.
///
/// If so, the kernel records its use (`PF_SUPERPRIV`), so call this only when the capability is
/// needed.
pub fn capable(capability: Capability) -> bool {
    // SAFETY: By the type invariants, the capability exists.
    unsafe { bindings::capable(capability.0 as c_int) }
}
