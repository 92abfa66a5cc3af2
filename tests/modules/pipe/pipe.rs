// SPDX-License-Identifier: GPL-2.0

//! `/dev/pipe0` and `/dev/pipe1` behave like named pipes.
//!
//! Opening one end waits for the other; reads wait for data and return 0 when all writers have
//! closed the pipe; writes wait for room, and those of up to 4,096 bytes are not split. Unlike a
//! named pipe, they send no `SIGPIPE` to a writer that has no reader: a driver on `chrdev` can send
//! no signal but `SIGIO`.

#![forbid(unsafe_code)]

use chrdev::{
    flags::O_NONBLOCK,
    prelude::*,
    WaitQueue, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        Mutex, //
    },
};

chrdev::module! {
    type: PipeModule,
    name: "pipe",
    description: "A pipe",
    license: "GPL",
}

struct PipeModule(#[expect(dead_code)] [Registration<Pipe>; 2]);

impl kernel::Module for PipeModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"pipe", 0, 2)?;
        let device = |number| Registration::new(region.alloc_minor(number)?, None, Pipe::new());
        Ok(Self([device(0)?, device(1)?]))
    }
}

const SIZE: usize = 65536;

/// Writes of up to this length are not split, `PIPE_BUF`.
const ATOMIC: usize = 4096;

#[pin_data]
struct Pipe {
    #[pin]
    ring: Mutex<Ring>,
    #[pin]
    readers: WaitQueue,
    #[pin]
    writers: WaitQueue,
}

/// The bytes in the pipe, `length` from `start` on, and the numbers of its readers and writers.
struct Ring {
    bytes: KVVec<u8>,
    start: usize,
    length: usize,
    readers: usize,
    writers: usize,
    /// The number of times that each end was opened.
    reader_opens: usize,
    writer_opens: usize,
}

impl Ring {
    fn room(&self) -> usize {
        SIZE.saturating_sub(self.length)
    }

    fn read(&mut self, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let mut done = 0usize;
        // The bytes may continue at the start of the ring.
        for _ in 0..2 {
            let end = self.start.saturating_add(self.length).min(SIZE);
            let count = iov.copy_to_iter(self.bytes.get(self.start..end).unwrap_or_default());
            self.start = self.start.saturating_add(count) % SIZE;
            self.length = self.length.saturating_sub(count);
            done = done.saturating_add(count);
        }
        if done == 0 && self.length != 0 && !iov.is_empty() {
            return Err(EFAULT);
        }
        Ok(done)
    }

    fn write(&mut self, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut done = 0usize;
        for _ in 0..2 {
            let start = self.start.saturating_add(self.length) % SIZE;
            let end = start.saturating_add(self.room()).min(SIZE);
            let count = iov.copy_from_iter(self.bytes.get_mut(start..end).unwrap_or_default());
            self.length = self.length.saturating_add(count);
            done = done.saturating_add(count);
        }
        if done == 0 && self.room() != 0 && !iov.is_empty() {
            return Err(EFAULT);
        }
        Ok(done)
    }
}

impl Pipe {
    fn new() -> impl PinInit<Self, Error> {
        let ring = || -> Result<Ring> {
            Ok(Ring {
                bytes: KVVec::from_elem(0, SIZE, GFP_KERNEL)?,
                start: 0,
                length: 0,
                readers: 0,
                writers: 0,
                reader_opens: 0,
                writer_opens: 0,
            })
        };
        try_pin_init!(Self {
            ring <- new_mutex!(ring()?, "pipe"),
            readers <- WaitQueue::new(),
            writers <- WaitQueue::new(),
        })
    }

    fn lock(&self, kiocb: &Kiocb<'_, Self>) -> Result<Guard<'_, Ring, MutexBackend>> {
        if kiocb.nowait() {
            self.ring.try_lock().ok_or(EAGAIN)
        } else {
            Ok(self.ring.lock())
        }
    }

    /// Wakes both ends, after one of them was opened or closed.
    fn wake_up_both(&self, events: Events) {
        self.readers.wake_up_all(events);
        self.writers.wake_up_all(events);
    }

    /// Waits until the other end is opened.
    fn wait_for_other(&self, opening: &Opening<'_>) -> Result {
        let (reads, nonblocking) = (opening.can_read(), opening.flags() & O_NONBLOCK != 0);
        let opens = |ring: &Ring| (ring.reader_opens, ring.writer_opens);
        let before = {
            let ring = self.ring.lock();
            let others = if reads { ring.writers } else { ring.readers };
            if others != 0 || reads && nonblocking {
                return Ok(());
            }
            opens(&ring)
        };
        if nonblocking {
            return Err(ENXIO);
        }
        let queue = if reads { &self.readers } else { &self.writers };
        queue.wait(|| {
            let now = opens(&self.ring.lock());
            let others = if reads {
                now.1 != before.1
            } else {
                now.0 != before.0
            };
            others.then_some(())
        })
    }
}

/// An end of the pipe.
struct End {
    /// The number of times that writers had opened the pipe before.
    writer_opens: usize,
}

#[vtable]
impl FileOperations for Pipe {
    const DEVICE_NAME: &'static CStr = c"pipe%u";

