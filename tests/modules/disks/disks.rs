// SPDX-License-Identifier: GPL-2.0

//! Disks that use blkdev in ways in which no driver should. Whatever they do, no request may hang
//! or leak kernel memory.
//!
//! The module's init tries names and limits, logs the results, and creates a disk of each [`Kind`],
//! called `disks_<kind>`, and another one with the first name. Each is handed to the publisher
//! twice, and one more never. With the parameter `leak`, one more disk is in a static, which is
//! never dropped.

#![forbid(unsafe_code)]

use blkdev::{
    Attribute,
    Disk,
    Features,
    Limits,
    Operation,
    Operations,
    Publish,
    Publisher,
    Request, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SetOnce, //
    },
    ThisModule, //
};

blkdev::module! {
    type: Disks,
    name: "disks",
    authors: ["The hello authors"],
    description: "Disks that use blkdev as no driver should",
    license: "GPL",
    params: {
        leak: i64 {
            default: 0,
            description: "1: another disk is in a static; 2: it has a name that is in use, and is added first",
        },
    },
}

static LEAKED: SetOnce<Disk<State>> = SetOnce::new();

/// How a disk handles a read. All of the disks refuse writes.
#[derive(Clone, Copy)]
enum Kind {
    /// Returns without looking at the request.
    Forgetful,
    /// Copies a byte to each segment.
    Sparse,
    /// Visits all segments, then fails in the middle of visiting them again, and reports success.
    Twice,
    /// Takes a read for a write.
    Confused,
    /// Fails with the error that would make the block layer wait for the driver.
    Busy,
    /// Fails once with `ENOMEM`, and then serves the request.
    Late,
    /// Fails with the error that only the device mapper may use.
    Remote,
    /// Fails with the error that means that a request must not wait.
    Again,
    /// Copies a byte to each segment, and is read-only.
    Readonly,
}

const KINDS: [(&str, Kind); 10] = [
    ("forgetful", Kind::Forgetful),
    ("sparse", Kind::Sparse),
    ("twice", Kind::Twice),
    ("confused", Kind::Confused),
    ("busy", Kind::Busy),
    ("late", Kind::Late),
    ("remote", Kind::Remote),
    ("again", Kind::Again),
    ("readonly", Kind::Readonly),
    // Cannot be added.
    ("forgetful", Kind::Forgetful),
];

const LIMITS: Limits = Limits {
    capacity: 1 << 20,
    block_size: 512,
    queues: 1,
    queue_depth: 16,
    features: Features {
        write_cache: false,
        discard: false,
        write_zeroes: false,
        read_only: false,
    },
};

struct Disks {
    disks: KVec<Disk<State>>,
    // Never handed to the publisher.
    _forgotten: Disk<State>,
}

impl kernel::Module for Disks {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        for name in ["", ".", "..", "a/b", "a b", "a"] {
            report(fmt!("{name}"), &LIMITS, fmt!("the name '{name}'"));
        }
        report(fmt!("{:031}", 0), &LIMITS, fmt!("a name of 31 bytes"));
        report(fmt!("{:032}", 0), &LIMITS, fmt!("a name of 32 bytes"));
        for block_size in [0, 256, 513, 8192] {
            let limits = Limits {
                block_size,
                ..LIMITS
            };
            report(
                fmt!("limits"),
                &limits,
                fmt!("a block size of {block_size}"),
            );
        }
        for (queues, queue_depth, capacity) in [
            (0, 1, 0),
            (1, 0, 0),
            (1, u32::MAX, 0),
            (1, 1, 511),
            (u32::MAX, 1, 512),
        ] {
            let limits = Limits {
                queues,
                queue_depth,
                capacity,
                ..LIMITS
            };
            report(
                fmt!("limits"),
                &limits,
                fmt!("{queues} queues of {queue_depth} requests for {capacity} bytes"),
            );
        }
        let mut disks = KVec::with_capacity(KINDS.len(), GFP_KERNEL)?;
        for (name, kind) in KINDS {
            let mut limits = LIMITS;
            limits.features.read_only = matches!(kind, Kind::Readonly);
            let disk = Disk::new(fmt!("disks_{name}"), &limits, State::new(kind))?;
            disks.push_within_capacity(disk)?;
        }
        let forgotten = Disk::new(fmt!("disks_forgotten"), &LIMITS, State::new(Kind::Sparse))?;
        let leaked = match blkdev::parameter!(leak, 0..=2)? {
            0 => None,
            1 => Some("disks_leaked"),
            _ => Some("hello_blk0"),
        };
        if let Some(name) = leaked {
            let disk = Disk::new(fmt!("{name}"), &LIMITS, State::new(Kind::Sparse))?;
            LEAKED.populate(disk);
        }
        Ok(Self {
            disks,
            _forgotten: forgotten,
        })
    }
}

impl Publish for Disks {
    fn publish(&self, publisher: &mut Publisher) {
        if let Some(disk) = LEAKED.as_ref() {
            publisher.add(disk);
        }
        for _ in 0..2 {
            for disk in &self.disks {
                publisher.add(disk);
            }
        }
    }
}

fn report(name: kernel::fmt::Arguments<'_>, limits: &Limits, what: kernel::fmt::Arguments<'_>) {
    match Disk::new(name, limits, State::new(Kind::Sparse)) {
        Ok(_disk) => pr_info!("{what}: accepted\n"),
        Err(error) => pr_info!("{what}: {}\n", error.to_errno()),
    }
}

struct State {
    kind: Kind,
    failed: Atomic<i32>,
}

impl State {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            failed: Atomic::new(0),
        }
    }
}

#[vtable]
impl Operations for State {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"failed", |state| {
        state.failed.load(Relaxed) as u64
    })];

    fn serve(&self, request: &mut Request<'_>) -> Result {
        if request.operation() != Operation::Read {
            return Err(ENOSPC);
        }
        match self.kind {
            Kind::Forgetful => Ok(()),
            Kind::Sparse | Kind::Readonly => request.for_each_dest(|segment| {
                segment.copy_from(b"x");
                Ok(())
            }),
            Kind::Twice => {
                request.for_each_dest(|_| Ok(()))?;
                let _ = request.for_each_dest(|_| Err(EINTR));
                Ok(())
            }
            Kind::Confused => request.for_each_source(|_| Ok(())),
            Kind::Busy => Err(EBUSY),
            Kind::Again => Err(EAGAIN),
            // Kernel 7.2 has no constant for this error.
            Kind::Remote => to_result(-(bindings::EREMCHG as i32)),
            Kind::Late => {
                if self.failed.xchg(1, Relaxed) == 0 {
                    return Err(ENOMEM);
                }
                request.for_each_dest(|segment| {
                    segment.copy_from(b"late");
                    Ok(())
                })
            }
        }
    }
}
