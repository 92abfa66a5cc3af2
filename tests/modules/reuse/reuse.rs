// SPDX-License-Identifier: GPL-2.0

//! Tries to take a minor again while its device is being removed.
//!
//! The module's exit leaves the registration of `/dev/reuse0` in a static. A reader of the
//! attribute `hold` waits until the device is being removed; then it drops the registration, and
//! gets the result of taking the minor again.

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
    type: ReuseModule,
    name: "reuse",
    description: "Takes a minor again while its device is removed",
    license: "GPL",
}

static REGISTRATION: GlobalArc<Registration<Reuse>> = GlobalArc::new();

struct ReuseModule;

impl kernel::Module for ReuseModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"reuse", 0, 1)?;
        let registration = Registration::new(region.alloc_minor(0)?, None, Reuse(region))?;
        REGISTRATION.set(Some(Arc::new(registration, GFP_KERNEL)?));
        Ok(Self)
    }
}

struct Reuse(Region);

#[vtable]
impl FileOperations for Reuse {
    const DEVICE_NAME: &'static CStr = c"reuse%u";
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"hold", |device, text| {
        let removed = || device.is_removed().then_some(());
        if device.default_wait_queue().wait(removed).is_err() {
            return Ok(());
        }
        drop(REGISTRATION.set(None));
        match device.0.alloc_minor(0) {
            Ok(_) => write!(text, "free")?,
            Err(error) => write!(text, "{}", error.to_errno())?,
        }
        Ok(())
    })];

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}