    type File = End;

    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result<End> {
        opening.stream_open();
        let (reads, writes) = (opening.can_read(), opening.can_write());
        let count = |ring: &mut Ring, by: usize| {
            ring.readers = ring.readers.wrapping_add(if reads { by } else { 0 });
            ring.writers = ring.writers.wrapping_add(if writes { by } else { 0 });
        };
        let writer_opens = {
            let mut ring = device.ring.lock();
            let writer_opens = ring.writer_opens;
            count(&mut ring, 1);
            ring.reader_opens = ring.reader_opens.wrapping_add(reads.into());
            ring.writer_opens = ring.writer_opens.wrapping_add(writes.into());
            writer_opens
        };
        device.wake_up_both(Events::NONE);
        if let Err(error) = device.wait_for_other(opening) {
            count(&mut device.ring.lock(), usize::MAX);
            device.wake_up_both(Events::NONE);
            return Err(error);
        }
        Ok(End { writer_opens })
    }

    fn release(file: OpenFile<'_, Self>) {
        let mut ring = file.device().ring.lock();
        if file.can_read() {
            ring.readers = ring.readers.saturating_sub(1);
        }
        if file.can_write() {
            ring.writers = ring.writers.saturating_sub(1);
        }
        if ring.readers == 0 && ring.writers == 0 {
            ring.length = 0;
        }
        let (readers, writers) = (ring.readers, ring.writers);
        drop(ring);
        let device = file.device();
        // The other end does not notice while there are others.
        if readers == 0 || writers == 0 {
            device.wake_up_both(Events::NONE);
        }
        if readers == 0 {
            device.readers.kill_fasync(Events::OUT);
        }
        if writers == 0 {
            device.readers.kill_fasync(Events::IN);
        }
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        loop {
            let mut ring = device.lock(kiocb)?;
            let result = ring.read(iov);
            let (left, room, writers) = (ring.length, ring.room(), ring.writers);
            drop(ring);
            // Wake the next reader: this one may have been woken in its place.
            if left != 0 {
                device.readers.wake_up(Events::IN);
            }
            let count = result?;
            if count != 0 {
                // There may be room for a sleeping writer, but not enough for `poll`.
                device.writers.wake_up_all(Events::NONE);
                if room >= ATOMIC {
                    device.readers.kill_fasync(Events::OUT);
                }
                return Ok(count);
            }
            if iov.is_empty() || writers == 0 {
                return Ok(0);
            }
            if kiocb.nonblocking() {
                return Err(EAGAIN);
            }
            device.readers.wait_exclusive(|| {
                let ring = device.ring.lock();
                (ring.length != 0 || ring.writers == 0).then_some(())
            })?;
        }
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        if iov.is_empty() {
            return Ok(0);
        }
        let mut done = 0usize;
        let result = loop {
            let needed = iov.len().min(ATOMIC);
            let mut ring = match device.lock(kiocb) {
                Ok(ring) => ring,
                Err(error) => break Err(error),
            };
            if ring.readers == 0 {
                break Err(EPIPE);
            }
            if ring.room() >= needed {
                match ring.write(iov) {
                    Ok(count) => done = done.saturating_add(count),
                    Err(error) => break Err(error),
                }
                drop(ring);
                device.readers.wake_up(Events::IN);
                if iov.is_empty() {
                    break Ok(());
                }
                continue;
            }
            drop(ring);
            if kiocb.nonblocking() {
                break Err(EAGAIN);
            }
            let room = device.writers.wait(|| {
                let ring = device.ring.lock();
                (ring.readers == 0 || ring.room() >= needed).then_some(())
            });
            if let Err(error) = room {
                break Err(error);
            }
        };
        match result {
            Err(error) if done == 0 => Err(error),
            _ => Ok(done),
        }
    }

    fn poll<'a>(file: OpenFile<'a, Self>, table: &mut PollTable<'a>) -> Events {
        table.poll_wait(&file.device().writers);
        let ring = file.device().ring.lock();
        let mut events = Events::NONE;
        if file.can_read() {
            if ring.length != 0 {
                events = events | Events::IN;
            }
            if ring.writers == 0 && ring.writer_opens != file.state().writer_opens {
                events = events | Events::HUP;
            }
        }
        if file.can_write() {
            if ring.room() >= ATOMIC {
                events = events | Events::OUT;
            }
            if ring.readers == 0 {
                events = events | Events::ERR;
            }
        }
        events
    }

    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {}

    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.readers
    }
}
