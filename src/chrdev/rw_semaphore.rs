// SPDX-License-Identifier: GPL-2.0

//! A lock for many readers or one writer, in which both may sleep. The kernel crate has none.
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
    sync::LockClassKey,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// Data behind a `struct rw_semaphore`.
///
/// Readers do not exclude one another; a writer that waits keeps later readers out.
///
/// # Invariants
///
/// `semaphore` is an initialized `struct rw_semaphore`.
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
    /// Creates an unlocked semaphore. [`new_rw_semaphore!`](crate::new_rw_semaphore!) gives it a
    /// lock class of its own.
    pub fn new(
        data: T,
        name: &'static CStr,
        class: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            semaphore <- Opaque::ffi_init(|semaphore| {
                // SAFETY: `semaphore` can be written to, and stays where it is; the name and the
                // key are static.
                unsafe { bindings::__init_rwsem(semaphore, name.as_char_ptr(), class.as_ptr()) }
            }),
            data: UnsafeCell::new(data),
        })
    }

    /// Acquires it for reading once no writer holds it, `down_read()`. May sleep.
    pub fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: The semaphore is initialized.
        unsafe { bindings::down_read(self.semaphore.get()) };
        // INVARIANT: Acquired above.
        ReadGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        }
    }

    /// Acquires it for reading if no writer holds it, `down_read_trylock()`.
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        // SAFETY: The semaphore is initialized.
        let taken = unsafe { bindings::down_read_trylock(self.semaphore.get()) };
        // INVARIANT: Acquired above.
        (taken != 0).then(|| ReadGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        })
    }

    /// Acquires it for writing once nobody else holds it, `down_write()`. May sleep.
    pub fn write(&self) -> WriteGuard<'_, T> {
        // SAFETY: The semaphore is initialized.
        unsafe { bindings::down_write(self.semaphore.get()) };
        // INVARIANT: Acquired above.
        WriteGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        }
    }

    /// Acquires it for writing if nobody holds it, `down_write_trylock()`.
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        // SAFETY: The semaphore is initialized.
        let taken = unsafe { bindings::down_write_trylock(self.semaphore.get()) };
        // INVARIANT: Acquired above.
        (taken != 0).then(|| WriteGuard {
            semaphore: self,
            not_send: NotThreadSafe,
        })
    }
}

/// Creates an [`RwSemaphore`] around data, with its own lock class. It may be given a name for
/// lockdep, otherwise it is named after its place in the source.
///
/// # Examples
///
/// ```
/// use chrdev::{
///     new_rw_semaphore,
///     RwSemaphore, //
/// };
/// use kernel::prelude::*;
///
/// struct Table([u32; 16]);
///
/// fn table() -> Result<Pin<KBox<RwSemaphore<Table>>>> {
///     KBox::pin_init(new_rw_semaphore!(Table([0; 16]), "driver table"), GFP_KERNEL)
/// }
/// ```
#[macro_export]
macro_rules! new_rw_semaphore {
    ($data:expr $(, $name:literal)? $(,)?) => {
        $crate::RwSemaphore::new(
            $data,
            ::kernel::optional_name!($($name)?),
            ::kernel::static_lock_class!(),
        )
    };
}

/// Shared access to the data of an [`RwSemaphore`]; `up_read()` on drop.
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

/// Exclusive access to the data of an [`RwSemaphore`]; `up_write()` on drop.
///
/// It must not be leaked: as with the kernel crate's `Mutex`, the semaphore would stay locked, and
/// name its task as the owner after that has exited.
///
/// # Invariants
///
/// This task holds `semaphore` for writing.
pub struct WriteGuard<'a, T> {
    semaphore: &'a RwSemaphore<T>,
    not_send: NotThreadSafe,
}

impl<'a, T> WriteGuard<'a, T> {
    /// Downgrades to a read lock without letting another writer in, `downgrade_write()`.
    pub fn downgrade(self) -> ReadGuard<'a, T> {
        let semaphore = self.semaphore;
        core::mem::forget(self);
        // SAFETY: By the type invariants of the guard that was forgotten.
        unsafe { bindings::downgrade_write(semaphore.semaphore.get()) };
        // INVARIANT: Downgraded above.
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
