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
    prelude::*,
    sync::Arc, //
};

/// A file that is being opened.
///
/// # Invariants
///
/// Both pointers are valid for `'a`, and the file is not yet visible to anyone else.
pub struct Opening<'a> {
    inode: NonNull<bindings::inode>,
    file: NonNull<bindings::file>,
    borrowed: PhantomData<&'a mut bindings::file>,
}

impl Opening<'_> {
    /// # Safety
    ///
    /// Both are valid. `file` is being opened by way of `inode`, and nobody else uses it for the
    /// lifetime.
    pub(crate) unsafe fn from_raw(inode: *mut bindings::inode, file: *mut bindings::file) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            // SAFETY: A valid inode is not null.
            inode: unsafe { NonNull::new_unchecked(inode) },
            // SAFETY: A valid file is not null.
            file: unsafe { NonNull::new_unchecked(file) },
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

    /// Makes the file a stream, which has no position: `lseek`, `pread` and `pwrite` fail with
    /// `ESPIPE`, and reads and writes of several threads do not wait for one another.
    pub fn stream_open(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::stream_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Makes `lseek`, `pread` and `pwrite` fail with `ESPIPE`. The file still has a position.
    pub fn nonseekable_open(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::nonseekable_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Serializes `read`, `write` and `lseek` of threads that share the file, as POSIX requires for
    /// regular files: each sees the position that the previous call left (`FMODE_ATOMIC_POS`). If
    /// not called, they may see the same position.
    pub fn serialize_position(&mut self) {
        self.add_mode(helpers::CHRDEV_FMODE_ATOMIC_POS);
    }

    /// Promises that reads and writes honour [`Kiocb::nowait`](crate::Kiocb::nowait) and
    /// [`Kiocb::nonblocking`](crate::Kiocb::nonblocking) (`FMODE_NOWAIT`). If not called,
    /// `RWF_NOWAIT` fails with `EOPNOTSUPP`.
    ///
    /// A driver that calls this returns `EAGAIN` where it would sleep for a lock, for memory or for
    /// data. io_uring then polls the file if it implements [`poll`](FileOperations::poll), and
    /// otherwise hands the call to a thread that may sleep. For a file with `poll`, `EAGAIN` must
    /// therefore mean that `poll` does not report the event; a file whose calls sleep only for
    /// locks and memory should not implement `poll`.
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
}

/// The private data of an open file: a reference to its device, and the driver's state for it.
/// `private_data` points at a box of it. If the state is zero-sized, no memory is allocated, and
/// `private_data` is the reference to the device.
pub(crate) struct FilePrivate<T: FileOperations> {
    device: Arc<Device<T>>,
    state: T::File,
}

impl<T: FileOperations> FilePrivate<T> {
    const IS_BOXED: bool = size_of::<T::File>() != 0;

    /// Calls the driver's `open`, and sets the private data of the file.
    pub(crate) fn open(device: Arc<Device<T>>, opening: &mut Opening<'_>) -> Result {
        let private = if Self::IS_BOXED {
            // The box comes first, so that nothing can fail once the driver has opened the file.
            let private = KBox::<Self>::new_uninit(GFP_KERNEL_ACCOUNT)?;
            let state = T::open(&device, opening)?;
            KBox::into_raw(KBox::write(private, Self { device, state })).cast()
        } else {
            // `release` drops the state.
            core::mem::forget(T::open(&device, opening)?);
            Arc::into_raw(device).cast_mut().cast()
        };
        // SAFETY: By the type invariants of `Opening`.
        unsafe { (*opening.file.as_ptr()).private_data = private };
        Ok(())
    }

    /// Returns the device and the state of an open file.
    ///
    /// # Safety
    ///
    /// `file` is a file of `T` that [`open`](Self::open) has opened, and [`release`](Self::release)
    /// is not called before `'a` ends.
    unsafe fn of_file<'a>(file: *mut bindings::file) -> (&'a Device<T>, &'a T::File) {
        // SAFETY: By the safety requirements, `open` has set the private data: to a box, or for a
        // zero-sized state to the device. Any aligned address is valid for a zero-sized value.
        unsafe {
            let private = (*file).private_data;
            if Self::IS_BOXED {
                let private = &*private.cast::<Self>();
                (&private.device, &private.state)
            } else {
                (&*private.cast(), NonNull::dangling().as_ref())
            }
        }
    }

    /// Drops the state of the file, and its reference to the device.
    ///
    /// # Safety
    ///
    /// `file` is a file of `T` that [`open`](Self::open) has opened. This is called once, and
    /// nobody uses the file any more.
    pub(crate) unsafe fn release(file: *mut bindings::file) {
        // SAFETY: By the safety requirements, `open` has set the private data, and ownership of
        // both passes to this function.
        unsafe {
            let private = (*file).private_data;
            if Self::IS_BOXED {
                drop(KBox::<Self>::from_raw(private.cast()));
            } else {
                drop(Arc::<Device<T>>::from_raw(private.cast()));
                drop(NonNull::<T::File>::dangling().read());
            }
        }
    }
}

