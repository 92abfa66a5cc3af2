// SPDX-License-Identifier: GPL-2.0

//! Memory for a device's bytes: whole pages, which can be mapped into a process.
//!
//! The kernel crate's `XArray` is not used: its lookups take the lock.
//!
//! C headers: [`include/linux/xarray.h`](srctree/include/linux/xarray.h),
//! [`include/linux/gfp.h`](srctree/include/linux/gfp.h)

use crate::{
    helpers,
    iov_iter::{
        IovIterDest,
        IovIterSource, //
    },
    pipe::Pipe,
    read_once::read_once,
    segments::{
        Segment,
        Segments, //
    },
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed,
        Release, //
    },
    types::Opaque, //
};

/// The number of pages that are looked up without the xarray: 64 KiB, which is all of a small
/// store.
const FIRST: usize = 16;

/// A sparse range of bytes, backed by pages allocated on demand.
///
/// Pages are zeroed when they are added. They are neither moved nor freed before the range is
/// dropped, so they can be mapped. Holes read as zeros and occupy no memory.
///
/// All functions can be called concurrently. Bytes that one thread copies out while another copies
/// in may be torn, as in user memory; a lock around the range prevents that, except for processes
/// that have mapped the pages. The bytes are therefore only accessed from C, whose memory model the
/// kernel defines.
#[pin_data]
pub struct Pages {
    first: First,
    #[pin]
    rest: Array,
    /// The end of the last page that a process has mapped, in bytes.
    mapped: Atomic<usize>,
}

/// The pages with indices below [`FIRST`].
///
/// # Invariants
///
/// Each slot is null, or the address of a page to which it owns a reference; once set, it never
/// changes.
struct First([Atomic<*mut u8>; FIRST]);

/// All other pages.
///
/// # Invariants
///
/// The xarray is initialized. Each entry is the address of a page to which it owns a reference, and
/// never changes.
#[pin_data(PinnedDrop)]
struct Array {
    #[pin]
    xa: Opaque<bindings::xarray>,
}

// SAFETY: Pages belong to no thread.
unsafe impl Send for First {}
// SAFETY: Slots are atomic, and the bytes of pages are only copied, never referred to.
unsafe impl Sync for First {}

// SAFETY: An xarray can be used from any thread, and pages belong to no thread.
unsafe impl Send for Array {}
// SAFETY: An xarray has a lock of its own, and the bytes of pages are only copied, never referred
// to.
unsafe impl Sync for Array {}

