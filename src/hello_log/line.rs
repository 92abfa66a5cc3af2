// SPDX-License-Identifier: GPL-2.0

//! The line of a message. Pure logic, without the kernel.

use crate::escape::{
    copy_plain,
    escape, //
};
use core::{
    fmt::{
        self,
        Write as _, //
    },
    mem::take, //
};

/// How much shorter than the ring the longest line is, not counting [`CUT`] and [`END`]. It is more
/// than the length of these, so a buffer of the size of the ring has room for every line.
const RESERVE: usize = 68;
const _: () = assert!(RESERVE > CUT.len() + 1);

/// The length of the shortest start of a line.
const PREFIX: usize = b"hello0: ".len();

/// The end of a line that does not show the whole message.
const CUT: &[u8] = b" [cut: longer than the ring]";

/// The end of each line.
const END: u8 = b'\n';

/// Returns the number of bytes of a message that a ring of that size keeps.
///
/// That is one byte more than a line can show (besides a newline, which it does not show), so that
/// a message that is kept in part is found to be too long when its line is formatted.
pub(crate) fn longest_message(ring: usize) -> usize {
    longest_line(ring).saturating_sub(PREFIX).saturating_add(2)
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
    let room = buffer.len().saturating_sub(CUT.len() + 1);
    let text = buffer.get_mut(..room.min(longest)).unwrap_or_default();
    let prefix = write_prefix(text, minor);
    // echo ends a message with a newline, and so does the line itself.
    let message = match message {
        [rest @ .., b'\n'] => rest,
        _ => message,
    };
    // Most messages are plain text only.
    let plain = copy_plain(message, text.get_mut(prefix..).unwrap_or_default());
    let rest = message.get(plain..).unwrap_or_default();
    let mut length = prefix.saturating_add(plain);
    if !rest.is_empty() {
        let mut line = LineWriter::new(text, length);
        escape(rest, &mut line);
        length = line.length();
        if line.is_cut() {
            if room < longest {
                return None;
            }
            let mut line = LineWriter::new(buffer, length);
            line.put_whole(CUT);
            length = line.length();
        }
    }
    *buffer.get_mut(length)? = END;
    Some(length.saturating_add(1))
}

/// Writes the name of device `minor`, and the separator before the message. Returns the number of
/// bytes written.
fn write_prefix(text: &mut [u8], minor: u32) -> usize {
    match (minor, text.first_chunk_mut()) {
        (0..=9, Some(prefix)) => {
            let digit = b'0'.wrapping_add(minor as u8);
            *prefix = [b'h', b'e', b'l', b'l', b'o', digit, b':', b' '];
            PREFIX
        }
        _ => write_long_prefix(text, minor),
    }
}

#[cold]
fn write_long_prefix(text: &mut [u8], minor: u32) -> usize {
    let mut line = LineWriter::new(text, 0);
    // It writes as much as fits, and never fails.
    let _ = write!(line, "hello{minor}: ");
    line.length()
}

/// Writes text to a buffer. Output stops at the first piece that does not fit.
pub(crate) struct LineWriter<'a> {
    /// The memory for what is still to be written.
    room: &'a mut [u8],
    length: usize,
    is_cut: bool,
}

impl<'a> LineWriter<'a> {
    /// Starts after the first `length` bytes of `buffer`.
    pub(crate) fn new(buffer: &'a mut [u8], length: usize) -> Self {
        Self {
            room: buffer.get_mut(length..).unwrap_or_default(),
            length,
            is_cut: false,
        }
    }

    /// Returns the number of bytes in the buffer.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether something did not fit.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Writes `bytes`, or nothing if they do not fit.
    pub(crate) fn put_whole(&mut self, bytes: &[u8]) {
        match take(&mut self.room).split_at_mut_checked(bytes.len()) {
            Some((to, room)) => {
                to.copy_from_slice(bytes);
                self.length = self.length.saturating_add(bytes.len());
                self.room = room;
            }
            // No room is left for what follows.
            None => self.is_cut = true,
        }
    }

    /// Writes as many characters of `text` as fit.
    pub(crate) fn put_str(&mut self, text: &str) {
        let mut fits = text.len().min(self.room.len());
        while !text.is_char_boundary(fits) {
            fits = fits.saturating_sub(1);
        }
        let (text, rest) = text.as_bytes().split_at_checked(fits).unwrap_or_default();
        self.put_whole(text);
        if !rest.is_empty() {
            self.room = &mut [];
            self.is_cut = true;
        }
    }
}

impl fmt::Write for LineWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put_str(text);
        Ok(())
    }
}
