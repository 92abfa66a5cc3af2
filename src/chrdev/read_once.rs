// SPDX-License-Identifier: GPL-2.0

//! Reads of atomics without a function call.
//!
//! C header: [`include/asm-generic/rwonce.h`](srctree/include/asm-generic/rwonce.h)

use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

/// Returns the value of an atomic, `READ_ONCE()`: a relaxed load without the call of a C function
/// that `Atomic::load()` makes.
///
/// # Examples
///
/// ```
/// # use kernel::sync::atomic::Atomic;
/// fn size(size: &Atomic<i64>) -> i64 {
///     chrdev::read_once(size)
/// }
/// ```
pub fn read_once<T: AtomicType>(value: &Atomic<T>) -> T {
    const { assert!(size_of::<T>() <= size_of::<usize>()) };
    // SAFETY: The pointer is valid. The kernel's memory model allows volatile reads of up to a word
    // beside atomic writes.
    unsafe { value.as_ptr().read_volatile() }
}
