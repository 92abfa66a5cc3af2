// SPDX-License-Identifier: GPL-2.0

//! `/dev/@NAME@`, a character device stacked on hello.ko: what is written to it is posted to
//! `/dev/hello0`, and it reads as what that holds.

use chrdev::prelude::*;
use kernel::prelude::*;

chrdev::module! {
    type: @TYPE@Module,
    name: "@NAME@",
    description: "A character device stacked on hello",
    license: "GPL",
}

/// The minor of `/dev/hello0`.
const HELLO: u32 = 0;
/// How many bytes are posted or read at once, at most.
const LONGEST: usize = 256;

struct @TYPE@Module {
    _device: Registration<@TYPE@Device>,
}

impl kernel::Module for @TYPE@Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"@NAME@", 0, 1)?;
        Ok(Self {
            _device: Registration::new(region.alloc_minor(0)?, None, @TYPE@Device)?,
        })
    }
}

struct @TYPE@Device;

#[vtable]
impl FileOperations for @TYPE@Device {
    const DEVICE_NAME: &'static CStr = c"@NAME@";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let mut buffer = [0; LONGEST];
        let position = kiocb.ki_pos_mut();
        let length = hello::get(HELLO, usize::try_from(*position)?, &mut buffer)?;
        let contents = buffer.get(..length).unwrap_or_default();
        let copied = iov.simple_read_from_buffer(&mut 0, contents)?;
        *position = position.saturating_add(copied as i64);
        Ok(copied)
    }

    fn write_iter(_kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut buffer = [0; LONGEST];
        let length = iov.len();
        if length == 0 {
            return Ok(0);
        }
        let message = buffer.get_mut(..length).ok_or(EMSGSIZE)?;
        if iov.copy_from_iter(message) < length {
            return Err(EFAULT);
        }
        hello::post(HELLO, message)?;
        Ok(length)
    }
}
