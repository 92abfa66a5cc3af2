// SPDX-License-Identifier: GPL-2.0

//! Misuses of chrdev that compile.
//!
//! `/dev/hostile0` has the attributes that do them.

#![forbid(unsafe_code)]

use chrdev::{
    prelude::*,
    GlobalArc, //
};
use core::fmt::Write as _;
use kernel::{
    prelude::*,
    sync::Arc, //
};

chrdev::module! {
    type: HostileModule,
    name: "hostile",
    description: "Misuses chrdev",
    license: "GPL",
}

static CONTROL: GlobalArc<Registration<Hostile>> = GlobalArc::new();

struct HostileModule;

impl kernel::Module for HostileModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"hostile", 0, 64)?;
        let minor = region.minor(0)?;
        let control = Registration::new(minor, None, Ok(Hostile))?;
        CONTROL.set(Some(Arc::new(control, GFP_KERNEL)?));
        Ok(Self)
    }
}

impl Drop for HostileModule {
    fn drop(&mut self) {
        CONTROL.set(None);
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
}
