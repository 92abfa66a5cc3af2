// SPDX-License-Identifier: GPL-2.0

//! Splits a range of bytes at page boundaries. Pure arithmetic, without the kernel.

/// The unit of allocation, in bytes, whatever the size of the kernel's pages.
pub(crate) const PAGE: usize = 4096;
/// The number of pages in a region.
pub(crate) const PAGES: usize = 256;

/// The part of a range that lies in one page.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Piece {
    /// The number of the region.
    pub(crate) region: usize,
    /// The number of the page in that region.
    pub(crate) page: usize,
    /// The first byte in that page.
    pub(crate) start: usize,
    /// One past the last byte in that page.
    pub(crate) end: usize,
}

impl Piece {
    /// Returns the first piece of the range of `length` bytes starting at `position`.
    pub(crate) fn first(position: usize, length: usize) -> Self {
        let page = position / PAGE;
        let start = position % PAGE;
        Self {
            region: page / PAGES,
            page: page % PAGES,
            start,
            end: start.saturating_add(length).min(PAGE),
        }
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it is a whole page.
    pub(crate) fn is_whole(&self) -> bool {
        self.len() == PAGE
    }
}

/// All pieces of a range, in order.
pub(crate) struct Pieces {
    position: usize,
    length: usize,
}

impl Pieces {
    /// Returns the pieces of the range of `length` bytes starting at `position`.
    pub(crate) fn new(position: usize, length: usize) -> Self {
        Self { position, length }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.length == 0 {
            return None;
        }
        let piece = Piece::first(self.position, self.length);
        self.position = self.position.saturating_add(piece.len());
        self.length = self.length.saturating_sub(piece.len());
        Some(piece)
    }
}
