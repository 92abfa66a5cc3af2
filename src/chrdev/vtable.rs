// SPDX-License-Identifier: GPL-2.0

//! The `struct file_operations` of a driver, whose functions call those of [`FileOperations`].
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h), `struct file_operations`.

use crate::{
    compat::this_module,
    events::Events,
    file::{
        FilePrivate,
        OpenFile,
        Opening, //
    },
    file_operations::FileOperations,
    ioctl::Argument,
    iov_iter::{
        IovIterDest,
        IovIterSource, //
    },
    kiocb::Kiocb,
    pipe::Pipe,
    poll_table::PollTable, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    error::from_result,
    fs::file::flags,
    prelude::*,
    seq_file::SeqFile, //
};

/// The C side of a driver's operations.
///
/// In the safety requirements of its functions, an *open file of `T`* is a valid file that
/// [`open`](Self::open) has opened and that [`release`](Self::release) was not called for. The VFS
/// calls each function only as the operation of that name, so it meets them.
pub(crate) struct Vtable<T: FileOperations>(PhantomData<T>);

impl<T: FileOperations> Vtable<T> {
    /// The operations, for a cdev.
    pub(crate) const OPERATIONS: &bindings::file_operations = &bindings::file_operations {
        owner: this_module::<T::OwnerModule>().as_ptr(),
        open: Some(Self::open),
        release: Some(Self::release),
        read_iter: if T::HAS_READ_ITER {
            Some(Self::read_iter)
        } else {
            None
        },
        splice_read: if T::HAS_SPLICE_READ {
            Some(Self::splice_read)
        } else if T::HAS_READ_ITER {
            Some(bindings::copy_splice_read)
        } else {
            None
        },
        write_iter: if T::HAS_WRITE_ITER {
            Some(Self::write_iter)
        } else {
            None
        },
        splice_write: if T::HAS_WRITE_ITER {
            Some(bindings::iter_file_splice_write)
        } else {
            None
        },
        llseek: if T::HAS_LLSEEK {
            Some(Self::llseek)
        } else {
            None
        },
        poll: if T::HAS_POLL { Some(Self::poll) } else { None },
        flush: if T::HAS_FLUSH {
            Some(Self::flush)
        } else {
            None
        },
        fsync: if T::HAS_FSYNC {
            Some(Self::fsync)
        } else {
            None
        },
        fasync: if T::HAS_FASYNC {
            Some(Self::fasync)
        } else {
            None
        },
        unlocked_ioctl: if T::HAS_IOCTL {
            Some(Self::ioctl)
        } else {
            None
        },
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: if T::HAS_COMPAT_IOCTL {
            Some(Self::compat_ioctl)
        } else if T::HAS_IOCTL {
            bindings::compat_ptr_ioctl
        } else {
            None
        },
        mmap: if T::HAS_MMAP { Some(Self::mmap) } else { None },
        show_fdinfo: if T::HAS_SHOW_FDINFO {
            Some(Self::show_fdinfo)
        } else {
            None
        },
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `inode` and `file` must be valid. `file` must be in the process of being opened by way of
    /// `inode`, whose cdev must have these operations, and must not be visible to anyone else.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By the safety requirements.
        let mut opening = unsafe { Opening::from_raw(inode, file) };
        from_result(|| Self::try_open(&mut opening).map(|()| 0))
    }

