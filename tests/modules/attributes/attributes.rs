// SPDX-License-Identifier: GPL-2.0

//! Attributes that can be written.
//!
//! In the directories of `attributes0` and `attributes1` in sysfs, `level` is a number from 0 to
//! 100, to which a write to `step` adds, and `name` is a text, which can be read once it has been
//! written. Only `attributes1` has `extra`.

#![forbid(unsafe_code)]

use chrdev::{
    kstrtoll,
    prelude::*, //
};
use core::fmt::Write as _;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Mutex, //
    },
};

chrdev::module! {
    type: AttributesModule,
    name: "attributes",
    description: "Has attributes that can be written",
    license: "GPL",
    params: {
        devices: i64 {
            default: 2,
            description: "Number of devices, 1 or 2",
        },
    },
}

struct AttributesModule {
    _first: Registration<State>,
    _second: Option<Registration<State>>,
}

impl kernel::Module for AttributesModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let devices = chrdev::parameter!(devices, 1..=2)?;
        let region = Region::new(c"attributes", 0, 2)?;
        let device = |number| Registration::new(region.alloc_minor(number)?, None, State::new());
        Ok(Self {
            _first: device(0)?,
            _second: (devices == 2).then(|| device(1)).transpose()?,
        })
    }
}

#[pin_data]
struct State {
    level: Atomic<i32>,
    #[pin]
    name: Mutex<KVec<u8>>,
}

impl State {
    fn new() -> impl PinInit<Self, Error> {
        pin_init!(Self {
            level: Atomic::new(0),
            name <- new_mutex!(KVec::new(), "attributes name"),
        }? Error)
    }

    fn set_level(&self, level: i32) -> Result {
        if !(0..=100).contains(&level) {
            return Err(ERANGE);
        }
        self.level.store(level, Relaxed);
        Ok(())
    }

    fn show_name(&self, text: &mut Text<'_>) -> Result {
        let name = self.name.lock();
        if name.is_empty() {
            return Err(ENXIO);
        }
        let name = core::str::from_utf8(&name).map_err(|_| EINVAL)?;
        Ok(text.write_str(name)?)
    }

    fn store_name(&self, text: &str) -> Result {
        let mut new = KVec::new();
        new.extend_from_slice(text.as_bytes(), GFP_KERNEL)?;
        *self.name.lock() = new;
        Ok(())
    }
}

fn number(text: &str) -> Result<i32> {
    Ok(i32::try_from(kstrtoll(text)?)?)
}

#[vtable]
impl FileOperations for State {
    const DEVICE_NAME: &'static CStr = c"attributes%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::rw(
            c"level",
            |device, text| Ok(write!(text, "{}", device.level.load(Relaxed))?),
            |device, text| device.set_level(number(text)?),
        ),
        Attribute::wo(c"step", |device, text| {
            device.set_level(device.level.load(Relaxed).saturating_add(number(text)?))
        }),
        Attribute::<Self>::rw(
            c"name",
            |device, text| device.show_name(text),
            |device, text| device.store_name(text),
        )
        .mode(0o660),
        Attribute::new(c"extra", |_device, text| Ok(write!(text, "yes")?))
            .is_visible(|device| device.minor() == 1),
    ];

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}
