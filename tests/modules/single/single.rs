// SPDX-License-Identifier: GPL-2.0

//! Devices of which only one file can be open at a time.
//!
//! While `/dev/single0` is open, opening it fails with `EBUSY`. Opening `/dev/single1` waits until
//! it is free, or fails with `EAGAIN` if the open must not block.

#![forbid(unsafe_code)]

use chrdev::{
    flags::O_NONBLOCK,
    prelude::*, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
};

chrdev::module! {
    type: SingleModule,
    name: "single",
    description: "Can be open only once",
    license: "GPL",
}

struct SingleModule(#[expect(dead_code)] [Registration<Single>; 2]);

impl kernel::Module for SingleModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"single", 0, 2)?;
        let device = |number| {
            let minor = region.alloc_minor(number)?;
            Registration::new(minor, None, Single(Atomic::new(false)))
        };
        Ok(Self([device(0)?, device(1)?]))
    }
}

/// Whether the device is open.
struct Single(Atomic<bool>);

#[vtable]
impl FileOperations for Single {
    const DEVICE_NAME: &'static CStr = c"single%u";
    const MODE: u16 = 0o666;

    type File = ();

    fn open(device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        let take = || device.0.cmpxchg(false, true, Acquire).ok();
        if take().is_some() {
            return Ok(());
        }
        if device.minor() == 0 {
            return Err(EBUSY);
        }
        if opening.flags() & O_NONBLOCK != 0 {
            return Err(EAGAIN);
        }
        let taken = || take().map(|_| true);
        let removed = || device.is_removed().then_some(false);
        match device
            .default_wait_queue()
            .wait_exclusive(|| taken().or_else(removed))?
        {
            true => Ok(()),
            false => Err(ENXIO),
        }
    }

    fn release(file: OpenFile<'_, Self>) {
        let device = file.device();
        device.0.store(false, Release);
        device.default_wait_queue().wake_up(Events::NONE);
    }
}
