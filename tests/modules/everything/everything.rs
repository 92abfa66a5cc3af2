// SPDX-License-Identifier: GPL-2.0

//! Uses every public item of `chrdev` and `hello`, so its build proves that other modules can use
//! them.
//!
//! `/dev/everything0` can be read and written up to a page; writes to it are posted to
//! `/dev/hello0`.

use chrdev::{
    capable,
    faux_device,
    flags::O_NONBLOCK,
    kstrtoll,
    new_rw_semaphore,
    prelude::*,
    Capability,
    Devnode,
    GlobalArc,
    Mapping,
    Pages,
    Pipe,
    RwSemaphore,
    SeqPagesWriter,
    WaitQueue, //
};
use core::fmt::Write as _;
use hello::{
    Message,
    Subscriber,
    Subscription, //
};
use kernel::{
    faux,
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
    time::Delta, //
};

chrdev::module! {
    type: Everything,
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

static REGISTRATIONS: GlobalArc<KVVec<Registration<State>>> = GlobalArc::new();

struct Everything {
    _parent: faux::Registration,
}

impl kernel::Module for Everything {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let devices = chrdev::parameter!(devices, 1..=4)?;
        let region = Region::new(c"everything", 0, devices)?;
        pr_info!("major {}, {} minors\n", region.major(), region.minors());
        let parent = faux::Registration::new(c"everything", None)?;
        let mut registrations = KVVec::with_capacity(devices as usize, GFP_KERNEL)?;
        for number in 0..devices {
            let minor = region.alloc_any_minor()?;
            if minor.number() != number || region.alloc_minor(number).err() != Some(EBUSY) {
                return Err(EIO);
            }
            let bound = Some(faux_device(&parent));
            registrations.push_within_capacity(Registration::new(minor, bound, State::new())?)?;
        }
        if region.alloc_any_minor().err() != Some(ENOSPC)
            || region.alloc_minor(devices).err() != Some(EINVAL)
        {
            return Err(EIO);
        }
        REGISTRATIONS.set(Some(Arc::new(registrations, GFP_KERNEL)?));
        Ok(Self { _parent: parent })
    }
}

impl Drop for Everything {
    fn drop(&mut self) {
        let registrations = REGISTRATIONS.set(None);
        let devices = registrations.as_deref().map_or(&[][..], |devices| devices);
        for registration in devices {
            let device = registration.device();
            dev_info!(
                device.as_ref(),
                "{} messages\n",
                chrdev::read_once(&device.listener.messages)
            );
        }
    }
}

/// Counts messages.
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

/// What a read from the second device starts with.
const HEAD: &[u8] = b"a";

/// Returns pages that hold `HEAD`, after some other use.
fn head() -> Result<SeqPagesWriter> {
    let mut writer = SeqPagesWriter::new()?;
    // Without the page between.
    writer.shared().populate(0, PAGE_SIZE)?;
    writer.shared().populate(2 * PAGE_SIZE, 1)?;
    writer.update(|update| {
        update.write(0, b"something longer");
        update.write(2 * PAGE_SIZE, b"far");
        update.zero(0, 3 * PAGE_SIZE);
        update.write(0, HEAD);
        update.set_size(HEAD.len());
    });
    let (mut bytes, mut far) = ([1; 3], [1; 3]);
    writer.read(0, &mut bytes);
    writer.read(2 * PAGE_SIZE, &mut far);
    let pages = writer.shared();
    let is_right = bytes == *b"a\0\0"
        && far == [0; 3]
        && pages.size() == HEAD.len()
        && pages.is_populated(0, PAGE_SIZE)
        && pages.mapped_end() == 0;
    is_right.then_some(writer).ok_or(EIO)
}

#[pin_data]
struct State {
    pages: Arc<Pages>,
    head: SeqPagesWriter,
    #[pin]
    size: RwSemaphore<usize>,
    #[pin]
    queue: WaitQueue,
    #[pin]
    other: WaitQueue,
    level: Atomic<i32>,
    listener: Arc<Listener>,
    _subscription: Subscription,
}

impl State {
    fn new() -> impl PinInit<Self, Error> {
        let listener = || {
            let messages = Atomic::new(0);
            Arc::new(Listener { messages }, GFP_KERNEL)
        };
        let new = move || -> Result<(Arc<Pages>, SeqPagesWriter, Arc<Listener>, Subscription)> {
            let listener = listener()?;
            let subscription = Subscription::new(0, listener.clone())?;
            let pages = Arc::pin_init(Pages::new(), GFP_KERNEL)?;
            pages.populate(0, PAGE_SIZE)?;
            Ok((pages, head()?, listener, subscription))
        };
        pin_init::pin_init_scope(move || {
            let (pages, head, listener, subscription) = new()?;
            Ok(try_pin_init!(Self {
                pages,
                head,
                size <- new_rw_semaphore!(0, "everything size"),
                queue <- WaitQueue::new(),
                other <- WaitQueue::new(),
                level: Atomic::new(0),
                listener,
                _subscription: subscription,
            }))
        })
    }

