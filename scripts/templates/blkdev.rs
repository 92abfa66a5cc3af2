// SPDX-License-Identifier: GPL-2.0

//! A disk in memory, `/dev/@NAME@0`.

use blkdev::{
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
    new_spinlock,
    prelude::*,
    sync::SpinLock,
    ThisModule, //
};

blkdev::module! {
    type: @TYPE@Module,
    name: "@NAME@",
    description: "A disk in memory",
    license: "GPL",
}

const CAPACITY: usize = 1 << 20;

struct @TYPE@Module {
    disk: Disk<@TYPE@Disk>,
}

impl kernel::Module for @TYPE@Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let limits = Limits {
            capacity: CAPACITY as u64,
            block_size: 512,
            queues: 1,
            queue_depth: 64,
            features: Features::default(),
        };
        let bytes = KVVec::from_elem(0, CAPACITY, GFP_KERNEL)?;
        let memory = try_pin_init!(@TYPE@Disk {
            bytes <- new_spinlock!(bytes),
        });
        Ok(Self {
            disk: Disk::new(fmt!("@NAME@0"), &limits, memory)?,
        })
    }
}

impl Publish for @TYPE@Module {
    fn publish(&self, publisher: &mut Publisher) {
        publisher.add(&self.disk);
    }
}

#[pin_data]
struct @TYPE@Disk {
    // Requests are served in contexts that must not sleep.
    #[pin]
    bytes: SpinLock<KVVec<u8>>,
}

#[vtable]
impl Operations for @TYPE@Disk {
    fn serve(&self, request: &mut Request<'_>) -> Result {
        let mut bytes = self.bytes.lock();
        let mut position = request.position() as usize;
        match request.operation() {
            Operation::Read => request.for_each_dest(|segment| {
                let end = position.saturating_add(segment.len());
                segment.copy_from(bytes.get(position..end).ok_or(EIO)?);
                position = end;
                Ok(())
            }),
            Operation::Write => request.for_each_source(|segment| {
                let end = position.saturating_add(segment.len());
                segment.copy_to(bytes.get_mut(position..end).ok_or(EIO)?);
                position = end;
                Ok(())
            }),
            _ => Err(EOPNOTSUPP),
        }
    }
}