    fn try_open(opening: &mut Opening<'_>) -> Result {
        if opening.flags() & flags::O_DIRECT != 0 {
            return Err(EINVAL);
        }
        // SAFETY: The operations of the cdev are these.
        let device = unsafe { opening.device::<T>() }.ok_or(ENXIO)?;
        FilePrivate::open(device, opening)
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`. Nothing may use its private data afterwards.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        if T::HAS_RELEASE {
            // SAFETY: By the safety requirements.
            unsafe { T::release(OpenFile::from_raw(file)) };
        }
        // SAFETY: By the safety requirements.
        unsafe { FilePrivate::<T>::release(file) };
        0
    }

    /// # Safety
    ///
    /// `kiocb` must be valid, exclusively ours for the call, and belong to an open file of `T`.
    /// `iter` must be a valid `iov_iter` of direction `ITER_DEST`, exclusively ours for the call.
    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirements.
        let (mut kiocb, mut iov) =
            unsafe { (Kiocb::<T>::from_raw(kiocb), IovIterDest::from_raw(iter)) };
        let room = iov.len();
        let result = T::read_iter(&mut kiocb, &mut iov);
        copied_to_ret(result, room.saturating_sub(iov.len()))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`, `position` must be valid, and `pipe` must be valid and
    /// locked by the caller. `position` and `pipe` must be exclusively ours for the call.
    unsafe extern "C" fn splice_read(
        file: *mut bindings::file,
        position: *mut i64,
        pipe: *mut bindings::pipe_inode_info,
        length: usize,
        _flags: c_uint,
    ) -> isize {
        // SAFETY: By the safety requirements.
        let (file, position, mut pipe) = unsafe {
            (
                OpenFile::<T>::from_raw(file),
                &mut *position,
                Pipe::from_raw(pipe, length),
            )
        };
        // As `Kiocb` does for reads.
        if file.is_stream() {
            *position = 0;
        }
        let result = T::splice_read(file, *position, length, &mut pipe);
        // The number that was added, since splice takes that many bytes out of the pipe again.
        match (result, pipe.added()) {
            (Err(error), 0) => io_errno(error),
            (_, added) => {
                *position = position.saturating_add(added as i64);
                added as isize
            }
        }
    }

    /// # Safety
    ///
    /// `kiocb` must be valid, exclusively ours for the call, and belong to an open file of `T`.
    /// `iter` must be a valid `iov_iter` of direction `ITER_SOURCE`, exclusively ours for the call.
    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirements.
        let (mut kiocb, mut iov) =
            unsafe { (Kiocb::<T>::from_raw(kiocb), IovIterSource::from_raw(iter)) };
        let given = iov.len();
        let result = T::write_iter(&mut kiocb, &mut iov);
        copied_to_ret(result, given.saturating_sub(iov.len()))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    unsafe extern "C" fn llseek(file: *mut bindings::file, offset: i64, whence: c_int) -> i64 {
        // SAFETY: By the safety requirements.
        from_result(|| unsafe { T::llseek(OpenFile::from_raw(file), offset, whence) })
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`, and `table` must be null or a valid `poll_table`.
    /// Waiters that it adds to queues must be removed before the file's `release`.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: By the safety requirements. The lifetime of both is that of the file until its
        // release, since the file keeps its device and its state until then, and nothing has
        // exclusive access to them.
        let (open, mut table) = unsafe {
            (
                OpenFile::<T>::from_raw(file),
                PollTable::from_raw(file, table),
            )
        };
        table.poll_wait(open.queue());
        let mut events = T::poll(open, &mut table);
        if open.device().is_removed() {
            events = events | Events::HUP;
        }
        if open.is_positional() {
            events = events | Events::IN | Events::OUT;
        }
        events.bits()
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    unsafe extern "C" fn flush(file: *mut bindings::file, _id: bindings::fl_owner_t) -> c_int {
        // SAFETY: By the safety requirements.
        from_result(|| unsafe { T::flush(OpenFile::from_raw(file)) }.map(|()| 0))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    unsafe extern "C" fn fsync(
        file: *mut bindings::file,
        _start: i64,
        _end: i64,
        _datasync: c_int,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        from_result(|| unsafe { T::fsync(OpenFile::from_raw(file)) }.map(|()| 0))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    unsafe extern "C" fn fasync(descriptor: c_int, file: *mut bindings::file, on: c_int) -> c_int {
        // SAFETY: By the safety requirements.
        let open = unsafe { OpenFile::<T>::from_raw(file) };
        // SAFETY: By the safety requirements. The file is always entered in the same list, which
        // lives as long as the file, and the kernel has it taken out before its release.
        let changed =
            unsafe { bindings::fasync_helper(descriptor, file, on, open.queue().async_list()) };
        if changed > 0 {
            T::fasync(open, on != 0);
        }
        changed.min(0)
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    unsafe extern "C" fn ioctl(
        file: *mut bindings::file,
        command: c_uint,
        argument: c_ulong,
    ) -> c_long {
        let argument = Argument::new(argument);
        // SAFETY: By the safety requirements.
        from_result(|| unsafe { T::ioctl(OpenFile::from_raw(file), command, argument) })
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        command: c_uint,
        argument: c_ulong,
    ) -> c_long {
        let argument = Argument::new(argument);
        // SAFETY: By the safety requirements.
        from_result(|| unsafe { T::compat_ioctl(OpenFile::from_raw(file), command, argument) })
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`, and `vma` must be valid, undergoing its initial setup
    /// for this file, and exclusively ours for the call.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        let mapping = unsafe { T::mmap(OpenFile::from_raw(file)) };
        // SAFETY: By the safety requirements; this is the last step of `mmap`.
        from_result(|| unsafe { mapping?.map::<T>(vma) }.map(|()| 0))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`, and `lines` must be valid and exclusively ours for the
    /// call.
    unsafe extern "C" fn show_fdinfo(lines: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: By the safety requirements.
        unsafe { T::show_fdinfo(OpenFile::from_raw(file), SeqFile::from_raw(lines)) };
    }
}

/// Converts the result of a read or a write to what the kernel expects.
///
/// The kernel relies on the count: splice takes as many bytes of its own pages as the call reports,
/// so it must not exceed the number of bytes `moved`.
fn copied_to_ret(result: Result<usize>, moved: usize) -> isize {
    match result {
        Ok(count) => count.min(moved) as isize,
        Err(error) => io_errno(error),
    }
}

/// Converts the error of a read or a write to what the kernel expects: `EIOCBQUEUED` would promise
/// a completion that never comes.
pub(crate) fn io_errno(error: Error) -> isize {
    match error.to_errno() {
        EIOCBQUEUED => EINVAL.to_errno() as isize,
        errno => errno as isize,
    }
}

/// `-EIOCBQUEUED` of `include/linux/errno.h`.
const EIOCBQUEUED: c_int = -(bindings::EIOCBQUEUED as c_int);
