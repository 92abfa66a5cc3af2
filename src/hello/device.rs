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
    message::{
        Message,
        Subscriber, //
    },
    store::Store,
    subscribers::{
        Entry,
        Subscribers, //
    },
    uapi,
    Hello, //
};
use chrdev::{
    flags::O_TRUNC,
    new_rw_semaphore,
    Argument,
    Attribute,
    Destination,
    Device,
    FileOperations,
    Io,
    OpenFile,
    Opening,
    Pages,
    RwSemaphore,
    Source,
    Whence,
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

/// What a device holds before anything was written to it.
const GREETING: &[u8] = b"Hello, world!\n";

/// How many bytes a device may be able to hold.
pub(crate) const CAPACITY: RangeInclusive<u32> = 1..=16 << 20;

/// How often a read starts again because user memory went away before it is cut short.
const READ_ROUNDS: u32 = 8;

/// How many bytes an append copies in vain, since user memory goes away meanwhile, before it is cut short.
const RETRY_BYTES: usize = 1 << 20;

/// A device's state.
#[pin_data]
pub struct HelloDevice {
    #[pin]
    contents: RwSemaphore<Contents>,
    /// The store's size, which is read without waiting for a writer.
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

/// What a device's lock is around.
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

    /// Takes a subscriber out; when this returns, it is not being called.
    pub(crate) fn unsubscribe(&self, number: u64) {
        let entry = self.contents.write().subscribers.remove(number);
        // Unlocked, see `Entry::new`.
        drop(entry);
    }

    /// Copies what is stored from `offset` on, and answers how many bytes.
    pub(crate) fn get(&self, offset: usize, bytes: &mut [u8]) -> usize {
        let contents = self.contents.read();
        let position = i64::try_from(offset).unwrap_or(i64::MAX);
        let range = contents.store.extent().readable(position, bytes.len());
        if let Some(bytes) = bytes.get_mut(..range.length) {
            contents.store.peek(range.start, bytes);
        }
        range.length
    }

    /// Stores `bytes` in place of what was there, and tells the subscribers.
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

    /// Publishes the size and tells the subscribers what was written, while no other writer can run.
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
            .each(|subscriber| subscriber.message(&message));
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
impl FileOperations for Hello {
    const NAME: &'static CStr = c"hello";
    const DEVICES: &'static CStr = c"hello%u";
    const ATTRIBUTES: &'static [Attribute<HelloDevice>] = &[
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

    type Device = HelloDevice;
    type File = ();

    fn open(device: &Device<HelloDevice>, opening: &mut Opening<'_>) -> Result {
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

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        let device = io.file().device();
        let mut limit = destination.len();
        let mut rounds = READ_ROUNDS;
        loop {
            rounds = rounds.saturating_sub(1);
            let contents = device.contents.read_nowait(io.nowait())?;
            // A read that has to start again starts from its beginning, so that it sees no write
            // in part.
            let copied = destination.attempt(|destination| {
                let copied = contents.store.read(io.position(), limit, destination);
                let keep = copied.is_whole() || rounds == 0;
                let kept = if keep { copied.done } else { 0 };
                (copied, kept)
            });
            drop(contents);
            if copied.is_whole() || rounds == 0 && copied.done != 0 {
                if copied.done != 0 {
                    io.set_position(copied.range().end() as i64);
                }
                device.reads.add(1, Relaxed);
                return Ok(copied.done);
            }
            limit = destination.fault_in(copied.wanted.length);
            if limit == 0 {
                return Err(EFAULT);
            }
            if kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
        }
    }

    fn write_iter(io: &mut Io<'_, Self>, source: &mut Source<'_>) -> Result<usize> {
        let device = io.file().device();
        if source.is_empty() {
            device.writes.add(1, Relaxed);
            return Ok(0);
        }
        let mut budget = RETRY_BYTES;
        loop {
            let position = (!io.append()).then_some(io.position());
            // What has no room is neither faulted in nor given memory. Both are done unlocked; what the
            // lock shows afterwards is what counts.
            let planned = device.extent().writable(position, source.len());
            let limit = source.fault_in(planned.ok_or(ENOSPC)?.length);
            if limit == 0 {
                return Err(EFAULT);
            }
            if !io.nowait() {
                let size = device.extent().size();
                let start = position.map_or(size, |position| position as usize);
                let end = start.saturating_add(limit);
                let start = start.min(size);
                device.pages.populate(start, end.saturating_sub(start))?;
            }
            let mut contents = device.contents.write_nowait(io.nowait())?;
            let wanted = contents
                .store
                .extent()
                .writable(position, limit)
                .ok_or(ENOSPC)?;
            contents.store.prepare(&wanted, io.nowait())?;
            let is_last = budget < wanted.length;
            budget = budget.saturating_sub(wanted.length);
            let copied = contents.store.write(wanted, source, is_last);
            if copied.done != 0 {
                HelloDevice::wrote(device, contents, copied.range());
                io.set_position(copied.range().end() as i64);
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

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: Whence) -> Result<i64> {
        file.seek_file(offset, whence, file.device().size.load(Relaxed))
    }

    /// There is nothing behind the memory that it could be written to.
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
                if !chrdev::may_administer() {
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
