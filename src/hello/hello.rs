// SPDX-License-Identifier: GPL-2.0

//! Character devices that say hello, `/dev/hello0` and so on, and functions for other modules.
//!
//! Other Rust modules use this crate by its path, as `hello_log` does.

#![deny(unsafe_code)]

mod api;
#[allow(unsafe_code)]
mod c_api;
mod device;
mod extent;
mod store;
mod subscribers;

/// The Rust side of uapi/hello.h.
mod uapi {
    #![allow(missing_docs, non_camel_case_types, unreachable_pub)]
    use kernel::{
        ffi,
        prelude::*, //
    };
    use zerocopy_derive::Immutable;

    include!(concat!(env!("MODULE_OBJ"), "/src/hello/uapi_generated.rs"));
}

use chrdev::{
    Device,
    GlobalArc,
    Region,
    Registration, //
};
use device::HelloDevice;
use kernel::{
    prelude::*,
    sync::Arc, //
};

pub use api::{
    devices,
    get,
    post,
    Subscription, //
};
pub use subscribers::{
    Message,
    Subscriber, //
};

chrdev::module! {
    type: Hello,
    name: "hello",
    authors: ["The hello authors"],
    description: "Character devices that say hello",
    license: "GPL",
    params: {
        devices: i64 {
            default: 4,
            description: "Number of devices, 1 to 256",
        },
        capacity: i64 {
            default: 65536,
            description: "Bytes that a device can hold, 1 to 16777216",
        },
        major: i64 {
            default: 0,
            description: "Major number, 1 to 511; 0 lets the kernel choose",
        },
    },
}

/// The devices by minor, for the functions of [`api`].
static DEVICES: GlobalArc<KVVec<Arc<Device<HelloDevice>>>> = GlobalArc::new();

/// The module.
struct Hello {
    /// One for each device; they are removed on drop.
    _registrations: KVVec<Registration<HelloDevice>>,
}

impl kernel::Module for Hello {
    /// Called by insmod. If it fails, everything that it created is dropped.
    // Becomes a part of `init_module()`, whose memory is freed after init.
    #[inline]
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let count = chrdev::parameter!(devices, 1..=256)?;
        let capacity = chrdev::parameter!(capacity, device::CAPACITY)?;
        let major = chrdev::parameter!(major, 0..=511)?;

        let region = Region::new(c"hello", major, count)?;
        let mut devices = KVVec::with_capacity(count as usize, GFP_KERNEL)?;
        let mut registrations = KVVec::with_capacity(count as usize, GFP_KERNEL)?;
        for minor in 0..count {
            let data = HelloDevice::new(capacity as usize);
            let registration = Registration::new(region.alloc_minor(minor)?, None, data)?;
            devices.push_within_capacity(registration.device().clone())?;
            registrations.push_within_capacity(registration)?;
        }
        DEVICES.set(Some(Arc::new(devices, GFP_KERNEL)?));
        pr_info!("Hello, world\n");
        Ok(Self {
            _registrations: registrations,
        })
    }
}

impl Drop for Hello {
    /// Called by rmmod, which waits for open files and for modules that use this one.
    fn drop(&mut self) {
        DEVICES.set(None);
        pr_info!("Goodbye\n");
    }
}
