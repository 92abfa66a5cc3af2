// SPDX-License-Identifier: GPL-2.0

//! The bytes of a device.

use crate::extent::{
    Extent,
    Range, //
};
use chrdev::{
    Destination,
    Pages,
    Source, //
};
use kernel::prelude::*;

/// How a copy under the store's lock ended.
pub(crate) enum Copied {
    /// This range was copied, and that is all there is to be done.
    Whole(Range),
    /// User memory went away after `Range`. What was copied stays copied.
    Part(Range),
    /// User memory went away, and nothing was copied. There are this many bytes to do.
    Nothing(usize),
}

/// A byte store of bounded capacity, on pages.
///
/// # Invariants
///
/// Every byte of `pages` from the extent's size on is 0.
pub(crate) struct Store {
    pages: Pages,
    extent: Extent,
    generation: u64,
}

impl Store {
    /// Makes a store of `capacity` bytes that holds `bytes`, cut at the capacity.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(capacity: usize, bytes: &[u8]) -> Result<Self> {
        // INVARIANT: There are no pages yet.
        let mut store = Self {
            pages: Pages::new(capacity)?,
            extent: Extent::new(capacity),
            generation: 0,
        };
        if let Some(range) = store.extent.writable(None, bytes.len()) {
            store.pages.populate(range.start, range.length)?;
            store
                .pages
                .write(range.start, bytes.get(..range.length).unwrap_or(bytes));
            // INVARIANT: The size goes on with the bytes.
            store.extent.wrote(&range);
        }
        Ok(store)
    }

    /// How much there is, and how much there can be.
    pub(crate) fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Fills `bytes` with what is stored from `start` on.
    pub(crate) fn peek(&self, start: usize, bytes: &mut [u8]) {
        self.pages.read(start, bytes);
    }

    /// Empties the store.
    pub(crate) fn clear(&mut self) {
        // INVARIANT: What was stored is zeroed before the size says that it is not.
        self.pages.zero(0, self.extent.size());
        self.extent.clear();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Copies at most `limit` bytes from `position` on out, without waiting for user memory.
    pub(crate) fn read(
        &self,
        position: i64,
        limit: usize,
        destination: &mut Destination<'_>,
    ) -> Copied {
        let range = self.extent.readable(position, limit.min(destination.len()));
        let copied = self.pages.copy_to(range.start, range.length, destination);
        Copied::new(range, copied)
    }

    /// Makes room for `range`, and says whether there is some already if `nowait`.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory;
    /// - `EAGAIN`: memory would have to be allocated, and `nowait`.
    pub(crate) fn prepare(&mut self, range: &Range, nowait: bool) -> Result {
        if nowait && !self.pages.is_populated(range.start, range.length) {
            return Err(EAGAIN);
        }
        self.pages.populate(range.start, range.length)
    }

    /// Copies `range` in, for which there must be [room](Self::prepare), without waiting for user
    /// memory.
    ///
    /// An append is all or nothing; an overwrite that is cut short stays.
    pub(crate) fn write(&mut self, range: Range, source: &mut Source<'_>) -> Copied {
        let append = self.extent.is_append(&range);
        let copied = source.attempt(|source| {
            let copied = self.pages.copy_from(range.start, range.length, source);
            if append && copied < range.length {
                // INVARIANT: What lies beyond the size is 0 again.
                self.pages.zero(range.start, copied);
                (0, 0)
            } else {
                (copied, copied)
            }
        });
        let done = Copied::new(range, copied);
        if let Copied::Whole(range) | Copied::Part(range) = done {
            if range.length != 0 {
                // INVARIANT: The size goes on with the bytes.
                self.extent.wrote(&range);
                self.generation = self.generation.wrapping_add(1);
            }
        }
        done
    }
}

impl Copied {
    fn new(range: Range, copied: usize) -> Self {
        let done = Range {
            start: range.start,
            length: copied,
        };
        if copied == range.length {
            Self::Whole(done)
        } else if copied == 0 {
            Self::Nothing(range.length)
        } else {
            Self::Part(done)
        }
    }
}