/// An open file.
///
/// # Invariants
///
/// `file` is valid for `'a`, and `device` and `state` are its private data.
pub struct OpenFile<'a, T: FileOperations> {
    file: NonNull<bindings::file>,
    device: &'a Device<T>,
    state: &'a T::File,
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
    /// `file` is an open file of `T`, and is not released before `'a` ends.
    pub(crate) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: By the safety requirements.
        let (device, state) = unsafe { FilePrivate::<T>::of_file(file) };
        // INVARIANT: By the safety requirements.
        Self {
            // SAFETY: A valid file is not null.
            file: unsafe { NonNull::new_unchecked(file) },
            device,
            state,
        }
    }

    /// Returns the device.
    pub fn device(&self) -> &'a Device<T> {
        self.device
    }

    /// Returns the state of this file, which [`FileOperations::open`] returned.
    pub fn state(&self) -> &'a T::File {
        self.state
    }

    /// Returns the queue that this file waits on.
    pub(crate) fn queue(&self) -> &'a WaitQueue {
        self.device.queue()
    }

    /// Returns the flags of `open(2)` and `fcntl(F_SETFL)`, whose names are in
    /// [`flags`](crate::flags).
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

    /// Whether calls may specify their own position, as `pread` does.
    pub(crate) fn is_positional(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_PREAD != 0
    }

    fn mode(&self) -> u32 {
        // SAFETY: The file is alive, and these bits of its mode do not change after open.
        unsafe { (&raw const (*self.file.as_ptr()).f_mode).read_volatile() }
    }

    /// Returns the file's position in bytes. Other threads may be changing it.
    pub fn f_pos(&self) -> i64 {
        // SAFETY: The file is alive. READ_ONCE.
        unsafe { (&raw const (*self.file.as_ptr()).f_pos).read_volatile() }
    }

    /// Seeks in a file of `size` bytes that cannot grow, `fixed_size_llseek()`: `SEEK_SET`,
    /// `SEEK_CUR` and `SEEK_END`, up to `size`. Returns the new position.
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

    /// Seeks in a file of `size` bytes that can be written at any position, like a regular file,
    /// `generic_file_llseek_size()`: supports `SEEK_DATA` and `SEEK_HOLE`, too. Returns the new
    /// position.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the position would be below 0 or overflow, or `whence` has any other value;
    /// - `ENXIO`: `SEEK_DATA` or `SEEK_HOLE` at or beyond `size`.
    pub fn generic_file_llseek(&self, offset: i64, whence: i32, size: i64) -> Result<i64> {
        let file = self.file.as_ptr();
        // `SEEK_SET` is the common case, and `vfs_setpos()` is all that
        // `generic_file_llseek_size()` does for it.
        // SAFETY: The file is alive.
        llseek_result(unsafe {
            if whence == bindings::SEEK_SET as c_int {
                bindings::vfs_setpos(file, offset, i64::MAX)
            } else {
                bindings::generic_file_llseek_size(file, offset, whence, i64::MAX, size)
            }
        })
    }
}

fn llseek_result(position: i64) -> Result<i64> {
    match c_int::try_from(position) {
        Ok(error) if error < 0 => Err(Error::from_errno(error)),
        _ => Ok(position),
    }
}
