// SPDX-License-Identifier: GPL-2.0

//! Memory for a device's bytes: whole pages, which can be mapped into a process.
//!
//! C headers: [`include/linux/xarray.h`](srctree/include/linux/xarray.h),
//! [`include/linux/gfp.h`](srctree/include/linux/gfp.h)

use crate::{
    helpers,
    iov_iter::{
        with_pagefault_disabled,
        IovIterDest,
        IovIterSource, //
    },
    segments::{
        Segment,
        Segments, //
    },
};
use core::{
    convert::Infallible,
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    ffi::c_ulong,
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    types::Opaque, //
};

/// A page of zeros, for what was never populated.
static ZEROS: [u8; PAGE_SIZE] = [0; PAGE_SIZE];

/// A sparse range of bytes, on pages that are there once they are wanted.
///
/// Pages are zeroed when they are added, and are neither moved nor freed before the whole is
/// dropped, so that they can be mapped. What has no page reads as zeros, and costs no memory.
///
/// Everything can be called by several threads at once. Bytes that one copies out while another
/// copies in are torn, as in user memory; to keep them whole is up to a lock around this. A process
/// that has mapped the pages sees them as they are, lock or no lock. So the bytes are only touched
/// from C, whose memory model the kernel defines.
#[pin_data]
pub struct Pages {
    #[pin]
    array: Array,
    mapped: Atomic<usize>,
}

/// # Invariants
///
/// Each entry owns a reference on a page, and never changes once it is there.
#[repr(transparent)]
struct Array(Opaque<bindings::xarray>);

// SAFETY: An xarray can be used from any thread, and pages belong to no thread.
unsafe impl Send for Array {}
// SAFETY: An xarray has a lock of its own, and the bytes of pages are only copied, never referred to.
unsafe impl Sync for Array {}

