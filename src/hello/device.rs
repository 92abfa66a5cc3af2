// SPDX-License-Identifier: GPL-2.0

//! `/dev/helloN`: a file of bytes, kept in memory.
//!
//! It behaves as a regular file does, within its capacity: it is always ready, so it has no `poll`, and
//! io_uring hands what would sleep to a thread that may; the position that threads share is
//! theirs in turn (POSIX: `read`, `write` and `lseek` on one open file are atomic to one another),
//! `O_APPEND` writes go to the end, a gap reads as zeros.

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
    Capability,
    Pages,
    RwSemaphore,
    WriteGuard, //
};
use core::{
    fmt::Write as _,
    ops::RangeInclusive, //
};
use kernel::{
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

/// The contents of a device that was not written to yet.
const GREETING: &[u8] = b"Hello, world!\n";

/// The range of a device's capacity, in bytes.
pub(crate) const CAPACITY: RangeInclusive<u32> = 1..=16 << 20;

/// How often a read restarts because user memory was evicted, before it is cut short.
const READ_ROUNDS: u32 = 8;

/// How many bytes an append copies in vain because user memory was evicted, before it is cut short.
const RETRY_BYTES: usize = 1 << 20;

/// A device's state.
#[pin_data]
pub(crate) struct HelloDevice {
    #[pin]
    contents: RwSemaphore<Contents>,
    /// The size of the store, which is read without waiting for a writer.
    size: Atomic<i64>,
    /// The store's capacity, likewise.
    capacity: Atomic<i64>,
    /// The store's pages, for the same.
    pages: Arc<Pages>,
    open_files: Atomic<i64>,
    opens: Atomic<i64>,
    reads: Atomic<i64>,
    writes: Atomic<i64>,
}

/// What a device's lock protects.
struct Contents {
    store: Store,
    subscribers: Subscribers,
}

impl HelloDevice {
    /// Makes a device that can hold `capacity` bytes.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(capacity: usize) -> impl PinInit<Self, Error> {
        let store = Store::new(capacity, GREETING);
        pin_init::pin_init_scope(move || {
            let store = store?;
            let size = store.extent().size() as i64;
            let pages = store.pages();
            let contents = Contents {
                store,
                subscribers: Subscribers::new(),
            };
            Ok(try_pin_init!(Self {
                contents <- new_rw_semaphore!(contents, c"hello contents"),
                size: Atomic::new(size),
                capacity: Atomic::new(capacity as i64),
                pages,
                open_files: Atomic::new(0),
                opens: Atomic::new(0),
                reads: Atomic::new(0),
                writes: Atomic::new(0),
            }))
        })
    }

    /// The store's extent as it was a moment ago.
    fn extent(&self) -> Extent {
        Extent::snapshot(
            self.size.load(Relaxed) as usize,
            self.capacity.load(Relaxed) as usize,
        )
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

    /// Copies the contents from byte `offset` into `bytes` and returns the number of bytes copied.
    pub(crate) fn get(&self, offset: usize, bytes: &mut [u8]) -> usize {
        let contents = self.contents.read();
        let position = i64::try_from(offset).unwrap_or(i64::MAX);
        let range = contents.store.extent().readable(position, bytes.len());
        if let Some(bytes) = bytes.get_mut(..range.length) {
            contents.store.peek(range.start, bytes);
        }
        range.length
    }

    /// Replaces the contents by `bytes`, and calls the subscribers.
    pub(crate) fn post(device: &Device<Self>, bytes: &[u8]) -> Result {
        let mut contents = device.contents.write();
        let range = contents.store.replace(bytes)?;
        Self::wrote(device, contents, range);
        Ok(())
    }

    /// Empties the device.
    fn clear(&self) {
        let mut contents = self.contents.write();
        contents.store.clear();
        self.size.store(0, Relaxed);
    }

    /// Publishes the size and calls the subscribers, while no other writer can run.
    fn wrote(device: &Device<Self>, contents: WriteGuard<'_, Contents>, range: Range) {
        device
            .size
            .store(contents.store.extent().size() as i64, Relaxed);
        if range.length == 0 {
            return;
        }
        if contents.subscribers.is_empty() {
            return;
        }
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

    fn info(&self) -> uapi::hello_info {
        let contents = self.contents.read();
        uapi::hello_info {
            size: contents.store.extent().size() as u64,
            capacity: contents.store.extent().capacity() as u64,
            generation: contents.store.generation(),
            open_files: self.open_files.load(Relaxed) as u64,
        }
    }
}

#[vtable]
impl FileOperations for HelloDevice {
    const DEVICE_NAME: &'static CStr = c"hello%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"size", |device, text| {
            write!(text, "{}", device.info().size)
        }),
        Attribute::new(c"capacity", |device, text| {
            write!(text, "{}", device.info().capacity)
        }),
        Attribute::new(c"generation", |device, text| {
            write!(text, "{}", device.info().generation)
        }),
        Attribute::new(c"opens", |device, text| {
            write!(text, "{}", device.opens.load(Relaxed))
        }),
        Attribute::new(c"reads", |device, text| {
            write!(text, "{}", device.reads.load(Relaxed))
        }),
        Attribute::new(c"writes", |device, text| {
            write!(text, "{}", device.writes.load(Relaxed))
        }),
    ];

    type File = ();

    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.serialize_position();
        opening.allow_nowait();
        if opening.flags() & O_TRUNC != 0 && opening.can_write() {
            device.clear();
        }
        device.open_files.add(1, Relaxed);
        device.opens.add(1, Relaxed);
        Ok(())
    }

    fn release(file: OpenFile<'_, Self>) {
        file.device().open_files.add(-1, Relaxed);
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let mut limit = iov.len();
        let mut rounds = READ_ROUNDS;
        loop {
            rounds = rounds.saturating_sub(1);
            let contents = kiocb.down_read(&device.contents)?;
            // A read that restarts does so from its beginning, so that it sees no write in part.
            let copied = iov.attempt(|iov| {
                let copied = contents.store.read(kiocb.ki_pos(), limit, iov);
                let keep = copied.is_whole() || rounds == 0;
                let kept = if keep { copied.done } else { 0 };
                (copied, kept)
            });
            drop(contents);
            if copied.is_whole() || rounds == 0 && copied.done != 0 {
                if copied.done != 0 {
                    *kiocb.ki_pos_mut() = copied.range().end() as i64;
                }
                device.reads.add(1, Relaxed);
                return Ok(copied.done);
            }
            limit = iov.fault_in(copied.wanted.length);
            if limit == 0 {
                return Err(EFAULT);
            }
            if kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
        }
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        if iov.is_empty() {
            device.writes.add(1, Relaxed);
            return Ok(0);
        }
        let mut budget = RETRY_BYTES;
        loop {
            let position = (!kiocb.append()).then_some(kiocb.ki_pos());
            // What has no room is neither faulted in nor given memory. Both are done unlocked, and the
            // extent is checked again under the lock.
            let planned = device.extent().writable(position, iov.len());
            let limit = iov.fault_in(planned.ok_or(ENOSPC)?.length);
            if limit == 0 {
                return Err(EFAULT);
            }
            if !kiocb.nowait() {
                let size = device.extent().size();
                let start = position.map_or(size, |position| position as usize);
                let end = start.saturating_add(limit);
                let start = start.min(size);
                device.pages.populate(start, end.saturating_sub(start))?;
            }
            let mut contents = kiocb.down_write(&device.contents)?;
            let wanted = contents
                .store
                .extent()
                .writable(position, limit)
                .ok_or(ENOSPC)?;
            contents.store.prepare(&wanted, kiocb.nowait())?;
            let is_last = budget < wanted.length;
            budget = budget.saturating_sub(wanted.length);
            let copied = contents.store.write(wanted, iov, is_last);
            if copied.done != 0 {
                HelloDevice::wrote(device, contents, copied.range());
                *kiocb.ki_pos_mut() = copied.range().end() as i64;
                device.writes.add(1, Relaxed);
                return Ok(copied.done);
            }
            drop(contents);
            if kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
            if is_last {
                return Err(EFAULT);
            }
        }
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: i32) -> Result<i64> {
        file.generic_file_llseek(offset, whence, file.device().size.load(Relaxed))
    }

    /// Nothing to do: the contents are in memory only.
    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        Ok(())
    }

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
            uapi::COMMAND_SET_CAPACITY => {
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
                let mut contents = device.contents.write();
                contents.store.set_capacity(capacity as usize)?;
                device.capacity.store(i64::from(capacity), Relaxed);
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn mmap(file: OpenFile<'_, Self>) -> Result<Arc<Pages>> {
        Ok(file.device().pages.clone())
    }

    fn show_fdinfo(file: OpenFile<'_, Self>, lines: &SeqFile) {
        seq_print!(lines, "minor:\t{}\n", file.device().minor());
    }
}
