// SPDX-License-Identifier: GPL-2.0

//! A device that says hello: `/dev/hello0` and so on, and what other modules can use of them.
//!
//! Another Rust module uses this crate by its path, as `hello_log` does.

mod c_api;
mod device;
mod extent;
mod message;
mod store;
mod subscribers;

use chrdev::{
    Driver,
    Prepared,
    Region, //
};
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

use device::HelloDevice;
use kernel::prelude::*;

pub use message::{
    devices,
    get,
    post,
    Message,
    Subscriber,
    Subscription, //
};

chrdev::module! {
    driver: Hello,
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

/// The driver.
pub struct Hello;

impl Driver for Hello {
    type Operations = Self;

    fn init() -> Result<Prepared<Self>> {
        let devices = chrdev::parameter!(devices, 1..=256)?;
        let capacity = chrdev::parameter!(capacity, device::CAPACITY)?;
        let major = chrdev::parameter!(major, 0..=511)?;

        let region = Region::new(c"hello", major, devices)?;
        let prepared = Prepared::new(region, |_| HelloDevice::new(capacity as usize))?;
        pr_info!("Hello, world\n");
        Ok(prepared)
    }

    fn exit() {
        pr_info!("Goodbye\n");
    }
}
