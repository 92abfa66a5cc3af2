// SPDX-License-Identifier: GPL-2.0

//! A platform driver with a character device for each platform device that it is bound to.
//!
//! `/dev/probed0` and so on lie below their platform devices. They read as a greeting; once the
//! platform device is unbound, reads of open files fail with `ENODEV`.

#![forbid(unsafe_code)]

use chrdev::{
    prelude::*,
    GlobalArc, //
};
use kernel::{
    device::Core,
    driver,
    platform,
    prelude::*,
    sync::Arc,
    InPlaceModule, //
};

chrdev::module! {
    type: ProbedModule,
    name: "probed",
    description: "A platform driver with character devices",
    license: "GPL",
}

/// The device numbers of all devices, since `probe` is passed nothing that belongs to the module.
static REGION: GlobalArc<Region> = GlobalArc::new();

/// Resets `REGION` on drop.
struct SharedRegion;

impl SharedRegion {
    fn new() -> Result<Self> {
        REGION.set(Some(Arc::new(Region::new(c"probed", 0, 64)?, GFP_KERNEL)?));
        Ok(Self)
    }
}

impl Drop for SharedRegion {
    fn drop(&mut self) {
        REGION.set(None);
    }
}

#[pin_data]
struct ProbedModule {
    // Dropped from top to bottom: first all platform devices are unbound.
    #[pin]
    _driver: driver::Registration<platform::Adapter<ProbedDriver>>,
    _region: SharedRegion,
}

impl InPlaceModule for ProbedModule {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _region: SharedRegion::new()?,
            // Calls `probe` for the platform devices that exist already.
            _driver <- driver::Registration::new(c"probed", module),
        })
    }
}

/// The private data of a bound platform device, dropped when it is unbound.
struct ProbedDriver {
    _registration: Registration<Probed>,
}

impl platform::Driver for ProbedDriver {
    type IdInfo = ();
    type Data<'bound> = Self;

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        let region = REGION.get().ok_or(ENODEV)?;
        let minor = region.alloc_any_minor()?;
        Ok(Self {
            _registration: Registration::new(minor, Some(pdev.as_ref()), Probed)?,
        })
    }
}

struct Probed;

#[vtable]
impl FileOperations for Probed {
    const DEVICE_NAME: &'static CStr = c"probed%u";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }

    fn read_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        if kiocb.file().device().is_removed() {
            return Err(ENODEV);
        }
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), b"Hello, platform\n")
    }
}
