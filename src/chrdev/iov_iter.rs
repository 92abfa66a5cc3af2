// SPDX-License-Identifier: GPL-2.0

//! The memory that a system call reads into or writes from.
//!
//! It is an iterator over the caller's buffers: user memory, the pages of a pipe, or memory of the
//! kernel. Each copy advances it. It cannot be kept past the call.
//!
//! The types of the kernel crate have the same names. They are not used here since they can panic,
//! cannot copy with page faults disabled, and let safe code advance a destination without writing
//! to it, which would leak kernel memory to a reader: splice does not clear the pages that it reads
//! into.
//!
//! C header: [`include/linux/uio.h`](srctree/include/linux/uio.h)

use crate::helpers;
use core::{
    fmt,
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// The destination of a read.
///
/// # Invariants
///
/// `iter` is a valid `struct iov_iter` of direction `ITER_DEST`, and nobody else uses it for `'a`.
pub struct IovIterDest<'a> {
    iter: NonNull<bindings::iov_iter>,
    borrowed: PhantomData<&'a mut bindings::iov_iter>,
}

/// The source of a write.
///
/// # Invariants
///
/// `iter` is a valid `struct iov_iter` of direction `ITER_SOURCE`, and nobody else uses it for
/// `'a`.
pub struct IovIterSource<'a> {
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
            /// The type invariants hold.
            pub(crate) unsafe fn from_raw(iter: *mut bindings::iov_iter) -> Self {
                // INVARIANT: By the safety requirements.
                Self {
                    // SAFETY: A valid iterator is not null.
                    iter: unsafe { NonNull::new_unchecked(iter) },
                    borrowed: PhantomData,
                }
            }

            /// Returns the number of bytes that are left.
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

            /// Calls `f` to copy, and reverts the iterator if `f` does not keep the bytes.
            ///
            /// `f` returns its result, and whether to keep the bytes that it copied.
            pub fn attempt<R>(&mut self, f: impl FnOnce(&mut Self) -> (R, bool)) -> R {
                let before = self.len();
                let (result, keep) = f(self);
                if !keep {
                    let copied = before.saturating_sub(self.len());
                    // SAFETY: `iter` is valid and was advanced by `copied` bytes.
                    unsafe { bindings::iov_iter_revert(self.iter.as_ptr(), copied) };
                }
                result
            }

            /// Faults in the next `bytes` bytes of user memory, and returns the number of bytes
            /// that are resident. They may be evicted again before it returns.
            ///
            /// May sleep, for as long as another process wants (userfaultfd, FUSE): the caller must
            /// hold no lock that others need. A result of 0 for non-zero `bytes` means a bad
            /// address.
            pub fn fault_in(&self, bytes: usize) -> usize {
                let bytes = bytes.min(self.len());
                // SAFETY: `iter` is valid.
                let missing = unsafe { bindings::$fault_in(self.iter.as_ptr(), bytes) };
                bytes.saturating_sub(missing)
            }
        }
    };
}

common!(IovIterDest, fault_in_iov_iter_writeable);
common!(IovIterSource, fault_in_iov_iter_readable);

impl IovIterDest<'_> {
    /// Copies `bytes` to the destination and advances it. Returns the number of bytes copied.
    ///
    /// A result below `bytes.len()` means that no room is left or that the address is bad (`EFAULT`
    /// if it is 0). May sleep.
    pub fn copy_to_iter(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: `bytes` can be read, and by the type invariants.
        unsafe {
            helpers::chrdev_copy_to_iter(bytes.as_ptr().cast(), bytes.len(), self.iter.as_ptr())
        }
    }

    /// Copies `contents` starting at `ki_pos`, and advances `ki_pos`, for a file with these
    /// contents. Returns the number of bytes copied, which is 0 at the end. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `ki_pos` is negative;
    /// - `EFAULT`: bad address.
    pub fn simple_read_from_buffer(&mut self, ki_pos: &mut i64, contents: &[u8]) -> Result<usize> {
        let start = usize::try_from(*ki_pos)?;
        let rest = contents.get(start..).unwrap_or_default();
        if rest.is_empty() || self.is_empty() {
            return Ok(0);
        }
        let copied = self.copy_to_iter(rest);
        if copied == 0 {
            return Err(EFAULT);
        }
        *ki_pos = ki_pos.saturating_add(copied as i64);
        Ok(copied)
    }

    /// Copies from memory that others may be changing, with page faults disabled: the copy stops
    /// short instead of sleeping until a page of user memory has been read in.
    ///
    /// # Safety
    ///
    /// `from` can be read for `length` bytes.
    pub(crate) unsafe fn copy_to_iter_nofault(&mut self, from: *mut u8, length: usize) -> usize {
        // SAFETY: By the safety requirements and the type invariants.
        unsafe { helpers::chrdev_copy_to_iter_nofault(from.cast(), length, self.iter.as_ptr()) }
    }
}

