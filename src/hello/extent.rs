// SPDX-License-Identifier: GPL-2.0

//! The bytes of a store that a read or a write accesses. Pure arithmetic, without the kernel.

/// A range of bytes.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Range {
    /// The first byte, counted from the beginning of the store.
    pub(crate) start: usize,
    /// The length in bytes.
    pub(crate) length: usize,
}

impl Range {
    /// Returns the offset one past the last byte.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.start.saturating_add(self.length)
    }
}

/// The size and the capacity of a store.
///
/// # Invariants
///
/// `size` is at most `capacity`.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Extent {
    size: usize,
    capacity: usize,
}

impl Extent {
    /// Creates the extent of an empty store that can hold `capacity` bytes.
    #[inline]
    pub(crate) const fn new(capacity: usize) -> Self {
        // INVARIANT: 0 does not exceed any capacity.
        Self { size: 0, capacity }
    }

    /// Creates the extent of a store whose size and capacity were read one after the other.
    #[inline]
    pub(crate) fn snapshot(size: usize, capacity: usize) -> Self {
        // INVARIANT: Clamped to the capacity.
        Self {
            size: size.min(capacity),
            capacity,
        }
    }

    /// Returns the number of bytes that are stored.
    #[inline]
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Returns the number of bytes that can be stored.
    #[inline]
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Sets the number of bytes that can be stored. Returns `false` if more than that are stored.
    #[inline]
    pub(crate) fn set_capacity(&mut self, capacity: usize) -> bool {
        let fits = self.size <= capacity;
        if fits {
            // INVARIANT: Checked above.
            self.capacity = capacity;
        }
        fits
    }

    /// Returns the range that a read of `length` bytes at `position` gets, which is empty at or
    /// beyond the end.
    #[inline]
    pub(crate) fn readable(&self, position: i64, length: usize) -> Range {
        // As an unsigned number, a negative position is beyond any end.
        let start = (position as u64).min(self.size as u64) as usize;
        Range {
            start,
            length: length.min(self.size.wrapping_sub(start)),
        }
    }

    /// Returns the range that a write of `length` bytes fills, at `position`, or at the end if that
    /// is [`None`].
    ///
    /// The range is clamped to the capacity. Returns [`None`] if `length` is not 0, and there is no
    /// room for a single byte.
    #[inline]
    pub(crate) fn writable(&self, position: Option<i64>, length: usize) -> Option<Range> {
        let start = match position {
            Some(position) => usize::try_from(position).unwrap_or(usize::MAX),
            None => self.size,
        };
        let room = self.capacity.saturating_sub(start);
        if room == 0 && length != 0 {
            return None;
        }
        Some(Range {
            start,
            length: length.min(room),
        })
    }

    /// Whether a write of `range` changes no byte that is stored already.
    #[inline]
    pub(crate) fn is_append(&self, range: &Range) -> bool {
        range.start >= self.size
    }

    /// Returns the range that a write of `range` adds to the contents: its part beyond the end,
    /// with any gap before it.
    #[inline]
    pub(crate) fn added(&self, range: &Range) -> Range {
        Range {
            start: self.size,
            length: range.end().saturating_sub(self.size),
        }
    }

    /// Records that `range` was written.
    #[inline]
    pub(crate) fn wrote(&mut self, range: &Range) {
        if range.length != 0 {
            // INVARIANT: Clamped to the capacity.
            self.size = self.size.max(range.end()).min(self.capacity);
        }
    }

    /// Records that the store was emptied.
    #[inline]
    pub(crate) fn clear(&mut self) {
        // INVARIANT: 0 does not exceed any capacity.
        self.size = 0;
    }
}
