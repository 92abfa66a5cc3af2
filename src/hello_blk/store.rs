// SPDX-License-Identifier: GPL-2.0

//! The bytes of a disk: pages that are allocated when they are first written.

use crate::segments::{
    Segment,
    Segments, //
};
use blkdev::{
    SegmentDest,
    SegmentSource, //
};
use core::ops::Range;
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

/// The unit of allocation is a page of 2^12 bytes, whatever the size of the kernel's pages.
const PAGE_SHIFT: u32 = 12;
const PAGE: usize = 1 << PAGE_SHIFT;
/// The number of pages in a region.
const PAGES: usize = 256;
/// The number of bytes in a region.
pub(crate) const REGION: usize = PAGE * PAGES;

/// Requests are served in contexts that must not sleep.
fn gfp_flags() -> Flags {
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
        for part in Segments::new(PAGE_SHIFT, position, segment.len()) {
            let pages = self.region(part)?.pages.lock();
            match pages
                .as_ref()
                .and_then(|pages| pages.get(part.page % PAGES))
            {
                Some(Some(page)) => {
                    segment.copy_from(page.get(range(part)).ok_or(EIO)?);
                }
                _ => {
                    segment.clear(part.length);
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
        for part in Segments::new(PAGE_SHIFT, position, segment.len()) {
            self.modify(part, |bytes| {
                segment.copy_to(bytes);
            })?;
        }
        Ok(())
    }

    /// Copies bytes to `position`, like [`Self::write`].
    pub(crate) fn write_bytes(&self, position: usize, mut source: &[u8]) -> Result {
        for part in Segments::new(PAGE_SHIFT, position, source.len()) {
            let (now, later) = source.split_at_checked(part.length).ok_or(EIO)?;
            self.modify(part, |bytes| bytes.copy_from_slice(now))?;
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
        for part in Segments::new(PAGE_SHIFT, position, length) {
            let mut pages = self.region(part)?.pages.lock();
            let Some(pages) = &mut *pages else {
                continue;
            };
            let page = pages.get_mut(part.page % PAGES).ok_or(EIO)?;
            if part.length == PAGE {
                if page.take().is_some() {
                    self.pages.add(-1, Relaxed);
                }
            } else if let Some(page) = page {
                page.get_mut(range(part)).ok_or(EIO)?.fill(0);
            }
        }
        Ok(())
    }

    fn region(&self, part: Segment) -> Result<&Region> {
        Ok(self.regions.get(part.page / PAGES).ok_or(EIO)?)
    }

    /// Calls `f` with the bytes of a part, allocating its page if necessary.
    fn modify(&self, part: Segment, f: impl FnOnce(&mut [u8])) -> Result {
        let mut pages = self.region(part)?.pages.lock();
        let pages = match &mut *pages {
            Some(pages) => pages,
            none => none.insert(KBox::zeroed(gfp_flags())?),
        };
        let page = match pages.get_mut(part.page % PAGES).ok_or(EIO)? {
            Some(page) => page,
            none => {
                let page = none.insert(KBox::zeroed(gfp_flags())?);
                self.pages.add(1, Relaxed);
                page
            }
        };
        f(page.get_mut(range(part)).ok_or(EIO)?);
        Ok(())
    }
}

/// Returns the range of a part's bytes in its page.
fn range(part: Segment) -> Range<usize> {
    part.offset..part.offset.saturating_add(part.length)
}
