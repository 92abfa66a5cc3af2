// SPDX-License-Identifier: GPL-2.0

//! The operations of a device's files.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h), `struct file_operations`.
//! Reference: [`Documentation/filesystems/vfs.rst`](srctree/Documentation/filesystems/vfs.rst).

use crate::{
    attribute::Attribute,
    compat::Owned,
    device::Device,
    devnode::Devnode,
    events::Events,
    file::{
        OpenFile,
        Opening, //
    },
    ioctl::Argument,
    iov_iter::{
        IovIterDest,
        IovIterSource, //
    },
    kiocb::Kiocb,
    mapping::Mapping,
    pipe::Pipe,
    poll_table::PollTable,
    text::Text,
    wait_queue::WaitQueue, //
};
use kernel::{
    error::VTABLE_DEFAULT_ERROR,
    prelude::*,
    seq_file::SeqFile, //
};

/// The operations of a device's files, implemented for the driver's state of a device.
///
/// Operations that a driver does not implement are absent from its `struct file_operations`, so the
/// kernel's default applies, which each operation documents.
///
/// All operations run in process context and may sleep. Several can run concurrently, also for one
/// file.
///
/// # Examples
///
/// A device whose contents are a constant text:
///
/// ```
/// use chrdev::prelude::*;
/// use kernel::prelude::*;
///
/// struct Motd;
///
/// #[vtable]
/// impl FileOperations for Motd {
///     const DEVICE_NAME: &'static CStr = c"motd";
///     const MODE: u16 = 0o444;
///
///     type File = ();
///
///     fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
///         Ok(())
///     }
///
///     fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
///         iov.simple_read_from_buffer(kiocb.ki_pos_mut(), b"Have a nice day.\n")
///     }
/// }
/// ```
#[vtable]
pub trait FileOperations: Owned + Sized + Send + Sync + 'static {
    /// The name of the devices, in which `%u` stands for the minor. It names the node in `/dev` and
    /// the directory in `/sys/class/<module>`. Nodes can be in a subdirectory, such as
    /// `/dev/name/ctl0`; the directory in sysfs is then `name!ctl0`.
    const DEVICE_NAME: &'static CStr;

    /// The permissions of the nodes in `/dev`, which cannot be 0: devtmpfs takes that as unset. For
    /// permissions that differ between devices, see [`devnode`](Self::devnode).
    const MODE: u16 = 0o600;

    /// The files in each device's directory in sysfs.
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];

    /// The state of an open file.
    type File: Send + Sync + 'static;

    /// Returns the permissions and the owner of the device's node in `/dev`. If not implemented,
    /// they are [`MODE`](Self::MODE) and root. Called once, when the device is registered.
    fn devnode(&self) -> Devnode {
        Devnode {
            mode: Self::MODE,
            uid: 0,
            gid: 0,
        }
    }

    /// Writes variables for the uevents of the device, such as `SERIAL=1234`, each on a line that
    /// ends with a newline. Called once, when the device is registered.
    ///
    /// At most 16 variables of 255 bytes in total are allowed. Their names consist of capitals,
    /// digits and `_`. If not implemented, none are added.
    ///
    /// # Errors
    ///
    /// Errors are returned by [`Registration::new`](crate::Registration::new).
    fn uevent(&self, _variables: &mut Text<'_>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Opens a file, and returns its state, which is dropped with the last reference to the file.
    /// Descriptors, mappings and calls in progress hold references.
    ///
    /// `O_DIRECT` fails with `EINVAL` before this is called. (The kernel rejects it, too, but only
    /// after the open.)
    ///
    /// # Errors
    ///
    /// Errors are returned to `open(2)`.
    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result<Self::File>;

    /// Called when the last reference to the file is dropped, before its state is. If not
    /// implemented, the state is only dropped.
    fn release(_file: OpenFile<'_, Self>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads at the position of `kiocb`, advances it, and returns the number of bytes copied to
    /// `iov`; 0 at the end of the file. If not implemented, reads fail with `EINVAL`.
    ///
    /// A result above the number of bytes copied is reduced to that number.
    ///
    /// It serves `read`, `pread`, `readv` and io_uring, and through `copy_splice_read()` also
    /// `splice` and `sendfile`, unless [`splice_read`](Self::splice_read) is implemented. `splice`
    /// holds the lock of the pipe meanwhile, so the other users of the pipe wait, and cannot be
    /// killed, while this waits for data: as with any file, `O_NONBLOCK` prevents that, and
    /// `SPLICE_F_NONBLOCK` does not.
    fn read_iter(_kiocb: &mut Kiocb<'_, Self>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Adds up to `length` bytes from `position`, in bytes and never negative, to a pipe, for
    /// `splice` and `sendfile`; adds none at the end of the file. If not implemented, what
    /// [`read_iter`](Self::read_iter) reads is copied to the pipe.
    ///
    /// The position is advanced by the number of bytes added. If some were added, an error is
    /// ignored.
    fn splice_read(
        _file: OpenFile<'_, Self>,
        _position: i64,
        _length: usize,
        _pipe: &mut Pipe<'_>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes at the position of `kiocb`, advances it, and returns the number of bytes taken from
    /// `iov`. If not implemented, writes fail with `EINVAL`.
    ///
    /// A result above the number of bytes copied and skipped is reduced to that number.
    ///
    /// It serves `write`, `pwrite`, `writev` and io_uring, and through `iter_file_splice_write()`
    /// also `splice` and `sendfile`.
    fn write_iter(_kiocb: &mut Kiocb<'_, Self>, _iov: &mut IovIterSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Changes the file's position and returns it; `whence` is `SEEK_SET`, `SEEK_CUR` and so on. If
    /// not implemented, `lseek` fails with `ESPIPE`, but `pread` and `pwrite` work.
    ///
    /// [`OpenFile::fixed_size_llseek`] and [`OpenFile::generic_file_llseek`] cover common cases, as
    /// do [`Opening::nonseekable_open`] and [`Opening::stream_open`], which are called in
    /// [`open`](Self::open).
    fn llseek(_file: OpenFile<'_, Self>, _offset: i64, _whence: i32) -> Result<i64> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the events that are ready. If not implemented, the file is always ready, and epoll
    /// fails with `EPERM`.
    ///
    /// The caller already waits on [`wait_queue`](Self::wait_queue), so code that makes an event
    /// ready must wake that queue, or another one that is added to `table`. [`Events::HUP`] is
    /// added once the device is removed.
    ///
    /// A file with a position, that is, neither a [stream](Opening::stream_open) nor one that
    /// [cannot seek](Opening::nonseekable_open), is always reported readable and writable, as
    /// regular files are: `poll` knows only the file's position, while `pread`, `pwrite` and
    /// io_uring specify their own, and io_uring polls before it retries a call that failed with
    /// `EAGAIN`.
    fn poll<'a>(_file: OpenFile<'a, Self>, _table: &mut PollTable<'a>) -> Events {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Called when a descriptor of the file is closed; the error is returned to `close(2)`. If not
    /// implemented, nothing is called.
    fn flush(_file: OpenFile<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Flushes data that was written to the file to its backing storage. If not implemented,
    /// `fsync` fails with `EINVAL`.
    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Called when `O_ASYNC` is set or cleared: while it is set, a wake-up of
    /// [`wait_queue`](Self::wait_queue) sends `SIGIO`. If not implemented, the flag has no effect:
    /// `fcntl(F_SETFL)` ignores it without an error, and `ioctl(FIOASYNC)` fails with `ENOTTY`.
    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)`. Must return `ENOTTY` for unknown commands. If not implemented, all commands fail
    /// with `ENOTTY`.
    fn ioctl(_file: OpenFile<'_, Self>, _command: u32, _argument: Argument<'_>) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)` of a 32-bit process on a 64-bit kernel.
    ///
    /// If not implemented, [`ioctl`](Self::ioctl) is called, with the argument converted as a
    /// pointer (`compat_ptr_ioctl()`), which is right for structs that have the same layout in
    /// both.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _file: OpenFile<'_, Self>,
        _command: u32,
        _argument: Argument<'_>,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `mmap(2)`: returns what to map. If not implemented, it fails with `ENODEV`.
    ///
    /// The first byte of the mapping is the one at its offset in the pages. A page is looked up
    /// when the process first touches it; touching a page that does not exist raises `SIGBUS`,
    /// unless [`fault`](Self::fault) provides it. The mapping holds a reference to the pages. A
    /// process that asks for execute permission, here or by `mprotect` later, gets `EACCES`. The
    /// mapping cannot grow (`VM_DONTEXPAND`).
    ///
    /// Called with the process's `mmap_lock` held, so it must neither access user memory nor take a
    /// lock that is held while waiting for user memory, nor register or remove a device: `/dev` may
    /// be locked by a thread that waits for `mmap_lock`.
    fn mmap(_file: OpenFile<'_, Self>) -> Result<Mapping> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Called when a process touches a page of a mapping that does not exist: fills `page`, which
    /// is zeroed, with the contents at `offset` in the pages that [`mmap`](Self::mmap) returned.
    ///
    /// The page is not visible to anyone before this returns. If several threads touch the same
    /// page concurrently, it is called for each of them, and the page that is ready first is kept.
    /// May sleep, but the process's `mmap_lock` is held: as in `mmap`, it must neither access user
    /// memory nor take a lock that is held while waiting for user memory, nor register or remove a
    /// device.
    ///
    /// # Errors
    ///
    /// The page is not added. A system call that touches it stops there, as at a bad address, and a
    /// process that touches it gets `SIGBUS`, with these exceptions:
    ///
    /// - `ENOMEM`: the process retries the access at once, until it gets a signal. Return it for a
    ///   failed allocation, not for a limit of the driver's;
    /// - `ERESTARTSYS`, `EINTR`: the process handles its signal, and retries the access.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chrdev::{Mapping, Pages, prelude::*};
    /// # use kernel::{prelude::*, sync::Arc};
    /// struct Scratch(Arc<Pages>);
    ///
    /// #[vtable]
    /// impl FileOperations for Scratch {
    ///     const DEVICE_NAME: &'static CStr = c"scratch";
    ///
    ///     type File = ();
    ///
    ///     fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
    ///         Ok(())
    ///     }
    ///
    ///     fn mmap(file: OpenFile<'_, Self>) -> Result<Mapping> {
    ///         Ok(Mapping::read_write(file.device().0.clone()))
    ///     }
    ///
    ///     fn fault(_file: OpenFile<'_, Self>, offset: usize, page: &mut [u8]) -> Result {
    ///         if offset >= 1 << 20 {
    ///             return Err(ENXIO);
    ///         }
    ///         page.fill(b'-');
    ///         Ok(())
    ///     }
    /// }
    /// ```
    fn fault(_file: OpenFile<'_, Self>, _offset: usize, _page: &mut [u8]) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Adds lines of the form `name:\tvalue\n` to `/proc/<pid>/fdinfo/<fd>`. If not implemented,
    /// none are added.
    fn show_fdinfo(_file: OpenFile<'_, Self>, _lines: &SeqFile) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the queue that sleepers and pollers of the device wait on, which is woken when the
    /// device is removed. If not implemented, it is
    /// [`default_wait_queue`](Device::default_wait_queue).
    ///
    /// Called once, when the device is registered. Devices of a driver may share one queue, if all
    /// its sleepers are woken ([`WaitQueue::wake_up_all`]). Files of all these devices then get the
    /// `SIGIO` that is sent when one of them is removed.
    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        device.default_wait_queue()
    }

    /// Called when the device is removed, after its [`wait_queue`](Self::wait_queue) was woken:
    /// wakes anything else that waits for the device. [`Device::is_removed`] is already true, and
    /// the device is still in sysfs.
    ///
    /// It may also be called if registration fails, since attributes can be in use by then. If not
    /// implemented, nothing is called.
    fn removed(_device: &Device<Self>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}