impl Pages {
    /// Creates a range without pages.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: All are null.
            first: First([const { Atomic::new(core::ptr::null_mut()) }; FIRST]),
            // INVARIANT: Initialized without entries.
            rest <- pin_init!(Array {
                xa <- Opaque::ffi_init(|xa| {
                    // SAFETY: `xa` can be written to, and stays where it is.
                    unsafe { helpers::chrdev_xa_init(xa) }
                }),
            }),
            mapped: Atomic::new(0),
        })
    }

    /// Returns the address of the page at `index`, if it exists. It then exists as long as `self`.
    fn page(&self, index: usize) -> Option<NonNull<u8>> {
        match self.first.0.get(index) {
            // Accesses to the page depend on the pointer, so they see the page as it was when the
            // pointer was stored.
            Some(slot) => NonNull::new(read_once(slot)),
            None => NonNull::new(
                // SAFETY: The array is initialized.
                unsafe { bindings::xa_load(self.rest.xa.get(), index as c_ulong) }.cast(),
            ),
        }
    }

    /// Adds a page at `index`, unless one exists, after `fill` has filled it: nobody else can see
    /// it before that. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: no memory;
    /// - the error of `fill`. Then no page is added.
    pub(crate) fn add_filled(
        &self,
        index: usize,
        fill: impl FnOnce(&mut [u8]) -> Result,
    ) -> Result {
        let page = zeroed_page()?;
        // SAFETY: The page has `PAGE_SIZE` initialized bytes, and nobody else can see it yet.
        fill(unsafe { core::slice::from_raw_parts_mut(address(&page), PAGE_SIZE) })?;
        self.insert(index, page)
    }

    /// Adds `page` at `index`, unless one exists.
    fn insert(&self, index: usize, page: Page) -> Result {
        // INVARIANT: On success the slot or the entry owns the reference that is given up here. If
        // another thread has added a page meanwhile, that page stays and this one is dropped.
        let address = address(&page);
        if let Some(slot) = self.first.0.get(index) {
            if slot
                .cmpxchg(core::ptr::null_mut(), address, Release)
                .is_ok()
            {
                let _ = ManuallyDrop::new(page);
            }
            return Ok(());
        }
        // SAFETY: The array is initialized.
        let error = unsafe {
            helpers::chrdev_xa_insert(self.rest.xa.get(), index as c_ulong, address.cast())
        };
        match error {
            0 => {
                let _ = ManuallyDrop::new(page);
                Ok(())
            }
            error if error == EBUSY.to_errno() => Ok(()),
            error => to_result(error),
        }
    }

    // Functions with `#[inline(never)]` are called from several places in a driver, and the cost of
    // a call is negligible beside their work.

    /// Adds the missing pages of the `length` bytes starting at `start`, filled with zeros.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory; some of the pages may have been added, and still read as zeros.
    #[inline(never)]
    pub fn populate(&self, start: usize, length: usize) -> Result {
        for segment in segments(start, length) {
            if !self.contains(segment.page) {
                self.insert(segment.page, zeroed_page()?)?;
            }
        }
        Ok(())
    }

    /// Whether the page at `index` exists.
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.page(index).is_some()
    }

    /// Whether all pages of the `length` bytes starting at `start` exist.
    #[inline(never)]
    pub fn is_populated(&self, start: usize, length: usize) -> bool {
        segments(start, length).all(|segment| self.contains(segment.page))
    }

    /// Returns the end of the last page that a process has ever mapped, in bytes; 0 if none was
    /// mapped.
    pub fn mapped_end(&self) -> usize {
        self.mapped.load(Relaxed)
    }

    /// Returns a new reference to the page at `index`, if it exists, for a process to map.
    pub(crate) fn map(&self, index: usize) -> Option<NonNull<bindings::page>> {
        let address = self.page(index)?;
        let end = index.saturating_add(1).saturating_mul(PAGE_SIZE);
        let mut mapped = self.mapped.load(Relaxed);
        while mapped < end {
            match self.mapped.cmpxchg(mapped, end, Relaxed) {
                Ok(_) => break,
                Err(other) => mapped = other,
            }
        }
        // SAFETY: By the type invariants the page is alive.
        NonNull::new(unsafe { helpers::chrdev_get_page(address.as_ptr().cast()) }.cast())
    }

    /// Returns the address of a segment's bytes, if its page exists.
    fn address(&self, segment: &Segment) -> Option<*mut u8> {
        let page = self.page(segment.page)?;
        Some(page.as_ptr().wrapping_add(segment.offset))
    }

    /// Returns the address and the length of up to `length` bytes starting at `position`, of
    /// contents that end at `size`, if there are any, and they are on one page that exists.
    pub(crate) fn on_one_page(
        &self,
        position: i64,
        length: usize,
        size: usize,
    ) -> Option<(*mut u8, usize)> {
        let (start, length) = clamp(position, length, size);
        let segment = segments(start, length).next()?;
        if segment.length < length {
            return None;
        }
        Some((self.address(&segment)?, length))
    }

    /// Copies the `length` bytes starting at `start` to `destination`, and returns the number of
    /// bytes copied.
    ///
    /// It stops short when the destination is full or its next page is not present: it does not
    /// wait for user memory (`pagefault_disable()`), so it can be called with a lock held.
    pub fn copy_to(&self, start: usize, length: usize, destination: &mut IovIterDest<'_>) -> usize {
        let mut done = 0usize;
        for segment in segments(start, length) {
            let from = self.address(&segment).unwrap_or_else(zeros);
            // SAFETY: `from` is in a page that is ours, or is the start of the page of zeros, and
            // the segment is no longer than the rest of that page.
            let copied = unsafe { destination.copy_to_iter_nofault(from, segment.length) };
            done = done.wrapping_add(copied);
            if copied < segment.length {
                break;
            }
        }
        done
    }

    /// Adds the pages with the `length` bytes from `start` to `pipe`, without copying: a reader of
    /// the pipe sees what is written to them until it reads. Parts without a page are zeros, and
    /// stay so.
    ///
    /// It stops short when the pipe is full, or has all that the caller of `splice` has asked for.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: the pipe is full, and nothing was added;
    /// - `EPIPE`: nobody reads from the pipe.
    pub fn splice_to(&self, start: usize, length: usize, pipe: &mut Pipe<'_>) -> Result {
        for segment in segments(start, length.min(pipe.room())) {
            let page = self.page(segment.page).map_or_else(zeros, NonNull::as_ptr);
            // SAFETY: The page is ours or that of zeros, and the segment ends on it.
            match unsafe { pipe.add_to_pipe(page.cast(), segment.offset, segment.length) } {
                Err(EAGAIN) if pipe.added() != 0 => break,
                added => added?,
            }
        }
        Ok(())
    }

    /// Copies `length` bytes from `source` to `start`, and returns the number of bytes copied.
    ///
    /// It stops short when the source is empty, its next page is not present, or the range was not
    /// [populated](Self::populate): it does not wait for user memory, so it can be called with a
    /// lock held.
    pub fn copy_from(&self, start: usize, length: usize, source: &mut IovIterSource<'_>) -> usize {
        let mut done = 0usize;
        for segment in segments(start, length) {
            let Some(to) = self.address(&segment) else {
                break;
            };
            // SAFETY: `to` is in a page that is ours, and the segment ends on that page.
            let copied = unsafe { source.copy_from_iter_nofault(to, segment.length) };
            done = done.wrapping_add(copied);
            if copied < segment.length {
                break;
            }
        }
        done
    }

    /// Copies `bytes` to `start`, and returns the number of bytes copied: all of them, if the range
    /// was [populated](Self::populate).
    #[inline(never)]
    pub fn write(&self, start: usize, bytes: &[u8]) -> usize {
        let mut done = 0usize;
        for segment in segments(start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            let (Some(to), Some(from)) = (self.address(&segment), bytes.get(done..end)) else {
                break;
            };
            // SAFETY: `to` is in a page that is ours, the segment ends on that page, and `from` is
            // as long as the segment.
            unsafe { helpers::chrdev_memcpy(to.cast(), from.as_ptr().cast(), from.len()) };
            done = end;
        }
        done
    }

    /// Copies the bytes starting at `start` to `bytes`; parts without a page read as zeros.
    #[inline(never)]
    pub fn read(&self, start: usize, bytes: &mut [u8]) {
        let mut done = 0usize;
        for segment in segments(start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            let to = bytes.get_mut(done..end).unwrap_or_default();
            match self.address(&segment) {
                // SAFETY: `from` is in a page that is ours, the segment ends on that page, and `to`
                // is no longer than the segment.
                Some(from) => unsafe {
                    helpers::chrdev_memcpy(to.as_mut_ptr().cast(), from.cast(), to.len())
                },
                None => to.fill(0),
            }
            done = end;
        }
        bytes.get_mut(done..).unwrap_or_default().fill(0);
    }

    /// Fills the `length` bytes starting at `start` with zeros. Adds no page, and only visits pages
    /// that exist.
    #[inline(never)]
    pub fn zero(&self, start: usize, length: usize) {
        let end = start.saturating_add(length);
        let mut position = start;
        while position < end {
            let last = end.wrapping_sub(1) >> PAGE_SHIFT;
            let Some((index, page)) = self.next_page(position >> PAGE_SHIFT, last) else {
                break;
            };
            let page_start = index << PAGE_SHIFT;
            let page_end = page_start.saturating_add(PAGE_SIZE);
            let from = position.max(page_start);
            let to = page.as_ptr().wrapping_add(from.wrapping_sub(page_start));
            // SAFETY: `to` is in a page that is ours, and the range ends on that page.
            unsafe { helpers::chrdev_memzero(to.cast(), end.min(page_end).wrapping_sub(from)) };
            position = page_end;
        }
    }

    /// Returns the first page from `index` to `last` that exists, and its index.
    fn next_page(&self, mut index: usize, last: usize) -> Option<(usize, NonNull<u8>)> {
        while index < FIRST.min(last.saturating_add(1)) {
            if let Some(page) = self.page(index) {
                return Some((index, page));
            }
            index = index.wrapping_add(1);
        }
        if index > last {
            return None;
        }
        let mut index = index as c_ulong;
        // SAFETY: The array is initialized.
        let page = unsafe {
            bindings::xa_find(
                self.rest.xa.get(),
                &mut index,
                last as c_ulong,
                bindings::XA_PRESENT,
            )
        };
        Some((index as usize, NonNull::new(page.cast())?))
    }
}

