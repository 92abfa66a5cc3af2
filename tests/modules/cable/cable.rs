// SPDX-License-Identifier: GPL-2.0

//! Interfaces that use netdev in ways in which no driver should: they change the carrier of both
//! ends in every callback, even when one is already unregistered, drop every third packet, take
//! their time to go down, and leak their registration.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
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
    type: Cable,
    name: "cable",
    authors: ["The hello authors"],
    description: "Interfaces that use netdev as no driver should",
    license: "GPL",
    params: {
        refuse: i64 {
            default: 0,
            description: "1: no interface goes up",
        },
        leak: i64 {
            default: 0,
            description: "1: another pair's registration is leaked; 2: init fails after that",
        },
        linger: i64 {
            default: 0,
            description: "1: the first interface that goes down waits until its peer has sent 128 packets",
        },
    },
}

const LIMITS: Limits = Limits {
    queues: 1,
    ring: 64,
    max_mtu: 1500,
    offload: true,
};

static LINGERED: Atomic<bool> = Atomic::new(false);

struct Cable {
    _registration: Registration<End>,
}

impl kernel::Module for Cable {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        for name in [
            c"",
            c".",
            c"a/b",
            c"a b",
            c"%s",
            c"%d%d",
            c"lo",
            c"0123456789012345",
        ] {
            report(name, &LIMITS);
        }
        for (queues, ring, max_mtu) in [
            (0, 64, 1500),
            (65, 64, 1500),
            (1, 63, 1500),
            (1, 4097, 1500),
            (1, 64, 1499),
            (1, 64, 65536),
        ] {
            let limits = Limits {
                queues,
                ring,
                max_mtu,
                ..LIMITS
            };
            pr_info!("{queues} queues of {ring} packets of {max_mtu} bytes:\n");
            report(c"cable%d", &limits);
        }
        let registration = Registration::new(c"cable%d", &LIMITS, [End::new(), End::new()])?;
        let leak = netdev::parameter!(leak, 0..=2)?;
        if leak != 0 {
            let leaked = Registration::new(c"leaked%d", &LIMITS, [End::new(), End::new()])?;
            core::mem::forget(leaked);
        }
        if leak == 2 {
            return Err(ENOSPC);
        }
        Ok(Self {
            _registration: registration,
        })
    }
}

fn report(name: &'static CStr, limits: &Limits) {
    match Registration::new(name, limits, [End::new(), End::new()]) {
        Ok(_registration) => pr_info!("the name '{name}': accepted\n"),
        Err(error) => pr_info!("the name '{name}': {}\n", error.to_errno()),
    }
}

struct End {
    packets: Atomic<i32>,
}

impl End {
    fn new() -> Self {
        Self {
            packets: Atomic::new(0),
        }
    }
}

fn flap(interface: &Interface<End>) {
    for interface in [interface, interface.peer()] {
        interface.set_carrier(false);
        interface.set_carrier(true);
    }
}

/// Waits until `peer` has sent twice as many packets as a ring can hold, or can be expected not to.
fn linger(peer: &Interface<End>) {
    let packets = &peer.data().packets;
    let start = packets.load(Relaxed);
    for _ in 0..10_000 {
        if !peer.is_running() {
            return;
        }
        if packets.load(Relaxed).wrapping_sub(start) >= 128 {
            pr_info!("the peer of an interface that goes down: sends\n");
            return;
        }
        fsleep(Delta::from_millis(1));
    }
    pr_info!("the peer of an interface that goes down: stands still\n");
}

#[vtable]
impl Operations for End {
    fn open(interface: &Interface<Self>) -> Result {
        flap(interface);
        if netdev::parameter!(refuse, 0..=1)? == 0 {
            Ok(())
        } else {
            Err(ENOSPC)
        }
    }

    fn stop(interface: &Interface<Self>) {
        flap(interface);
        if netdev::parameter!(linger, 0..=1) == Ok(1) && !LINGERED.xchg(true, Relaxed) {
            linger(interface.peer());
        }
    }

    fn transmit(packet: &TxPacket<'_, Self>) -> Verdict {
        let interface = packet.interface();
        flap(interface);
        let count = interface.data().packets.fetch_add(1, Relaxed);
        if count % 3 == 2 {
            Verdict::Drop
        } else {
            Verdict::Forward
        }
    }
}
