// SPDX-License-Identifier: GPL-2.0

//! Adding disks as the last step of a module's init.
//!
//! Once a disk is added, anyone can open it, and the partition scan has already done so: the file's
//! final reference is dropped when the task returns to user space. A module whose init fails after
//! that is freed under these files, regardless of its reference count. Therefore
//! [`module!`](crate::module!) adds the disks after the driver's own init, and a driver has no
//! other way to add one.

use crate::{
    disk::{
        Disk,
        Operations, //
    },
    list::{
        add,
        not_added, //
    },
};
use kernel::{
    prelude::*,
    ModuleMetadata, //
};

/// A module declared by [`module!`](crate::module!).
///
/// # Safety
///
/// Implemented by `module!` only: the module's init creates a [`ModuleGuard`](crate::ModuleGuard)
/// before the driver's part of the module, and calls [`publish`] after it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this module is not declared by `blkdev::module!`",
    note = "a module that has disks says `blkdev::module!` instead of `module!`"
)]
pub unsafe trait DeclaredModule: ModuleMetadata {}

/// A module with disks.
pub trait Publish {
    /// Hands each disk to [`Publisher::add`]. Called once, after the driver's own init.
    ///
    /// A disk that is not handed over stays invisible for good; the log says how many there are.
    fn publish(&self, publisher: &mut Publisher);
}

/// Adds disks.
pub struct Publisher {
    added: usize,
    result: Result,
}

impl Publisher {
    /// Adds a disk: from now on it can be opened. The second call for the same disk has no effect.
    /// May sleep.
    ///
    /// If the first one cannot be added, the module's init fails with the error. If a later one
    /// cannot be added, an error is logged and the module stays loaded without that disk, since the
    /// first disk may already be open.
    ///
    /// Do not drop an added disk before the end of init: the drop would wait for the file that the
    /// partition scan has opened, which is released when `insmod` returns to user space.
    pub fn add<T: Operations>(&mut self, disk: &Disk<T>) {
        if self.result.is_err() {
            return;
        }
        let (disk, groups) = disk.as_parts();
        // SAFETY: A `Disk` has not been dropped. The only publisher is that of `publish`.
        match unsafe { add(disk, groups) } {
            Ok(()) => self.added = self.added.saturating_add(1),
            Err(error) if self.added == 0 => self.result = Err(error),
            Err(error) => pr_err!("a disk cannot be added: {:?}\n", error),
        }
    }
}

/// Adds the disks of the driver's part of the module. May sleep.
///
/// # Errors
///
/// That of adding the first disk. In this case no disk was added.
///
/// # Safety
///
/// Must be called from the module's init, as the last thing in it that can fail.
pub(crate) unsafe fn publish<M: Publish>(driver: &M) -> Result {
    let mut publisher = Publisher {
        added: 0,
        result: Ok(()),
    };
    driver.publish(&mut publisher);
    publisher.result?;
    let forgotten = not_added();
    if forgotten != 0 {
        pr_warn!(
            "disks that were not handed to Publisher::add() and stay invisible: {forgotten}\n"
        );
    }
    Ok(())
}
