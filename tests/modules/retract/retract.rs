// SPDX-License-Identifier: GPL-2.0

//! Devices that are removed while they are open.
//!
//! Reads of `/dev/retract0` and `/dev/retract1` wait until `go` is written to the device, and then
//! return its minor. Writing `retract` to either removes both.

use chrdev::{
    flags::O_NONBLOCK,
    prelude::*,
    GlobalArc,
    WaitQueue, //
};
use core::fmt::Write as _;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};

chrdev::module! {
    type: RetractModule,
    name: "retract",
    description: "Removes its devices while they are open",
    license: "GPL",
}

static REGISTRATIONS: GlobalArc<[Registration<Retract>; 2]> = GlobalArc::new();

struct RetractModule;

impl kernel::Module for RetractModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"retract", 0, 2)?;
        let device = |minor| Registration::new(region.alloc_minor(minor)?, None, Retract::new());
        let registrations = [device(0)?, device(1)?];
        REGISTRATIONS.set(Some(Arc::new(registrations, GFP_KERNEL)?));
        Ok(Self)
    }
}

impl Drop for RetractModule {
    fn drop(&mut self) {
        REGISTRATIONS.set(None);
    }
}

/// A device. Its readers sleep on the driver's own queue.
#[pin_data]
struct Retract {
    go: Atomic<bool>,
    #[pin]
    readers: WaitQueue,
}

impl Retract {
    fn new() -> impl PinInit<Self, Error> {
        pin_init!(Self {
            go: Atomic::new(false),
            readers <- WaitQueue::new(),
        }? Error)
    }
}

#[vtable]
impl FileOperations for Retract {
    const DEVICE_NAME: &'static CStr = c"retract%u";

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.stream_open();
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let ready = || (device.go.load(Relaxed) || device.is_removed()).then_some(());
        if kiocb.file().flags() & O_NONBLOCK != 0 {
            ready().ok_or(EAGAIN)?;
        }
        device.readers.wait(ready)?;
        if !device.go.load(Relaxed) {
            return Ok(0);
        }
        let room = iov.len();
        writeln!(iov, "{}", device.minor()).map_err(|_| EFAULT)?;
        Ok(room.saturating_sub(iov.len()))
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let mut word = [0; 16];
        let count = iov.copy_from_iter(&mut word);
        match word.get(..count) {
            Some(b"go\n") => {
                device.go.store(true, Relaxed);
                device.readers.wake_up_all(Events::IN);
            }
            Some(b"retract\n") => drop(REGISTRATIONS.set(None)),
            _ => return Err(EINVAL),
        }
        Ok(count)
    }

    fn poll<'a>(file: OpenFile<'a, Self>, table: &mut PollTable<'a>) -> Events {
        table.poll_wait(&file.device().readers);
        if file.device().go.load(Relaxed) {
            Events::IN
        } else {
            Events::NONE
        }
    }

    fn fasync(_file: OpenFile<'_, Self>, _on: bool) {}

    fn removed(device: &Device<Self>) {
        device.readers.wake_up_all(Events::NONE);
    }
}
