// SPDX-License-Identifier: GPL-2.0

//! `/dev/hello_log`: a stream of every message that is written to a device of `hello`.
//!
//! It is stacked on hello.ko, and uses only what that exports.

mod escape;
mod ring;

use chrdev::{
    prelude::*,
    WaitQueue, //
};
use core::{
    fmt::{
        self,
        Write as _, //
    },
    ops::Range, //
};
use escape::Escaper;
use hello::{
    Message,
    Subscriber,
    Subscription, //
};
use kernel::{
    prelude::*,
    sync::{
        new_mutex,
        Arc,
        Mutex, //
    },
};
use ring::{
    Cursor,
    Next,
    Ring, //
};

chrdev::module! {
    type: HelloLog,
    name: "hello_log",
    authors: ["The hello authors"],
    description: "A stream of every message written to a hello device",
    license: "GPL",
    params: {
        ring: i64 {
            default: 65536,
            description: "Bytes of messages kept for slow readers, 256 to 1048576",
        },
    },
}

/// The module.
struct HelloLog {
    _registration: Registration<LogDevice>,
}

impl kernel::Module for HelloLog {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let ring = chrdev::parameter!(ring, ring::MINIMUM as u32..=1 << 20)?;

        let region = Region::new(c"hello_log", 0, 1)?;
        let device = LogDevice::new(ring as usize);
        let registration = Registration::new(region.minor(0)?, None, device)?;
        pr_info!("Hello, listening to {} devices\n", hello::devices());
        Ok(Self {
            _registration: registration,
        })
    }
}

impl Drop for HelloLog {
    fn drop(&mut self) {
        pr_info!("Goodbye\n");
    }
}

/// The messages, and those who wait for them.
#[pin_data]
struct Log {
    #[pin]
    ring: Mutex<Ring<KVVec<u8>>>,
    #[pin]
    readers: WaitQueue,
}

impl Subscriber for Log {
    fn message(&self, message: &Message<'_>) {
        let mut ring = self.ring.lock();
        let mut record = ring.push();
        // A record takes whatever is written to it.
        let _ = write!(record, "hello{}: ", message.minor());

        let mut escaper = Escaper::new();
        let mut offset = 0;
        let mut bytes = [0; 128];
        while !record.is_cut() {
            let count = message.read(offset, &mut bytes);
            offset = offset.saturating_add(count);
            let is_last = offset >= message.len();
            let bytes = bytes.get(..count).unwrap_or_default();
            // echo ends a message with a newline, and so does the line itself.
            let bytes = match bytes {
                [line @ .., b'\n'] if is_last => line,
                _ => bytes,
            };
            for byte in bytes {
                escaper.push(*byte, |shown| {
                    record.put(shown);
                });
            }
            if is_last {
                break;
            }
        }
        escaper.finish(|shown| {
            record.put(shown);
        });
        if record.is_cut() {
            record.put_note(b" [cut: longer than the ring]");
        }
        record.put_note(b"\n");
        record.finish();
        drop(ring);
        self.readers.wake_up_all(Events::IN);
    }
}

/// The state of the device.
struct LogDevice {
    log: Arc<Log>,
    _subscriptions: KVec<Subscription>,
}

