// SPDX-License-Identifier: GPL-2.0

//! A read or a write in progress.
//!
//! The `Kiocb` of the kernel crate gives access to the private data of the file, but neither to the
//! file nor to the flags of the call, so chrdev has its own, with the same names.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h), `struct kiocb`.

use crate::{
    file::OpenFile,
    file_operations::FileOperations,
    helpers,
    rw_semaphore::{
        ReadGuard,
        RwSemaphore,
        WriteGuard, //
    },
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    fs::file::flags,
    prelude::*, //
};

/// A read or a write in progress, `struct kiocb`.
///
/// # Invariants
///
/// `kiocb` is valid for `'a`, nobody else uses it, and `file` is its file.
pub struct Kiocb<'a, T: FileOperations> {
    kiocb: NonNull<bindings::kiocb>,
    file: OpenFile<'a, T>,
}

impl<'a, T: FileOperations> Kiocb<'a, T> {
    /// # Safety
    ///
    /// `kiocb` is valid for `'a` and belongs to an open file of `T`, and nobody else uses it.
    pub(crate) unsafe fn from_raw(kiocb: *mut bindings::kiocb) -> Self {
        // SAFETY: By the safety requirements.
        let file = unsafe { OpenFile::from_raw((*kiocb).ki_filp) };
        if file.is_stream() {
            // SAFETY: By the safety requirements. io_uring and libaio set a position for streams,
            // too.
            unsafe { (*kiocb).ki_pos = 0 };
        }
        // INVARIANT: By the safety requirements.
        Self {
            // SAFETY: A valid kiocb is not null.
            kiocb: unsafe { NonNull::new_unchecked(kiocb) },
            file,
        }
    }

    /// Returns the file.
    pub fn file(&self) -> OpenFile<'a, T> {
        self.file
    }

    /// Returns the position to read or write at, in bytes; never negative, and 0 for a stream.
    pub fn ki_pos(&self) -> i64 {
        // SAFETY: By the type invariants.
        unsafe { (*self.kiocb.as_ptr()).ki_pos }
    }

    /// Returns the position, to be advanced. A call that specifies its own position, such as
    /// `pread`, does not advance the file's.
    pub fn ki_pos_mut(&mut self) -> &mut i64 {
        // SAFETY: By the type invariants; it is borrowed for as long as `self` is.
        unsafe { &mut (*self.kiocb.as_ptr()).ki_pos }
    }

    /// Whether the call fails with `EAGAIN` instead of waiting for data or room: `O_NONBLOCK` or
    /// `RWF_NOWAIT`.
    pub fn nonblocking(&self) -> bool {
        self.nowait() || self.file.flags() & flags::O_NONBLOCK != 0
    }

    /// Whether the call fails with `EAGAIN` instead of waiting for anything, even a lock or memory:
    /// `RWF_NOWAIT`.
    pub fn nowait(&self) -> bool {
        self.ki_flags() & helpers::CHRDEV_IOCB_NOWAIT as c_int != 0
    }

    /// Whether to write at the end: `O_APPEND` or `RWF_APPEND`, unless `RWF_NOAPPEND` is given.
    pub fn append(&self) -> bool {
        self.ki_flags() & helpers::CHRDEV_IOCB_APPEND as c_int != 0
    }

    /// Acquires a semaphore for reading: waits for it, or only tries if the call is
    /// [`nowait`](Self::nowait).
    ///
    /// # Errors
    ///
    /// `EAGAIN`: a writer holds it, and the call must not wait.
    pub fn down_read<'s, D>(&self, semaphore: &'s RwSemaphore<D>) -> Result<ReadGuard<'s, D>> {
        if self.nowait() {
            semaphore.try_read().ok_or(EAGAIN)
        } else {
            Ok(semaphore.read())
        }
    }

    /// Acquires a semaphore for writing: waits for it, or only tries if the call is
    /// [`nowait`](Self::nowait).
    ///
    /// # Errors
    ///
    /// `EAGAIN`: a reader or a writer holds it, and the call must not wait.
    pub fn down_write<'s, D>(&self, semaphore: &'s RwSemaphore<D>) -> Result<WriteGuard<'s, D>> {
        if self.nowait() {
            semaphore.try_write().ok_or(EAGAIN)
        } else {
            Ok(semaphore.write())
        }
    }

    fn ki_flags(&self) -> c_int {
        // SAFETY: By the type invariants.
        unsafe { (*self.kiocb.as_ptr()).ki_flags }
    }
}
