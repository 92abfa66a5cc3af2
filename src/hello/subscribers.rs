// SPDX-License-Identifier: GPL-2.0

//! Those who subscribe to a device.

use crate::message::Subscriber;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// A list of subscribers. A linked one, since the kernel's vectors can panic when they grow.
pub(crate) struct Subscribers {
    first: Option<KBox<Entry>>,
    next_number: u64,
}

/// One of them.
pub(crate) struct Entry {
    number: u64,
    subscriber: Arc<dyn Subscriber>,
    next: Option<KBox<Entry>>,
}

impl Entry {
    /// An entry in no list yet. It is made, and dropped if there is no memory, when no lock is held: what
    /// belongs to a subscriber may use its device when it is dropped.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(subscriber: Arc<dyn Subscriber>) -> Result<KBox<Self>> {
        let entry = Self {
            number: 0,
            subscriber,
            next: None,
        };
        Ok(KBox::new(entry, GFP_KERNEL)?)
    }
}

impl Subscribers {
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            next_number: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Takes a subscriber in, and answers with the number that it can be taken out by.
    pub(crate) fn add(&mut self, mut entry: KBox<Entry>) -> u64 {
        entry.number = self.next_number;
        entry.next = self.first.take();
        self.next_number = self.next_number.wrapping_add(1);
        self.first.insert(entry).number
    }

    /// Takes the subscriber of that number out, for the caller to drop when no lock is held.
    pub(crate) fn remove(&mut self, number: u64) -> Option<KBox<Entry>> {
        let mut link = &mut self.first;
        while link.as_ref()?.number != number {
            link = &mut link.as_mut()?.next;
        }
        let mut entry = link.take()?;
        *link = entry.next.take();
        Some(entry)
    }

    /// Calls `f` for each.
    pub(crate) fn each(&self, mut f: impl FnMut(&dyn Subscriber)) {
        let mut next = &self.first;
        while let Some(entry) = next {
            f(&*entry.subscriber);
            next = &entry.next;
        }
    }
}
