// SPDX-License-Identifier: GPL-2.0

//! A bounded ring of records that overwrites the oldest record when full. Pure logic, without the
//! kernel.
//!
//! The ring does not know its readers: each has its own [`Cursor`], which also tells it how many
//! records it has lost.

use core::ops::DerefMut;

/// The bytes in front of each record: its length and its tag, the low and the high half of a `u64`.
const HEADER: usize = size_of::<u64>();

/// The smallest ring, in bytes.
pub(crate) const MINIMUM: usize = 256;

/// A place in a ring: the record that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Where the record starts, in bytes since the ring was created.
    position: u64,
    /// The number of records that precede it.
    number: u64,
}

impl Cursor {
    /// Returns the place after a record of `length` bytes that starts here.
    fn after(self, length: usize) -> Self {
        Self {
            position: self
                .position
                .wrapping_add(HEADER as u64)
                .wrapping_add(length as u64),
            number: self.number.wrapping_add(1),
        }
    }
}

/// The item that a cursor points at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    /// Nothing yet.
    Nothing,
    /// This many records were overwritten before they were read. The cursor is past them.
    Lost(u64),
    /// A record. The cursor is past it.
    Record(Record<'a>),
}

/// A record in a ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The tag that was passed to [`Ring::push`].
    pub(crate) tag: u32,
    /// Its bytes up to the end of the buffer.
    first: &'a [u8],
    /// Those after them, at the start of the buffer.
    second: &'a [u8],
}

impl<'a> Record<'a> {
    /// Returns its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.first.len().saturating_add(self.second.len())
    }

    /// Returns its bytes, unless they are in two parts.
    pub(crate) fn as_slice(&self) -> Option<&'a [u8]> {
        match (self.first, self.second) {
            (bytes, []) | ([], bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Copies as much of it to `bytes` as fits.
    pub(crate) fn copy_to(&self, bytes: &mut [u8]) {
        let (first, second) = bytes.split_at_mut(self.first.len().min(bytes.len()));
        copy(first, self.first);
        copy(second, self.second);
    }
}

/// A ring of records in `buffer`.
///
/// # Invariants
///
/// `oldest.position <= newest.position <= oldest.position + buffer.len()`. A record starts at
/// `oldest` unless that equals `newest`, and each record is followed by another one or by `newest`.
pub(crate) struct Ring<B> {
    buffer: B,
    oldest: Cursor,
    newest: Cursor,
}

impl<B: DerefMut<Target = [u8]>> Ring<B> {
    /// Creates an empty ring. `buffer` has at least [`MINIMUM`] bytes.
    pub(crate) fn new(buffer: B) -> Self {
        let start = Cursor {
            position: 0,
            number: 0,
        };
        // INVARIANT: Both are the same place.
        Self {
            buffer,
            oldest: start,
            newest: start,
        }
    }

    /// Returns the size of the buffer in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// Returns a cursor past the newest record.
    pub(crate) fn end(&self) -> Cursor {
        self.newest
    }

    /// Returns the item that `cursor` points at, and advances `cursor` past it.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Next<'_> {
        if cursor.number < self.oldest.number {
            let lost = self.oldest.number.wrapping_sub(cursor.number);
            *cursor = self.oldest;
            return Next::Lost(lost);
        }
        if cursor.number >= self.newest.number {
            return Next::Nothing;
        }
        let record = self.record(cursor.position);
        *cursor = cursor.after(record.len());
        Next::Record(record)
    }

    /// Adds a record of `length` bytes, truncated to what the ring can hold.
    ///
    /// `fill` is called for each of the one or two parts of the record's memory, with the part's
    /// offset in the record.
    pub(crate) fn push(&mut self, tag: u32, length: usize, mut fill: impl FnMut(usize, &mut [u8])) {
        let length = length.min(self.capacity().saturating_sub(HEADER));
        let start = self.newest;
        let end = start.after(length);
        while end.position.wrapping_sub(self.oldest.position) > self.capacity() as u64 {
            if !self.drop_oldest() {
                return;
            }
        }
        self.store_header(start.position, length as u32, tag);
        let (first, second) = self.parts_mut(start.position.wrapping_add(HEADER as u64), length);
        let offset = first.len();
        fill(0, first);
        if !second.is_empty() {
            fill(offset, second);
        }
        // INVARIANT: The record lies between `start` and `end`, and the loop has made room for it.
        self.newest = end;
    }

    /// Drops the oldest record. Returns `false` if there is none.
    fn drop_oldest(&mut self) -> bool {
        if self.oldest.number == self.newest.number {
            return false;
        }
        let length = self.record(self.oldest.position).len();
        // INVARIANT: A record starts at `oldest`, so another one or `newest` follows it.
        self.oldest = self.oldest.after(length);
        true
    }

    /// Returns the record that starts at `position`.
    fn record(&self, position: u64) -> Record<'_> {
        let index = self.index(position);
        let (head, tail) = self.buffer.split_at_checked(index).unwrap_or_default();
        let (header, first, second) = match tail.split_first_chunk() {
            Some((header, rest)) => (*header, rest, head),
            None => {
                let mut header = [0; HEADER];
                let (start, end) = header.split_at_mut(tail.len().min(HEADER));
                copy(start, tail);
                copy(end, head);
                let rest = head.get(end.len()..).unwrap_or_default();
                (header, rest, [].as_slice())
            }
        };
        let header = u64::from_ne_bytes(header);
        let length = header as u32 as usize;
        let first = first.get(..length).unwrap_or(first);
        let rest = length.saturating_sub(first.len());
        Record {
            tag: (header >> 32) as u32,
            first,
            second: second.get(..rest).unwrap_or_default(),
        }
    }

    fn store_header(&mut self, position: u64, length: u32, tag: u32) {
        let bytes = (u64::from(tag) << 32 | u64::from(length)).to_ne_bytes();
        let (first, second) = self.parts_mut(position, HEADER);
        let (to_first, to_second) = bytes.split_at(first.len().min(HEADER));
        copy(first, to_first);
        copy(second, to_second);
    }

    /// Returns the `length` bytes starting at `position`, in two parts: up to the end of the
    /// buffer, and from its start.
    fn parts_mut(&mut self, position: u64, length: usize) -> (&mut [u8], &mut [u8]) {
        let index = self.index(position);
        let (head, tail) = self.buffer.split_at_mut_checked(index).unwrap_or_default();
        let first = length.min(tail.len());
        let second = length.saturating_sub(first);
        (
            tail.get_mut(..first).unwrap_or_default(),
            head.get_mut(..second).unwrap_or_default(),
        )
    }

    /// Returns the index of `position` in the buffer, at most the buffer's length.
    fn index(&self, position: u64) -> usize {
        position
            .checked_rem(self.capacity() as u64)
            .unwrap_or_default() as usize
    }
}

/// Copies as many bytes as `from` has and `to` has room for.
fn copy(to: &mut [u8], from: &[u8]) {
    let length = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..length), from.get(..length)) {
        to.copy_from_slice(from);
    }
}
