// SPDX-License-Identifier: GPL-2.0

//! A disk on the kernel crate's own abstractions, with the mistakes that they allow. The parameter
//! selects one.

use kernel::{
    block::mq::{
        gen_disk::{
            GenDisk,
            GenDiskBuilder, //
        },
        Operations,
        Request,
        TagSet, //
    },
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    ThisModule, //
};

module! {
    type: WrongDisk,
    name: "wrong_disk",
    authors: ["The hello authors"],
    description: "A disk without an owner",
    license: "GPL",
    params: {
        mistake: i64 {
            default: 0,
            description: "0: no owner; 1: init fails once the disk is there; 2: a request is ended twice",
        },
    },
}

/// The module.
struct WrongDisk {
    _disk: KBox<TwoThreads>,
}

/// Neither `GenDisk` nor `TagSet` is `Send` or `Sync`, which a module has to be.
struct TwoThreads {
    _disk: GenDisk<Disk>,
}

// SAFETY: The disk is only dropped.
unsafe impl Send for TwoThreads {}
// SAFETY: As above.
unsafe impl Sync for TwoThreads {}

impl kernel::Module for WrongDisk {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // It is a reference on kernel 7.2.
        let mistake = module_parameters::mistake.value();
        let tags = Arc::pin_init(TagSet::new(1, 16, 1), GFP_KERNEL)?;
        let disk = GenDiskBuilder::new().capacity_sectors(2048).build(
            fmt!("wrong_disk0"),
            tags,
            KBox::new(
                Disk {
                    twice: Atomic::new(i64::from(matches!(mistake, 2))),
                },
                GFP_KERNEL,
            )?,
        )?;
        let _disk = KBox::new(TwoThreads { _disk: disk }, GFP_KERNEL)?;
        if matches!(mistake, 1) {
            return Err(EINVAL);
        }
        Ok(Self { _disk })
    }
}

struct Disk {
    twice: Atomic<i64>,
}

#[vtable]
impl Operations for Disk {
    type QueueData = KBox<Disk>;

    fn queue_rq(disk: &Disk, request: ARef<Request<Self>>, _is_last: bool) -> Result {
        let _ = Request::end_ok(request);
        if disk.twice.load(Relaxed) == 1 {
            // The block layer completes a request whose queueing failed.
            return Err(EIO);
        }
        Ok(())
    }

    fn commit_rqs(_disk: &Disk) {}

    fn complete(_request: ARef<Request<Self>>) {}
}
