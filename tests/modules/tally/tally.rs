// SPDX-License-Identifier: GPL-2.0

//! `/dev/tally0` and `/dev/tally1` count the bytes that are written to them, and read as the count.

use chrdev::prelude::*;
use core::fmt::Write as _;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

chrdev::module! {
    type: TallyModule,
    name: "tally",
    description: "Counts bytes",
    license: "GPL",
}

struct TallyModule {
    _devices: [Registration<TallyDevice>; 2],
}

impl kernel::Module for TallyModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"tally", 0, 2)?;
        let device = |minor| {
            let state = TallyDevice(Atomic::new(0));
            Registration::new(region.alloc_minor(minor)?, None, state)
        };
        Ok(Self {
            _devices: [device(0)?, device(1)?],
        })
    }
}

struct TallyDevice(Atomic<i64>);

#[vtable]
impl FileOperations for TallyDevice {
    const DEVICE_NAME: &'static CStr = c"tally%u";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let count = kiocb.file().device().0.load(Relaxed);
        let mut buffer = [0; 24];
        let mut text = Text::new(&mut buffer);
        let _ = writeln!(text, "{count}");
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), text.as_bytes())
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let count = iov.len();
        iov.advance(count);
        kiocb.file().device().0.add(count as i64, Relaxed);
        Ok(count)
    }
}
