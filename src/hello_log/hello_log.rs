// SPDX-License-Identifier: GPL-2.0

//! `/dev/hello_log`: a stream of every message that is written to a device of `hello`.
//!
//! It is stacked on hello.ko, and uses only what that exports.

mod escape;
mod ring;

use core::{
    fmt::{
        self,
        Write as _, //
    },
    ops::Range, //
};
use escape::Escaper;
use hello::{
    chrdev::{
        self,
        Destination,
        Device,
        Driver,
        Events,
        FileOperations,
        Io,
        OpenFile,
        Opening,
        Prepared,
        Region,
        WaitQueue, //
    },
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
    driver: HelloLog,
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

/// The driver.
struct HelloLog;

impl Driver for HelloLog {
    type Operations = Self;

    fn init() -> Result<Prepared<Self>> {
        let ring = chrdev::parameter!(ring, ring::MINIMUM as u32..=1 << 20)?;

        let region = Region::new(c"hello_log", 0, 1)?;
        let prepared = Prepared::new(region, |_| LogDevice::new(ring as usize))?;
        pr_info!("Hello, listening to {} devices\n", hello::devices());
        Ok(prepared)
    }

    fn exit() {
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
        if record.is_cut() {
            record.put_note(b" [cut: longer than the ring]");
        }
        record.put_note(b"\n");
        record.finish();
        drop(ring);
        self.readers.wake_all();
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

/// At least the length of what is said when messages were lost.
const REPORT_LENGTH: usize = 64;

/// Text that goes into bytes that are there already.
struct Report<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl fmt::Write for Report<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.as_bytes()) {
            *to = *from;
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}

/// How far an open file has read.
struct Reader {
    cursor: Cursor,
    /// Room for a line.
    line: KVVec<u8>,
    /// What of `line` is still to be read.
    rest: Range<usize>,
}

impl Reader {
    /// Whether there is something to read.
    fn is_ready(&self, log: &Log) -> bool {
        let mut cursor = self.cursor;
        !self.rest.is_empty() || log.ring.lock().next(&mut cursor) != Next::Nothing
    }

    /// Takes the next line out of the ring; false if there is none.
    fn advance(&mut self, log: &Log) -> Result<bool> {
        loop {
            let ring = log.ring.lock();
            let length = match ring.next(&mut self.cursor) {
                Next::Nothing => return Ok(false),
                Next::Lost(lost) => {
                    drop(ring);
                    return self.report(lost);
                }
                Next::Record(length) => length,
            };
            if let Some(line) = self.line.get_mut(..length) {
                ring.take(&mut self.cursor, line);
                self.rest = 0..length;
                return Ok(true);
            }
            drop(ring);
            self.line = KVVec::zeroed(length, GFP_KERNEL_ACCOUNT)?;
        }
    }

    /// Makes the next line say that messages were lost.
    fn report(&mut self, lost: u64) -> Result<bool> {
        if self.line.len() < REPORT_LENGTH {
            self.line = KVVec::zeroed(REPORT_LENGTH, GFP_KERNEL_ACCOUNT)?;
        }
        let mut report = Report {
            bytes: &mut self.line,
            length: 0,
        };
        // A report takes what fits, which is all of it.
        let _ = writeln!(report, "hello_log: {lost} messages lost");
        self.rest = 0..report.length;
        Ok(true)
    }

    /// Copies as much as there is and `destination` has room for.
    fn read(&mut self, log: &Log, destination: &mut Destination<'_>) -> Result<usize> {
        let mut total = 0usize;
        while !destination.is_empty() && (!self.rest.is_empty() || self.advance(log)?) {
            let rest = self.line.get(self.rest.clone()).unwrap_or_default();
            let copied = destination.write(rest);
            self.rest.start = self.rest.start.saturating_add(copied);
            total = total.saturating_add(copied);
            if copied == 0 {
                return if total == 0 { Err(EFAULT) } else { Ok(total) };
            }
        }
        Ok(total)
    }
}

#[vtable]
impl FileOperations for HelloLog {
    const NAME: &'static CStr = c"hello_log";
    const DEVICES: &'static CStr = c"hello_log";

    type Device = LogDevice;
    type File = Pin<KBox<Mutex<Reader>>>;

    fn open(device: &Device<LogDevice>, opening: &mut Opening<'_>) -> Result<Self::File> {
        opening.stream();
        let reader = Reader {
            cursor: device.log.ring.lock().now(),
            line: KVVec::new(),
            rest: 0..0,
        };
        KBox::pin_init(new_mutex!(reader, "hello_log reader"), GFP_KERNEL_ACCOUNT)
    }

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        let file = io.file();
        let (device, reader) = (file.device(), file.state());
        loop {
            let mut guard = if io.nonblocking() {
                reader.try_lock().ok_or(EAGAIN)?
            } else {
                reader.lock()
            };
            let count = guard.read(&device.log, destination)?;
            drop(guard);
            if count != 0 || destination.is_empty() || device.is_gone() {
                return Ok(count);
            }
            if io.nonblocking() {
                return Err(EAGAIN);
            }
            device
                .log
                .readers
                .wait(|| (device.is_gone() || reader.lock().is_ready(&device.log)).then_some(()))?;
        }
    }

    fn poll(file: OpenFile<'_, Self>) -> Events {
        if file.state().lock().is_ready(&file.device().log) {
            Events::IN
        } else {
            Events::NONE
        }
    }

    fn wait_queue(device: &Device<LogDevice>) -> &WaitQueue {
        &device.log.readers
    }
}
