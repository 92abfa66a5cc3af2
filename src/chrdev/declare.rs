// SPDX-License-Identifier: GPL-2.0

//! How a module is declared: the same for the crates of all types of devices, each of which has a
//! `ModuleGuard` of its own.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// Declares a kernel module that registers devices of this crate.
///
/// It takes the same arguments as `kernel::module!`, and the `type` likewise implements
/// [`kernel::Module`] (or [`kernel::InPlaceModule`]): init creates its value, which holds the
/// devices and the rest of the driver's state, and exit drops it. With `chrdev`, devices that init
/// registers can be opened once init has succeeded; with `blkdev`, the type also implements
/// `Publish`, which names the disks to add at the end of init.
///
/// # Examples
///
/// With `chrdev`; the macros of the other crates are called in the same way.
///
/// ```
/// # use kernel::prelude::*;
/// struct TallyModule;
///
/// impl kernel::Module for TallyModule {
///     fn init(_module: &'static ThisModule) -> Result<Self> {
///         Ok(Self)
///     }
/// }
///
/// chrdev::module! {
///     type: TallyModule,
///     name: "tally",
///     description: "Counts bytes",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module {
    (type: $module:ty, $($info:tt)*) => {
        /// The module: the driver's part, and the part that all drivers on this crate share.
        #[::kernel::prelude::pin_data]
        pub struct DriverModule {
            // Dropped from top to bottom.
            #[pin]
            driver: $module,
            guard: $crate::ModuleGuard,
            complete: (),
        }

        impl ::kernel::InPlaceModule for DriverModule {
            fn init(
                module: &'static ::kernel::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, ::kernel::error::Error> {
                ::kernel::prelude::try_pin_init!(Self {
                    // SAFETY: `DriverModule` is given to `kernel::module!` below. `guard` is dropped
                    // after `driver`: it is declared after it, and initialized before it.
                    guard: unsafe { $crate::ModuleGuard::new::<DriverModule>() }?,
                    driver <- <$module as ::kernel::InPlaceModule>::init(module),
                    // SAFETY: This is the module's init, and nothing that can fail follows.
                    complete: unsafe { guard.complete(&*driver) }?,
                }? ::kernel::error::Error)
            }
        }

        // SAFETY: `DriverModule` is the type given to `kernel::module!` below, and its init is the
        // one above.
        unsafe impl $crate::DeclaredModule for DriverModule {}

        ::kernel::prelude::module! {
            type: DriverModule,
            $($info)*
        }
    };
}

/// Whether [`declare`] was called. It is not declared in a function of `ModuleGuard`, since other
/// crates cannot name a static of a generic function.
static IS_DECLARED: Atomic<bool> = Atomic::new(false);

/// Notes that the module has a `ModuleGuard`.
///
/// # Errors
///
/// `EBUSY`: it was called before, for example by a driver that calls the module's init in its own.
pub(crate) fn declare() -> Result {
    if IS_DECLARED.xchg(true, Relaxed) {
        return Err(EBUSY);
    }
    Ok(())
}

/// Whether the module was declared by `module!`. On kernel 7.2, the type system cannot tell.
// `chrdev` knows it by its class.
#[allow(dead_code)]
pub(crate) fn is_declared() -> bool {
    IS_DECLARED.load(Relaxed)
}