impl LogDevice {
    fn new(size: usize) -> Result<Self> {
        let buffer = KVVec::zeroed(size, GFP_KERNEL_ACCOUNT)?;
        let log = Arc::pin_init(
            pin_init!(Log {
                ring <- new_mutex!(Ring::new(buffer), "hello_log ring"),
                readers <- WaitQueue::new(),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        let devices = hello::devices();
        let mut subscriptions = KVec::with_capacity(devices as usize, GFP_KERNEL)?;
        for minor in 0..devices {
            subscriptions.push_within_capacity(Subscription::new(minor, log.clone())?)?;
        }
        Ok(Self {
            log,
            _subscriptions: subscriptions,
        })
    }
}

/// A line on its way to a reader.
struct Line {
    bytes: KVVec<u8>,
    /// What of `bytes` is still to be read.
    rest: Range<usize>,
    next: Option<KBox<Line>>,
}

impl Line {
    /// Room for a line, at least for one that [`report`](Self::report) makes.
    fn new() -> Result<KBox<Self>> {
        let line = Self {
            bytes: KVVec::zeroed(256, GFP_KERNEL_ACCOUNT)?,
            rest: 0..0,
            next: None,
        };
        Ok(KBox::new(line, GFP_KERNEL_ACCOUNT)?)
    }

    /// Says that messages were lost.
    fn report(&mut self, lost: u64) {
        self.rest = 0..0;
        // It takes what fits, which is all of it.
        let _ = writeln!(self, "hello_log: {lost} messages lost");
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.rest.end..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.as_bytes()) {
            *to = *from;
            self.rest.end = self.rest.end.saturating_add(1);
        }
        Ok(())
    }
}

/// How far an open file has read.
///
/// It is never locked while a line is copied to user memory, which may take as long as another
/// process wants: a line is taken out, and what could not be copied is given back.
struct Reader {
    cursor: Cursor,
    /// Lines that were given back.
    pending: Option<KBox<Line>>,
    /// Room for the next line.
    spare: Option<KBox<Line>>,
}

impl Reader {
    /// Whether there is something to read.
    fn is_ready(&self, log: &Log) -> bool {
        let mut cursor = self.cursor;
        self.pending.is_some() || log.ring.lock().next(&mut cursor) != Next::Nothing
    }

    /// Takes the next line, if there is one.
    fn take(&mut self, log: &Log) -> Result<Option<KBox<Line>>> {
        if let Some(mut line) = self.pending.take() {
            self.pending = line.next.take();
            return Ok(Some(line));
        }
        let mut line = match self.spare.take() {
            Some(line) => line,
            None => Line::new()?,
        };
        loop {
            let ring = log.ring.lock();
            let length = match ring.next(&mut self.cursor) {
                Next::Nothing => {
                    self.spare = Some(line);
                    return Ok(None);
                }
                Next::Lost(lost) => {
                    line.report(lost);
                    return Ok(Some(line));
                }
                Next::Record(length) => length,
            };
            if let Some(bytes) = line.bytes.get_mut(..length) {
                ring.take(&mut self.cursor, bytes);
                line.rest = 0..length;
                return Ok(Some(line));
            }
            drop(ring);
            line.bytes = KVVec::zeroed(length, GFP_KERNEL_ACCOUNT)?;
        }
    }

    /// Gives a line back, to be read on or to be used again.
    fn give_back(&mut self, mut line: KBox<Line>) {
        if line.rest.is_empty() {
            self.spare = Some(line);
        } else {
            line.next = self.pending.take();
            self.pending = Some(line);
        }
    }
}

impl Drop for Reader {
    /// One by one: a chain that drops itself takes stack for each link.
    fn drop(&mut self) {
        while let Some(mut line) = self.pending.take() {
            self.pending = line.next.take();
        }
    }
}

/// Copies as many lines as there are and `destination` has room for.
fn read_lines(reader: &Mutex<Reader>, log: &Log, iov: &mut IovIterDest<'_>) -> Result<usize> {
    let mut total = 0usize;
    while !iov.is_empty() {
        if total != 0 && kernel::current!().signal_pending() {
            break;
        }
        let taken = reader.lock().take(log);
        let mut line = match taken {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(_) if total != 0 => break,
            Err(error) => return Err(error),
        };
        let copied = iov.copy_to_iter(line.bytes.get(line.rest.clone()).unwrap_or_default());
        line.rest.start = line.rest.start.saturating_add(copied);
        let is_whole = line.rest.is_empty();
        reader.lock().give_back(line);
        total = total.saturating_add(copied);
        if !is_whole {
            // Somebody who shares the file may have found nothing meanwhile.
            log.readers.wake_up_all(Events::IN);
        }
        if copied == 0 {
            return if total == 0 { Err(EFAULT) } else { Ok(total) };
        }
    }
    Ok(total)
}

#[vtable]
impl FileOperations for LogDevice {
    const DEVICE_NAME: &'static CStr = c"hello_log";

    type File = Pin<KBox<Mutex<Reader>>>;

    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result<Self::File> {
        opening.stream_open();
        let reader = Reader {
            cursor: device.log.ring.lock().now(),
            pending: None,
            spare: None,
        };
        KBox::pin_init(new_mutex!(reader, "hello_log reader"), GFP_KERNEL_ACCOUNT)
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let file = kiocb.file();
        let (device, reader) = (file.device(), file.state());
        loop {
            let count = read_lines(reader, &device.log, iov)?;
            if count != 0 || iov.is_empty() || device.is_removed() {
                return Ok(count);
            }
            if kiocb.nonblocking() {
                return Err(EAGAIN);
            }
            device.log.readers.wait(|| {
                (device.is_removed() || reader.lock().is_ready(&device.log)).then_some(())
            })?;
        }
    }

    fn poll(file: OpenFile<'_, Self>) -> Events {
        if file.state().lock().is_ready(&file.device().log) {
            Events::IN
        } else {
            Events::NONE
        }
    }

    /// Nothing to do: `wake_up_all` sends `SIGIO`.
    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {}

    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.log.readers
    }
}
