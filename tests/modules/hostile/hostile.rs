// SPDX-License-Identifier: GPL-2.0

//! Misuses of chrdev that compile.
//!
//! The attributes of `/dev/hostile0` do some of them; writing a command to it does the others.
//! `twice` registers a device whose second attribute has the name of the first, `nest` registers
//! devices below ever deeper parents, until that fails, and `regions` tries to register regions
//! that cannot exist, and then the last device of the largest one.

#![forbid(unsafe_code)]

use chrdev::{
    faux_device,
    prelude::*,
    GlobalArc,
    Mapping,
    Pages,
    Pipe, //
};
use core::fmt::Write as _;
use kernel::{
    faux,
    page::PAGE_SIZE,
    prelude::*,
    str::CString,
    sync::Arc, //
};

chrdev::module! {
    type: HostileModule,
    name: "hostile",
    description: "Misuses chrdev",
    license: "GPL",
}

static CONTROL: GlobalArc<Registration<Hostile>> = GlobalArc::new();

static LAST: GlobalArc<Registration<Last>> = GlobalArc::new();

struct HostileModule;

impl kernel::Module for HostileModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"hostile", 0, 64)?;
        let minor = region.alloc_minor(0)?;
        let pages = Arc::pin_init(Pages::new(), GFP_KERNEL)?;
        let control = Registration::new(minor, None, Hostile(region, pages))?;
        CONTROL.set(Some(Arc::new(control, GFP_KERNEL)?));
        Ok(Self)
    }
}

impl Drop for HostileModule {
    fn drop(&mut self) {
        CONTROL.set(None);
        LAST.set(None);
    }
}

struct Hostile(Region, Arc<Pages>);

#[vtable]
impl FileOperations for Hostile {
    const DEVICE_NAME: &'static CStr = c"hostile%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        // A text that is longer than sysfs accepts, in its own buffer.
        Attribute::new(c"replace", |_device, text| {
            let Ok(buffer) = KBox::<[u8; 4095]>::zeroed(GFP_KERNEL) else {
                return Ok(());
            };
            *text = Text::new(KBox::leak(buffer));
            Ok(write!(text, "{:5000}", 1)?)
        }),
        // Promises completions that never come.
        Attribute::rw(
            c"queued",
            |_device, _text| Err(EIOCBQUEUED),
            |_device, _text| Err(EIOCBQUEUED),
        ),
        // Waits for a signal.
        Attribute::new(c"hold", |device, _text| {
            let _ = device.default_wait_queue().wait(|| None::<()>);
            Ok(())
        }),
        // Waits for itself.
        Attribute::new(c"remove", |_device, _text| {
            drop(CONTROL.set(None));
            Ok(())
        }),
    ];

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.stream_open();
        Ok(())
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let region = &kiocb.file().device().0;
        let mut word = [0; 16];
        let count = iov.copy_from_iter(&mut word);
        match word.get(..count) {
            Some(b"twice\n") => drop(Registration::new(region.alloc_any_minor()?, None, Twice)?),
            Some(b"nest\n") => nest(region)?,
            Some(b"regions\n") => regions()?,
            _ => return Err(EINVAL),
        }
        Ok(count)
    }

    /// Waits on its queue repeatedly.
    fn poll<'a>(file: OpenFile<'a, Self>, table: &mut PollTable<'a>) -> Events {
        for _ in 0..1000 {
            table.poll_wait(file.device().default_wait_queue());
        }
        Events::PRI
    }

    /// Fails for a single byte. Otherwise adds more than was asked for, and then fails.
    fn splice_read(
        file: OpenFile<'_, Self>,
        _position: i64,
        length: usize,
        pipe: &mut Pipe<'_>,
    ) -> Result {
        if length != 1 {
            file.device().1.splice_to(100, usize::MAX, pipe)?;
        }
        Err(EIO)
    }

    fn mmap(file: OpenFile<'_, Self>) -> Result<Mapping> {
        Ok(Mapping::read_write(file.device().1.clone()))
    }

    /// Fills each page, but fails for the second, and waits for a signal for all others.
    fn fault(file: OpenFile<'_, Self>, offset: usize, page: &mut [u8]) -> Result {
        page.fill(b'Z');
        match offset / PAGE_SIZE {
            0 => Ok(()),
            1 => Err(EIO),
            _ => file.device().default_wait_queue().wait(|| None),
        }
    }

    /// Removes the device that is being removed, and registers others.
    fn removed(device: &Device<Self>) {
        drop(CONTROL.set(None));
        let _ = nest(&device.0);
    }
}

struct Twice;

#[vtable]
impl FileOperations for Twice {
    const DEVICE_NAME: &'static CStr = c"twice%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"hold", |device, _text| {
            let removed = || device.is_removed().then_some(());
            let _ = device.default_wait_queue().wait(removed);
            Ok(())
        }),
        Attribute::new(c"hold", |_device, _text| Ok(())),
    ];

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}

struct Nested;

#[vtable]
impl FileOperations for Nested {
    const DEVICE_NAME: &'static CStr =
        c"a_name_that_is_as_long_as_the_name_of_a_device_can_be_here_%u";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}

/// Registers devices below ever deeper parents, and removes the upper parents first.
fn nest(region: &Region) -> Result {
    let mut parents: KVec<faux::Registration> = KVec::with_capacity(40, GFP_KERNEL)?;
    let mut devices: KVec<Registration<Nested>> = KVec::with_capacity(40, GFP_KERNEL)?;
    let mut result = Ok(());
    for level in 0..40 {
        let name =
            CString::try_from_fmt(fmt!("the_name_of_a_parent_can_be_as_long_as_this_{level}"))?;
        let above = parents.last().map(faux_device);
        let parent = faux::Registration::new(&name, above.map(|above| &**above))?;
        let bound = Some(faux_device(&parent));
        match Registration::new(region.alloc_any_minor()?, bound, Nested) {
            Ok(device) => devices.push_within_capacity(device)?,
            Err(error) => result = Err(error),
        }
        parents.push_within_capacity(parent)?;
        if result.is_err() {
            break;
        }
    }
    while !parents.is_empty() {
        drop(parents.remove(0)?);
    }
    pr_info!("nested: {}\n", result.err().map_or(0, Error::to_errno));
    result
}

struct Last;

#[vtable]
impl FileOperations for Last {
    const DEVICE_NAME: &'static CStr = c"last%u";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}

/// Tries to register regions that cannot exist, and registers the last device of the largest one,
/// in place of an earlier one.
fn regions() -> Result {
    const MOST: u32 = 1 << 20;
    for (major, minors) in [
        (0, 0),
        (120, 0),
        (0, MOST + 1),
        // The kernel itself would take the first minor of the next major, too.
        (120, MOST + 1),
        (0, u32::MAX),
        (511, u32::MAX),
        // The kernel refuses this one itself.
        (512, 1),
        // As a part of a `dev_t`, this major would be 0.
        (4096, 1),
        (u32::MAX, 1),
    ] {
        let error = Region::new(c"impossible", major, minors).err();
        pr_info!(
            "region of {minors} from {major}: {}\n",
            error.map_or(0, Error::to_errno)
        );
    }
    drop(LAST.set(None));
    let region = Region::new(c"largest", 0, MOST)?;
    let last = Registration::new(region.alloc_minor(MOST - 1)?, None, Last)?;
    LAST.set(Some(Arc::new(last, GFP_KERNEL)?));
    Ok(())
}
