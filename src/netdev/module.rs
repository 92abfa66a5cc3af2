// SPDX-License-Identifier: GPL-2.0

//! The module that contains the driver.
//!
//! `unregister_netdev()` waits for all users of an interface. So unlike a device file, an interface
//! can be unregistered at any time, even by an init that fails after registering it; [`ModuleGuard`]
//! unregisters those that init or exit leaves registered.

use crate::{
    declare::declare,
    helpers, //
};
use kernel::{
    prelude::*,
    ModuleMetadata, //
};

/// A module declared by [`module!`](crate::module!).
///
/// # Safety
///
/// Implemented by `module!` only: the module has a [`ModuleGuard`], which is dropped after the
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
pub struct ModuleGuard(());

impl ModuleGuard {
    /// # Safety
    ///
    /// The result must be dropped after the driver's part of the module, when init fails as well as
    /// on exit.
    ///
    /// # Errors
    ///
    /// `EBUSY`: it was called before, for example by a driver that calls the module's init in its
    /// own.
    pub unsafe fn new<M: DeclaredModule>() -> Result<Self> {
        declare()?;
        Ok(Self(()))
    }

    /// Does nothing: interfaces can be used as soon as they are registered.
    ///
    /// # Safety
    ///
    /// Must be called at the end of the module's init.
    pub unsafe fn complete<T>(&self, _driver: &T) -> Result {
        Ok(())
    }
}

impl Drop for ModuleGuard {
    fn drop(&mut self) {
        // SAFETY: Called in process context; there are no other requirements.
        unsafe { helpers::netdev_unregister_all() };
    }
}
