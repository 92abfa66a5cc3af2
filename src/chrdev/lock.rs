// SPDX-License-Identifier: GPL-2.0

//! The mutex of this module's chrdev, and global references that it protects.
//!
//! `kernel::sync::global_lock!` must be initialized before its first use, which a `GlobalArc` in a
//! static cannot guarantee. This mutex is a static of helpers.c, which needs no initialization.

use crate::helpers;
use core::cell::UnsafeCell;
use kernel::{
    sync::Arc,
    types::NotThreadSafe, //
};

/// Holds the mutex while it exists.
///
/// Under it, devices change state, references are taken, and uevents are sent. No driver code runs
/// under it.
///
/// # Invariants
///
/// The current task holds the mutex.
pub(crate) struct Guard(NotThreadSafe);

/// Takes the mutex. May sleep.
pub(crate) fn lock() -> Guard {
    // SAFETY: The mutex is a static; `drop` unlocks it in the same task.
    unsafe { helpers::chrdev_lock() };
    // INVARIANT: Taken above.
    Guard(NotThreadSafe)
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, this task holds the mutex.
        unsafe { helpers::chrdev_unlock() };
    }
}

/// A value that is accessed under the mutex only.
pub(crate) struct Locked<T>(UnsafeCell<T>);

// SAFETY: The value is accessed under the mutex only, which passes it from thread to thread.
unsafe impl<T: Send> Sync for Locked<T> {}

impl<T> Locked<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Gives access to the value for as long as the mutex is held.
    pub(crate) fn get<'a>(&'a self, _guard: &'a mut Guard) -> &'a mut T {
        // SAFETY: There is only one mutex. By the type invariants of the guard this task holds it,
        // and the guard is borrowed mutably for as long as the value, so nothing else has access to
        // the value.
        unsafe { &mut *self.0.get() }
    }
}

/// A global reference to an object that is created at run time, for callbacks and functions of a
/// driver's own interface that are passed no pointer to the driver's state.
///
/// The driver sets it in its init, and resets it in its exit, since a static is never dropped.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// # use kernel::sync::Arc;
/// static GREETING: chrdev::GlobalArc<u32> = chrdev::GlobalArc::new();
///
/// fn set() -> Result {
///     GREETING.set(Some(Arc::new(7, GFP_KERNEL)?));
///     Ok(())
/// }
///
/// fn get() -> Result<u32> {
///     GREETING.get().map(|number| *number).ok_or(ENODEV)
/// }
/// ```
pub struct GlobalArc<T>(Locked<Option<Arc<T>>>);

impl<T: Send + Sync> GlobalArc<T> {
    /// Creates an empty reference.
    pub const fn new() -> Self {
        Self(Locked::new(None))
    }

    /// Returns the reference that was set last. May sleep.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.get(&mut lock()).clone()
    }

    /// Replaces the reference, and returns the previous one. May sleep.
    pub fn set(&self, reference: Option<Arc<T>>) -> Option<Arc<T>> {
        core::mem::replace(self.0.get(&mut lock()), reference)
    }
}

impl<T: Send + Sync> Default for GlobalArc<T> {
    fn default() -> Self {
        Self::new()
    }
}
