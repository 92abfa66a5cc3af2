// SPDX-License-Identifier: GPL-2.0

//! `/dev/tally0` and `/dev/tally1` count the bytes that are written to them, and read as the count.

use chrdev::{Destination, Device, Driver, FileOperations, Io, Opening};
use chrdev::{Prepared, Region, Source};
use core::fmt::Write as _;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};

chrdev::module! { driver: Tally, name: "tally", description: "Counts bytes", license: "GPL", }

struct Tally;

impl Driver for Tally {
    type Operations = Self;

    fn init() -> Result<Prepared<Self>> {
        Prepared::new(Region::new(c"tally", 0, 2)?, |_minor| Ok(Atomic::new(0)))
    }
}

#[vtable]
impl FileOperations for Tally {
    const NAME: &'static CStr = c"tally";
    const DEVICES: &'static CStr = c"tally%u";

    type Device = Atomic<i64>;
    type File = ();

    fn open(_device: &Device<Atomic<i64>>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }

    fn read_iter(io: &mut Io<'_, Self>, destination: &mut Destination<'_>) -> Result<usize> {
        if io.position() != 0 {
            return Ok(0);
        }
        let room = destination.len();
        let whole = writeln!(destination, "{}", io.file().device().load(Relaxed));
        let count = room.saturating_sub(destination.len());
        if whole.is_err() && count == 0 {
            return Err(EFAULT);
        }
        io.set_position(count as i64);
        Ok(count)
    }

    fn write_iter(io: &mut Io<'_, Self>, source: &mut Source<'_>) -> Result<usize> {
        let count = source.len();
        source.skip(count);
        io.file().device().add(count as i64, Relaxed);
        Ok(count)
    }
}
