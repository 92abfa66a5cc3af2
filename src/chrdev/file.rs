// SPDX-License-Identifier: GPL-2.0

//! A file of a device, while it is being opened and when it is open.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h), `struct file`.

use crate::{
    device::Device,
    file_operations::FileOperations,
    helpers,
    wait_queue::WaitQueue, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    ffi::c_int,
    prelude::*,
    sync::Arc, //
};

/// A file that is being opened.
///
/// # Invariants
///
/// Both pointers are valid for `'a`, and nobody else knows of the file yet.
pub struct Opening<'a> {
    inode: NonNull<bindings::inode>,
    file: NonNull<bindings::file>,
    borrowed: PhantomData<&'a mut bindings::file>,
}

impl Opening<'_> {
    /// # Safety
    ///
    /// `file` is being opened by way of `inode`, and nobody else uses it for the lifetime.
    pub(crate) unsafe fn from_raw(
        inode: NonNull<bindings::inode>,
        file: NonNull<bindings::file>,
    ) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            inode,
            file,
            borrowed: PhantomData,
        }
    }

    /// Whether the file can be read.
    pub fn can_read(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_READ != 0
    }

    /// Whether the file can be written.
    pub fn can_write(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_WRITE != 0
    }

    fn mode(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { (*self.file.as_ptr()).f_mode }
    }

    fn add_mode(&mut self, mode: u32) {
        // SAFETY: By the type invariants.
        unsafe { (*self.file.as_ptr()).f_mode |= mode };
    }

    /// Returns the flags of `open(2)`, whose names are in [`flags`](crate::flags).
    pub fn flags(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { (*self.file.as_ptr()).f_flags }
    }

    /// Makes the file a stream, which has no position: `lseek`, `pread` and `pwrite` fail with `ESPIPE`, and
    /// reads and writes of several threads do not wait for one another.
    pub fn stream_open(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::stream_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Makes `lseek`, `pread` and `pwrite` fail with `ESPIPE`. The file has a position nevertheless.
    pub fn nonseekable_open(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::nonseekable_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Serializes `read`, `write` and `lseek` of threads that share the file, as POSIX demands of regular
    /// files: each sees the position that the previous call left (`FMODE_ATOMIC_POS`). If not called,
    /// they may see the same position.
    pub fn serialize_position(&mut self) {
        self.add_mode(helpers::CHRDEV_FMODE_ATOMIC_POS);
    }

    /// Promises that reads and writes honour [`Kiocb::nowait`](crate::Kiocb::nowait) and
    /// [`Kiocb::nonblocking`](crate::Kiocb::nonblocking) (`FMODE_NOWAIT`). If not called, `RWF_NOWAIT` fails
    /// with `EOPNOTSUPP`.
    ///
    /// A driver that calls this returns `EAGAIN` where it would sleep for a lock, for memory or for data.
    /// io_uring then waits by [`poll`](FileOperations::poll) if the file has it, and otherwise hands the
    /// call to a thread that may sleep. So `EAGAIN` of a file with `poll` must mean that `poll` does not
    /// report the event; a file whose calls only ever sleep for locks and memory should have no `poll`.
    pub fn allow_nowait(&mut self) {
        self.add_mode(helpers::CHRDEV_FMODE_NOWAIT);
    }

    /// Returns the device whose node is being opened, unless it was removed.
    ///
    /// # Safety
    ///
    /// The operations of the inode's cdev are those for `T`.
    pub(crate) unsafe fn device<T: FileOperations>(&self) -> Option<Arc<Device<T>>> {
        // SAFETY: By the type invariants and the safety requirements.
        unsafe { Device::of_inode(self.inode) }
    }

    /// Sets the private data of the file.
    pub(crate) fn set_private_data<T: FileOperations>(&mut self, private: KBox<FilePrivate<T>>) {
        // SAFETY: By the type invariants.
        unsafe { (*self.file.as_ptr()).private_data = KBox::into_raw(private).cast() };
    }
}

/// The private data of an open file.
pub(crate) struct FilePrivate<T: FileOperations> {
    device: Arc<Device<T>>,
    state: T::File,
}

impl<T: FileOperations> FilePrivate<T> {
    pub(crate) fn new(device: Arc<Device<T>>, state: T::File) -> Self {
        Self { device, state }
    }
}

/// An open file.
///
/// # Invariants
///
/// `file` is valid for `'a`, and `private` is its private data.
pub struct OpenFile<'a, T: FileOperations> {
    file: NonNull<bindings::file>,
    private: &'a FilePrivate<T>,
}

