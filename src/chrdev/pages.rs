// SPDX-License-Identifier: GPL-2.0

//! Memory for a device's bytes: whole pages, which can be mapped into a process.

use crate::{
    helpers,
    segments::{
        Segment,
        Segments, //
    },
    user_memory::{
        Destination,
        NoFaults,
        Source, //
    },
};
use core::{
    mem::ManuallyDrop,
    ptr, //
};
use kernel::{
    bindings,
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
};

/// A page of zeros, for what was never populated.
static ZEROS: [u8; PAGE_SIZE] = [0; PAGE_SIZE];

/// A sparse range of bytes, up to a fixed capacity.
///
/// Pages are zeroed when they are added, and are neither moved nor freed before the whole is
/// dropped, so that they can be mapped. What has no page reads as zeros.
///
/// Adding a page and reading one may run side by side; that nobody reads bytes that another
/// writes is up to the lock around this (but for a process that has mapped the pages, which sees
/// what it sees).
///
/// # Invariants
///
/// Each entry of `table` is null or owns a reference on a page, and never changes once it is set.
pub struct Pages {
    table: KVVec<Atomic<*mut bindings::page>>,
}

impl Pages {
    /// Makes room for `capacity` bytes, which costs a pointer a page. No page is there yet.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory for the table.
    pub fn new(capacity: usize) -> Result<Self> {
        let count = capacity.div_ceil(PAGE_SIZE);
        let mut table = KVVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..count {
            table.push_within_capacity(Atomic::new(ptr::null_mut()))?;
        }
        // INVARIANT: All are null.
        Ok(Self { table })
    }

    /// How many bytes there is room for, a multiple of the page size.
    pub fn capacity(&self) -> usize {
        self.table.len().saturating_mul(PAGE_SIZE)
    }

    /// Adds the pages that the `length` bytes from `start` on lack, filled with zeros.
    ///
    /// May sleep. The caller sees to it that no two calls run at once (`&mut`), and can go on
    /// reading meanwhile.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory; some of the pages may have been added, and still read as zeros.
    /// - `ENOSPC`: the range goes beyond the capacity.
    pub fn populate(&mut self, start: usize, length: usize) -> Result {
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            let entry = self.table.get(segment.page).ok_or(ENOSPC)?;
            if entry.load(Relaxed).is_null() {
                let page = ManuallyDrop::new(Page::alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO)?);
                // INVARIANT: The entry was null, and owns the reference that the page gave up.
                entry.store(page.as_ptr(), Release);
            }
        }
        Ok(())
    }

    /// Whether all pages of the `length` bytes from `start` on are there.
    pub fn is_populated(&self, start: usize, length: usize) -> bool {
        Segments::new(PAGE_SHIFT as u32, start, length)
            .all(|segment| self.address(&segment).is_some())
    }

    /// Where the bytes of a segment are, if its page is there.
    fn address(&self, segment: &Segment) -> Option<*mut u8> {
        let page = self.table.get(segment.page)?.load(Acquire);
        if page.is_null() {
            return None;
        }
        // SAFETY: By the type invariants `page` is a page; without GFP_HIGHMEM it has an address.
        let address = unsafe { helpers::chrdev_page_address(page) }.cast::<u8>();
        Some(address.wrapping_add(segment.offset))
    }

    /// Copies the `length` bytes from `start` on out to `destination`, and answers how many.
    ///
    /// Short when the destination is full or its next page is not there: user memory is not
    /// waited for ([`NoFaults`]), so this may be called with a lock held.
    pub fn copy_to(&self, start: usize, length: usize, destination: &mut Destination<'_>) -> usize {
        let _no_faults = NoFaults::enter();
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            let from = self
                .address(&segment)
                .map_or(ZEROS.as_ptr(), |address| address.cast_const());
            // SAFETY: `from` is in a page that is ours, or in the page of zeros, and the segment
            // ends on that page.
            let copied = unsafe { destination.write_raw(from, segment.length) };
            done = done.saturating_add(copied);
            if copied < segment.length {
                break;
            }
        }
        done
    }

    /// Copies `length` bytes in from `source` to `start` on, and answers how many.
    ///
    /// Short when the source is empty, its next page is not there, or the range was not
    /// [populated](Self::populate): user memory is not waited for, so this may be called with a
    /// lock held.
    pub fn copy_from(&mut self, start: usize, length: usize, source: &mut Source<'_>) -> usize {
        let _no_faults = NoFaults::enter();
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            let Some(to) = self.address(&segment) else {
                break;
            };
            // SAFETY: `to` is in a page that is ours, and the segment ends on that page.
            let copied = unsafe { source.read_raw(to, segment.length) };
            done = done.saturating_add(copied);
            if copied < segment.length {
                break;
            }
        }
        done
    }

    /// Copies `bytes` to `start` on, and answers how many: all of them, if the range was
    /// [populated](Self::populate).
    pub fn write(&mut self, start: usize, bytes: &[u8]) -> usize {
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            let (Some(to), Some(from)) = (self.address(&segment), bytes.get(done..end)) else {
                break;
            };
            // SAFETY: `to` is in a page that is ours, the segment ends on that page, and `from` is
            // as long as the segment.
            unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
            done = end;
        }
        done
    }

    /// Fills `bytes` from `start` on; what lies beyond the capacity is zeros.
    pub fn read(&self, start: usize, bytes: &mut [u8]) {
        bytes.fill(0);
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            if let (Some(from), Some(to)) = (self.address(&segment), bytes.get_mut(done..end)) {
                // SAFETY: `from` is in a page that is ours, the segment ends on that page, and `to`
                // is as long as the segment.
                unsafe { ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
            }
            done = end;
        }
    }

    /// Fills the `length` bytes from `start` on with zeros. Adds no page.
    pub fn zero(&mut self, start: usize, length: usize) {
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            if let Some(to) = self.address(&segment) {
                // SAFETY: `to` is in a page that is ours, and the segment ends on that page.
                unsafe { ptr::write_bytes(to, 0, segment.length) };
            }
        }
    }
}

impl Drop for Pages {
    #[inline]
    fn drop(&mut self) {
        free(self);
    }
}

/// The drop, under a name that can be exported.
fn free(pages: &mut Pages) {
    for entry in pages.table.iter() {
        let page = entry.load(Relaxed);
        if !page.is_null() {
            // SAFETY: By the type invariants the entry owns a reference on the page, which is
            // given up here. A page that is still pinned lives on until it is unpinned.
            unsafe { bindings::__free_pages(page, 0) };
        }
    }
}

export::export! {
    Pages::new,
    Pages::capacity,
    Pages::is_populated,
    Pages::populate,
    Pages::copy_to,
    Pages::copy_from,
    Pages::write,
    Pages::read,
    Pages::zero,
    free,
}