impl Pages {
    /// Makes a range without any page.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: What is written is an `Array`, which is the same as an xarray, and stays where
            // it is.
            array <- unsafe {
                pin_init::pin_init_from_closure(|array: *mut Array| {
                    // INVARIANT: There are no entries.
                    helpers::chrdev_xa_init(array.cast());
                    Ok::<(), Infallible>(())
                })
            },
            mapped: Atomic::new(0),
        })
    }

    /// The page at `index`, if it is there; it stays.
    fn page(&self, index: usize) -> Option<NonNull<bindings::page>> {
        // SAFETY: The array is initialised.
        NonNull::new(unsafe { bindings::xa_load(self.array.0.get(), index as c_ulong) }.cast())
    }

    /// Adds a page of zeros at `index`, where there is none.
    fn add(&self, index: usize) -> Result {
        let page = Page::alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO)?;
        // SAFETY: The array is initialised. A null entry is replaced, or none: so whoever adds the
        // same page at the same time keeps it.
        let old = unsafe {
            helpers::chrdev_xa_add(self.array.0.get(), index as c_ulong, page.as_ptr().cast())
        };
        match old {
            0 => {
                // INVARIANT: The entry owns the reference that is given up here.
                let _ = ManuallyDrop::new(page);
                Ok(())
            }
            error if error == EBUSY.to_errno() => Ok(()),
            error => to_result(error),
        }
    }

    /// Adds the pages that the `length` bytes from `start` on lack, filled with zeros.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory; some of the pages may have been added, and still read as zeros.
    pub fn populate(&self, start: usize, length: usize) -> Result {
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            if self.page(segment.page).is_none() {
                self.add(segment.page)?;
            }
        }
        Ok(())
    }

    /// Whether all pages of the `length` bytes from `start` on are there.
    pub fn is_populated(&self, start: usize, length: usize) -> bool {
        Segments::new(PAGE_SHIFT as u32, start, length)
            .all(|segment| self.page(segment.page).is_some())
    }

    /// One past the last byte of the last page that a process has ever mapped; 0 if none was.
    pub fn mapped_end(&self) -> usize {
        self.mapped.load(Relaxed)
    }

    /// The page at `index` with a reference of its own, for a process to map.
    pub(crate) fn map(&self, index: usize) -> Option<NonNull<bindings::page>> {
        let page = self.page(index)?;
        let end = index.saturating_add(1).saturating_mul(PAGE_SIZE);
        let mut mapped = self.mapped.load(Relaxed);
        while mapped < end {
            match self.mapped.cmpxchg(mapped, end, Relaxed) {
                Ok(_) => break,
                Err(other) => mapped = other,
            }
        }
        // SAFETY: By the type invariants the page is alive.
        unsafe { helpers::chrdev_get_page(page.as_ptr()) };
        Some(page)
    }

    /// Where the bytes of a segment are, if its page is there.
    fn address(&self, segment: &Segment) -> Option<*mut u8> {
        let page = self.page(segment.page)?;
        // SAFETY: By the type invariants `page` is a page; without GFP_HIGHMEM it has an address.
        let address = unsafe { helpers::chrdev_page_address(page.as_ptr()) }.cast::<u8>();
        Some(address.wrapping_add(segment.offset))
    }

    /// Copies the `length` bytes from `start` on out to `destination`, and answers how many.
    ///
    /// Short when the destination is full or its next page is not there: user memory is not
    /// waited for (`pagefault_disable()`), so this may be called with a lock held.
    pub fn copy_to(&self, start: usize, length: usize, destination: &mut IovIterDest<'_>) -> usize {
        with_pagefault_disabled(|| {
            let mut done = 0usize;
            for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
                let from = self
                    .address(&segment)
                    .map_or(ZEROS.as_ptr(), |address| address.cast_const());
                // SAFETY: `from` is in a page that is ours, or in the page of zeros, and the segment
                // ends on that page.
                let copied = unsafe { destination.copy_to_iter_raw(from, segment.length) };
                done = done.saturating_add(copied);
                if copied < segment.length {
                    break;
                }
            }
            done
        })
    }

    /// Copies `length` bytes in from `source` to `start` on, and answers how many.
    ///
    /// Short when the source is empty, its next page is not there, or the range was not
    /// [populated](Self::populate): user memory is not waited for, so this may be called with a
    /// lock held.
    pub fn copy_from(&self, start: usize, length: usize, source: &mut IovIterSource<'_>) -> usize {
        with_pagefault_disabled(|| {
            let mut done = 0usize;
            for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
                let Some(to) = self.address(&segment) else {
                    break;
                };
                // SAFETY: `to` is in a page that is ours, and the segment ends on that page.
                let copied = unsafe { source.copy_from_iter_raw(to, segment.length) };
                done = done.saturating_add(copied);
                if copied < segment.length {
                    break;
                }
            }
            done
        })
    }

    /// Copies `bytes` to `start` on, and answers how many: all of them, if the range was
    /// [populated](Self::populate).
    pub fn write(&self, start: usize, bytes: &[u8]) -> usize {
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            let (Some(to), Some(from)) = (self.address(&segment), bytes.get(done..end)) else {
                break;
            };
            // SAFETY: `to` is in a page that is ours, the segment ends on that page, and `from` is
            // as long as the segment.
            unsafe { helpers::chrdev_copy(to.cast(), from.as_ptr().cast(), from.len()) };
            done = end;
        }
        done
    }

    /// Fills `bytes` from `start` on; what has no page is zeros.
    pub fn read(&self, start: usize, bytes: &mut [u8]) {
        bytes.fill(0);
        let mut done = 0usize;
        for segment in Segments::new(PAGE_SHIFT as u32, start, bytes.len()) {
            let end = done.saturating_add(segment.length);
            if let (Some(from), Some(to)) = (self.address(&segment), bytes.get_mut(done..end)) {
                // SAFETY: `from` is in a page that is ours, the segment ends on that page, and `to`
                // is as long as the segment.
                unsafe { helpers::chrdev_copy(to.as_mut_ptr().cast(), from.cast(), to.len()) };
            }
            done = end;
        }
    }

    /// Fills the `length` bytes from `start` on with zeros. Adds no page.
    pub fn zero(&self, start: usize, length: usize) {
        for segment in Segments::new(PAGE_SHIFT as u32, start, length) {
            if let Some(to) = self.address(&segment) {
                // SAFETY: `to` is in a page that is ours, and the segment ends on that page.
                unsafe { helpers::chrdev_clear(to.cast(), segment.length) };
            }
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        let array = self.0.get();
        let mut index = 0;
        loop {
            // SAFETY: The array is initialised.
            let page = unsafe { bindings::xa_find(array, &mut index, c_ulong::MAX, XA_PRESENT) };
            if page.is_null() {
                break;
            }
            // SAFETY: By the type invariants the entry owns a reference on the page, which is given
            // up here, once: the next search starts behind it. A page that is still pinned lives on
            // until it is unpinned.
            unsafe { bindings::__free_pages(page.cast(), 0) };
            let Some(next) = index.checked_add(1) else {
                break;
            };
            index = next;
        }
        // SAFETY: The array is initialised, and nobody uses it any more.
        unsafe { bindings::xa_destroy(array) };
    }
}

/// `XA_PRESENT`, in the type that `xa_find()` takes.
const XA_PRESENT: bindings::xa_mark_t = bindings::XA_PRESENT;
