// SPDX-License-Identifier: GPL-2.0

//! A disk in memory, `/dev/hello_blk0`, whose first sector begins with a greeting.

#![forbid(unsafe_code)]

#[path = "../chrdev/segments.rs"]
mod segments;
mod store;

use blkdev::{
    Attribute,
    Disk,
    Features,
    Limits,
    Operation,
    Operations,
    Publish,
    Publisher,
    Request,
    EOPNOTSUPP, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    ThisModule, //
};
use store::{
    Store,
    REGION, //
};

blkdev::module! {
    type: HelloBlk,
    name: "hello_blk",
    authors: ["The hello authors"],
    description: "A disk in memory that says hello",
    license: "GPL",
    params: {
        capacity: i64 {
            default: 64,
            description: "Size in MiB, 1 to half of the machine's memory",
        },
        block_size: i64 {
            default: 512,
            description: "Logical block size in bytes, 512, 1024, 2048 or 4096",
        },
        queues: i64 {
            default: 2,
            description: "Number of hardware queues, 1 to 64; there is at most one for each CPU",
        },
        read_only: i64 {
            default: 0,
            description: "1: nothing can be written",
        },
    },
}

/// The module.
struct HelloBlk {
    disk: Disk<HelloDisk>,
}

impl kernel::Module for HelloBlk {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let capacity = blkdev::parameter!(capacity, 1..=max_capacity())? as usize;
        let block_size = blkdev::parameter!(block_size, 512..=4096)?;
        if !block_size.is_power_of_two() {
            pr_err!("parameter block_size: {block_size} is not 512, 1024, 2048 or 4096\n");
            return Err(EINVAL);
        }
        let limits = Limits {
            capacity: capacity.saturating_mul(REGION) as u64,
            block_size,
            queues: blkdev::parameter!(queues, 1..=64)?,
            queue_depth: 128,
            features: Features {
                write_cache: true,
                discard: true,
                write_zeroes: true,
                read_only: blkdev::parameter!(read_only, 0..=1)? == 1,
            },
        };
        let disk = Disk::new(fmt!("hello_blk0"), &limits, HelloDisk::new(capacity))?;
        pr_info!("Hello, a disk of {capacity} MiB\n");
        Ok(Self { disk })
    }
}

impl Drop for HelloBlk {
    fn drop(&mut self) {
        pr_info!("Goodbye\n");
    }
}

impl Publish for HelloBlk {
    fn publish(&self, publisher: &mut Publisher) {
        publisher.add(&self.disk);
    }
}

/// Returns the largest capacity in MiB. As with tmpfs, it is half of the memory, so that a full disk
/// leaves room for everything else.
fn max_capacity() -> u32 {
    u32::try_from(blkdev::total_ram() / 2 / REGION as u64).unwrap_or(u32::MAX)
}

/// The disk's contents, and counters of its requests.
struct HelloDisk {
    store: Store,
    flushes: Atomic<i64>,
    fua_writes: Atomic<i64>,
}

impl HelloDisk {
    fn new(regions: usize) -> Result<Self> {
        let store = Store::new(regions)?;
        store.write_bytes(0, b"Hello, world!\n")?;
        Ok(Self {
            store,
            flushes: Atomic::new(0),
            fua_writes: Atomic::new(0),
        })
    }
}

#[vtable]
impl Operations for HelloDisk {
    const ATTRIBUTES: &'static [Attribute<Self>] = &[
        Attribute::new(c"pages", |disk| disk.store.pages()),
        Attribute::new(c"flushes", |disk| disk.flushes.load(Relaxed) as u64),
        Attribute::new(c"fua_writes", |disk| disk.fua_writes.load(Relaxed) as u64),
    ];

    fn serve(&self, request: &mut Request<'_>) -> Result {
        let mut position = request.position() as usize;
        match request.operation() {
            Operation::Read => request.for_each_dest(|segment| {
                let start = position;
                position = position.saturating_add(segment.len());
                self.store.read(start, segment)
            }),
            Operation::Write => {
                if request.is_fua() {
                    self.fua_writes.add(1, Relaxed);
                }
                request.for_each_source(|segment| {
                    let start = position;
                    position = position.saturating_add(segment.len());
                    self.store.write(start, segment)
                })
            }
            // Completed writes are already as durable as they can be.
            Operation::Flush => {
                self.flushes.add(1, Relaxed);
                Ok(())
            }
            Operation::Discard | Operation::WriteZeroes => self.store.zero(position, request.len()),
            Operation::Other => Err(EOPNOTSUPP),
        }
    }
}
