// SPDX-License-Identifier: GPL-2.0

//! The messages of a device, and its list of subscribers.

use crate::{
    extent::Range,
    store::Store, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The bytes that a write has written to a device.
pub struct Message<'a> {
    pub(crate) minor: u32,
    pub(crate) store: &'a Store,
    pub(crate) range: Range,
}

impl Message<'_> {
    /// Returns the minor of the device: 1 for `/dev/hello1`.
    #[inline]
    pub fn minor(&self) -> u32 {
        message_minor(self)
    }

    /// Returns the length in bytes, which is never 0.
    #[inline]
    pub fn len(&self) -> usize {
        message_len(self)
    }

    /// Always false: an empty write is not a message.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies from byte `offset` on into `bytes`, and returns the number of bytes copied, which is
    /// 0 at or beyond the end.
    #[inline]
    pub fn read(&self, offset: usize, bytes: &mut [u8]) -> usize {
        message_read(self, offset, bytes)
    }
}

// The methods above, as free functions: rustc 1.85 cannot export a method of a type that has a
// lifetime (an internal compiler error in the `sym` operand of `global_asm!`). A message is opaque
// to other modules.

fn message_minor(message: &Message<'_>) -> u32 {
    message.minor
}

fn message_len(message: &Message<'_>) -> usize {
    message.range.length
}

fn message_read(message: &Message<'_>, offset: usize, bytes: &mut [u8]) -> usize {
    let length = message.range.length.saturating_sub(offset).min(bytes.len());
    let start = message.range.start.saturating_add(offset);
    if let Some(bytes) = bytes.get_mut(..length) {
        message.store.read(start, bytes);
    }
    length
}

export::export! {
    message_minor,
    message_len,
    message_read,
}

/// Receives each message.
pub trait Subscriber: Send + Sync {
    /// Called for each message: in the order of the writes for one device, concurrently for
    /// different devices.
    ///
    /// It runs in the context of the writer and may sleep, but the writer waits for it, even one
    /// that must not wait (`RWF_NOWAIT`), and the device is locked for other writers. So it must
    /// not use any hello device (not even another one, whose subscriber may be using this one),
    /// drop a [`Subscription`](crate::Subscription), or access user memory.
    fn message(&self, message: &Message<'_>);
}

/// A list of subscribers. It is linked, since the vectors of the kernel crate can panic when they
/// grow.
pub(crate) struct Subscribers {
    first: Option<KBox<Entry>>,
    next_id: u64,
}

/// A subscriber in the list.
pub(crate) struct Entry {
    id: u64,
    subscriber: Arc<dyn Subscriber>,
    next: Option<KBox<Entry>>,
}

impl Entry {
    /// Creates an entry that is not in a list. Call this with no lock held: on error, it drops the
    /// subscriber, which may use its device while it is dropped.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(subscriber: Arc<dyn Subscriber>) -> Result<KBox<Self>> {
        let entry = Self {
            id: 0,
            subscriber,
            next: None,
        };
        Ok(KBox::new(entry, GFP_KERNEL)?)
    }
}

impl Subscribers {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            next_id: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Adds a subscriber and returns its ID.
    pub(crate) fn add(&mut self, mut entry: KBox<Entry>) -> u64 {
        entry.id = self.next_id;
        entry.next = self.first.take();
        self.next_id = self.next_id.wrapping_add(1);
        self.first.insert(entry).id
    }

    /// Removes the subscriber with that ID, for the caller to drop when no lock is held.
    pub(crate) fn remove(&mut self, id: u64) -> Option<KBox<Entry>> {
        let mut link = &mut self.first;
        while link.as_ref()?.id != id {
            link = &mut link.as_mut()?.next;
        }
        let mut entry = link.take()?;
        *link = entry.next.take();
        Some(entry)
    }

    /// Calls `f` for each subscriber.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&dyn Subscriber)) {
        let mut next = &self.first;
        while let Some(entry) = next {
            f(&*entry.subscriber);
            next = &entry.next;
        }
    }
}
