// SPDX-License-Identifier: GPL-2.0

//! One device: the driver's state of it, and what every device has.

use crate::wait_queue::WaitQueue;
use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
};

/// How far the life of a device's registration has got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not published: nobody can open it, and its uevents are held back.
    Prepared = 0,
    /// Published.
    Live = 1,
    /// Its registration was dropped.
    Gone = 2,
}

/// The state of one device, which its registration and every open file share.
///
/// It dereferences to the driver's own part of it, `D`.
#[pin_data]
pub struct Device<D> {
    minor: u32,
    stage: Atomic<i32>,
    #[pin]
    wait_queue: WaitQueue,
    #[pin]
    data: D,
}

impl<D> Device<D> {
    /// Makes a device that is not published yet.
    pub(crate) fn new(minor: u32, data: impl PinInit<D, Error>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            minor,
            stage: Atomic::new(Stage::Prepared as i32),
            wait_queue <- WaitQueue::new(),
            data <- data,
        })
    }

    /// The device's minor number.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// The queue that every device has.
    ///
    /// See [`FileOperations::wait_queue`](crate::FileOperations::wait_queue).
    pub fn own_wait_queue(&self) -> &WaitQueue {
        &self.wait_queue
    }

    /// Whether the device's registration is gone: open files go on, but nothing new will come.
    pub fn is_gone(&self) -> bool {
        self.is(Stage::Gone)
    }

    pub(crate) fn is(&self, stage: Stage) -> bool {
        self.stage.load(Acquire) == stage as i32
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as i32, Release);
    }
}

impl<D> Deref for Device<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.data
    }
}
