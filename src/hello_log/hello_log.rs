// SPDX-License-Identifier: GPL-2.0

//! `/dev/hello_log`: a stream of every message that is written to a device of `hello`.
//!
//! It is stacked on hello.ko, and uses only exported symbols. Writers pay only for a copy of their
//! message to a ring; readers turn it into a line.

#![forbid(unsafe_code)]

mod escape;
mod line;
mod ring;

use chrdev::{
    prelude::*,
    WaitQueue, //
};
use core::{
    fmt::Write as _,
    ops::Range, //
};
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
use line::LineWriter;
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
    #[inline]
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let ring = chrdev::parameter!(ring, ring::MINIMUM as u32..=1 << 20)?;

        let region = Region::new(c"hello_log", 0, 1)?;
        let device = LogDevice::new(ring as usize);
        let registration = Registration::new(region.alloc_minor(0)?, None, device)?;
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

/// The messages, and the readers that wait for them.
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
        let length = message.len().min(line::longest_message(ring.capacity()));
        ring.push(message.minor(), length, |offset, bytes| {
            message.read(offset, bytes);
        });
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

/// The initial size of a line, which is enough for [`Line::write_lost`] and most messages.
const INITIAL_SIZE: usize = 256;

/// A line on its way to a reader.
struct Line {
    /// Memory for a copy of a message that is long or in two parts.
    message: KVVec<u8>,
    /// The line, or memory for it.
    text: KVVec<u8>,
    /// The part of `text` that is still to be read.
    rest: Range<usize>,
    next: Option<KBox<Line>>,
}

impl Line {
    /// Allocates an empty line.
    #[cold]
    fn new() -> Result<KBox<Self>> {
        let line = Self {
            message: KVVec::new(),
            text: KVVec::zeroed(INITIAL_SIZE, GFP_KERNEL_ACCOUNT)?,
            rest: 0..0,
            next: None,
        };
        Ok(KBox::new(line, GFP_KERNEL_ACCOUNT)?)
    }

    /// Formats the line of `message`, a message to device `minor`. Returns `false` if it does not
    /// fit.
    fn write(&mut self, message: &[u8], minor: u32, ring: usize) -> bool {
        let end = line::write_line(&mut self.text, ring, minor, message);
        self.rest = 0..end.unwrap_or_default();
        end.is_some()
    }

    /// Formats the line of the first `length` bytes of [`message`](Self::message).
    #[cold]
    fn write_copied(&mut self, length: usize, minor: u32, ring: usize) -> Result {
        let message = core::mem::take(&mut self.message);
        while !self.write(message.get(..length).unwrap_or_default(), minor, ring) {
            self.enlarge(ring)?;
        }
        self.message = message;
        Ok(())
    }

    /// Replaces the memory for the line by more of it.
    #[cold]
    fn enlarge(&mut self, ring: usize) -> Result {
        let size = self.text.len().saturating_mul(4).min(ring);
        self.text = KVVec::zeroed(size, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Formats a line that reports the number of lost messages.
    #[cold]
    fn write_lost(&mut self, lost: u64) {
        let mut line = LineWriter::new(&mut self.text, 0);
        // It cannot fail.
        let _ = writeln!(line, "hello_log: {lost} messages lost");
        self.rest = 0..line.length();
    }
}

/// The read position of an open file.
///
/// It is not locked while a line is copied to user memory, since that may take as long as another
/// process wants: a line is taken out, and given back if a part of it could not be copied.
struct Reader {
    cursor: Cursor,
    /// Lines that were given back, the next one first.
    pending: Option<KBox<Line>>,
    /// Memory for the next line.
    spare: Option<KBox<Line>>,
}

impl Reader {
    /// Whether a read would return something.
    fn is_ready(&self, log: &Log) -> bool {
        let mut cursor = self.cursor;
        self.pending.is_some() || log.ring.lock().next(&mut cursor) != Next::Nothing
    }

    /// Takes the next line, if there is one.
    #[inline]
    fn take(&mut self, log: &Log) -> Result<Option<KBox<Line>>> {
        if self.pending.is_some() {
            return Ok(self.take_pending());
        }
        let mut line = match self.spare.take() {
            Some(line) => line,
            None => Line::new()?,
        };
        loop {
            let ring = log.ring.lock();
            let size = ring.capacity();
            let mut cursor = self.cursor;
            let record = match ring.next(&mut cursor) {
                Next::Nothing => {
                    self.spare = Some(line);
                    return Ok(None);
                }
                Next::Lost(lost) => {
                    self.cursor = cursor;
                    line.write_lost(lost);
                    return Ok(Some(line));
                }
                Next::Record(record) => record,
            };
            // Longer messages would make writers wait.
            let is_short = |message: &&[u8]| message.len() <= INITIAL_SIZE;
            if let Some(message) = record.as_slice().filter(is_short) {
                if line.write(message, record.tag, size) {
                    self.cursor = cursor;
                    return Ok(Some(line));
                }
                drop(ring);
                line.enlarge(size)?;
                continue;
            }
            let (minor, length) = (record.tag, record.len());
            if let Some(message) = line.message.get_mut(..length) {
                record.copy_to(message);
                drop(ring);
                line.write_copied(length, minor, size)?;
                self.cursor = cursor;
                return Ok(Some(line));
            }
            drop(ring);
            line.message = KVVec::zeroed(length, GFP_KERNEL_ACCOUNT)?;
        }
    }

    /// Takes the next of the lines that were given back.
    fn take_pending(&mut self) -> Option<KBox<Line>> {
        let mut line = self.pending.take()?;
        self.pending = line.next.take();
        Some(line)
    }

    /// Takes a line back, to reuse its memory or to read the rest of it. Returns whether there is a
    /// rest.
    #[inline]
    fn give_back(&mut self, mut line: KBox<Line>) -> bool {
        if line.rest.is_empty() {
            self.spare.get_or_insert(line);
            return false;
        }
        line.next = self.pending.take();
        self.pending = Some(line);
        true
    }
}

impl Drop for Reader {
    /// Drops the lines one by one: a chain that drops itself uses stack for each link.
    fn drop(&mut self) {
        while self.take_pending().is_some() {}
    }
}

/// Copies as many lines as exist and fit in `iov`.
#[inline]
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
        let copied = iov.copy_to_iter(line.text.get(line.rest.clone()).unwrap_or_default());
        line.rest.start = line.rest.start.wrapping_add(copied);
        let is_pending = reader.lock().give_back(line);
        total = total.wrapping_add(copied);
        if is_pending {
            // A reader that shares the file may have found nothing meanwhile. For other files,
            // nothing has changed, so each poller asks `poll`.
            log.readers.wake_up_all(Events::NONE);
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

    #[inline]
    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result<Self::File> {
        opening.stream_open();
        let reader = Reader {
            cursor: device.log.ring.lock().end(),
            pending: None,
            spare: None,
        };
        KBox::pin_init(new_mutex!(reader, "hello_log reader"), GFP_KERNEL_ACCOUNT)
    }

    #[inline]
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

    #[inline]
    fn poll(file: OpenFile<'_, Self>, _table: &mut PollTable<'_>) -> Events {
        if file.state().lock().is_ready(&file.device().log) {
            Events::IN
        } else {
            Events::NONE
        }
    }

    /// Nothing to do: `wake_up_all` sends `SIGIO`.
    #[inline]
    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {}

    #[inline]
    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.log.readers
    }
}
