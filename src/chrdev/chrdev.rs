// SPDX-License-Identifier: GPL-2.0

//! Character devices with device numbers of their own, for drivers in Rust.
//!
//! For a single device, use `kernel::miscdevice`, which gives a driver a minor of a fixed major.
//! This crate is for a driver that needs a [`Region`] of its own: a major, given or allocated, and
//! any number of minors, each with a node in `/dev`.
//!
//! A driver implements [`FileOperations`] for the state of its devices, declares its module with
//! [`module!`], which replaces `kernel::module!`, and creates a [`Registration`] for each device.
//! It needs no `unsafe`.
//!
//! # Limits of safety
//!
//! A driver without `unsafe` cannot crash the kernel through this crate, with two exceptions:
//!
//! - As with the guard of a kernel mutex, it must not leak a [`WriteGuard`]: the lock would keep a
//!   pointer to its owner's task after that has exited.
//! - It must not give another crate the name `kernel` or `pin_init`, by which [`module!`] and the
//!   kernel's own macros refer to those crates.
//!
//! # What it does not have
//!
//! - Binary attributes: bytes that a user reads and writes belong in the device file.
//! - `uring_cmd`, because the kernel crate's bindings have no `struct io_uring_cmd`.
//! - Signals other than `SIGIO`, such as `SIGPIPE`.
//!
//! Reference: [`fs/char_dev.c`](srctree/fs/char_dev.c)

mod attribute;
mod capability;
mod compat;
mod declare;
mod device;
mod devnode;
mod events;
mod file;
mod file_operations;
mod ioctl;
mod iov_iter;
mod kiocb;
mod kstrtoll;
mod lock;
mod mapping;
mod module;
mod name;
mod pages;
mod parameter;
mod pipe;
mod poll_table;
mod read_once;
mod region;
mod registration;
mod rw_semaphore;
mod segments;
mod seq_pages;
mod text;
mod vtable;
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
            cdev,
            class,
            device,
            file_operations,
            ida,
            inode,
            iov_iter,
            module,
            page,
            pipe_inode_info,
            seqcount,
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

pub use attribute::Attribute;
pub use capability::{
    capable,
    Capability, //
};
pub use device::Device;
pub use devnode::Devnode;
pub use events::Events;
pub use file::{
    OpenFile,
    Opening, //
};
pub use file_operations::FileOperations;
pub use ioctl::Argument;
pub use iov_iter::{
    IovIterDest,
    IovIterSource, //
};
pub use kernel::fs::file::flags;
pub use kiocb::Kiocb;
pub use kstrtoll::kstrtoll;
pub use lock::GlobalArc;
pub use mapping::Mapping;
#[doc(hidden)]
pub use module::{
    DeclaredModule,
    ModuleGuard, //
};
pub use pages::Pages;
pub use pipe::Pipe;
pub use poll_table::PollTable;
pub use read_once::read_once;
pub use region::{
    Minor,
    Region, //
};
pub use registration::{
    faux_device,
    Registration, //
};
pub use rw_semaphore::{
    ReadGuard,
    RwSemaphore,
    WriteGuard, //
};
pub use seq_pages::{
    SeqPages,
    SeqPagesWriter,
    Update, //
};
pub use text::Text;
pub use wait_queue::WaitQueue;

/// The items that most drivers need.
///
/// # Examples
///
/// ```
/// use chrdev::prelude::*;
/// ```
pub mod prelude {
    #[doc(no_inline)]
    pub use crate::{
        Argument,
        Attribute,
        Device,
        Events,
        FileOperations,
        IovIterDest,
        IovIterSource,
        Kiocb,
        OpenFile,
        Opening,
        PollTable,
        Region,
        Registration,
        Text, //
    };

    #[cfg(kernel_7_2)]
    #[doc(hidden)]
    pub use crate::compat::Zeroed;
}
