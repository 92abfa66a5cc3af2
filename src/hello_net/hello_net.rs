// SPDX-License-Identifier: GPL-2.0

//! Two network interfaces, `hello_net0` and `hello_net1`, with a cable between them: packets sent
//! through one arrive at the other.

#![forbid(unsafe_code)]

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
    type: HelloNet,
    name: "hello_net",
    authors: ["The hello authors"],
    description: "Two network interfaces with a cable between them",
    license: "GPL",
    params: {
        queues: i64 {
            default: 2,
            description: "Number of queues of each interface, 1 to 64; there is at most one for each CPU",
        },
        ring: i64 {
            default: 256,
            description: "Packets that each queue can hold, 64 to 4096",
        },
        offload: i64 {
            default: 1,
            description: "Checksum and segmentation offload, 0 or 1",
        },
    },
}

/// The module.
struct HelloNet {
    _registration: Registration<End>,
}

impl kernel::Module for HelloNet {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let limits = Limits {
            queues: netdev::parameter!(queues, 1..=64)?,
            ring: netdev::parameter!(ring, 64..=4096)?,
            max_mtu: 9000,
            offload: netdev::parameter!(offload, 0..=1)? == 1,
        };
        let registration = Registration::new(c"hello_net%d", &limits, [End, End])?;
        pr_info!("Hello, a cable with two ends\n");
        Ok(Self {
            _registration: registration,
        })
    }
}

impl Drop for HelloNet {
    fn drop(&mut self) {
        pr_info!("Goodbye\n");
    }
}

/// An end of the cable.
struct End;

#[vtable]
impl Operations for End {
    fn open(interface: &Interface<Self>) -> Result {
        let peer = interface.peer();
        // The link is up when both ends are up.
        if peer.is_running() {
            interface.set_carrier(true);
            peer.set_carrier(true);
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
