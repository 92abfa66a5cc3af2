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
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// What became of a copy under the store's lock, which does not wait for user memory.
pub(crate) struct Copied {
    /// What there was to be copied.
    pub(crate) wanted: Range,
    /// How much of it was copied, in bytes.
    pub(crate) done: usize,
}

impl Copied {
    /// Whether user memory was there for all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.done == self.wanted.length
    }

    /// What was copied.
    pub(crate) fn range(&self) -> Range {
        Range {
            start: self.wanted.start,
            length: self.done,
        }
    }
}

/// A byte store of bounded capacity, on pages.
///
/// # Invariants
///
/// Every byte of `pages` from the extent's size on is 0.
pub(crate) struct Store {
    pages: Arc<Pages>,
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
            pages: Arc::pin_init(Pages::new(), GFP_KERNEL_ACCOUNT)?,
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

    /// How often what is stored has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The memory, to be mapped.
    pub(crate) fn pages(&self) -> Arc<Pages> {
        self.pages.clone()
    }

    /// Fills `bytes` with what is stored from `start` on.
    pub(crate) fn peek(&self, start: usize, bytes: &mut [u8]) {
        self.pages.read(start, bytes);
    }

    /// Empties the store.
    pub(crate) fn clear(&mut self) {
        if self.extent.size() != 0 {
            // INVARIANT: What was stored is zeroed before the size says that it is not.
            self.pages.zero(0, self.extent.size());
            self.extent.clear();
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// Stores `bytes` in place of all that was there, or leaves that as it is.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: they are more than the capacity;
    /// - `ENOMEM`: no memory.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<Range> {
        let range = self
            .extent
            .writable(Some(0), bytes.len())
            .filter(|range| range.length == bytes.len())
            .ok_or(ENOSPC)?;
        if bytes.is_empty() {
            // Which changes nothing if nothing was stored.
            self.clear();
            return Ok(range);
        }
        self.pages.populate(range.start, range.length)?;
        // INVARIANT: What was stored is zeroed first; the size goes on with the new bytes.
        self.pages.zero(0, self.extent.size());
        self.extent.clear();
        self.pages.write(range.start, bytes);
        self.extent.wrote(&range);
        self.generation = self.generation.wrapping_add(1);
        Ok(range)
    }

    /// Sets how many bytes can be stored.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there are more than that;
    /// - `EBUSY`: more than that has been mapped.
    pub(crate) fn set_capacity(&mut self, capacity: usize) -> Result {
        let mut extent = self.extent;
        if !extent.set_capacity(capacity) {
            return Err(EINVAL);
        }
        if capacity < self.extent.capacity() && capacity < self.pages.mapped_end() {
            return Err(EBUSY);
        }
        self.extent = extent;
        Ok(())
    }

    /// Copies at most `limit` bytes from `position` on out.
    pub(crate) fn read(
        &self,
        position: i64,
        limit: usize,
        destination: &mut Destination<'_>,
    ) -> Copied {
        let wanted = self.extent.readable(position, limit.min(destination.len()));
        let done = self.pages.copy_to(wanted.start, wanted.length, destination);
        Copied { wanted, done }
    }

    /// Sees to it that there is memory for `range`, and for the gap before it: that is stored as soon
    /// as the range is, and so can be mapped.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory;
    /// - `EAGAIN`: memory would have to be allocated, and `nowait`.
    pub(crate) fn prepare(&mut self, range: &Range, nowait: bool) -> Result {
        let start = range.start.min(self.extent.size());
        let length = range.end().saturating_sub(start);
        if self.pages.is_populated(start, length) {
            Ok(())
        } else if nowait {
            Err(EAGAIN)
        } else {
            self.pages.populate(start, length)
        }
    }

    /// Copies `wanted` in, for which there must be [memory](Self::prepare).
    ///
    /// An append whose source goes away meanwhile leaves nothing behind, unless `keep_short` is set; an
    /// overwrite that is cut short stays.
    pub(crate) fn write(
        &mut self,
        wanted: Range,
        source: &mut Source<'_>,
        keep_short: bool,
    ) -> Copied {
        let whole = self.extent.is_append(&wanted) && !keep_short;
        let done = source.attempt(|source| {
            let copied = self.pages.copy_from(wanted.start, wanted.length, source);
            if copied == wanted.length {
                return (copied, copied);
            }
            let kept = if whole { 0 } else { copied };
            // INVARIANT: What lies beyond the size is 0 again. A copy that fails may have written
            // more than it says.
            let end = wanted.start.saturating_add(kept).max(self.extent.size());
            self.pages.zero(end, wanted.end().saturating_sub(end));
            (kept, kept)
        });
        let copied = Copied { wanted, done };
        if done != 0 {
            // INVARIANT: The size goes on with the bytes.
            self.extent.wrote(&copied.range());
            self.generation = self.generation.wrapping_add(1);
        }
        copied
    }
}
