// SPDX-License-Identifier: GPL-2.0

//! The module that contains the driver.
//!
//! `unregister_netdev()` waits for all users of an interface. So unlike a device file, an interface
//! can be unregistered at any time, even by an init that fails after registering it; [`Interfaces`]
//! unregisters those that init or exit leaves registered.

use crate::helpers;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    ModuleMetadata, //
};

/// Declares a kernel module that registers network interfaces.
///
/// Takes the same arguments as `kernel::module!`. The type likewise implements `kernel::Module` (or
/// `InPlaceModule`): init creates its value, which holds the registrations, and exit drops it.
///
/// # Examples
///
/// ```ignore
/// netdev::module! {
///     type: HelloNet,
///     name: "hello_net",
///     description: "Two network interfaces with a cable between them",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module {
    (type: $module:ty, $($info:tt)*) => {
        /// The module: the driver's part, and the part that all drivers on `netdev` share.
        #[::kernel::prelude::pin_data]
        pub struct DriverModule {
            // Dropped from top to bottom.
            #[pin]
            driver: $module,
            interfaces: $crate::Interfaces,
        }

        impl ::kernel::InPlaceModule for DriverModule {
            fn init(
                module: &'static ::kernel::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, ::kernel::error::Error> {
                ::kernel::prelude::try_pin_init!(Self {
                    // SAFETY: Dropped after the driver's part of the module.
                    interfaces: unsafe { $crate::Interfaces::new() }?,
                    driver <- <$module as ::kernel::InPlaceModule>::init(module),
                }? ::kernel::error::Error)
            }
        }

        // SAFETY: `DriverModule` is the type given to `kernel::module!` below, and has an
        // `Interfaces`.
        unsafe impl $crate::DeclaredModule for DriverModule {}

        ::kernel::prelude::module! {
            type: DriverModule,
            $($info)*
        }
    };
}

/// A module declared by [`module!`](crate::module!).
///
/// # Safety
///
/// Implemented by `module!` only: the module has an [`Interfaces`], which is dropped after the
/// driver's part.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this module is not declared by `netdev::module!`",
    note = "a module that registers network interfaces says `netdev::module!` instead of `module!`"
)]
pub unsafe trait DeclaredModule: ModuleMetadata {}

/// The interfaces of the module. On drop, interfaces that are still registered are unregistered,
/// such as those of a leaked registration, and no more can be registered.
#[doc(hidden)]
pub struct Interfaces(());

/// Whether the module has an [`Interfaces`].
static IS_DECLARED: Atomic<bool> = Atomic::new(false);

/// Whether the module was declared by `module!`. On kernel 7.2, the type system cannot tell.
pub(crate) fn is_declared() -> bool {
    IS_DECLARED.load(Relaxed)
}

impl Interfaces {
    /// # Safety
    ///
    /// The result must be dropped after the driver's part of the module, when init fails as well as
    /// on exit.
    ///
    /// # Errors
    ///
    /// `EBUSY`: it was called before, for example by a driver that calls the module's init in its
    /// own.
    pub unsafe fn new() -> Result<Self> {
        if IS_DECLARED.xchg(true, Relaxed) {
            return Err(EBUSY);
        }
        Ok(Self(()))
    }
}

impl Drop for Interfaces {
    fn drop(&mut self) {
        // SAFETY: Called in process context; there are no other requirements.
        unsafe { helpers::netdev_unregister_all() };
    }
}
