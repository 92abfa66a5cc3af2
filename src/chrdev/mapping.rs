// SPDX-License-Identifier: GPL-2.0

//! `mmap` of a device's pages.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::{
    file::OpenFile,
    file_operations::FileOperations,
    pages::Pages, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    mm::virt::VmaNew,
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc, //
};

/// The pages that [`mmap`](FileOperations::mmap) maps.
pub struct Mapping {
    pages: Arc<Pages>,
    writable: bool,
}

impl Mapping {
    /// Maps pages for reading only. A process that asks for write permission, here or by `mprotect`
    /// later, gets `EACCES`.
    pub fn read_only(pages: Arc<Pages>) -> Self {
        Self {
            pages,
            writable: false,
        }
    }

    /// Maps pages for reading and, if the file was opened for both, also for writing.
    ///
    /// A process's store to a shared mapping is visible at once in all other mappings and to copies
    /// from the pages, without any of the driver's locks: only stores of aligned words are atomic,
    /// and a copy may contain part of a longer store.
    pub fn read_write(pages: Arc<Pages>) -> Self {
        Self {
            pages,
            writable: true,
        }
    }

    /// Maps the pages into `vma`: the mapping can neither become executable nor grow.
    ///
    /// `VM_DONTEXPAND` also keeps the kernel from merging the VMA with a neighbour of the same
    /// file, which would skip `->mmap` for the second and show the pages of the first. This is
    /// `->mmap` and not `->mmap_prepare`, since the reference to `pages` would leak if mapping
    /// failed after the latter.
    ///
    /// # Safety
    ///
    /// `vma` is undergoing its initial setup, as the last step of the `mmap` of a file of `T`, and
    /// nobody else uses it.
    ///
    /// # Errors
    ///
    /// `EACCES`: the process asks for a permission that the mapping cannot have.
    pub(crate) unsafe fn map<T: FileOperations>(
        self,
        vma: *mut bindings::vm_area_struct,
    ) -> Result {
        // SAFETY: By the safety requirements.
        let new = unsafe { VmaNew::from_raw(vma) };
        if !self.writable {
            new.try_clear_maywrite().map_err(|_| EACCES)?;
        }
        new.try_clear_mayexec().map_err(|_| EACCES)?;
        new.set_dontexpand();
        // SAFETY: By the safety requirements the VMA's fields are ours, and it has no operations
        // yet. The VMA owns the reference on `pages`; `close` drops it.
        unsafe {
            (*vma).vm_ops = Vtable::<T>::OPERATIONS;
            (*vma).vm_private_data = Arc::into_raw(self.pages).cast_mut().cast();
        }
        Ok(())
    }
}

/// The operations of VMAs that map files of `T`.
struct Vtable<T: FileOperations>(PhantomData<T>);

impl<T: FileOperations> Vtable<T> {
    const OPERATIONS: &bindings::vm_operations_struct = &bindings::vm_operations_struct {
        open: Some(open),
        close: Some(close),
        fault: Some(fault::<T>),
        ..pin_init::zeroed()
    };
}

/// Called when a VMA is split or copied by fork: the copy needs its own reference.
///
/// # Safety
///
/// `vma` is one of ours.
unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
    // SAFETY: `map` has set it, and the original VMA still has its reference.
    let pages = unsafe { Arc::<Pages>::from_raw((*vma).vm_private_data.cast()) };
    core::mem::forget(pages.clone());
    core::mem::forget(pages);
}

/// Called when a VMA is unmapped.
///
/// # Safety
///
/// `vma` is one of ours.
unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
    // SAFETY: The VMA has a reference, and gives it up here.
    drop(unsafe { Arc::<Pages>::from_raw((*vma).vm_private_data.cast()) });
}

/// Called when a process touches a page that is not mapped yet.
///
/// chrdev takes no lock of the device here, so it can be called in any context that may sleep.
///
/// # Safety
///
/// `fault` is a fault in a VMA of ours, which maps a file of `T`.
unsafe extern "C" fn fault<T: FileOperations>(
    fault: *mut bindings::vm_fault,
) -> bindings::vm_fault_t {
    // SAFETY: The fault is ours for the call.
    let (vma, index, is_user) = unsafe {
        let place = &(*fault).__bindgen_anon_1;
        let is_user = (*fault).flags & bindings::fault_flag_FAULT_FLAG_USER != 0;
        (place.vma, place.pgoff, is_user)
    };
    // SAFETY: The VMA lives during the fault, and keeps its pages.
    let pages = unsafe { &*(*vma).vm_private_data.cast::<Pages>() };
    if T::HAS_FAULT && !pages.contains(index) {
        let Some(start) = index.checked_mul(PAGE_SIZE) else {
            return bindings::vm_fault_reason_VM_FAULT_SIGBUS;
        };
        // SAFETY: The VMA keeps its file, by the safety requirements one of `T`.
        let file = unsafe { OpenFile::<T>::from_raw((*vma).vm_file) };
        match pages.add_filled(index, |page| T::fault(file, start, page)) {
            // Another thread may have added the page meanwhile.
            Err(error) if !pages.contains(index) => return fault_of(error, is_user),
            _ => {}
        }
    }
    match pages.map(index) {
        Some(page) => {
            // SAFETY: The fault is ours for the call. The reference on the page passes to it.
            unsafe { (*fault).page = page.as_ptr() };
            0
        }
        None => bindings::vm_fault_reason_VM_FAULT_SIGBUS,
    }
}

/// Converts an error to the return value of a fault handler, as `vmf_error()` does. After a signal,
/// the process handles it and retries the access; a system call would retry without handling the
/// signal.
fn fault_of(error: Error, is_user: bool) -> bindings::vm_fault_t {
    if error == ENOMEM {
        bindings::vm_fault_reason_VM_FAULT_OOM
    } else if is_user && (error == ERESTARTSYS || error == EINTR) {
        bindings::vm_fault_reason_VM_FAULT_NOPAGE
    } else {
        bindings::vm_fault_reason_VM_FAULT_SIGBUS
    }
}
