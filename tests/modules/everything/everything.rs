// SPDX-License-Identifier: GPL-2.0

//! Uses every public item of `chrdev` and `hello`: what it builds with, another module can use.
//!
//! `/dev/everything0` can be read and written up to a page; what is written to it is posted to
//! `/dev/hello0`.

use chrdev::{
    flags::O_NONBLOCK,
    may_administer,
    new_rw_semaphore,
    Argument,
    Attribute,
    Destination,
    Device,
    Driver,
    Events,
    FileOperations,
    Io,
    OpenFile,
    Opening,
    Pages,
    Prepared,
    Region,
    RwSemaphore,
    Source,
    WaitQueue,
    Whence, //
};
use core::fmt::Write as _;
use hello::{
    Message,
    Subscriber,
    Subscription, //
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

chrdev::module! {
    driver: Everything,
    name: "everything",
    description: "Uses all that is public",
    license: "GPL",
    params: {
        devices: i64 {
            default: 1,
            description: "Number of devices, 1 to 4",
        },
    },
}

struct Everything;

impl Driver for Everything {
    type Operations = Self;

    fn init() -> Result<Prepared<Self>> {
        let devices = chrdev::parameter!(devices, 1..=4)?;
        let region = Region::new(c"everything", 0, devices)?;
        pr_info!("major {}, {} minors\n", region.major(), region.minors());
        Prepared::new(region, |_minor| State::new())
    }

    fn exit() {
        if let Some(device) = chrdev::find::<Self>(0) {
            pr_info!(
                "{} of {} devices, {} messages\n",
                device.minor(),
                chrdev::count::<Self>(),
                device.listener.messages.load(Relaxed),
            );
        }
    }
}

/// Counts what it is told.
struct Listener {
    messages: Atomic<i64>,
}

impl Subscriber for Listener {
    fn message(&self, message: &Message<'_>) {
        let mut bytes = [0; 8];
        let count = message.read(0, &mut bytes);
        if message.is_empty() || count > message.len() || message.minor() >= hello::devices() {
            pr_err!("a message that cannot be\n");
        }
        self.messages.add(1, Relaxed);
    }
}

#[pin_data]
struct State {
    pages: Arc<Pages>,
    #[pin]
    size: RwSemaphore<usize>,
    #[pin]
    queue: WaitQueue,
    listener: Arc<Listener>,
    _subscription: Subscription,
}

impl State {
    fn new() -> impl PinInit<Self, Error> {
        let listener = || {
            let messages = Atomic::new(0);
            Arc::new(Listener { messages }, GFP_KERNEL)
        };
        let new = move || -> Result<(Arc<Pages>, Arc<Listener>, Subscription)> {
            let listener = listener()?;
            let subscription = Subscription::new(0, listener.clone())?;
            let pages = Arc::pin_init(Pages::new(), GFP_KERNEL)?;
            pages.populate(0, PAGE_SIZE)?;
            Ok((pages, listener, subscription))
        };
        pin_init::pin_init_scope(move || {
            let (pages, listener, subscription) = new()?;
            Ok(try_pin_init!(Self {
                pages,
                size <- new_rw_semaphore!(0, c"everything size"),
                queue <- WaitQueue::new(),
                listener,
                _subscription: subscription,
            }))
        })
    }
}

#[vtable]
impl FileOperations for Everything {
    const NAME: &'static CStr = c"everything";
    const DEVICES: &'static CStr = c"everything%u";
    const MODE: u16 = 0o640;
    const ATTRIBUTES: &'static [Attribute<State>] = &[
        Attribute::new(c"size", |device, text| {
            write!(text, "{}", *device.size.read())
        }),
        // More than sysfs takes.
        Attribute::new(c"long", |_device, text| write!(text, "{:5000}", 1)),
    ];

    type Device = State;
    type File = bool;

    fn open(device: &Device<State>, opening: &mut Opening<'_>) -> Result<bool> {
        if device.minor() == 0 {
            opening.serialize_position();
            opening.allow_nowait();
        } else if device.minor() == 1 {
            opening.stream();
        } else {
            opening.no_seek();
        }
        let nonblocking = opening.flags() & O_NONBLOCK != 0;
        Ok(nonblocking && (opening.can_read() || opening.can_write()))
    }

    fn release(file: OpenFile<'_, Self>) {
        file.device().own_wait_queue().wake_all();
    }

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        let device = io.file().device();
        if device.minor() == 1 {
            let text: &[u8] = match io.position() {
                0 => b"a stream\n",
                _ => b"moved\n",
            };
            return Ok(destination.write(text));
        }
        if !io.nonblocking() {
            device
                .queue
                .wait(|| (device.is_gone() || *device.size.read() != 0).then_some(()))?;
        }
        if destination.fault_in(destination.len()) == 0 && !destination.is_empty() {
            return Err(EFAULT);
        }
        let size = device.size.read_nowait(io.nowait())?;
        let start = usize::try_from(io.position()).unwrap_or(usize::MAX);
        let length = destination.len().min(size.saturating_sub(start));
        let count = destination.attempt(|destination| {
            let count = device.pages.copy_to(start, length, destination);
            (count, count)
        });
        drop(size);
        io.set_position(start.saturating_add(count) as i64);
        Ok(count)
    }

    fn write_iter(io: &mut Io<'_, Self>, source: &mut Source<'_>) -> Result<usize> {
        let device = io.file().device();
        if source.is_empty() {
            return Ok(0);
        }
        if device.minor() == 1 {
            let mut text = [0; 64];
            let size = source.read(&mut text);
            hello::post(0, text.get(..size).ok_or(EINVAL)?)?;
            *device.size.write() = size;
            return Ok(size);
        }
        let mut size = device.size.write_nowait(io.nowait())?;
        let length = source.fault_in(source.len()).min(PAGE_SIZE);
        if !device.pages.is_populated(0, length) || io.append() && *size == PAGE_SIZE {
            return Err(ENOSPC);
        }
        device.pages.zero(0, *size);
        let count = source.attempt(|source| {
            let count = device.pages.copy_from(0, length, source);
            (count, count)
        });
        *size = count;
        let size = size.downgrade();
        let mut text = [0; 64];
        let text = text.get_mut(..*size).ok_or(EINVAL)?;
        device.pages.read(0, text);
        hello::post(0, text)?;
        drop(size);
        device.queue.wake_all();
        let rest = source.len();
        source.skip(rest);
        Ok(count.saturating_add(rest))
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: Whence) -> Result<i64> {
        let size = *file.device().size.read() as i64;
        if file.position() == 0 {
            file.seek_file(offset, whence, size)
        } else {
            file.seek_within(offset, whence, size)
        }
    }

    fn poll(file: OpenFile<'_, Self>) -> Events {
        match *file.device().size.read() {
            0 => Events::OUT,
            _ if file.device().is_gone() => Events::ERR | Events::HUP | Events::NONE,
            _ => Events::IN | Events::OUT,
        }
    }

    fn flush(file: OpenFile<'_, Self>) -> Result {
        file.device().queue.wake_all();
        Ok(())
    }

    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        Ok(())
    }

    fn fasync(file: OpenFile<'_, Self>, on: bool) {
        if on {
            file.device().queue.wake_all();
        }
    }

    fn ioctl(file: OpenFile<'_, Self>, command: u32, argument: Argument<'_>) -> Result<isize> {
        if command != 1 || argument.value() == 0 {
            return Err(ENOTTY);
        }
        if !may_administer() || !file.can_read() || !file.can_write() || *file.state() {
            return Err(EPERM);
        }
        let number = argument.read::<u32>()?;
        argument.write(&number.wrapping_add(file.flags()))?;
        Ok(0)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        file: OpenFile<'_, Self>,
        command: u32,
        argument: Argument<'_>,
    ) -> Result<isize> {
        Self::ioctl(file, command, argument)
    }

    fn mmap(file: OpenFile<'_, Self>) -> Result<Arc<Pages>> {
        Ok(file.device().pages.clone())
    }

    fn show_fdinfo(file: OpenFile<'_, Self>, lines: &SeqFile) {
        let device = file.device();
        let mut bytes = [0; 16];
        let count = hello::get(0, 0, &mut bytes).unwrap_or_default();
        device.pages.write(PAGE_SIZE - 1, b"!");
        seq_print!(
            lines,
            "hello:\t{count}\nmapped:\t{}\n",
            device.pages.mapped_end()
        );
    }

    fn wait_queue(device: &Device<State>) -> &WaitQueue {
        &device.queue
    }
}
