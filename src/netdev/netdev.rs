// SPDX-License-Identifier: GPL-2.0

//! Network interfaces for drivers in Rust: pairs of Ethernet interfaces with a cable between them.
//!
//! The `kernel` crate has no network interfaces. A driver implements [`Operations`] for its
//! interfaces, holds a [`Registration`] in an ordinary [`kernel::Module`], and uses [`module!`]
//! instead of `kernel::module!`. It needs no `unsafe`.
//!
//! The crate supports nothing else: no interface without a peer, and no hardware, so no interrupts,
//! no DMA, and no ring parameters or queues that can be changed. `ethtool` reports 10 Gb/s, full
//! duplex; nothing limits the speed.
//!
//! Packets that an interface [forwards](Verdict::Forward) wait in a ring until its peer receives
//! them in NAPI. Each queue has a ring, with byte queue limits: a sender whose packets are not
//! received is stopped, rather than its packets being dropped.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

mod interface;
mod module;
// The crates for devices of other types have the same macro.
#[path = "../chrdev/compat.rs"]
mod compat;
#[path = "../chrdev/declare.rs"]
mod declare;
#[path = "../chrdev/parameter.rs"]
mod parameter;
mod registration;

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
            net_device,
            sk_buff, //
        },
        ffi, //
    };

    include!(concat!(
        env!("MODULE_OBJ"),
        "/src/netdev/helpers_generated.rs"
    ));
}

pub use interface::{
    Interface,
    Operations,
    TxPacket,
    Verdict, //
};
pub use module::{
    DeclaredModule,
    ModuleGuard, //
};
pub use registration::{
    Limits,
    Registration, //
};
