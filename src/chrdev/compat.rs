// SPDX-License-Identifier: GPL-2.0

//! Differences between kernels 7.2 and 7.3, for this crate and those for devices of other types.
//! Drivers are the same on both.
//!
//! library.mk sets `kernel_7_2` when it builds them for 7.2. This file goes when 7.2 is no longer
//! supported, and with it the other uses of `kernel_7_2`, the conversion in parameter.rs, and
//! `is_declared()` of declare.rs.

// No crate uses or exports all of it.
#![allow(dead_code, unreachable_pub, unused_imports)]

#[cfg(not(kernel_7_2))]
mod imp {
    pub use kernel::error::code::{
        ENAMETOOLONG,
        EOPNOTSUPP,
        EREMCHG, //
    };
    pub(crate) use kernel::module::this_module;
    use kernel::{
        device::{
            Bound,
            Device, //
        },
        faux, //
    };

    /// A type that has an `OwnerModule`, which `#[vtable]` adds to its operations.
    pub trait Owned {}

    impl<T> Owned for T {}

    pub(crate) fn as_millis_ceil(time: kernel::time::Delta) -> i64 {
        time.as_millis_ceil()
    }

    pub(crate) fn faux_device(registration: &faux::Registration) -> &Device<Bound> {
        registration.as_ref().as_ref()
    }
}

#[cfg(kernel_7_2)]
mod imp {
    use core::num::NonZeroI32;
    use kernel::{
        alloc::{
            AllocError,
            Flags, //
        },
        bindings,
        device::{
            Bound,
            Device, //
        },
        faux,
        prelude::*,
        ModuleMetadata, //
    };

    /// A type that has an `OwnerModule`: `#[vtable]` adds none to its operations.
    pub trait Owned {
        /// The module that contains the type, since each module has its own copy of this crate.
        type OwnerModule: ModuleMetadata;
    }

    impl<T> Owned for T {
        type OwnerModule = LinkedModule;
    }

    /// The module that this crate is linked into.
    pub struct LinkedModule;

    impl ModuleMetadata for LinkedModule {
        // Nothing reads it.
        const NAME: &'static CStr = c"";
    }

    // SAFETY: On 7.2, the type system cannot tell whether `module!` has declared the module. So each
    // constructor that relies on it checks that at run time, and fails with `ENODEV`.
    unsafe impl crate::DeclaredModule for LinkedModule {}

    /// Returns the module that this crate is linked into, as any `M` here is.
    #[allow(clippy::extra_unused_type_parameters)]
    pub(crate) const fn this_module<M: ModuleMetadata>() -> &'static ThisModule {
        &THIS_MODULE
    }

    const THIS_MODULE: ThisModule = {
        let module = &raw const bindings::__this_module;
        // SAFETY: It is the module that contains this code, and lives as long.
        unsafe { ThisModule::from_ptr(module.cast_mut()) }
    };

    const fn error(errno: u32) -> Error {
        let Some(errno) = NonZeroI32::new(-(errno as i32)) else {
            panic!("not an errno")
        };
        // SAFETY: In 7.2, `Error` consists of a `NonZeroI32`, which is a negative errno.
        unsafe { core::mem::transmute::<NonZeroI32, Error>(errno) }
    }

    /// File name too long.
    pub const ENAMETOOLONG: Error = error(bindings::ENAMETOOLONG);

    /// Operation not supported on transport endpoint.
    pub const EOPNOTSUPP: Error = error(bindings::EOPNOTSUPP);

    /// Remote address changed.
    pub const EREMCHG: Error = error(bindings::EREMCHG);

    /// Returns a time in milliseconds, rounded up.
    pub(crate) fn as_millis_ceil(time: kernel::time::Delta) -> i64 {
        let millis = time.as_millis();
        if time > kernel::time::Delta::from_millis(millis) {
            millis.saturating_add(1)
        } else {
            millis
        }
    }

    pub(crate) fn faux_device(registration: &faux::Registration) -> &Device<Bound> {
        // SAFETY: A faux device is bound from its registration to its removal.
        unsafe { registration.as_ref().as_bound() }
    }

    /// Vectors of zeros, for the prelude of drivers.
    pub trait Zeroed: Sized {
        /// Creates a vector of `n` zeros.
        fn zeroed(n: usize, flags: Flags) -> Result<Self, AllocError>;
    }

    impl Zeroed for KVVec<u8> {
        fn zeroed(n: usize, flags: Flags) -> Result<Self, AllocError> {
            Self::from_elem(0, n, flags)
        }
    }
}

pub use imp::*;