/// Copies text. An error means that not all of it was copied.
impl fmt::Write for IovIterDest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.copy_to_iter(text.as_bytes()) == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

impl IovIterSource<'_> {
    /// Whether the remaining bytes are user memory on a single page. With page faults disabled, a
    /// copy then copies all of them or none, unless another thread unmaps the page meanwhile.
    pub fn is_on_one_page(&self) -> bool {
        // SAFETY: By the type invariants.
        unsafe { helpers::chrdev_iter_is_on_one_page(self.iter.as_ptr()) }
    }

    /// Advances by `bytes` bytes, or as many as are left, without copying them.
    pub fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.len());
        // SAFETY: By the type invariants, and it has that much left.
        unsafe { bindings::iov_iter_advance(self.iter.as_ptr(), bytes) };
    }

    /// Copies from the source into `bytes` and advances it. Returns the number of bytes copied.
    ///
    /// A result below `bytes.len()` means that nothing is left or that the address is bad (`EFAULT`
    /// if it is 0). May sleep.
    pub fn copy_from_iter(&mut self, bytes: &mut [u8]) -> usize {
        // SAFETY: `bytes` can be written, and by the type invariants.
        unsafe {
            bindings::_copy_from_iter(bytes.as_mut_ptr().cast(), bytes.len(), self.iter.as_ptr())
        }
    }

    /// Copies to `buffer` starting at `ki_pos`, and advances `ki_pos`, for a file whose contents
    /// are `buffer`. Returns the number of bytes copied, which is 0 at the end of the buffer. May
    /// sleep.
    ///
    /// Programs may forever retry a write that returns 0: if the buffer is the whole file, a driver
    /// returns `ENOSPC` instead.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `ki_pos` is negative;
    /// - `EFAULT`: bad address.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chrdev::IovIterSource;
    /// # use kernel::prelude::*;
    /// fn write(iov: &mut IovIterSource<'_>, ki_pos: &mut i64, buffer: &mut [u8]) -> Result<usize> {
    ///     match iov.simple_write_to_buffer(ki_pos, buffer)? {
    ///         0 if !iov.is_empty() => Err(ENOSPC),
    ///         count => Ok(count),
    ///     }
    /// }
    /// ```
    pub fn simple_write_to_buffer(&mut self, ki_pos: &mut i64, buffer: &mut [u8]) -> Result<usize> {
        let start = usize::try_from(*ki_pos)?;
        let rest = buffer.get_mut(start..).unwrap_or_default();
        if rest.is_empty() || self.is_empty() {
            return Ok(0);
        }
        let copied = self.copy_from_iter(rest);
        if copied == 0 {
            return Err(EFAULT);
        }
        *ki_pos = ki_pos.saturating_add(copied as i64);
        Ok(copied)
    }

    /// Copies to memory that others may be reading, with page faults disabled: the copy stops short
    /// instead of sleeping until a page of user memory has been read in.
    ///
    /// # Safety
    ///
    /// `to` can be written for `length` bytes.
    pub(crate) unsafe fn copy_from_iter_nofault(&mut self, to: *mut u8, length: usize) -> usize {
        // SAFETY: By the safety requirements and the type invariants.
        unsafe { helpers::chrdev_copy_from_iter_nofault(to.cast(), length, self.iter.as_ptr()) }
    }
}
