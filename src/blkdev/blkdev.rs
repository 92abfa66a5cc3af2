// SPDX-License-Identifier: GPL-2.0

//! Block devices for drivers in Rust, based on the kernel crate's tag sets and requests.
//!
//! The `kernel` crate has [`kernel::block::mq`]. Its `GenDisk` has no owner, so a module can be
//! unloaded while its disk is open, and adds the disk in the middle of a module's init. Its
//! `Request` does not expose the operation. This crate replaces these two and keeps the rest.
//!
//! A driver implements [`Operations`] for its disks, creates a [`Disk`] in the init of an ordinary
//! [`kernel::Module`], and implements [`Publish`] to name the disks to add at the end of init. It
//! uses [`module!`] instead of `kernel::module!`, and needs no `unsafe`.
//!
//! It is made for disks in memory:
//!
//! - a request is served synchronously, by code that must not sleep; there is no way to complete
//!   one later;
//! - disks are added at the end of the module's init, and at no other time;
//! - the physical block size and the discard granularity are the size of a page.
//!
//! C headers: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h),
//! [`include/linux/blk-mq.h`](srctree/include/linux/blk-mq.h)

mod attribute;
mod disk;
mod limits;
mod list;
// The crates for devices of other types have the same rules and the same macro.
#[path = "../chrdev/compat.rs"]
mod compat;
#[path = "../chrdev/declare.rs"]
mod declare;
#[path = "../chrdev/name.rs"]
mod name;
#[path = "../chrdev/parameter.rs"]
mod parameter;
mod publish;
mod request;

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
            device,
            gendisk,
            request, //
        },
        ffi, //
    };

    include!(concat!(
        env!("MODULE_OBJ"),
        "/src/blkdev/helpers_generated.rs"
    ));
}

pub use attribute::Attribute;
pub use compat::EOPNOTSUPP;
pub use disk::{
    Disk,
    Operations, //
};
pub use limits::{
    Features,
    Limits, //
};
#[doc(hidden)]
pub use list::ModuleGuard;
pub use publish::{
    DeclaredModule,
    Publish,
    Publisher, //
};
pub use request::{
    Operation,
    Request,
    SegmentDest,
    SegmentSource, //
};

/// The prefix of this crate's own messages.
const __LOG_PREFIX: &[u8] = b"blkdev\0";

/// Returns the size of the machine's memory, in bytes.
pub fn total_ram() -> u64 {
    // SAFETY: No requirements.
    let pages = unsafe { helpers::blkdev_total_ram_pages() } as u64;
    pages.saturating_mul(kernel::page::PAGE_SIZE as u64)
}
