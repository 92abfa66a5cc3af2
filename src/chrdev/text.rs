// SPDX-License-Identifier: GPL-2.0

//! Formatting a text into a buffer.

use core::fmt;

/// A text in a buffer. Text that does not fit is dropped.
///
/// # Examples
///
/// ```
/// use core::fmt::Write as _;
/// use kernel::prelude::*;
///
/// fn answer(iov: &mut chrdev::IovIterDest<'_>, ki_pos: &mut i64) -> Result<usize> {
///     let mut buffer = [0; 8];
///     let mut text = chrdev::Text::new(&mut buffer);
///     // This never fails.
///     let _ = writeln!(text, "{}", 42);
///     iov.simple_read_from_buffer(ki_pos, text.as_bytes())
/// }
/// ```
pub struct Text<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> Text<'a> {
    /// Creates an empty text with room for as many bytes as `buffer` has.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            bytes: buffer,
            length: 0,
        }
    }

    /// Returns the length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Write for Text<'_> {
    #[inline(never)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.as_bytes()) {
            *to = *from;
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}
