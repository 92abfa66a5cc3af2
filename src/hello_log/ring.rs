// SPDX-License-Identifier: GPL-2.0

//! A bounded ring of lines, in which the newest push out the oldest. Of no kernel.
//!
//! The ring knows nothing of its readers: each has a [`Cursor`] of its own, and finds out by it
//! what it has lost.

use core::{
    fmt,
    ops::DerefMut, //
};

/// The bytes in front of each record: its length.
const HEADER: usize = 4;

/// What is kept free behind a line for the note that it was cut.
const NOTE: usize = 64;

/// The smallest ring, in bytes.
pub(crate) const MINIMUM: usize = 256;

/// A place in a ring: the record that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Where the record starts, counted in bytes since the ring was made.
    position: u64,
    /// How many records were before it.
    number: u64,
}

/// What a cursor leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing yet.
    Nothing,
    /// This many records were pushed out before they were read. The cursor is past them.
    Lost(u64),
    /// A record of this many bytes.
    Record(usize),
}

/// A ring of records in `buffer`.
///
/// # Invariants
///
/// `oldest.position <= newest.position <= oldest.position + buffer.len()`, and a record starts at
/// each place from `oldest` on that is the end of the one before, up to `newest`.
pub(crate) struct Ring<B> {
    buffer: B,
    oldest: Cursor,
    newest: Cursor,
}

impl<B: DerefMut<Target = [u8]>> Ring<B> {
    /// An empty ring. `buffer` has at least [`MINIMUM`] bytes.
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

    /// The place of the record that will be pushed next.
    pub(crate) fn now(&self) -> Cursor {
        self.newest
    }

    /// What `cursor` leads to.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Next {
        if cursor.number < self.oldest.number {
            let lost = self.oldest.number.wrapping_sub(cursor.number);
            *cursor = self.oldest;
            return Next::Lost(lost);
        }
        if cursor.number >= self.newest.number {
            return Next::Nothing;
        }
        Next::Record(self.length_at(cursor.position))
    }

    /// Copies the record at `cursor` into `bytes`, as far as there is room, and moves the cursor on.
    pub(crate) fn take(&self, cursor: &mut Cursor, bytes: &mut [u8]) {
        let length = self.length_at(cursor.position);
        self.load(cursor.position.wrapping_add(HEADER as u64), bytes);
        *cursor = cursor.after(length);
    }

    /// Starts a record, which [`Record::finish`] makes visible.
    pub(crate) fn push(&mut self) -> Record<'_, B> {
        let end = self.newest.position.wrapping_add(HEADER as u64);
        let mut record = Record {
            ring: self,
            end,
            cut: false,
        };
        record.make_room(0);
        record
    }

    fn capacity(&self) -> usize {
        self.buffer.len()
    }

    fn index(&self, position: u64) -> usize {
        position
            .checked_rem(self.capacity() as u64)
            .unwrap_or_default() as usize
    }

    fn length_at(&self, position: u64) -> usize {
        let mut header = [0; HEADER];
        self.load(position, &mut header);
        u32::from_ne_bytes(header) as usize
    }

    fn load(&self, position: u64, bytes: &mut [u8]) {
        let (first, second) = bytes.split_at_mut(self.until_wrap(position, bytes.len()));
        let buffer = &*self.buffer;
        copy(buffer.get(self.index(position)..), first);
        copy(Some(buffer), second);
    }

    fn store(&mut self, position: u64, bytes: &[u8]) {
        let (first, second) = bytes.split_at(self.until_wrap(position, bytes.len()));
        let index = self.index(position);
        let buffer = &mut *self.buffer;
        if let Some(to) = buffer.get_mut(index..) {
            copy(Some(first), to.get_mut(..first.len()).unwrap_or_default());
        }
        copy(
            Some(second),
            buffer.get_mut(..second.len()).unwrap_or_default(),
        );
    }

    /// How many of `length` bytes from `position` on come before the end of the buffer.
    fn until_wrap(&self, position: u64, length: usize) -> usize {
        length.min(self.capacity().saturating_sub(self.index(position)))
    }

    /// Pushes the oldest record out; false if there is none.
    fn drop_oldest(&mut self) -> bool {
        if self.oldest.number == self.newest.number {
            return false;
        }
        let length = self.length_at(self.oldest.position);
        // INVARIANT: There is a record at `oldest`, so its end is a place, at most `newest`.
        self.oldest = self.oldest.after(length);
        true
    }
}

/// Copies as many bytes as `to` has and `from` gives.
fn copy(from: Option<&[u8]>, to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from.unwrap_or_default()) {
        *to = *from;
    }
}

impl Cursor {
    /// The place after a record of `length` bytes that starts here.
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

/// A record that is being written.
///
/// What is written with [`fmt::Write`] beyond the ring's capacity is left out, and
/// [`is_cut`](Self::is_cut) says so.
pub(crate) struct Record<'a, B> {
    ring: &'a mut Ring<B>,
    end: u64,
    cut: bool,
}

impl<B: DerefMut<Target = [u8]>> Record<'_, B> {
    /// Whether something did not fit.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Adds `bytes`, whole or not at all, and keeps room for a note. False if it did not fit.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> bool {
        self.put_within(bytes, NOTE)
    }

    /// Adds the record's last words, for which there is always room if they are up to 64 bytes.
    pub(crate) fn put_note(&mut self, bytes: &[u8]) -> bool {
        self.put_within(bytes, 0)
    }

    fn put_within(&mut self, bytes: &[u8], reserve: usize) -> bool {
        let room = bytes.len().saturating_add(reserve);
        if self.cut && reserve != 0 || !self.make_room(room) {
            self.cut = true;
            return false;
        }
        self.ring.store(self.end, bytes);
        self.end = self.end.wrapping_add(bytes.len() as u64);
        true
    }

    /// Pushes old records out until `length` more bytes fit.
    fn make_room(&mut self, length: usize) -> bool {
        let end = self.end.wrapping_add(length as u64);
        while end.wrapping_sub(self.ring.oldest.position) > self.ring.capacity() as u64 {
            if !self.ring.drop_oldest() {
                return false;
            }
        }
        true
    }

    /// Ends the record; from now on readers find it.
    pub(crate) fn finish(self) {
        let start = self.ring.newest;
        let length = self
            .end
            .wrapping_sub(start.position)
            .wrapping_sub(HEADER as u64) as u32;
        self.ring.store(start.position, &length.to_ne_bytes());
        // INVARIANT: The record is whole, and `make_room` has seen to its bytes.
        self.ring.newest = start.after(length as usize);
    }
}

impl<B: DerefMut<Target = [u8]>> fmt::Write for Record<'_, B> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}
