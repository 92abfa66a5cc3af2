// SPDX-License-Identifier: GPL-2.0

//! What can be done with an open file of a device.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h), `struct file_operations`.
//! Reference: [`Documentation/filesystems/vfs.rst`](srctree/Documentation/filesystems/vfs.rst).

use crate::{
    attribute::Attribute,
    device::{
        Device,
        Stage, //
    },
    helpers,
    ioctl::Argument,
    mapping::map_read_only,
    pages::Pages,
    region::MINOR_BITS,
    table::Table,
    user_memory::{
        Destination,
        Source, //
    },
    wait_queue::WaitQueue,
};
use core::{
    marker::PhantomData,
    ops::BitOr,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::VTABLE_DEFAULT_ERROR,
    ffi::{
        c_char,
        c_int,
        c_long,
        c_uint,
        c_ulong, //
    },
    fs::file::flags,
    module::this_module,
    prelude::*,
    seq_file::SeqFile,
    sync::Arc, //
};

/// The operations of a driver's files.
///
/// An operation that a driver does not implement is absent from its `struct file_operations`, so
/// that the kernel does what it does for any such driver; each says below what that is.
///
/// All operations run in process context and may sleep. Several can run at once, on one file too.
#[vtable]
pub trait FileOperations: Sized + 'static {
    /// The name of the driver's class, `/sys/class/<NAME>`. (`/proc/devices` shows the name of the
    /// [`Region`](crate::Region).)
    const NAME: &'static CStr;

    /// The name of its devices in `/dev`, in which `%u` stands for the minor.
    const DEVICES: &'static CStr;

    /// The permissions of its devices in `/dev`.
    const MODE: u16 = 0o600;

    /// The state of a device. Files that have it open keep it, whatever becomes of the device.
    type Device: Send + Sync + 'static;

    /// The state of an open file.
    type File: Send + Sync + 'static;

    /// The files of each device in sysfs, in `/sys/class/<class>/<device>/`.
    const ATTRIBUTES: &'static [Attribute<Self::Device>] = &[];

    /// Opens a file. What it returns is dropped when the last reference to the file goes:
    /// descriptors, mappings, and calls that are under way.
    ///
    /// `O_DIRECT` has been refused with `EINVAL` before, as the kernel does for all that cannot do it, but
    /// only after the open.
    ///
    /// # Errors
    ///
    /// What it returns is what `open(2)` gets.
    fn open(device: &Device<Self::Device>, opening: &mut Opening<'_>) -> Result<Self::File>;

    /// The last reference to the file has gone. Without it, the state is just dropped.
    fn release(_file: OpenFile<'_, Self>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads at the position of `io` and moves that on; 0 is the end. Without it: `EINVAL`.
    ///
    /// A count of more than was copied is cut to that.
    ///
    /// It serves `read`, `pread`, `readv` and `io_uring`, and by way of `copy_splice_read()`
    /// `splice` and `sendfile` as well.
    fn read_iter(_io: &mut Io<'_, Self>, _destination: &mut Destination<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes at the position of `io` and moves that on. Without it: `EINVAL`.
    ///
    /// A count of more than was copied or skipped is cut to that.
    ///
    /// It serves `write`, `pwrite`, `writev` and `io_uring`, and by way of
    /// `iter_file_splice_write()` `splice` and `sendfile` as well.
    fn write_iter(_io: &mut Io<'_, Self>, _source: &mut Source<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Moves the file's position and returns it. Without it: `ESPIPE`, but `pread` and `pwrite` go on
    /// working.
    ///
    /// Ready ones: [`OpenFile::seek_within`] and [`OpenFile::seek_file`] here, and in
    /// [`open`](Self::open) [`Opening::no_seek`] and [`Opening::stream`].
    fn llseek(_file: OpenFile<'_, Self>, _offset: i64, _whence: Whence) -> Result<i64> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the events that are ready. If not implemented, the file is always ready, and epoll gets
    /// `EPERM`.
    ///
    /// The caller already waits on [`wait_queue`](Self::wait_queue), so code that makes an event ready
    /// must wake that queue. [`Events::HUP`] is added once the device is removed.
    ///
    /// A file with a position, that is, neither a [stream](Opening::stream) nor one that
    /// [cannot seek](Opening::no_seek), is always reported readable and writable, as regular files are:
    /// `poll` knows no position but the file's, while `pread`, `pwrite` and io_uring bring their own, and
    /// io_uring waits by `poll` before it tries again what got `EAGAIN`.
    fn poll(_file: OpenFile<'_, Self>) -> Events {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A descriptor of the file is closed; the error is what `close(2)` returns. Without it: nothing.
    fn flush(_file: OpenFile<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Makes sure that what was written will not be lost. Without it: `EINVAL`.
    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `O_ASYNC` was set or cleared, so `SIGIO` is sent by those who wake
    /// [`wait_queue`](Self::wait_queue), or no more. Without it, the flag cannot be set.
    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)`. Return `ENOTTY` for a command that there is not. Without it: `ENOTTY`.
    fn ioctl(_file: OpenFile<'_, Self>, _command: u32, _argument: Argument<'_>) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)` of a 32-bit process on a 64-bit kernel.
    ///
    /// Without it [`ioctl`](Self::ioctl) is called, with the argument taken as a pointer
    /// (`compat_ptr_ioctl()`), which is right for structs that are the same for both.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _file: OpenFile<'_, Self>,
        _command: u32,
        _argument: Argument<'_>,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `mmap(2)`: returns the pages to map, for reading only. If not implemented: `ENODEV`.
    ///
    /// The first byte of the mapping is the one at its offset in the pages. A page is looked up when
    /// the process first touches it; touching a page that does not exist is `SIGBUS`. The mapping holds
    /// a reference on the pages. A process that asks for write or execute permission, here or by
    /// `mprotect` later, gets `EACCES`. The mapping cannot grow (`VM_DONTEXPAND`).
    ///
    /// Called with the process's `mmap_lock` held, so no lock may be taken here under which user memory
    /// is waited for.
    fn mmap(_file: OpenFile<'_, Self>) -> Result<Arc<Pages>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Adds lines to `/proc/<pid>/fdinfo/<fd>`, each `name:\tvalue\n`. Without it: none.
    fn show_fdinfo(_file: OpenFile<'_, Self>, _lines: &SeqFile) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Those who wait for a device, woken when it goes. Without it, the queue that every device has.
    ///
    /// A driver whose devices share what is waited for gives a queue that they share.
    fn wait_queue(device: &Device<Self::Device>) -> &WaitQueue {
        device.own_wait_queue()
    }
}

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
    /// Whether it can be read.
    pub fn can_read(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_READ != 0
    }

    /// Whether it can be written.
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

    /// The flags of `open(2)`, of which `kernel::fs::file::flags` has the names.
    pub fn flags(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { (*self.file.as_ptr()).f_flags }
    }

    /// Makes the file a stream, `stream_open()`: it has no position, `lseek` and `pread` get
    /// `ESPIPE`, and reads and writes of several threads do not wait for one another.
    pub fn stream(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::stream_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Says that the file cannot seek, `nonseekable_open()`: `lseek`, `pread` and `pwrite` get
    /// `ESPIPE`, but there is a position.
    pub fn no_seek(&mut self) {
        // SAFETY: By the type invariants. It always returns 0.
        unsafe { bindings::nonseekable_open(self.inode.as_ptr(), self.file.as_ptr()) };
    }

    /// Makes `read`, `write` and `lseek` of threads that share the file take turns, as POSIX asks
    /// of regular files: each sees the position that the one before has left. Without it, device
    /// files have no such rule.
    pub fn serialize_position(&mut self) {
        self.add_mode(helpers::CHRDEV_FMODE_ATOMIC_POS);
    }

    /// Promises that reads and writes honour [`Io::nowait`] and [`Io::nonblocking`]. If not called,
    /// `RWF_NOWAIT` gets `EOPNOTSUPP`.
    ///
    /// A driver that calls this returns `EAGAIN` where it would sleep for a lock, for memory or for data.
    /// io_uring then waits by [`poll`](FileOperations::poll) if the file has it, and otherwise hands the
    /// call to a thread that may sleep. So `EAGAIN` of a file with `poll` must mean that `poll` does not
    /// report the event; a file whose calls only ever sleep for locks and memory should have no `poll`.
    pub fn allow_nowait(&mut self) {
        self.add_mode(helpers::CHRDEV_FMODE_NOWAIT);
    }
}

/// What a file's `private_data` points at.
///
/// # Invariants
///
/// `queue` is the driver's wait queue of `device`, and lives as long as that.
pub(crate) struct Open<T: FileOperations> {
    device: Arc<Device<T::Device>>,
    state: T::File,
    queue: NonNull<WaitQueue>,
}

impl<T: FileOperations> Open<T> {
    /// The queue that this file waits on: one for all its life, whatever the driver answers later.
    fn queue(&self) -> &WaitQueue {
        // SAFETY: By the type invariants.
        unsafe { self.queue.as_ref() }
    }
}

/// An open file.
///
/// # Invariants
///
/// `file` is valid for `'a`, and `open` is what its private data points at.
pub struct OpenFile<'a, T: FileOperations> {
    file: NonNull<bindings::file>,
    open: &'a Open<T>,
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
    unsafe fn from_raw(file: NonNull<bindings::file>) -> Self {
        // SAFETY: `open` has put a boxed `Open<T>` there, which lives until `release`.
        let open = unsafe { &*(*file.as_ptr()).private_data.cast::<Open<T>>() };
        // INVARIANT: By the safety requirements.
        Self { file, open }
    }

    /// The device.
    pub fn device(&self) -> &'a Device<T::Device> {
        &self.open.device
    }

    /// The state of this file.
    pub fn state(&self) -> &'a T::File {
        &self.open.state
    }

    /// The flags of `open(2)` and `fcntl(F_SETFL)`, of which `kernel::fs::file::flags` has the
    /// names.
    pub fn flags(&self) -> u32 {
        // SAFETY: The file is alive. Another thread may change the flags: READ_ONCE.
        unsafe { (&raw const (*self.file.as_ptr()).f_flags).read_volatile() }
    }

    /// Whether it was opened for reading.
    pub fn can_read(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_READ != 0
    }

    /// Whether it was opened for writing.
    pub fn can_write(&self) -> bool {
        self.mode() & helpers::CHRDEV_FMODE_WRITE != 0
    }

    fn mode(&self) -> u32 {
        // SAFETY: The file is alive, and these bits of its mode do not change after open.
        unsafe { (&raw const (*self.file.as_ptr()).f_mode).read_volatile() }
    }

    /// The file's position, as it was just now: other threads may be moving it.
    pub fn position(&self) -> i64 {
        // SAFETY: The file is alive. READ_ONCE.
        unsafe { (&raw const (*self.file.as_ptr()).f_pos).read_volatile() }
    }

    /// `lseek` in something that holds `size` bytes, `fixed_size_llseek()`: all of `SEEK_SET`,
    /// `SEEK_CUR`, `SEEK_END`, up to `size` and not beyond.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the position would be below 0 or beyond `size`, or `whence` is another one.
    pub fn seek_within(&self, offset: i64, whence: Whence, size: i64) -> Result<i64> {
        // SAFETY: The file is alive.
        let position =
            unsafe { bindings::fixed_size_llseek(self.file.as_ptr(), offset, whence.0, size) };
        seek_outcome(position)
    }

    /// `lseek` as for a regular file of `size` bytes that may be written up to any position,
    /// `generic_file_llseek_size()`: `SEEK_DATA` and `SEEK_HOLE` too.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the position would be below 0 or not fit, or `whence` is another one;
    /// - `ENXIO`: `SEEK_DATA` or `SEEK_HOLE` from `size` on.
    pub fn seek_file(&self, offset: i64, whence: Whence, size: i64) -> Result<i64> {
        // SAFETY: The file is alive.
        let position = unsafe {
            bindings::generic_file_llseek_size(self.file.as_ptr(), offset, whence.0, i64::MAX, size)
        };
        seek_outcome(position)
    }
}

fn seek_outcome(position: i64) -> Result<i64> {
    match c_int::try_from(position) {
        Ok(error) if error < 0 => Err(Error::from_errno(error)),
        _ => Ok(position),
    }
}

/// From where `lseek` counts: `SEEK_SET` and its like, as the caller gave it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Whence(pub c_int);

/// A read or a write that is under way, `struct kiocb`.
///
/// # Invariants
///
/// `kiocb` is valid for `'a` and used by nobody else, and `file` is its file.
pub struct Io<'a, T: FileOperations> {
    kiocb: NonNull<bindings::kiocb>,
    file: OpenFile<'a, T>,
}

impl<'a, T: FileOperations> Io<'a, T> {
    /// # Safety
    ///
    /// `kiocb` is of a file of `T`, and nobody else uses it for `'a`.
    unsafe fn from_raw(kiocb: NonNull<bindings::kiocb>) -> Self {
        // SAFETY: A kiocb has a file, which by the safety requirements is one of `T`.
        let file = unsafe { OpenFile::from_raw(NonNull::new_unchecked((*kiocb.as_ptr()).ki_filp)) };
        if file.mode() & helpers::CHRDEV_FMODE_STREAM != 0 {
            // SAFETY: The kiocb is ours. io_uring and libaio set a position for streams, too.
            unsafe { (*kiocb.as_ptr()).ki_pos = 0 };
        }
        // INVARIANT: By the safety requirements.
        Self { kiocb, file }
    }

    /// The file.
    pub fn file(&self) -> OpenFile<'a, T> {
        self.file
    }

    /// Where to read or write, in bytes; never negative, and 0 for a stream.
    pub fn position(&self) -> i64 {
        // SAFETY: The kiocb is alive and ours.
        unsafe { (*self.kiocb.as_ptr()).ki_pos }
    }

    /// Sets the position. For a call that has brought its own, as `pread`, the file's stays.
    pub fn set_position(&mut self, position: i64) {
        // SAFETY: The kiocb is alive and ours.
        unsafe { (*self.kiocb.as_ptr()).ki_pos = position };
    }

    /// Whether to answer `EAGAIN` instead of waiting: `O_NONBLOCK` or `RWF_NOWAIT`.
    pub fn nonblocking(&self) -> bool {
        self.nowait() || self.file.flags() & flags::O_NONBLOCK != 0
    }

    /// Whether not even a lock may be waited for: `RWF_NOWAIT`.
    pub fn nowait(&self) -> bool {
        self.kiocb_flags() & helpers::CHRDEV_IOCB_NOWAIT as c_int != 0
    }

    /// Whether to write at the end: `O_APPEND` or `RWF_APPEND`, but not with `RWF_NOAPPEND`.
    pub fn append(&self) -> bool {
        self.kiocb_flags() & helpers::CHRDEV_IOCB_APPEND as c_int != 0
    }

    fn kiocb_flags(&self) -> c_int {
        // SAFETY: The kiocb is alive and ours.
        unsafe { (*self.kiocb.as_ptr()).ki_flags }
    }
}

/// What `poll(2)` answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A read would not wait.
    pub const IN: Self = Self(helpers::CHRDEV_EPOLLIN | helpers::CHRDEV_EPOLLRDNORM);
    /// A write would not wait.
    pub const OUT: Self = Self(helpers::CHRDEV_EPOLLOUT | helpers::CHRDEV_EPOLLWRNORM);
    /// Something went wrong.
    pub const ERR: Self = Self(helpers::CHRDEV_EPOLLERR);
    /// The device is gone.
    pub const HUP: Self = Self(helpers::CHRDEV_EPOLLHUP);
}

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The C side of a driver's operations.
pub(crate) struct Vtable<T: FileOperations>(PhantomData<T>);

impl<T: FileOperations> Vtable<T> {
    const OPERATIONS: bindings::file_operations = bindings::file_operations {
        owner: this_module::<T::OwnerModule>().as_ptr(),
        open: Some(Self::open),
        release: Some(Self::release),
        read_iter: if T::HAS_READ_ITER {
            Some(Self::read_iter)
        } else {
            None
        },
        splice_read: if T::HAS_READ_ITER {
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

    /// The operations, for a cdev.
    pub(crate) fn get() -> &'static bindings::file_operations {
        &Self::OPERATIONS
    }

    /// # Safety
    ///
    /// Called as the `open` of a character device of `T`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By the safety requirements both are valid for the call, and so not null.
        // INVARIANT: `open` is called before anyone else can know of the file.
        let mut opening = unsafe {
            Opening {
                inode: NonNull::new_unchecked(inode),
                file: NonNull::new_unchecked(file),
                borrowed: PhantomData,
            }
        };
        status(Self::try_open(&mut opening))
    }

    fn try_open(opening: &mut Opening<'_>) -> Result {
        if opening.flags() & flags::O_DIRECT != 0 {
            return Err(EINVAL);
        }
        let device = Self::device(opening).ok_or(ENXIO)?;
        // The box comes first, so that nothing can fail once the driver has opened the file.
        let open = KBox::<Open<T>>::new_uninit(GFP_KERNEL_ACCOUNT)?;
        let state = T::open(&device, opening)?;
        // INVARIANT: What is borrowed from the device lives as long as that.
        let queue = NonNull::from(T::wait_queue(&device));
        let open = KBox::write(
            open,
            Open {
                device,
                state,
                queue,
            },
        );
        // SAFETY: By the type invariants of `Opening`.
        unsafe { (*opening.file.as_ptr()).private_data = KBox::into_raw(open).cast() };
        Ok(())
    }

    /// The device that is being opened, if it is published.
    fn device(opening: &Opening<'_>) -> Option<Arc<Device<T::Device>>> {
        let inode = opening.inode.as_ptr();
        // SAFETY: An inode that is being opened is alive, and its number does not change.
        let minor = unsafe { (*inode).i_rdev } & ((1 << MINOR_BITS) - 1);
        let table = Table::lock();
        // SAFETY: The inode is that of a character device that is being opened.
        let entry = unsafe { table.of_inode(inode) }?;
        let device = entry.device::<Arc<Device<T::Device>>>(minor as usize)?;
        // SAFETY: The cdev is one of `T`, so its entry points at an array of these, which is alive
        // while the table is locked.
        Some(unsafe { device.as_ref() }.clone())
    }

    /// # Safety
    ///
    /// Called as the `release` of a file of `T`.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` has put a box there, and nobody uses the file any more.
        let open = unsafe { KBox::<Open<T>>::from_raw((*file).private_data.cast()) };
        if T::HAS_RELEASE {
            // SAFETY: A file that is released is not null.
            let file = unsafe { NonNull::new_unchecked(file) };
            T::release(OpenFile { file, open: &open });
        }
        drop(open);
        0
    }

    /// # Safety
    ///
    /// Called as the `read_iter` of a file of `T`.
    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirements both are ours for the call, and so not null.
        let (mut io, mut destination) = unsafe {
            (
                Io::<T>::from_raw(NonNull::new_unchecked(kiocb)),
                Destination::from_raw(NonNull::new_unchecked(iter)),
            )
        };
        let room = destination.len();
        let result = T::read_iter(&mut io, &mut destination);
        outcome(result, room.saturating_sub(destination.len()))
    }

    /// # Safety
    ///
    /// Called as the `write_iter` of a file of `T`.
    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirements both are ours for the call, and so not null.
        let (mut io, mut source) = unsafe {
            (
                Io::<T>::from_raw(NonNull::new_unchecked(kiocb)),
                Source::from_raw(NonNull::new_unchecked(iter)),
            )
        };
        let given = source.len();
        let result = T::write_iter(&mut io, &mut source);
        outcome(result, given.saturating_sub(source.len()))
    }

    /// # Safety
    ///
    /// Called as the `llseek` of a file of `T`.
    unsafe extern "C" fn llseek(file: *mut bindings::file, offset: i64, whence: c_int) -> i64 {
        // SAFETY: By the safety requirements.
        let position = unsafe { Self::with(file, |file| T::llseek(file, offset, Whence(whence))) };
        position.unwrap_or_else(|error| i64::from(error.to_errno()))
    }

    /// # Safety
    ///
    /// Called as the `poll` of a file of `T`.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: By the safety requirements.
        let open = unsafe { OpenFile::<T>::from_raw(NonNull::new_unchecked(file)) };
        let queue = open.open.queue();
        // SAFETY: The file and the table are valid for the call. The queue is the device's, which
        // the file keeps; poll and epoll forget the queue at the latest when the file is closed,
        // before its release.
        unsafe { bindings::poll_wait(file, queue.as_ptr(), table) };
        let gone = if open.device().is_gone() {
            Events::HUP
        } else {
            Events::NONE
        };
        let positional = if open.mode() & helpers::CHRDEV_FMODE_PREAD != 0 {
            Events::IN | Events::OUT
        } else {
            Events::NONE
        };
        (T::poll(open) | gone | positional).0
    }

    /// # Safety
    ///
    /// Called as the `flush` of a file of `T`.
    unsafe extern "C" fn flush(file: *mut bindings::file, _id: bindings::fl_owner_t) -> c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::with(file, |file| status(T::flush(file))) }
    }

    /// # Safety
    ///
    /// Called as the `fsync` of a file of `T`.
    unsafe extern "C" fn fsync(
        file: *mut bindings::file,
        _start: i64,
        _end: i64,
        _datasync: c_int,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        unsafe { Self::with(file, |file| status(T::fsync(file))) }
    }

    /// # Safety
    ///
    /// Called as the `fasync` of a file of `T`.
    unsafe extern "C" fn fasync(descriptor: c_int, file: *mut bindings::file, on: c_int) -> c_int {
        // SAFETY: By the safety requirements.
        let open = unsafe { OpenFile::<T>::from_raw(NonNull::new_unchecked(file)) };
        // SAFETY: The file is valid for the call. It is always entered in the same list, which lives
        // as long as the file, and the kernel has it taken out before its release.
        let changed = unsafe {
            bindings::fasync_helper(descriptor, file, on, open.open.queue().async_list())
        };
        if changed > 0 {
            T::fasync(open, on != 0);
        }
        changed.min(0)
    }

    /// # Safety
    ///
    /// Called as the `unlocked_ioctl` of a file of `T`.
    unsafe extern "C" fn ioctl(
        file: *mut bindings::file,
        command: c_uint,
        argument: c_ulong,
    ) -> c_long {
        // SAFETY: This is the call that brings the argument.
        let argument = unsafe { Argument::new(argument) };
        // SAFETY: By the safety requirements.
        unsafe { Self::with(file, |file| answer(T::ioctl(file, command, argument))) }
    }

    /// # Safety
    ///
    /// Called as the `compat_ioctl` of a file of `T`.
    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        command: c_uint,
        argument: c_ulong,
    ) -> c_long {
        // SAFETY: This is the call that brings the argument.
        let argument = unsafe { Argument::new(argument) };
        // SAFETY: By the safety requirements.
        unsafe {
            Self::with(file, |file| {
                answer(T::compat_ioctl(file, command, argument))
            })
        }
    }

    /// # Safety
    ///
    /// Called as the `mmap` of a file of `T`.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        area: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        let pages = unsafe { Self::with(file, |file| T::mmap(file)) };
        // SAFETY: The area is being set up, and ours for the call.
        status(pages.and_then(|pages| unsafe { map_read_only(area, pages) }))
    }

    /// # Safety
    ///
    /// Called as the `show_fdinfo` of a file of `T`.
    unsafe extern "C" fn show_fdinfo(lines: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: The seq_file is ours for the call.
        let lines = unsafe { SeqFile::from_raw(lines) };
        // SAFETY: By the safety requirements.
        unsafe { Self::with(file, |file| T::show_fdinfo(file, lines)) };
    }

    /// Calls `f` with an open file.
    ///
    /// # Safety
    ///
    /// `file` is a file of `T` that was opened, and lives for the call.
    unsafe fn with<R>(file: *mut bindings::file, f: impl FnOnce(OpenFile<'_, T>) -> R) -> R {
        // SAFETY: By the safety requirements, it is not null either.
        f(unsafe { OpenFile::from_raw(NonNull::new_unchecked(file)) })
    }

    /// The class's `dev_uevent`: holds uevents back until the door is open.
    ///
    /// # Safety
    ///
    /// Called for a device of `T`.
    pub(crate) unsafe extern "C" fn uevent(
        device: *const bindings::device,
        _environment: *mut bindings::kobj_uevent_env,
    ) -> c_int {
        // SAFETY: The data of a device of `T` was set when it was made, and lives longer.
        let device = unsafe { &*(*device).driver_data.cast::<Device<T::Device>>() };
        if device.is(Stage::Prepared) {
            EAGAIN.to_errno()
        } else {
            0
        }
    }

    /// The class's `devnode`: the mode of the node in `/dev`.
    ///
    /// # Safety
    ///
    /// Called for a device of `T`.
    pub(crate) unsafe extern "C" fn devnode(
        _device: *const bindings::device,
        mode: *mut bindings::umode_t,
    ) -> *mut c_char {
        // It is null where only the name is wanted.
        if !mode.is_null() {
            // SAFETY: It is not null, so it can be written to.
            unsafe { *mode = T::MODE };
        }
        core::ptr::null_mut()
    }
}

/// What a read or write returns to the kernel, which relies on it: splice takes as many bytes of its
/// own pages as it says, and asks for no more than were `moved`; and `EIOCBQUEUED` would be a promise
/// that nobody keeps.
fn outcome(result: Result<usize>, moved: usize) -> isize {
    match result {
        Ok(count) => count.min(moved) as isize,
        Err(error) => match error.to_errno() {
            QUEUED => EINVAL.to_errno() as isize,
            errno => errno as isize,
        },
    }
}

/// `-EIOCBQUEUED` of `include/linux/errno.h`.
const QUEUED: c_int = -(bindings::EIOCBQUEUED as c_int);

fn status(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

fn answer(result: Result<isize>) -> c_long {
    match result {
        Ok(value) => value as c_long,
        Err(error) => error.to_errno() as c_long,
    }
}
