// SPDX-License-Identifier: GPL-2.0

//! What was written to a device, for those who want to know.

use crate::{
    device::HelloDevice,
    extent::Range,
    store::Store,
    Hello, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What one write has written to a device.
pub struct Message<'a> {
    pub(crate) minor: u32,
    pub(crate) store: &'a Store,
    pub(crate) range: Range,
}

impl Message<'_> {
    /// The minor of the device: 1 for `/dev/hello1`.
    #[inline]
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// Its length in bytes; never 0.
    #[inline]
    pub fn len(&self) -> usize {
        self.range.length
    }

    /// Always false: a write of nothing is no message.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.range.length == 0
    }

    /// Copies what stands from byte `offset` on into `bytes`, and answers how many bytes that were;
    /// 0 at the end.
    #[inline]
    pub fn read(&self, offset: usize, bytes: &mut [u8]) -> usize {
        read_message(self, offset, bytes)
    }
}

/// [`Message::read`]. A function of its own, since rustc 1.85 cannot export a method of a type that
/// has a lifetime (an internal compiler error in `global_asm!`'s `sym`).
fn read_message(message: &Message<'_>, offset: usize, bytes: &mut [u8]) -> usize {
    let length = message.len().saturating_sub(offset).min(bytes.len());
    let start = message.range.start.saturating_add(offset);
    if let Some(bytes) = bytes.get_mut(..length) {
        message.store.peek(start, bytes);
    }
    length
}

/// One who wants to know of each message.
pub trait Subscriber: Send + Sync {
    /// Called for each message, in the order of the writes to a device; for different devices at
    /// the same time.
    ///
    /// It runs in the context of the writer and may sleep, but the writer waits for it, even one that
    /// does not want to wait (`RWF_NOWAIT`), and the device is locked for other writers. So it must
    /// use no hello device (not another one either, whose subscriber may be using this one), drop no
    /// [`Subscription`], and touch no user memory.
    fn message(&self, message: &Message<'_>);
}

/// A subscription to a device's messages.
///
/// When its drop returns, no callback of it is running, and none will come; a drop waits for a
/// writer that is in the middle of one. The subscriber itself is dropped last, with no lock held.
///
/// A device without subscribers pays one load and one branch for each write.
///
/// A guard that is leaked (`mem::forget`, a cycle of [`Arc`]s) leaves its subscriber subscribed for as
/// long as the device lives. hello.ko cannot be unloaded before the module that it calls, but that
/// module can be, and its code is then called though it is gone: a module keeps its guards where its
/// exit drops them. (The kernel has the same rule for all that Rust modules register.)
pub struct Subscription {
    minor: u32,
    number: u64,
}

impl Subscription {
    /// Subscribes to the device with that minor.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: there is no such device;
    /// - `ENOMEM`: no memory.
    pub fn new(minor: u32, subscriber: Arc<dyn Subscriber>) -> Result<Self> {
        let device = chrdev::find::<Hello>(minor).ok_or(ENODEV)?;
        let number = device.subscribe(subscriber)?;
        Ok(Self { minor, number })
    }

    /// The drop, under a name that can be exported.
    fn cancel(&mut self) {
        // The devices stay until hello.ko goes, which waits for the module that has this.
        if let Some(device) = chrdev::find::<Hello>(self.minor) {
            device.unsubscribe(self.number);
        }
    }
}

impl Drop for Subscription {
    #[inline]
    fn drop(&mut self) {
        self.cancel();
    }
}

/// How many devices there are: their minors are 0 to one less.
///
/// May sleep.
pub fn devices() -> u32 {
    chrdev::count::<Hello>()
}

/// Copies what a device holds from byte `offset` on into `bytes`, and answers how many bytes that
/// were; 0 from the end on.
///
/// May sleep.
///
/// # Errors
///
/// `ENODEV`: there is no such device.
pub fn get(minor: u32, offset: usize, bytes: &mut [u8]) -> Result<usize> {
    let device = chrdev::find::<Hello>(minor).ok_or(ENODEV)?;
    Ok(device.get(offset, bytes))
}

/// Makes `bytes` what a device holds, in place of what it held, and tells its subscribers.
///
/// As `echo text > /dev/helloN` does, but whole or not at all. Nothing empties the device, and is no
/// message. May sleep.
///
/// # Errors
///
/// - `ENODEV`: there is no such device;
/// - `ENOSPC`: it cannot hold as much;
/// - `ENOMEM`: no memory.
pub fn post(minor: u32, bytes: &[u8]) -> Result {
    let device = chrdev::find::<Hello>(minor).ok_or(ENODEV)?;
    HelloDevice::post(&device, bytes)
}

export::export! {
    read_message,
    Subscription::new,
    Subscription::cancel,
    devices,
    get,
    post,
}
