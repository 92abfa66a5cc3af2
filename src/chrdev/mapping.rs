// SPDX-License-Identifier: GPL-2.0

//! `mmap` of a device's pages.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::{
    helpers,
    pages::Pages, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::Arc, //
};

/// A range of addresses of a process that is being mapped.
pub struct Mapping<'a> {
    area: NonNull<bindings::vm_area_struct>,
    borrowed: PhantomData<&'a mut bindings::vm_area_struct>,
}

impl Mapping<'_> {
    /// # Safety
    ///
    /// `area` is undergoing its initial setup, and nobody else uses it for `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw(area: NonNull<bindings::vm_area_struct>) -> Self {
        Self {
            area,
            borrowed: PhantomData,
        }
    }

    /// Whether the process wants to write.
    #[inline]
    pub fn is_writable(&self) -> bool {
        // SAFETY: The area is valid.
        unsafe { helpers::chrdev_vma_is_writable(self.area.as_ptr()) }
    }

    /// Maps `pages`, for reading only, for now and ever.
    ///
    /// The first byte of the mapping is the one at its offset in the device. A page is looked up
    /// when the process first touches it; one that is not there is `SIGBUS`. The mapping keeps
    /// `pages`.
    ///
    /// # Errors
    ///
    /// `EACCES`: the process wants to write. Later, `mprotect` gets that.
    #[inline]
    pub fn read_only(&mut self, pages: Arc<Pages>) -> Result {
        read_only(self, pages)
    }
}

/// [`Mapping::read_only`]. A function of its own so that it can be exported.
fn read_only(mapping: &mut Mapping<'_>, pages: Arc<Pages>) -> Result {
    if mapping.is_writable() {
        return Err(EACCES);
    }
    let area = mapping.area.as_ptr();
    // SAFETY: The area is being set up, so its fields are ours, and it has no operations yet. The
    // reference on `pages` passes to it; `close` gives it back.
    unsafe {
        helpers::chrdev_vma_set_read_only(area);
        (*area).vm_ops = OPERATIONS;
        (*area).vm_private_data = Arc::into_raw(pages).cast_mut().cast();
    }
    Ok(())
}

const OPERATIONS: &bindings::vm_operations_struct = &bindings::vm_operations_struct {
    open: Some(open),
    close: Some(close),
    fault: Some(fault),
    ..pin_init::zeroed()
};

/// Called when an area is split or copied by fork: the copy needs a reference of its own.
///
/// # Safety
///
/// `area` is one of ours.
unsafe extern "C" fn open(area: *mut bindings::vm_area_struct) {
    // SAFETY: `read_only` has put it there, and the original area still has its reference.
    let pages = unsafe { Arc::<Pages>::from_raw((*area).vm_private_data.cast()) };
    core::mem::forget(pages.clone());
    core::mem::forget(pages);
}

/// Called when an area goes.
///
/// # Safety
///
/// `area` is one of ours.
unsafe extern "C" fn close(area: *mut bindings::vm_area_struct) {
    // SAFETY: The area has a reference, and gives it up here.
    drop(unsafe { Arc::<Pages>::from_raw((*area).vm_private_data.cast()) });
}

/// Called when a process touches a page that is not mapped yet.
///
/// It takes no lock of the device, so it can come from anywhere.
///
/// # Safety
///
/// `fault` is a fault in an area of ours.
unsafe extern "C" fn fault(fault: *mut bindings::vm_fault) -> bindings::vm_fault_t {
    // SAFETY: The area lives during the fault, and keeps its pages.
    let pages = unsafe {
        let area = helpers::chrdev_fault_vma(fault);
        &*(*area).vm_private_data.cast::<Pages>()
    };
    // SAFETY: The fault is ours for the call.
    let index = unsafe { helpers::chrdev_fault_index(fault) } as usize;
    match pages.map(index) {
        Some(page) => {
            // SAFETY: The fault is ours for the call. The reference on the page passes to it.
            unsafe { (*fault).page = page.as_ptr() };
            0
        }
        None => bindings::vm_fault_reason_VM_FAULT_SIGBUS,
    }
}

export::export! {
    read_only,
}
