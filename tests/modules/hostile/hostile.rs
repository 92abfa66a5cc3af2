// SPDX-License-Identifier: GPL-2.0

//! Misuses of chrdev that compile.
//!
//! `/dev/hostile0` has the attributes that do them.

#![forbid(unsafe_code)]

use chrdev::prelude::*;
use core::fmt::Write as _;
use kernel::prelude::*;

chrdev::module! {
    type: HostileModule,
    name: "hostile",
    description: "Misuses chrdev",
    license: "GPL",
}

struct HostileModule {
    _control: Registration<Hostile>,
}

impl kernel::Module for HostileModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"hostile", 0, 64)?;
        Ok(Self {
            _control: Registration::new(region.minor(0)?, None, Ok(Hostile))?,
        })
    }
}

struct Hostile;

#[vtable]
impl FileOperations for Hostile {
    const DEVICE_NAME: &'static CStr = c"hostile%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        // A text that is longer than sysfs takes, in a buffer of its own.
        Attribute::new(c"replace", |_device, text| {
            let Ok(buffer) = KBox::<[u8; 4095]>::zeroed(GFP_KERNEL) else {
                return Ok(());
            };
            *text = Text::new(KBox::leak(buffer));
            write!(text, "{:5000}", 1)
        }),
    ];

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.stream_open();
        Ok(())
    }
}
