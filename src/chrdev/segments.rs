// SPDX-License-Identifier: GPL-2.0

//! The parts of a range of bytes on each page. Pure arithmetic, without the kernel.

/// The part of a range that lies on one page.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Segment {
    /// The page's index.
    pub(crate) page: usize,
    /// The offset on the page, in bytes; less than the page's size.
    pub(crate) offset: usize,
    /// The length in bytes, at least 1; the segment ends on the page.
    pub(crate) length: usize,
}

/// The segments of a range of bytes, in order.
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    page_shift: u32,
    position: usize,
    left: usize,
}

impl Segments {
    /// Splits the `length` bytes starting at `start` into the parts on each page of 2^`page_shift`
    /// bytes.
    ///
    /// A range that would end past the end of the address space is truncated there.
    pub(crate) const fn new(page_shift: u32, start: usize, length: usize) -> Self {
        let room = usize::MAX - start;
        Self {
            page_shift,
            position: start,
            left: if length < room { length } else { room },
        }
    }
}

impl Iterator for Segments {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.left == 0 {
            return None;
        }
        let page = self.position.checked_shr(self.page_shift)?;
        let page_size = 1usize.checked_shl(self.page_shift)?;
        let offset = self.position & page_size.wrapping_sub(1);
        let length = self.left.min(page_size.wrapping_sub(offset));
        self.position = self.position.wrapping_add(length);
        self.left = self.left.wrapping_sub(length);
        Some(Segment {
            page,
            offset,
            length,
        })
    }
}
