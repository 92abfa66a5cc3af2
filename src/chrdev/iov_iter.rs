// SPDX-License-Identifier: GPL-2.0

//! The memory that a system call reads into or writes from.
//!
//! It is an iterator over the caller's buffers: user memory, a pipe's pages, or the kernel's own.
//! Each copy moves it on. Neither type can be kept past the call, since both are borrowed from it.
//!
//! The `kernel` crate has `IovIterDest` and `IovIterSource` for it. They are not used here because
//! they can panic, and cannot copy with page faults off.
//!
//! C header: [`include/linux/uio.h`](srctree/include/linux/uio.h)

use crate::helpers;
use core::{
    fmt,
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::bindings;

/// Runs `f` with page faults disabled, `pagefault_disable()`: copies to and from user memory stop short
/// instead of sleeping until a page has been read in.
pub(crate) fn with_pagefault_disabled<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: Always allowed; undone below, on the same task, since there is no unwinding.
    unsafe { helpers::chrdev_pagefault_disable() };
    let result = f();
    // SAFETY: Disabled above.
    unsafe { helpers::chrdev_pagefault_enable() };
    result
}

/// Where a `read` puts what it reads.
///
/// # Invariants
///
/// `iter` is a valid `struct iov_iter` of direction `ITER_DEST`, and nobody else uses it for `'a`.
pub struct Destination<'a> {
    iter: NonNull<bindings::iov_iter>,
    borrowed: PhantomData<&'a mut bindings::iov_iter>,
}

/// Where a `write` takes what it writes.
///
/// # Invariants
///
/// `iter` is a valid `struct iov_iter` of direction `ITER_SOURCE`, and nobody else uses it for
/// `'a`.
pub struct Source<'a> {
    iter: NonNull<bindings::iov_iter>,
    borrowed: PhantomData<&'a mut bindings::iov_iter>,
}

macro_rules! common {
    ($type:ident, $fault_in:ident) => {
        impl $type<'_> {
            /// Wraps the iterator of a call.
            ///
            /// # Safety
            ///
            /// As the type invariants say.
            pub(crate) unsafe fn from_raw(iter: NonNull<bindings::iov_iter>) -> Self {
                // INVARIANT: By the safety requirements.
                Self {
                    iter,
                    borrowed: PhantomData,
                }
            }

            /// The number of bytes that are left.
            pub fn len(&self) -> usize {
                // SAFETY: By the type invariants `iter` is valid; `count` is valid for every kind.
                unsafe {
                    (*self.iter.as_ptr())
                        .__bindgen_anon_1
                        .__bindgen_anon_1
                        .as_ref()
                        .count
                }
            }

            /// Whether no bytes are left.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Runs `f`, which copies, and takes back what it copied beyond what it wants kept.
            ///
            /// `f` answers with its result and the number of bytes that stay copied.
            pub fn attempt<R>(&mut self, f: impl FnOnce(&mut Self) -> (R, usize)) -> R {
                let before = self.len();
                let (result, kept) = f(self);
                let copied = before.saturating_sub(self.len());
                // SAFETY: `iter` is valid and was moved on by `copied` bytes.
                unsafe {
                    bindings::iov_iter_revert(self.iter.as_ptr(), copied.saturating_sub(kept))
                };
                result
            }

            /// Waits until the next `bytes` bytes of user memory are there, and answers how many
            /// of them are. They can be gone again when it returns.
            ///
            /// May sleep, for as long as another process wants (userfaultfd, FUSE): no lock may be
            /// held that others need. 0 for a non-zero `bytes` means a bad address.
            pub fn fault_in(&self, bytes: usize) -> usize {
                let bytes = bytes.min(self.len());
                // SAFETY: `iter` is valid.
                let missing = unsafe { bindings::$fault_in(self.iter.as_ptr(), bytes) };
                bytes.saturating_sub(missing)
            }
        }
    };
}

common!(Destination, fault_in_iov_iter_writeable);
common!(Source, fault_in_iov_iter_readable);

impl Destination<'_> {
    /// Copies `bytes` out and moves on; answers how many bytes could be copied.
    ///
    /// Less than `bytes.len()` means that no room is left or that the address is bad (`EFAULT` if
    /// it is 0). May sleep. The function behind it is `copy_to_iter()`.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: `bytes` can be read.
        unsafe { self.write_raw(bytes.as_ptr(), bytes.len()) }
    }

    /// As [`write`](Self::write), from memory that others may be changing.
    ///
    /// # Safety
    ///
    /// `from` can be read for `length` bytes.
    pub(crate) unsafe fn write_raw(&mut self, from: *const u8, length: usize) -> usize {
        // SAFETY: By the safety requirements and the type invariants.
        unsafe { bindings::_copy_to_iter(from.cast(), length, self.iter.as_ptr()) }
    }
}

/// Text is copied as bytes are; an error means that not all of it was.
impl fmt::Write for Destination<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.write(text.as_bytes()) == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

impl Source<'_> {
    /// Moves on by `bytes` bytes, or as many as are left, without looking at them.
    pub fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.len());
        // SAFETY: By the type invariants, and it has that much left.
        unsafe { bindings::iov_iter_advance(self.iter.as_ptr(), bytes) };
    }

    /// Copies into `bytes` and moves on; answers how many bytes could be copied.
    ///
    /// Less than `bytes.len()` means that nothing is left or that the address is bad (`EFAULT` if
    /// it is 0). May sleep. The function behind it is `copy_from_iter()`.
    pub fn read(&mut self, bytes: &mut [u8]) -> usize {
        // SAFETY: `bytes` can be written.
        unsafe { self.read_raw(bytes.as_mut_ptr(), bytes.len()) }
    }

    /// As [`read`](Self::read), to memory that others may be reading.
    ///
    /// # Safety
    ///
    /// `to` can be written for `length` bytes.
    pub(crate) unsafe fn read_raw(&mut self, to: *mut u8, length: usize) -> usize {
        // SAFETY: By the safety requirements and the type invariants.
        unsafe { bindings::_copy_from_iter(to.cast(), length, self.iter.as_ptr()) }
    }
}
