// SPDX-License-Identifier: GPL-2.0

//! Devices whose registration is dropped while they are open.
//!
//! It publishes by hand, where a driver would leave that to `chrdev::module!`, so that it can drop
//! the registration when somebody writes `retract` to a device. `/dev/retract0` and `/dev/retract1`
//! read as their minor, once `go` was written to them; until then a read waits.

use chrdev::{
    flags::O_NONBLOCK,
    Destination,
    Device,
    Events,
    FileOperations,
    Io,
    OpenFile,
    Opening,
    Prepared,
    Region,
    Registration,
    Source, //
};
use core::fmt::Write as _;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

module! {
    type: Retract,
    name: "retract",
    description: "Drops its devices while they are open",
    license: "GPL",
}

kernel::sync::global_lock! {
    // SAFETY: Initialised in the module's init, before anything uses it.
    unsafe(uninit) static REGISTRATION: Mutex<Option<Registration<Retract>>> = None;
}

struct Retract;

impl kernel::Module for Retract {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: Called once, here.
        unsafe { REGISTRATION.init() };
        let prepared = Prepared::new(Region::new(c"retract", 0, 2)?, |_| Ok(Atomic::new(false)))?;
        // SAFETY: This is the module's init, and nothing comes after.
        *REGISTRATION.lock() = Some(unsafe { prepared.publish() }?);
        Ok(Self)
    }
}

impl Drop for Retract {
    fn drop(&mut self) {
        drop(REGISTRATION.lock().take());
    }
}

#[vtable]
impl FileOperations for Retract {
    const NAME: &'static CStr = c"retract";
    const DEVICES: &'static CStr = c"retract%u";

    type Device = Atomic<bool>;
    type File = ();

    fn open(_device: &Device<Atomic<bool>>, opening: &mut Opening<'_>) -> Result {
        opening.stream();
        Ok(())
    }

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        let device = io.file().device();
        let ready = || (device.load(Relaxed) || device.is_gone()).then_some(());
        if io.file().flags() & O_NONBLOCK != 0 {
            ready().ok_or(EAGAIN)?;
        }
        device.own_wait_queue().wait(ready)?;
        if !device.load(Relaxed) {
            return Ok(0);
        }
        let room = destination.len();
        writeln!(destination, "{}", device.minor()).map_err(|_| EFAULT)?;
        Ok(room.saturating_sub(destination.len()))
    }

    fn write_iter(io: &mut Io<'_, Self>, source: &mut Source<'_>) -> Result<usize> {
        let device = io.file().device();
        let mut word = [0; 16];
        let count = source.read(&mut word);
        match word.get(..count) {
            Some(b"go\n") => {
                device.store(true, Relaxed);
                device.own_wait_queue().wake_all();
            }
            Some(b"retract\n") => drop(REGISTRATION.lock().take()),
            _ => return Err(EINVAL),
        }
        Ok(count)
    }

    fn poll(file: OpenFile<'_, Self>) -> Events {
        if file.device().load(Relaxed) {
            Events::IN
        } else {
            Events::NONE
        }
    }
}
