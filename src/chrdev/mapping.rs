// SPDX-License-Identifier: GPL-2.0

//! `mmap` of a device's pages.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::{
    helpers,
    pages::Pages, //
};
use kernel::{
    bindings,
    mm::virt::VmaNew,
    prelude::*,
    sync::Arc, //
};

/// Maps `pages` into `area` for reading only: the mapping can never become writable or executable, nor
/// grow. See [`FileOperations::mmap`](crate::FileOperations::mmap).
///
/// `VM_DONTEXPAND` also keeps the kernel from merging the area with a neighbour of the same file, which
/// would skip `->mmap` for the second and show the pages of the first. This is `->mmap` and not
/// `->mmap_prepare`, since the reference on `pages` would leak if mapping failed after the latter.
///
/// # Safety
///
/// `area` is undergoing its initial setup, as the last thing of a file's `mmap`, and nobody else uses
/// it.
///
/// # Errors
///
/// `EACCES`: the process asks for write or execute permission.
pub(crate) unsafe fn map_read_only(
    area: *mut bindings::vm_area_struct,
    pages: Arc<Pages>,
) -> Result {
    // SAFETY: By the safety requirements.
    let vma = unsafe { VmaNew::from_raw(area) };
    vma.try_clear_maywrite().map_err(|_| EACCES)?;
    vma.try_clear_mayexec().map_err(|_| EACCES)?;
    vma.set_dontexpand();
    // SAFETY: By the safety requirements the area's fields are ours, and it has no operations yet.
    // The reference on `pages` passes to it; `close` gives it back.
    unsafe {
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
    // SAFETY: `map_read_only` has set it, and the original area still has its reference.
    let pages = unsafe { Arc::<Pages>::from_raw((*area).vm_private_data.cast()) };
    core::mem::forget(pages.clone());
    core::mem::forget(pages);
}

/// Called when an area is unmapped.
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
/// It takes no lock of the device, so it can be called in any context that may sleep.
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