impl<T: FileOperations> Clone for OpenFile<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: FileOperations> Copy for OpenFile<'_, T> {}

impl<'a, T: FileOperations> OpenFile<'a, T> {
    /// # Safety
    ///
    /// `file` is a file of `T` that was opened and lives for `'a`.
    pub(crate) unsafe fn from_raw(file: NonNull<bindings::file>) -> Self {
        // SAFETY: `open` has set it to a box, which lives until `release`.
        let private = unsafe { &*(*file.as_ptr()).private_data.cast::<FilePrivate<T>>() };
        // INVARIANT: By the safety requirements.
        Self { file, private }
    }

    /// Returns the device.
    pub fn device(&self) -> &'a Device<T> {
        &self.private.device
    }

    /// Returns the state of this file, which [`FileOperations::open`] returned.
    pub fn state(&self) -> &'a T::File {
        &self.private.state
    }

    /// Returns the queue that this file waits on.
    pub(crate) fn queue(&self) -> &'a WaitQueue {
        self.private.device.queue()
    }

    /// Returns the flags of `open(2)` and `fcntl(F_SETFL)`, whose names are in [`flags`](crate::flags).
    pub fn flags(&self) -> u32 {
        // SAFETY: The file is alive. Another thread may change the flags: READ_ONCE.
        unsafe { (&raw const (*self.file.as_ptr()).f_flags).read_volatile() }
    }

    /// Whether the file was opened for reading.
    pub fn can_read(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_READ != 0
    }

    /// Whether the file was opened for writing.
    pub fn can_write(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_WRITE != 0
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_STREAM != 0
    }

    /// Whether the file has a position that calls may bring themselves, as `pread` does.
    pub(crate) fn is_positional(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_PREAD != 0
    }

    fn mode(&self) -> u32 {
        // SAFETY: The file is alive, and these bits of its mode do not change after open.
        unsafe { (&raw const (*self.file.as_ptr()).f_mode).read_volatile() }
    }

    /// Returns the file's position. Other threads may be changing it.
    pub fn f_pos(&self) -> i64 {
        // SAFETY: The file is alive. READ_ONCE.
        unsafe { (&raw const (*self.file.as_ptr()).f_pos).read_volatile() }
    }

    /// Seeks in a file of `size` bytes that cannot grow, `fixed_size_llseek()`: `SEEK_SET`, `SEEK_CUR` and
    /// `SEEK_END`, up to `size`. Returns the new position.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the position would be below 0 or beyond `size`, or `whence` has any other value.
    pub fn fixed_size_llseek(&self, offset: i64, whence: i32, size: i64) -> Result<i64> {
        // SAFETY: The file is alive.
        llseek_result(unsafe {
            bindings::fixed_size_llseek(self.file.as_ptr(), offset, whence, size)
        })
    }

    /// Seeks in a file of `size` bytes that can be written at any position, as a regular one,
    /// `generic_file_llseek_size()`: `SEEK_DATA` and `SEEK_HOLE`, too. Returns the new position.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the position would be below 0 or overflow, or `whence` has any other value;
    /// - `ENXIO`: `SEEK_DATA` or `SEEK_HOLE` from `size` on.
    pub fn generic_file_llseek(&self, offset: i64, whence: i32, size: i64) -> Result<i64> {
        // SAFETY: The file is alive.
        llseek_result(unsafe {
            bindings::generic_file_llseek_size(self.file.as_ptr(), offset, whence, i64::MAX, size)
        })
    }
}

fn llseek_result(position: i64) -> Result<i64> {
    match c_int::try_from(position) {
        Ok(error) if error < 0 => Err(Error::from_errno(error)),
        _ => Ok(position),
    }
}
