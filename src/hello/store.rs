// SPDX-License-Identifier: GPL-2.0

//! The bytes of a device.

use crate::extent::{
    Extent,
    Range, //
};
use chrdev::{
    IovIterDest,
    IovIterSource,
    SeqPages,
    SeqPagesWriter, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// The result of a copy, which does not wait for user memory.
pub(crate) struct Copied {
    /// The range to copy.
    pub(crate) wanted: Range,
    /// The number of bytes copied.
    pub(crate) done: usize,
}

impl Copied {
    /// Whether everything was copied.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.done == self.wanted.length
    }

    /// Returns the range that was copied.
    #[inline]
    pub(crate) fn range(&self) -> Range {
        Range {
            start: self.wanted.start,
            length: self.done,
        }
    }
}

/// A byte store of bounded capacity, backed by pages.
///
/// # Invariants
///
/// - Every byte of `pages` from the extent's size on is 0.
/// - Every byte below the extent's size has a page.
/// - The size of `pages` is that of the extent.
pub(crate) struct Store {
    pages: SeqPagesWriter,
    extent: Extent,
    generation: u64,
}

impl Store {
    /// Creates a store of `capacity` bytes that holds `bytes`, truncated to the capacity.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    #[inline]
    pub(crate) fn new(capacity: usize, bytes: &[u8]) -> Result<Self> {
        // INVARIANT: There are no pages yet.
        let mut store = Self {
            pages: SeqPagesWriter::new()?,
            extent: Extent::new(capacity),
            generation: 0,
        };
        let greeting = bytes.get(..bytes.len().min(capacity)).unwrap_or(bytes);
        store.set(greeting)?;
        Ok(store)
    }

    /// Returns the size and the capacity.
    #[inline]
    pub(crate) fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Returns the number of changes to the contents.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the pages, for readers without the lock.
    #[inline]
    pub(crate) fn pages(&self) -> Arc<SeqPages> {
        self.pages.shared().clone()
    }

    /// Copies from byte `start` on into `bytes`.
    pub(crate) fn read(&self, start: usize, bytes: &mut [u8]) {
        self.pages.read(start, bytes);
    }

    /// Empties the store.
    pub(crate) fn clear(&mut self) {
        if self.extent.size() != 0 {
            // INVARIANT: The bytes are zeroed as the size shrinks.
            self.pages.update(|update| {
                update.zero(0, self.extent.size());
                update.set_size(0);
            });
            self.extent.clear();
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// Replaces the contents by `bytes`, or on error leaves them unchanged.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: `bytes` is longer than the capacity;
    /// - `ENOMEM`: no memory.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<Range> {
        let range = self
            .extent
            .writable(Some(0), bytes.len())
            .filter(|range| range.length == bytes.len())
            .ok_or(ENOSPC)?;
        if bytes.is_empty() {
            // This changes nothing if the store is empty.
            self.clear();
            return Ok(range);
        }
        self.set(bytes)?;
        self.generation = self.generation.wrapping_add(1);
        Ok(range)
    }

    /// Replaces the contents by `bytes`, which are not longer than the capacity, or on error leaves
    /// them unchanged.
    fn set(&mut self, bytes: &[u8]) -> Result {
        self.pages.shared().populate(0, bytes.len())?;
        // INVARIANT: The old bytes are zeroed first; the size grows with the new ones.
        self.pages.update(|update| {
            update.zero(0, self.extent.size());
            update.write(0, bytes);
            update.set_size(bytes.len());
        });
        self.extent.clear();
        self.extent.wrote(&Range {
            start: 0,
            length: bytes.len(),
        });
        Ok(())
    }

    /// Sets the capacity.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the contents are longer than that;
    /// - `EBUSY`: bytes beyond it were mapped. A page fault at the same moment may map some more,
    ///   which are zeros.
    #[inline]
    pub(crate) fn set_capacity(&mut self, capacity: usize) -> Result {
        let mut extent = self.extent;
        if !extent.set_capacity(capacity) {
            return Err(EINVAL);
        }
        if capacity < self.extent.capacity() && capacity < self.pages.shared().mapped_end() {
            return Err(EBUSY);
        }
        self.extent = extent;
        Ok(())
    }

    /// Copies `length` bytes from `position` to `destination`, which has room for them, or as many
    /// as there are.
    #[inline]
    pub(crate) fn copy_to(
        &self,
        position: i64,
        length: usize,
        destination: &mut IovIterDest<'_>,
    ) -> Copied {
        let wanted = self.extent.readable(position, length);
        let done = self.pages.copy_to(wanted.start, wanted.length, destination);
        Copied { wanted, done }
    }

    /// Ensures that memory is allocated for `range`, and for the gap before it, which becomes part
    /// of the contents with it and can then be mapped.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory;
    /// - `EAGAIN`: memory would have to be allocated, but `nowait` is set.
    #[inline]
    pub(crate) fn prepare(&self, range: &Range, nowait: bool) -> Result {
        // By the type invariants, the existing contents have their pages.
        let added = self.extent.added(range);
        let pages = self.pages.shared();
        if added.length == 0 || pages.is_populated(added.start, added.length) {
            Ok(())
        } else if nowait {
            Err(EAGAIN)
        } else {
            pages.populate(added.start, added.length)
        }
    }

    /// Copies from `source` to the range `wanted`, for which memory [must be
    /// allocated](Self::prepare).
    ///
    /// An append that is cut short because user memory was evicted is undone, unless `keep_short`
    /// is set; an overwrite is not.
    #[inline]
    pub(crate) fn copy_from(
        &mut self,
        wanted: Range,
        source: &mut IovIterSource<'_>,
        keep_short: bool,
    ) -> Copied {
        let extent = &mut self.extent;
        let undo_short = extent.is_append(&wanted) && !keep_short;
        let done = source.attempt(|source| {
            let done = self.pages.update(|update| {
                let mut done = update.copy_from(wanted.start, wanted.length, source);
                if done != wanted.length {
                    if undo_short {
                        done = 0;
                    }
                    // INVARIANT: Everything beyond the size is zeroed again. A copy that fails may
                    // have written more than it returns.
                    let end = wanted.start.saturating_add(done).max(extent.size());
                    update.zero(end, wanted.end().saturating_sub(end));
                }
                // INVARIANT: The size grows with the bytes, which have pages by the requirement of
                // this function.
                extent.wrote(&Range {
                    start: wanted.start,
                    length: done,
                });
                update.set_size(extent.size());
                done
            });
            (done, done != 0)
        });
        if done != 0 {
            self.generation = self.generation.wrapping_add(1);
        }
        Copied { wanted, done }
    }
}
