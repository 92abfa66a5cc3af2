// SPDX-License-Identifier: GPL-2.0

//! A lock for many readers or one writer, in which both may sleep.
//!
//! C header: [`include/linux/rwsem.h`](srctree/include/linux/rwsem.h)

use core::{
    cell::UnsafeCell,
    ops::{
        Deref,
        DerefMut, //
    },
};
use kernel::{
    bindings,
    prelude::*,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// Data behind a `struct rw_semaphore`.
///
/// Readers do not exclude one another; a writer that waits keeps later readers out.
#[pin_data]
pub struct RwSemaphore<T> {
    #[pin]
    semaphore: Opaque<bindings::rw_semaphore>,
    data: UnsafeCell<T>,
}

// SAFETY: Sending the semaphore sends the data.
unsafe impl<T: Send> Send for RwSemaphore<T> {}
// SAFETY: Several readers share the data, and a writer may send it.
unsafe impl<T: Send + Sync> Sync for RwSemaphore<T> {}

impl<T> RwSemaphore<T> {
    /// Makes a semaphore that nobody holds.
    pub fn new(data: T) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: `semaphore` can be written to, and stays where it is.
            semaphore <- Opaque::ffi_init(|semaphore| unsafe { init_semaphore(semaphore) }),
            data: UnsafeCell::new(data),
        })
    }

    /// Waits until no writer holds it, `down_read()`. May sleep.
    pub fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: The semaphore is initialised.
        unsafe { bindings::down_read(self.semaphore.get()) };
        // INVARIANT: Taken just now.
        ReadGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        }
    }

    /// Takes it for reading if no writer holds it now, `down_read_trylock()`.
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        // SAFETY: The semaphore is initialised.
        let taken = unsafe { bindings::down_read_trylock(self.semaphore.get()) };
        // INVARIANT: Taken just now.
        (taken != 0).then(|| ReadGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        })
    }

    /// Waits until nobody else holds it, `down_write()`. May sleep.
    pub fn write(&self) -> WriteGuard<'_, T> {
        // SAFETY: The semaphore is initialised.
        unsafe { bindings::down_write(self.semaphore.get()) };
        // INVARIANT: Taken just now.
        WriteGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        }
    }

    /// Takes it for writing if nobody holds it now, `down_write_trylock()`.
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        // SAFETY: The semaphore is initialised.
        let taken = unsafe { bindings::down_write_trylock(self.semaphore.get()) };
        // INVARIANT: Taken just now.
        (taken != 0).then(|| WriteGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        })
    }
}

/// Initialises a semaphore. Not inlined, so that its lock class is one, in this crate's module.
///
/// # Safety
///
/// `semaphore` can be written to, and is pinned.
#[inline(never)]
pub(crate) unsafe fn init_semaphore(semaphore: *mut bindings::rw_semaphore) {
    let key = kernel::static_lock_class!();
    // SAFETY: `semaphore` by the safety requirements; the name and the key live as long as this
    // crate's module, which outlives every semaphore.
    unsafe { bindings::__init_rwsem(semaphore, c"chrdev".as_char_ptr(), key.as_ptr()) };
}

/// Shared access to the data of an [`RwSemaphore`]; dropped, `up_read()`.
///
/// # Invariants
///
/// This task holds `semaphore` for reading.
pub struct ReadGuard<'a, T> {
    semaphore: &'a RwSemaphore<T>,
    not_send: NotThreadSafe,
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariants nobody writes while this guard lives.
        unsafe { &*self.semaphore.data.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::up_read(self.semaphore.semaphore.get()) };
    }
}

/// Exclusive access to the data of an [`RwSemaphore`]; dropped, `up_write()`.
///
/// # Invariants
///
/// This task holds `semaphore` for writing.
pub struct WriteGuard<'a, T> {
    semaphore: &'a RwSemaphore<T>,
    not_send: NotThreadSafe,
}

impl<'a, T> WriteGuard<'a, T> {
    /// Goes on as a reader, letting no other writer in between, `downgrade_write()`.
    pub fn downgrade(self) -> ReadGuard<'a, T> {
        let semaphore = self.semaphore;
        core::mem::forget(self);
        // SAFETY: By the type invariants of the guard that was forgotten.
        unsafe { bindings::downgrade_write(semaphore.semaphore.get()) };
        // INVARIANT: Held for reading since just now.
        ReadGuard {
            semaphore,
            not_send: NotThreadSafe,
        }
    }
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariants nobody else has access while this guard lives.
        unsafe { &*self.semaphore.data.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariants nobody else has access while this guard lives.
        unsafe { &mut *self.semaphore.data.get() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::up_write(self.semaphore.semaphore.get()) };
    }
}

export::export! {
    init_semaphore,
}
