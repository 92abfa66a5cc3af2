// SPDX-License-Identifier: GPL-2.0

//! The properties of a disk, and their form in C.
//!
//! C header: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h), `struct queue_limits`

use crate::helpers;
use kernel::{
    bindings,
    page::PAGE_SIZE,
    prelude::*, //
};

/// Optional features of a disk.
#[derive(Clone, Copy, Default)]
pub struct Features {
    /// Writes are cached: the disk receives flushes, and writes with FUA.
    pub write_cache: bool,
    /// The disk receives discards, of any number of pages.
    pub discard: bool,
    /// The disk receives requests to write zeros; otherwise the block layer writes pages of zeros.
    pub write_zeroes: bool,
    /// The disk cannot be written to. User space gets `EPERM` or `EACCES`, mostly. The block layer
    /// lets requests of other kernel code through, such as the device mapper; they fail with `EIO`
    /// and never reach the driver.
    pub read_only: bool,
}

/// The properties of a disk. Its physical block size and its discard granularity are the size of a
/// page.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Its size in bytes, a multiple of the block size and at most `i64::MAX`.
    pub capacity: u64,
    /// Its logical block size in bytes: a power of two from 512 to the size of a page.
    pub block_size: u32,
    /// The number of hardware queues, at least 1. It is limited to the number of CPUs.
    pub queues: u32,
    /// The number of requests that each queue can hold: 1 to 10240 (`BLK_MQ_MAX_DEPTH`).
    pub queue_depth: u32,
    /// Its optional features.
    pub features: Features,
}

impl Limits {
    pub(crate) fn check(&self) -> Result {
        let valid = self.block_size.is_power_of_two()
            && (512..=PAGE_SIZE as u32).contains(&self.block_size)
            && self.capacity & u64::from(self.block_size.wrapping_sub(1)) == 0
            && i64::try_from(self.capacity).is_ok()
            && self.queues > 0
            && (1..=bindings::BLK_MQ_MAX_DEPTH).contains(&self.queue_depth);
        if valid {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    pub(crate) fn to_queue_limits(self) -> bindings::queue_limits {
        let mut limits: bindings::queue_limits = pin_init::zeroed();
        limits.logical_block_size = self.block_size;
        limits.physical_block_size = PAGE_SIZE as u32;
        if self.features.write_cache {
            limits.features = helpers::BLKDEV_FEAT_WRITE_CACHE | helpers::BLKDEV_FEAT_FUA;
        }
        if self.features.discard {
            limits.max_hw_discard_sectors = u32::MAX;
            limits.max_discard_segments = 1;
            limits.discard_granularity = PAGE_SIZE as u32;
        }
        if self.features.write_zeroes {
            limits.max_write_zeroes_sectors = u32::MAX;
        }
        limits
    }
}
