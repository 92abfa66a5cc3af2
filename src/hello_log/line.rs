// SPDX-License-Identifier: GPL-2.0

//! The line of a message. Pure logic, without the kernel.

use crate::escape::escape;
use core::fmt::{
    self,
    Write as _, //
};

/// A line is at least this much shorter than the ring, not counting [`CUT`].
const RESERVE: usize = 68;

/// The shortest start of a line.
const PREFIX: &[u8; 8] = b"hello0: ";

/// The end of a line that does not show the whole message.
const CUT: &[u8] = b" [cut: longer than the ring]";

/// The end of each line.
const END: &[u8] = b"\n";

/// Returns the number of bytes of a message that a ring of that size keeps.
///
/// That is one byte more than a line can show (besides a newline, which it does not show), so that
/// a message that is kept in part is found to be too long when its line is formatted.
pub(crate) fn longest_message(ring: usize) -> usize {
    longest_line(ring)
        .saturating_sub(PREFIX.len())
        .saturating_add(2)
}

/// Returns the length of the longest line for a ring of that size, not counting [`CUT`] and
/// [`END`].
fn longest_line(ring: usize) -> usize {
    ring.saturating_sub(RESERVE)
}

/// Writes the line of `message` to `buffer`, and returns its length, or [`None`] if it does not
/// fit.
///
/// A buffer of the size of the ring is always large enough.
pub(crate) fn write_line(
    buffer: &mut [u8],
    ring: usize,
    minor: u32,
    message: &[u8],
) -> Option<usize> {
    let longest = longest_line(ring);
    let room = buffer.len().saturating_sub(CUT.len() + END.len());
    let mut line = LineWriter::new(buffer, room.min(longest));
    line.put_prefix(minor);
    // echo ends a message with a newline, and so does the line itself.
    escape(message.strip_suffix(b"\n").unwrap_or(message), &mut line);
    if line.is_cut() {
        if room < longest {
            return None;
        }
        line.reopen();
        line.put_whole(CUT);
    } else {
        line.reopen();
    }
    line.put_whole(END);
    Some(line.length)
}

/// Writes text of bounded length to a buffer. Output stops at the first piece that does not fit.
///
/// # Invariants
///
/// `length <= limit <= buffer.len()`.
pub(crate) struct LineWriter<'a> {
    buffer: &'a mut [u8],
    length: usize,
    limit: usize,
    is_cut: bool,
}

impl<'a> LineWriter<'a> {
    /// Starts at the beginning of `buffer`, and writes at most `limit` bytes.
    pub(crate) fn new(buffer: &'a mut [u8], limit: usize) -> Self {
        // INVARIANT: 0 and a minimum.
        Self {
            limit: limit.min(buffer.len()),
            buffer,
            length: 0,
            is_cut: false,
        }
    }

    /// Returns the number of bytes written.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether something did not fit.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Raises the limit to the size of the buffer.
    fn reopen(&mut self) {
        // INVARIANT: The limit was at most this, and the length at most the limit.
        self.limit = self.buffer.len();
        self.is_cut = false;
    }

    /// Records that something did not fit.
    fn cut(&mut self) {
        // INVARIANT: The limit becomes the length, which was at most the limit.
        self.limit = self.length;
        self.is_cut = true;
    }

    /// Returns the memory for the bytes that still fit, for [`advance`](Self::advance).
    pub(crate) fn room_mut(&mut self) -> &mut [u8] {
        self.buffer
            .get_mut(self.length..self.limit)
            .unwrap_or_default()
    }

    /// Records that `count` bytes were written to [`room_mut`](Self::room_mut).
    pub(crate) fn advance(&mut self, count: usize) {
        // INVARIANT: By at most the room.
        self.length = self.length.saturating_add(count.min(self.room()));
    }

    /// Returns the number of bytes that still fit.
    fn room(&self) -> usize {
        self.limit.saturating_sub(self.length)
    }

    /// Writes `bytes`, or nothing if they do not fit.
    pub(crate) fn put_whole(&mut self, bytes: &[u8]) {
        match self.room_mut().get_mut(..bytes.len()) {
            Some(to) => {
                to.copy_from_slice(bytes);
                self.advance(bytes.len());
            }
            None => self.cut(),
        }
    }

    /// Writes as many characters of `text` as fit.
    pub(crate) fn put_str(&mut self, text: &str) {
        let mut fits = text.len().min(self.room());
        while !text.is_char_boundary(fits) {
            fits = fits.saturating_sub(1);
        }
        self.put_whole(text.as_bytes().get(..fits).unwrap_or_default());
        if fits < text.len() {
            self.cut();
        }
    }

    /// Writes the name of device `minor`, and the separator before the message.
    fn put_prefix(&mut self, minor: u32) {
        let mut prefix = *PREFIX;
        if let (Some(digit), Ok(minor @ 0..=9)) = (prefix.get_mut(5), u8::try_from(minor)) {
            *digit = b'0'.wrapping_add(minor);
            self.put_whole(&prefix);
        } else {
            // It writes as much as fits, and never fails.
            let _ = write!(self, "hello{minor}: ");
        }
    }
}

impl fmt::Write for LineWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put_str(text);
        Ok(())
    }
}
