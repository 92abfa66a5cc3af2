// SPDX-License-Identifier: GPL-2.0

//! `/dev/window` is 1 MiB of memory, which can be read, written, and mapped. Its pages are
//! allocated when they are first touched.

#![forbid(unsafe_code)]

use chrdev::{
    prelude::*,
    Mapping,
    Pages, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

chrdev::module! {
    type: WindowModule,
    name: "window",
    description: "Memory to map",
    license: "GPL",
}

struct WindowModule(#[expect(dead_code)] Registration<Window>);

impl kernel::Module for WindowModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"window", 0, 1)?;
        let pages = Arc::pin_init(Pages::new(), GFP_KERNEL)?;
        let window = Registration::new(region.alloc_minor(0)?, None, Window(pages))?;
        Ok(Self(window))
    }
}

const SIZE: usize = 1 << 20;

struct Window(Arc<Pages>);

/// Returns the part of `length` bytes from `position` on that lies in the window.
fn part(position: i64, length: usize) -> (usize, usize) {
    let start = usize::try_from(position).unwrap_or(SIZE).min(SIZE);
    (start, length.min(SIZE.saturating_sub(start)))
}

/// Repeats `copy` until it has copied something: memory that was faulted in may vanish before it is
/// copied.
fn until_copied(mut copy: impl FnMut() -> Result<usize>) -> Result<usize> {
    loop {
        let count = copy()?;
        if count != 0 {
            return Ok(count);
        }
        if kernel::current!().signal_pending() {
            return Err(ERESTARTSYS);
        }
    }
}

#[vtable]
impl FileOperations for Window {
    const DEVICE_NAME: &'static CStr = c"window";

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.serialize_position();
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let (start, length) = part(kiocb.ki_pos(), iov.len());
        if length == 0 {
            return Ok(0);
        }
        let pages = &kiocb.file().device().0;
        let count = until_copied(|| match iov.fault_in(length) {
            0 => Err(EFAULT),
            present => Ok(pages.copy_to(start, present, iov)),
        })?;
        *kiocb.ki_pos_mut() = start.saturating_add(count) as i64;
        Ok(count)
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let (start, length) = part(kiocb.ki_pos(), iov.len());
        if iov.is_empty() {
            return Ok(0);
        }
        if length == 0 {
            return Err(ENOSPC);
        }
        let pages = &kiocb.file().device().0;
        let count = until_copied(|| match iov.fault_in(length) {
            0 => Err(EFAULT),
            present => {
                pages.populate(start, present)?;
                Ok(pages.copy_from(start, present, iov))
            }
        })?;
        *kiocb.ki_pos_mut() = start.saturating_add(count) as i64;
        Ok(count)
    }

    fn llseek(file: OpenFile<'_, Self>, offset: i64, whence: i32) -> Result<i64> {
        file.fixed_size_llseek(offset, whence, SIZE as i64)
    }

    /// For `msync`. There is nothing to do.
    fn fsync(_file: OpenFile<'_, Self>) -> Result {
        Ok(())
    }

    fn mmap(file: OpenFile<'_, Self>) -> Result<Mapping> {
        Ok(Mapping::read_write(file.device().0.clone()))
    }

    fn fault(_file: OpenFile<'_, Self>, offset: usize, _page: &mut [u8]) -> Result {
        if offset >= SIZE {
            return Err(ENXIO);
        }
        Ok(())
    }
}
