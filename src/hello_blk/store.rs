// SPDX-License-Identifier: GPL-2.0

//! The bytes of a disk: pages that are allocated when they are first written.

use crate::pieces::{
    Piece,
    Pieces,
    PAGE,
    PAGES, //
};
use blkdev::{
    SegmentDest,
    SegmentSource, //
};
use kernel::{
    alloc::{
        flags::__GFP_NOWARN,
        Flags, //
    },
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    },
};

/// The number of bytes in a region.
pub(crate) const REGION: usize = PAGE * PAGES;

/// Requests are served in contexts that must not sleep.
fn flags() -> Flags {
    GFP_NOWAIT | __GFP_NOWARN
}

type Page = KBox<[u8; PAGE]>;
type Pages = KBox<[Option<Page>; PAGES]>;

/// A part of the disk. Nothing orders requests that overlap, so each copy holds a lock.
#[pin_data]
struct Region {
    #[pin]
    pages: SpinLock<Option<Pages>>,
}

/// The bytes of a disk. Unwritten parts read as zeros and use no memory.
pub(crate) struct Store {
    regions: KVVec<Pin<KBox<Region>>>,
    pages: Atomic<i64>,
}

impl Store {
    /// Creates a store of that many regions. May sleep.
    pub(crate) fn new(regions: usize) -> Result<Self> {
        let mut store = Self {
            regions: KVVec::with_capacity(regions, GFP_KERNEL)?,
            pages: Atomic::new(0),
        };
        for _ in 0..regions {
            let region = KBox::pin_init(
                pin_init!(Region {
                    pages <- new_spinlock!(None),
                }),
                GFP_KERNEL,
            )?;
            store.regions.push_within_capacity(region)?;
        }
        Ok(store)
    }

    /// Returns the number of allocated pages.
    pub(crate) fn pages(&self) -> u64 {
        self.pages.load(Relaxed) as u64
    }

    /// Fills a segment with the bytes starting at `position`.
    ///
    /// # Errors
    ///
    /// `EIO`: beyond the end.
    pub(crate) fn read(&self, position: usize, segment: &mut SegmentDest<'_>) -> Result {
        for piece in Pieces::new(position, segment.len()) {
            let pages = self.region(piece)?.pages.lock();
            match pages.as_ref().and_then(|pages| pages.get(piece.page)) {
                Some(Some(page)) => {
                    segment.copy_from(page.get(piece.start..piece.end).ok_or(EIO)?);
                }
                _ => {
                    segment.clear(piece.len());
                }
            }
        }
        Ok(())
    }

    /// Copies a segment's bytes to `position`.
    ///
    /// # Errors
    ///
    /// - `EIO`: beyond the end;
    /// - `ENOMEM`: no memory at the moment.
    pub(crate) fn write(&self, position: usize, segment: &mut SegmentSource<'_>) -> Result {
        for piece in Pieces::new(position, segment.len()) {
            self.modify(piece, |bytes| {
                segment.copy_to(bytes);
            })?;
        }
        Ok(())
    }

    /// Copies bytes to `position`, like [`Self::write`].
    pub(crate) fn fill(&self, position: usize, mut source: &[u8]) -> Result {
        for piece in Pieces::new(position, source.len()) {
            let (now, later) = source.split_at_checked(piece.len()).ok_or(EIO)?;
            self.modify(piece, |bytes| bytes.copy_from_slice(now))?;
            source = later;
        }
        Ok(())
    }

    /// Zeroes a range, and frees the pages that lie within it.
    ///
    /// # Errors
    ///
    /// `EIO`: beyond the end.
    pub(crate) fn zero(&self, position: usize, length: usize) -> Result {
        for piece in Pieces::new(position, length) {
            let mut pages = self.region(piece)?.pages.lock();
            let Some(pages) = &mut *pages else {
                continue;
            };
            let page = pages.get_mut(piece.page).ok_or(EIO)?;
            if piece.is_whole() {
                if page.take().is_some() {
                    self.pages.add(-1, Relaxed);
                }
            } else if let Some(page) = page {
                page.get_mut(piece.start..piece.end).ok_or(EIO)?.fill(0);
            }
        }
        Ok(())
    }

    fn region(&self, piece: Piece) -> Result<&Region> {
        Ok(self.regions.get(piece.region).ok_or(EIO)?)
    }

    /// Calls `f` with the bytes of a piece, allocating its page if necessary.
    fn modify(&self, piece: Piece, f: impl FnOnce(&mut [u8])) -> Result {
        let mut pages = self.region(piece)?.pages.lock();
        let pages = match &mut *pages {
            Some(pages) => pages,
            none => none.insert(KBox::zeroed(flags())?),
        };
        let page = match pages.get_mut(piece.page).ok_or(EIO)? {
            Some(page) => page,
            none => {
                let page = none.insert(KBox::zeroed(flags())?);
                self.pages.add(1, Relaxed);
                page
            }
        };
        f(page.get_mut(piece.start..piece.end).ok_or(EIO)?);
        Ok(())
    }
}
