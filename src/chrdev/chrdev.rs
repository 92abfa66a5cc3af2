// SPDX-License-Identifier: GPL-2.0

//! Character devices with device numbers of their own, for drivers in Rust.
//!
//! The `kernel` crate has `miscdevice`, which gives a driver one minor of one fixed major. This
//! crate is for a driver that wants a [`Region`] of its own: a major, given or allocated, and any
//! number of minors, each with a node in `/dev`.
//!
//! A driver implements [`FileOperations`] for what its files can do and [`Driver`] for its init and
//! exit, and says [`module!`] where it would otherwise say `kernel::module!`. It needs no `unsafe`.
//!
//! Reference: [`fs/char_dev.c`](srctree/fs/char_dev.c)

mod attribute;
mod class;
mod device;
mod file_operations;
mod ioctl;
mod mapping;
mod pages;
mod parameter;
mod region;
mod registration;
mod rw_semaphore;
mod segments;
mod table;
mod user_memory;
mod wait_queue;

/// The Rust side of helpers.h.
mod helpers {
    #![allow(
        dead_code,
        improper_ctypes,
        missing_docs,
        non_camel_case_types,
        unreachable_pub,
        clippy::undocumented_unsafe_blocks
    )]
    use kernel::{
        bindings::{
            attribute,
            attribute_group,
            cdev,
            device,
            device_attribute,
            inode,
            page,
            vm_area_struct,
            vm_fault,
            wait_queue_entry,
            xarray, //
        },
        ffi, //
    };

    include!(concat!(
        env!("MODULE_OBJ"),
        "/src/chrdev/helpers_generated.rs"
    ));
}

pub use attribute::{
    Attribute,
    Text, //
};
pub use device::Device;
pub use file_operations::{
    Events,
    FileOperations,
    Io,
    OpenFile,
    Opening,
    Whence, //
};
pub use ioctl::{
    may_administer,
    Argument, //
};
pub use kernel::fs::file::flags;
pub use pages::Pages;
pub use region::Region;
pub use registration::{
    count,
    find,
    Driver,
    Prepared,
    Registration, //
};
pub use rw_semaphore::{
    ReadGuard,
    RwSemaphore,
    WriteGuard, //
};
pub use user_memory::{
    Destination,
    Source, //
};
pub use wait_queue::WaitQueue;

/// Makes a kernel module of a [`Driver`].
///
/// It takes what `kernel::module!` takes, but `driver` for `type`: the driver's type.
///
/// # Examples
///
/// ```ignore
/// chrdev::module! {
///     driver: Hello,
///     name: "hello",
///     description: "A device that says hello",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module {
    (driver: $driver:ty, $($info:tt)*) => {
        /// The module: its devices, from the end of init to exit.
        pub struct DriverModule {
            _registration: $crate::Registration<<$driver as $crate::Driver>::Operations>,
        }

        impl ::kernel::Module for DriverModule {
            fn init(_module: &'static ::kernel::ThisModule) -> ::kernel::error::Result<Self> {
                let prepared = <$driver as $crate::Driver>::init()?;
                // SAFETY: This is the module's init, and nothing comes after.
                let _registration = unsafe { prepared.publish() }?;
                Ok(Self { _registration })
            }
        }

        impl Drop for DriverModule {
            fn drop(&mut self) {
                <$driver as $crate::Driver>::exit();
            }
        }

        ::kernel::prelude::module! {
            type: DriverModule,
            $($info)*
        }
    };
}
