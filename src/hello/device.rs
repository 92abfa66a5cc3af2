// SPDX-License-Identifier: GPL-2.0

//! `/dev/helloN`: a file of bytes, kept in memory.

use crate::{
    extent::Range,
    message::{
        Message,
        Subscriber, //
    },
    store::{
        Copied,
        Store, //
    },
    subscribers::Subscribers,
    Hello, //
};
use chrdev::{
    flags::O_TRUNC,
    Destination,
    Device,
    Events,
    FileOperations,
    Io,
    OpenFile,
    Opening,
    ReadGuard,
    RwSemaphore,
    Source,
    Whence,
    WriteGuard, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What a device holds before anything was written to it.
const GREETING: &[u8] = b"Hello, world!\n";

/// How often a read starts again because user memory went away before it is cut short.
const READ_ROUNDS: u32 = 8;

/// A device's state.
#[pin_data]
pub struct HelloDevice {
    #[pin]
    contents: RwSemaphore<Contents>,
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
        try_pin_init!(Self {
            contents <- RwSemaphore::new(Contents {
                store: store?,
                subscribers: Subscribers::new(),
            }),
        })
    }

    /// Enters a subscriber, and answers with its number.
    pub(crate) fn subscribe(&self, subscriber: Arc<dyn Subscriber>) -> Result<u64> {
        self.contents.write().subscribers.add(subscriber)
    }

    /// Takes a subscriber out; when this returns, it is not being called.
    pub(crate) fn unsubscribe(&self, number: u64) {
        self.contents.write().subscribers.remove(number);
    }

    fn read(&self, nowait: bool) -> Result<ReadGuard<'_, Contents>> {
        if nowait {
            self.contents.try_read().ok_or(EAGAIN)
        } else {
            Ok(self.contents.read())
        }
    }

    fn write(&self, nowait: bool) -> Result<WriteGuard<'_, Contents>> {
        if nowait {
            self.contents.try_write().ok_or(EAGAIN)
        } else {
            Ok(self.contents.write())
        }
    }

    /// Tells the subscribers what was written, while nobody else can write.
    fn notify(minor: u32, contents: WriteGuard<'_, Contents>, range: Range) {
        if contents.subscribers.is_empty() {
            return;
        }
        let contents = contents.downgrade();
        let message = Message {
            minor,
            store: &contents.store,
            range,
        };
        contents
            .subscribers
            .each(|subscriber| subscriber.message(&message));
    }
}

#[vtable]
impl FileOperations for Hello {
    const NAME: &'static CStr = c"hello";
    const DEVICES: &'static CStr = c"hello%u";

    type Device = HelloDevice;
    type File = ();

    fn open(device: &Device<HelloDevice>, opening: &mut Opening<'_>) -> Result {
        opening.serialize_position();
        opening.allow_nowait();
        if opening.flags() & O_TRUNC != 0 && opening.can_write() {
            device.contents.write().store.clear();
        }
        Ok(())
    }

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        let device = io.file().device();
        let mut limit = destination.len();
        let mut rounds = 0;
        let range = loop {
            rounds = READ_ROUNDS.min(rounds + 1);
            let last = io.nowait() || rounds == READ_ROUNDS;
            let contents = device.read(io.nowait())?;
            // A read that has to start again starts from its beginning, so that it sees no write
            // in part.
            let copied = destination.attempt(|destination| {
                let copied = contents.store.read(io.position(), limit, destination);
                let kept = match &copied {
                    Copied::Whole(range) => range.length,
                    Copied::Part(range) if last => range.length,
                    _ => 0,
                };
                (copied, kept)
            });
            drop(contents);
            let wanted = match copied {
                Copied::Whole(range) => break range,
                Copied::Part(range) if last => break range,
                Copied::Nothing(_) if io.nowait() => return Err(EAGAIN),
                Copied::Nothing(_) if last => return Err(EFAULT),
                Copied::Part(_) => limit,
                Copied::Nothing(wanted) => wanted,
            };
            limit = destination.fault_in(wanted);
            if limit == 0 {
                return Err(EFAULT);
            }
        };
        if range.length != 0 {
            io.set_position(range.end() as i64);
        }
        Ok(range.length)
    }

    fn write_iter(io: &mut Io<'_, Self>, source: &mut Source<'_>) -> Result<usize> {
        let device = io.file().device();
        let mut limit = source.len();
        if limit == 0 {
            return Ok(0);
        }
        loop {
            if !io.nowait() {
                limit = source.fault_in(limit);
                if limit == 0 {
                    return Err(EFAULT);
                }
            }
            let mut contents = device.write(io.nowait())?;
            let position = (!io.append()).then_some(io.position());
            let range = contents
                .store
                .extent()
                .writable(position, limit)
                .ok_or(ENOSPC)?;
            contents.store.prepare(&range, io.nowait())?;
            if let Copied::Whole(range) | Copied::Part(range) = contents.store.write(range, source)
            {
                HelloDevice::notify(device.minor(), contents, range);
                device.own_wait_queue().wake_all();
                io.set_position(range.end() as i64);
                return Ok(range.length);
            }
            drop(contents);
            if io.nowait() {
                return Err(EAGAIN);
            }
            if kernel::current!().signal_pending() {
                return Err(ERESTARTSYS);
            }
        }
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: Whence) -> Result<i64> {
        let size = file.device().contents.read().store.extent().size();
        file.seek_file(offset, whence, size as i64)
    }

    fn poll(file: OpenFile<'_, Self>) -> Events {
        let contents = file.device().contents.read();
        if file.position() < contents.store.extent().size() as i64 {
            Events::IN | Events::OUT
        } else {
            Events::OUT
        }
    }
}