/// Returns the start and the length of the part of the `length` bytes at `position` that lies below
/// `size`; it is empty at or beyond `size`.
pub(crate) fn clamp(position: i64, length: usize, size: usize) -> (usize, usize) {
    // As an unsigned number, a negative position is beyond any end.
    let start = (position as u64).min(size as u64) as usize;
    (start, length.min(size.wrapping_sub(start)))
}

/// Returns the parts of a range of bytes on each page.
fn segments(start: usize, length: usize) -> Segments {
    Segments::new(PAGE_SHIFT as u32, start, length)
}

/// Returns the address of a page of zeros, which stand for a page that does not exist.
fn zeros() -> *mut u8 {
    // SAFETY: It has no requirements.
    unsafe { helpers::chrdev_zero_page_address() }.cast()
}

/// Allocates a page of zeros. May sleep.
fn zeroed_page() -> Result<Page> {
    Ok(Page::alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO)?)
}

/// Returns the address of a page's bytes.
fn address(page: &Page) -> *mut u8 {
    // SAFETY: The page is alive; without GFP_HIGHMEM it has an address.
    unsafe { helpers::chrdev_page_address(page.as_ptr().cast()) }.cast()
}

impl Drop for First {
    fn drop(&mut self) {
        for slot in &self.0 {
            // SAFETY: By the type invariants the slot is null, which is allowed, or owns a
            // reference on the page, which is given up here. A page that is still pinned lives
            // until it is unpinned.
            unsafe { bindings::free_pages(slot.load(Relaxed).addr(), 0) };
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Array {
    fn drop(self: Pin<&mut Self>) {
        let array = self.xa.get();
        let mut index = 0;
        loop {
            // SAFETY: The array is initialized.
            let page =
                unsafe { bindings::xa_find(array, &mut index, c_ulong::MAX, bindings::XA_PRESENT) };
            if page.is_null() {
                break;
            }
            // SAFETY: By the type invariants the entry owns a reference on the page, which is given
            // up here, once: the next search starts after it. A page that is still pinned lives
            // until it is unpinned.
            unsafe { bindings::free_pages(page.addr(), 0) };
            let Some(next) = index.checked_add(1) else {
                break;
            };
            index = next;
        }
        // SAFETY: The array is initialized, and nobody uses it any more.
        unsafe { bindings::xa_destroy(array) };
    }
}
