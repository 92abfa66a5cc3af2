// SPDX-License-Identifier: GPL-2.0

//! The functions that other modules use.
//!
//! hello.ko cannot be unloaded before a module that uses any of them, so its devices exist for as
//! long as that module is loaded.

use crate::{
    device::HelloDevice,
    subscribers::Subscriber,
    DEVICES, //
};
use chrdev::Device;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// A subscription to a device's messages.
///
/// After its drop returns, none of its callbacks is running, and none will be called; the drop
/// waits for a writer that is calling one. The subscriber itself is dropped last, while no lock is
/// held.
///
/// A device without subscribers pays one load and one branch for each write.
///
/// If a subscription is leaked (`mem::forget`, a cycle of [`Arc`]s), its subscriber stays
/// subscribed for as long as the device exists. hello.ko cannot be unloaded before the module that
/// it calls, but that module can be, and its freed code is then called. So a module must keep its
/// subscriptions where its exit drops them. (The kernel has the same rule for everything that Rust
/// modules register.)
pub struct Subscription {
    minor: u32,
    id: u64,
}

impl Subscription {
    /// Subscribes to the device with that minor.
    ///
    /// May sleep. Must not be called by a [`Subscriber`].
    ///
    /// # Errors
    ///
    /// - `ENODEV`: there is no such device;
    /// - `ENOMEM`: no memory.
    pub fn new(minor: u32, subscriber: Arc<dyn Subscriber>) -> Result<Self> {
        let id = device(minor)?.subscribe(subscriber)?;
        Ok(Self { minor, id })
    }

    /// The body of the drop, under a name that can be exported.
    fn cancel(&mut self) {
        // The device exists, since the module that has the subscription keeps hello.ko loaded.
        if let Ok(device) = device(self.minor) {
            device.unsubscribe(self.id);
        }
    }
}

impl Drop for Subscription {
    #[inline]
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Returns the device with that minor.
fn device(minor: u32) -> Result<Arc<Device<HelloDevice>>> {
    let devices = DEVICES.get().ok_or(ENODEV)?;
    devices.get(minor as usize).cloned().ok_or(ENODEV)
}

/// Returns the number of devices. Their minors are 0 to that number less one.
///
/// May sleep.
pub fn devices() -> u32 {
    DEVICES.get().map_or(0, |devices| devices.len() as u32)
}

/// Copies the contents of a device from byte `offset` on into `bytes`, and returns the number of
/// bytes copied, which is 0 at or beyond the end.
///
/// May sleep. Must not be called by a [`Subscriber`].
///
/// # Errors
///
/// `ENODEV`: there is no such device.
pub fn get(minor: u32, offset: usize, bytes: &mut [u8]) -> Result<usize> {
    Ok(device(minor)?.get(offset, bytes))
}

/// Replaces the contents of a device by `bytes`, and calls its subscribers.
///
/// It does what `echo text > /dev/helloN` does, but atomically. If `bytes` is empty, the device is
/// emptied, which is not a message. May sleep. Must not be called by a [`Subscriber`].
///
/// # Errors
///
/// - `ENODEV`: there is no such device;
/// - `ENOSPC`: `bytes` is longer than the device's capacity;
/// - `ENOMEM`: no memory.
pub fn post(minor: u32, bytes: &[u8]) -> Result {
    HelloDevice::post(&*device(minor)?, bytes)
}

export::export! {
    Subscription::new,
    Subscription::cancel,
    devices,
    get,
    post,
}