    fn events(file: OpenFile<'_, Self>) -> Events {
        let Some(size) = file.device().size.try_read() else {
            return Events::NONE;
        };
        match *size {
            0 => Events::OUT,
            _ if file.device().is_removed() => Events::ERR | Events::HUP | Events::NONE,
            1 => Events::IN | Events::OUT | Events::PRI,
            _ => Events::IN | Events::OUT,
        }
    }
}

#[vtable]
impl FileOperations for State {
    const DEVICE_NAME: &'static CStr = c"everything%u";
    const MODE: u16 = 0o640;
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"size", |device, text| {
            Ok(write!(text, "{}", *device.size.read())?)
        }),
        // More than sysfs accepts.
        Attribute::<Self>::new(c"long", |_device, text| Ok(write!(text, "{:5000}", 1)?))
            .is_visible(|device| device.minor() == 0),
        Attribute::rw(
            c"level",
            |device, text| Ok(write!(text, "{}", device.level.load(Relaxed))?),
            |device, text| {
                let level = i32::try_from(kstrtoll(text)?)?;
                device.level.store(level, Relaxed);
                Ok(())
            },
        ),
        Attribute::<Self>::wo(c"reset", |device, _text| {
            device.level.store(0, Relaxed);
            Ok(())
        })
        .mode(0o220),
    ];

    type File = bool;

    fn devnode(&self) -> Devnode {
        Devnode {
            mode: Self::MODE,
            uid: 0,
            gid: 0,
        }
    }

    fn uevent(&self, variables: &mut Text<'_>) -> Result {
        Ok(writeln!(variables, "EVERYTHING=1")?)
    }

    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result<bool> {
        if device.minor() == 0 {
            opening.serialize_position();
            opening.allow_nowait();
        } else if device.minor() == 1 {
            opening.stream_open();
        } else {
            opening.nonseekable_open();
        }
        let nonblocking = opening.flags() & O_NONBLOCK != 0;
        Ok(nonblocking && (opening.can_read() || opening.can_write()))
    }

    fn release(file: OpenFile<'_, Self>) {
        file.device()
            .default_wait_queue()
            .wake_up_all(Events::IN | Events::OUT);
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        if device.minor() == 1 {
            if kiocb.ki_pos() != 0 {
                return Err(EIO);
            }
            let mut ki_pos = 2;
            let mut buffer = [0; 16];
            let mut stream = Text::new(&mut buffer);
            let _ = writeln!(stream, "a stream");
            if iov.fault_in(1) == 0 && !iov.is_empty() {
                return Err(EFAULT);
            }
            let head = match device.head.shared().try_read(0, iov) {
                Some(head) => head,
                None => device.head.copy_to(0, HEAD.len(), iov),
            };
            let head = head.saturating_add(iov.copy_to_iter(b" "));
            return Ok(
                head.saturating_add(iov.simple_read_from_buffer(&mut ki_pos, stream.as_bytes())?)
            );
        }
        if kiocb.nowait() && device.minor() != 0 {
            return Err(EIO);
        }
        if !kiocb.nonblocking() {
            let ready = || (device.is_removed() || *device.size.read() != 0).then_some(());
            device.queue.wait(ready)?;
            device.queue.wait_exclusive(ready)?;
            device.other.wait_killable(ready)?;
            device.other.wait_timeout(Delta::from_millis(1), ready)?;
        }
        if iov.fault_in(iov.len()) == 0 && !iov.is_empty() {
            return Err(EFAULT);
        }
        let size = kiocb.down_read(&device.size)?;
        let start = usize::try_from(kiocb.ki_pos()).unwrap_or(usize::MAX);
        let length = iov.len().min(size.saturating_sub(start));
        // Zeros, which the next copy overwrites.
        iov.attempt(|iov| (device.pages.copy_to(PAGE_SIZE, length, iov), false));
        let count = iov.attempt(|iov| {
            let count = device.pages.copy_to(start, length, iov);
            (count, true)
        });
        drop(size);
        *kiocb.ki_pos_mut() = start.saturating_add(count) as i64;
        Ok(count)
    }

    /// Of the third device, a splice also gets zeros, from a page that does not exist.
    fn splice_read(
        file: OpenFile<'_, Self>,
        position: i64,
        length: usize,
        pipe: &mut Pipe<'_>,
    ) -> Result {
        let device = file.device();
        let start = usize::try_from(position)?;
        let rest = device.size.read().saturating_sub(start);
        device.pages.splice_to(start, rest.min(length), pipe)?;
        if device.minor() == 2 {
            let length = length.saturating_sub(pipe.added());
            device.pages.splice_to(PAGE_SIZE, length, pipe)?;
            // Nothing: it is at the end.
            device.head.shared().splice_to(i64::MAX, length, pipe)?;
        }
        Ok(())
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        if iov.is_empty() {
            return Ok(0);
        }
        if device.minor() == 1 {
            let mut text = [0; 64];
            let size = iov.simple_write_to_buffer(&mut 0, &mut text)?;
            let text = text.get(..size).ok_or(EINVAL)?;
            device.pages.write(0, text);
            hello::post(0, text)?;
            *device.size.write() = size;
            return Ok(size);
        }
        let mut size = kiocb.down_write(&device.size)?;
        let length = iov.fault_in(iov.len()).min(PAGE_SIZE);
        // Of bytes on one page, either all are resident or none.
        if iov.is_on_one_page() && length != 0 && length != iov.len() {
            return Err(EFAULT);
        }
        if !device.pages.is_populated(0, length) || kiocb.append() && *size == PAGE_SIZE {
            return Err(ENOSPC);
        }
        device.pages.zero(0, *size);
        let count = iov.attempt(|iov| {
            let count = device.pages.copy_from(0, length, iov);
            (count, true)
        });
        *size = count;
        let size = size.downgrade();
        let mut text = [0; 64];
        let text = text.get_mut(..*size).ok_or(EINVAL)?;
        device.pages.read(0, text);
        let mut hole = [1];
        device.pages.read(PAGE_SIZE, &mut hole);
        if hole != [0] {
            return Err(EIO);
        }
        hello::post(0, text)?;
        drop(size);
        device.queue.wake_up_all(Events::IN | Events::OUT);
        device.other.wake_up(Events::IN);
        let mut copy = SeqPagesWriter::new()?;
        copy.shared().populate(0, 8)?;
        let tail = copy.update(|update| update.copy_from(0, 8, iov));
        let tail = tail.saturating_add(iov.copy_from_iter(&mut [0; 8]));
        let rest = iov.len();
        iov.advance(rest);
        Ok(count.saturating_add(tail).saturating_add(rest))
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: i32) -> Result<i64> {
        let size = *file.device().size.read() as i64;
        if file.f_pos() == 0 {
            file.generic_file_llseek(offset, whence, size)
        } else {
            file.fixed_size_llseek(offset, whence, size)
        }
    }

    fn poll<'a>(file: OpenFile<'a, Self>, table: &mut PollTable<'a>) -> Events {
        table.poll_wait(&file.device().other);
        Self::events(file)
    }

    fn flush(file: OpenFile<'_, Self>) -> Result {
        file.device().queue.wake_up_all(Events::IN | Events::OUT);
        Ok(())
    }

    fn fsync(file: OpenFile<'_, Self>) -> Result {
        drop(file.device().size.try_write());
        Ok(())
    }

    fn fasync(file: OpenFile<'_, Self>, on: bool) {
        if on && Self::events(file).contains(Events::IN) {
            file.device().queue.kill_fasync(Events::IN);
        }
    }

    fn ioctl(file: OpenFile<'_, Self>, command: u32, argument: Argument<'_>) -> Result<isize> {
        if command != 1 || argument.value() == 0 {
            return Err(ENOTTY);
        }
        // A capability that does not exist would be a BUG().
        if Capability::new(64).is_some() {
            return Err(EINVAL);
        }
        if !capable(Capability::SYS_ADMIN) || !file.can_read() || !file.can_write() || *file.state()
        {
            return Err(EPERM);
        }
        let registrations = REGISTRATIONS.get().ok_or(ENODEV)?;
        let mut devices = registrations.iter().map(Registration::device);
        if !devices.any(|device| core::ptr::eq(&**device, file.device())) {
            return Err(ENODEV);
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

    fn mmap(file: OpenFile<'_, Self>) -> Result<Mapping> {
        if file.device().minor() == 1 {
            return Ok(file.device().head.shared().mapping());
        }
        let pages = file.device().pages.clone();
        Ok(if file.can_write() {
            Mapping::read_write(pages)
        } else {
            Mapping::read_only(pages)
        })
    }

    fn fault(_file: OpenFile<'_, Self>, _offset: usize, _page: &mut [u8]) -> Result {
        Err(ENXIO)
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

    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.queue
    }

    fn removed(device: &Device<Self>) {
        device.other.wake_up(Events::HUP | Events::RDHUP);
    }
}
