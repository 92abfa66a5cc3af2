// SPDX-License-Identifier: GPL-2.0

//! Two network interfaces, `@NAME@0` and `@NAME@1`: what is sent through one arrives at the other.

use kernel::{
    prelude::*,
    ThisModule, //
};
use netdev::{
    Interface,
    Limits,
    Operations,
    Registration,
    TxPacket,
    Verdict, //
};

netdev::module! {
    type: @TYPE@Module,
    name: "@NAME@",
    description: "Two network interfaces with a cable between them",
    license: "GPL",
}

struct @TYPE@Module {
    _registration: Registration<@TYPE@End>,
}

impl kernel::Module for @TYPE@Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let limits = Limits {
            queues: 1,
            ring: 256,
            max_mtu: 1500,
            offload: true,
        };
        let ends = [@TYPE@End, @TYPE@End];
        Ok(Self {
            _registration: Registration::new(c"@NAME@%d", &limits, ends)?,
        })
    }
}

/// An end of the cable.
struct @TYPE@End;

#[vtable]
impl Operations for @TYPE@End {
    fn open(interface: &Interface<Self>) -> Result {
        // There is a link when both ends are up.
        if interface.peer().is_running() {
            interface.set_carrier(true);
            interface.peer().set_carrier(true);
        }
        Ok(())
    }

    fn stop(interface: &Interface<Self>) {
        interface.set_carrier(false);
        interface.peer().set_carrier(false);
    }

    fn transmit(_packet: &TxPacket<'_, Self>) -> Verdict {
        Verdict::Forward
    }
}
