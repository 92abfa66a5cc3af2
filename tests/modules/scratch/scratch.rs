// SPDX-License-Identifier: GPL-2.0

//! `/dev/scratch` is a file of 16 bytes, all of which are spaces initially.

#![forbid(unsafe_code)]

use chrdev::prelude::*;
use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

chrdev::module! {
    type: ScratchModule,
    name: "scratch",
    description: "A file of a few bytes",
    license: "GPL",
}

struct ScratchModule(#[expect(dead_code)] Registration<Scratch>);

impl kernel::Module for ScratchModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"scratch", 0, 1)?;
        let scratch = pin_init!(Scratch {
            bytes <- new_mutex!([b' '; 16], "scratch bytes"),
        }? Error);
        Ok(Self(Registration::new(
            region.alloc_minor(0)?,
            None,
            scratch,
        )?))
    }
}

#[pin_data]
struct Scratch {
    #[pin]
    bytes: Mutex<[u8; 16]>,
}

#[vtable]
impl FileOperations for Scratch {
    const DEVICE_NAME: &'static CStr = c"scratch";

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.serialize_position();
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let bytes = kiocb.file().device().bytes.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &*bytes)
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut bytes = kiocb.file().device().bytes.lock();
        match iov.simple_write_to_buffer(kiocb.ki_pos_mut(), &mut *bytes)? {
            0 if !iov.is_empty() => Err(ENOSPC),
            count => Ok(count),
        }
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: i32) -> Result<i64> {
        file.fixed_size_llseek(offset, whence, 16)
    }
}
