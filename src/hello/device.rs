// SPDX-License-Identifier: GPL-2.0

//! `/dev/helloN`: a file of bytes, kept in memory.
//!
//! It behaves like a regular file, within its capacity. It is always ready, so it has no `poll`,
//! and io_uring hands calls that would sleep to a thread that may sleep. Threads that share a file
//! use its position in turn (POSIX: `read`, `write` and `lseek` on one open file are atomic with
//! respect to one another). `O_APPEND` writes go to the end, and gaps read as zeros.

use crate::{
    extent::{
        Extent,
        Range, //
    },
    store::Store,
    subscribers::{
        Entry,
        Message,
        Subscriber,
        Subscribers, //
    },
    uapi, //
};
use chrdev::{
    capable,
    flags::O_TRUNC,
    new_rw_semaphore,
    prelude::*,
    read_once,
    Capability,
    Mapping,
    Pipe,
    RwSemaphore,
    SeqPages,
    WriteGuard, //
};
use core::{
    fmt::Write as _,
    ops::RangeInclusive, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

/// The initial contents of a device.
const GREETING: &[u8] = b"Hello, world!\n";

/// The range of a device's capacity, in bytes.
pub(crate) const CAPACITY: RangeInclusive<u32> = 1..=16 << 20;

/// The number of times that a read restarts because user memory was evicted, before it is cut
/// short.
const READ_ROUNDS: u32 = 8;

/// Bytes a write may copy and discard because user memory was evicted, before it accepts a short
/// write.
const RETRY_BYTES: usize = 1 << 20;

/// A device's state.
#[pin_data]
pub(crate) struct HelloDevice {
    #[pin]
    contents: RwSemaphore<Contents>,
    /// The store's capacity, which is read without waiting for a writer.
    capacity: Atomic<i64>,
    /// The store's pages, likewise.
    pages: Arc<SeqPages>,
    opens: Atomic<i64>,
    closes: Atomic<i64>,
    reads: Atomic<i64>,
    writes: Atomic<i64>,
}

/// The data that a device's lock protects.
struct Contents {
    store: Store,
    subscribers: Subscribers,
}

impl HelloDevice {
    /// Creates a device that can hold `capacity` bytes.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    #[inline]
    pub(crate) fn new(capacity: usize) -> impl PinInit<Self, Error> {
        let store = Store::new(capacity, GREETING);
        pin_init::pin_init_scope(move || {
            let store = store?;
            let pages = store.pages();
            let contents = Contents {
                store,
                subscribers: Subscribers::new(),
            };
            Ok(try_pin_init!(Self {
                contents <- new_rw_semaphore!(contents, "hello contents"),
                capacity: Atomic::new(capacity as i64),
                pages,
                opens: Atomic::new(0),
                closes: Atomic::new(0),
                reads: Atomic::new(0),
                writes: Atomic::new(0),
            }))
        })
    }

    /// Returns a recent snapshot of the store's extent.
    #[inline]
    fn extent(&self) -> Extent {
        Extent::snapshot(self.pages.size(), read_once(&self.capacity) as usize)
    }

    /// Adds a subscriber and returns its ID.
    pub(crate) fn subscribe(&self, subscriber: Arc<dyn Subscriber>) -> Result<u64> {
        let entry = Entry::new(subscriber)?;
        Ok(self.contents.write().subscribers.add(entry))
    }

    /// Removes a subscriber. When this returns, it is not being called.
    pub(crate) fn unsubscribe(&self, id: u64) {
        let entry = self.contents.write().subscribers.remove(id);
        // Unlocked, see `Entry::new`.
        drop(entry);
    }

    /// Copies the contents from byte `offset` on into `bytes`, and returns the number of bytes
    /// copied.
    pub(crate) fn get(&self, offset: usize, bytes: &mut [u8]) -> usize {
        let contents = self.contents.read();
        let position = i64::try_from(offset).unwrap_or(i64::MAX);
        let range = contents.store.extent().readable(position, bytes.len());
        if let Some(bytes) = bytes.get_mut(..range.length) {
            contents.store.read(range.start, bytes);
        }
        range.length
    }

    /// Replaces the contents by `bytes`, and calls the subscribers.
    pub(crate) fn post(device: &Device<Self>, bytes: &[u8]) -> Result {
        let mut contents = device.contents.write();
        let range = contents.store.replace(bytes)?;
        Self::notify_and_unlock(device, contents, range);
        Ok(())
    }

    /// Empties the device.
    #[cold]
    fn clear(&self) {
        self.contents.write().store.clear();
    }

    /// Sets the capacity that the argument of the ioctl specifies.
    #[cold]
    fn set_capacity(file: OpenFile<'_, Self>, argument: Argument<'_>) -> Result {
        if !file.can_write() {
            return Err(EBADF);
        }
        if !capable(Capability::SYS_ADMIN) {
            return Err(EPERM);
        }
        let argument: uapi::hello_capacity = argument.read()?;
        let capacity = u32::try_from(argument.capacity)?;
        if !CAPACITY.contains(&capacity) {
            return Err(EINVAL);
        }
        let device = file.device();
        let mut contents = device.contents.write();
        contents.store.set_capacity(capacity as usize)?;
        device.capacity.store(i64::from(capacity), Relaxed);
        Ok(())
    }

    /// Calls the subscribers with what was written, and unlocks the contents.
    #[inline]
    fn notify_and_unlock(device: &Device<Self>, contents: WriteGuard<'_, Contents>, range: Range) {
        if range.length != 0 && !contents.subscribers.is_empty() {
            Self::call_subscribers(device, contents, range);
        }
    }

    /// Calls the subscribers, while no other writer can run.
    #[inline(never)]
    fn call_subscribers(device: &Device<Self>, contents: WriteGuard<'_, Contents>, range: Range) {
        let contents = contents.downgrade();
        let message = Message {
            minor: device.minor(),
            store: &contents.store,
            range,
        };
        contents
            .subscribers
            .for_each(|subscriber| subscriber.message(&message));
    }

    /// Reads with the lock held, and returns the number of bytes copied.
    fn read_locked(kiocb: &Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let mut limit = iov.len();
        let mut round = 0u32;
        loop {
            let is_last = round >= READ_ROUNDS;
            let contents = kiocb.down_read(&device.contents)?;
            // The lock excludes writers. A read that is retried starts over, so its bytes are all
            // of one locked copy.
            let copied = iov.attempt(|iov| {
                let copied = contents.store.copy_to(kiocb.ki_pos(), limit, iov);
                let keep = copied.is_whole() || is_last;
                (copied, keep)
            });
            drop(contents);
            if copied.is_whole() || is_last && copied.done != 0 {
                return Ok(copied.done);
            }
            limit = iov.fault_in(copied.wanted.length);
            if limit == 0 {
                return Err(EFAULT);
            }
            // Not at first: notifications of io_uring's count as signals, and io_uring does not
            // restart calls, but returns `EINTR`.
            if round != 0 && kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
            round = round.saturating_add(1);
        }
    }

    /// Returns how many of `limit` bytes have room at `position`, or at the end if that is [`None`],
    /// after faulting them in if `fault_in` is set, and allocating their pages.
    ///
    /// Bytes without room are neither faulted in nor given memory. Both are done unlocked, so the
    /// caller checks the extent again under the lock.
    #[inline]
    fn plan_write(
        kiocb: &Kiocb<'_, Self>,
        iov: &mut IovIterSource<'_>,
        position: Option<i64>,
        limit: usize,
        fault_in: bool,
    ) -> Result<usize> {
        let device = kiocb.file().device();
        let extent = device.extent();
        let mut planned = extent.writable(position, limit).ok_or(ENOSPC)?;
        if fault_in {
            planned.length = iov.fault_in(planned.length);
            if planned.length == 0 {
                return Err(EFAULT);
            }
        }
        let added = extent.added(&planned);
        if added.length != 0 && !kiocb.nowait() {
            device.pages.populate(added.start, added.length)?;
        }
        Ok(planned.length)
    }

    #[inline]
    fn generation(&self) -> u64 {
        self.contents.read().store.generation()
    }

    #[inline]
    fn info(&self) -> uapi::hello_info {
        // These are not read atomically: files may be opened and closed meanwhile.
        let closes = read_once(&self.closes);
        let open_files = read_once(&self.opens).wrapping_sub(closes).max(0);
        let contents = self.contents.read();
        uapi::hello_info {
            size: contents.store.extent().size() as u64,
            capacity: contents.store.extent().capacity() as u64,
            generation: contents.store.generation(),
            open_files: open_files as u64,
        }
    }
}

// The functions here, and those that they use, are `#[inline]`: otherwise each is a symbol of its
// own, even if it is inlined into all of its callers, the functions of chrdev.
#[vtable]
impl FileOperations for HelloDevice {
    const DEVICE_NAME: &'static CStr = c"hello%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"size", |device, text| {
            show(text, device.pages.size() as i64)
        }),
        Attribute::new(c"capacity", |device, text| {
            show(text, read_once(&device.capacity))
        }),
        Attribute::new(c"generation", |device, text| {
            show(text, device.generation() as i64)
        }),
        Attribute::new(c"opens", |device, text| {
            show(text, read_once(&device.opens))
        }),
        Attribute::new(c"reads", |device, text| {
            show(text, read_once(&device.reads))
        }),
        Attribute::new(c"writes", |device, text| {
            show(text, read_once(&device.writes))
        }),
    ];

    type File = ();

    #[inline]
    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.serialize_position();
        opening.allow_nowait();
        if opening.flags() & O_TRUNC != 0 && opening.can_write() {
            device.clear();
        }
        device.opens.add(1, Relaxed);
        Ok(())
    }

    #[inline]
    fn release(file: OpenFile<'_, Self>) {
        file.device().closes.add(1, Relaxed);
    }

    #[inline]
    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let copied = match device.pages.try_read(kiocb.ki_pos(), iov) {
            Some(copied) => copied,
            None => Self::read_locked(kiocb, iov)?,
        };
        let position = kiocb.ki_pos_mut();
        *position = position.wrapping_add(copied as i64);
        device.reads.add(1, Relaxed);
        Ok(copied)
    }

    /// Adds the pages themselves, as tmpfs does: a later write is visible in the pipe.
    #[inline]
    fn splice_read(
        file: OpenFile<'_, Self>,
        position: i64,
        length: usize,
        pipe: &mut Pipe<'_>,
    ) -> Result {
        let device = file.device();
        device.pages.splice_to(position, length, pipe)?;
        device.reads.add(1, Relaxed);
        Ok(())
    }

    #[inline]
    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        if iov.is_empty() {
            device.writes.add(1, Relaxed);
            return Ok(0);
        }
        let mut budget = RETRY_BYTES;
        let mut limit = iov.len();
        // A source on one page is copied in whole or not at all, so it is faulted in only if the
        // copy fails.
        let mut fault_in = !iov.is_on_one_page();
        loop {
            let position = (!kiocb.append()).then_some(kiocb.ki_pos());
            let length = HelloDevice::plan_write(kiocb, iov, position, limit, fault_in)?;
            let mut contents = kiocb.down_write(&device.contents)?;
            let wanted = contents
                .store
                .extent()
                .writable(position, length)
                .ok_or(ENOSPC)?;
            contents.store.prepare(&wanted, kiocb.nowait())?;
            let is_last = budget < wanted.length;
            budget = budget.saturating_sub(wanted.length);
            let copied = contents.store.copy_from(wanted, iov, is_last);
            if copied.done != 0 {
                HelloDevice::notify_and_unlock(device, contents, copied.range());
                *kiocb.ki_pos_mut() = copied.range().end() as i64;
                device.writes.add(1, Relaxed);
                return Ok(copied.done);
            }
            drop(contents);
            if !fault_in {
                fault_in = true;
                continue;
            }
            if kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
            if is_last {
                // Not even its first byte was resident, so continue one page at a time.
                limit = limit.min(PAGE_SIZE);
            }
        }
    }

    #[inline]
    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: i32) -> Result<i64> {
        file.generic_file_llseek(offset, whence, file.device().pages.size() as i64)
    }

    /// Nothing to do: the contents are in memory only.
    #[inline]
    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        Ok(())
    }

    #[inline]
    fn ioctl(file: OpenFile<'_, Self>, command: u32, argument: Argument<'_>) -> Result<isize> {
        let device = file.device();
        match command {
            uapi::COMMAND_GET_INFO => argument.write(&device.info())?,
            uapi::COMMAND_CLEAR => {
                if !file.can_write() {
                    return Err(EBADF);
                }
                device.clear();
            }
            uapi::COMMAND_SET_CAPACITY => Self::set_capacity(file, argument)?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    #[inline]
    fn mmap(file: OpenFile<'_, Self>) -> Result<Mapping> {
        Ok(file.device().pages.mapping())
    }

    #[inline]
    fn show_fdinfo(file: OpenFile<'_, Self>, lines: &SeqFile) {
        seq_print!(lines, "minor:\t{}\n", file.device().minor());
    }
}

/// Writes the value of an attribute.
#[inline(never)]
fn show(text: &mut Text<'_>, value: i64) -> Result {
    Ok(write!(text, "{value}")?)
}
