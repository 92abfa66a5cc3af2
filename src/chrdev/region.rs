// SPDX-License-Identifier: GPL-2.0

//! Device numbers: a major and a range of minors.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// `MINORBITS` of `include/linux/kdev_t.h`.
pub(crate) const MINOR_BITS: u32 = 20;

/// A range of device numbers that belongs to this driver: one major, minors from 0.
///
/// It stands in `/proc/devices` under its name, and is returned when it is dropped.
///
/// # Invariants
///
/// `minors` numbers from `first` on are registered under the driver's name, and nobody else
/// unregisters them.
pub struct Region {
    first: bindings::dev_t,
    minors: u32,
}

impl Region {
    /// Registers `minors` device numbers from minor 0 on, under `name`.
    ///
    /// With `major` 0 the kernel chooses an unused major (`alloc_chrdev_region`), otherwise it is
    /// the given one (`register_chrdev_region`). Of `name`, `/proc/devices` shows 63 bytes.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `minors` is 0 or over 2^20, or `major` is over 511 (`CHRDEV_MAJOR_MAX`).
    /// - `EBUSY`: the major's minors are taken, or no dynamic major is left.
    /// - `ENOMEM`: no memory.
    pub fn new(name: &'static CStr, major: u32, minors: u32) -> Result<Self> {
        if minors == 0 || minors > 1 << MINOR_BITS || major >= 1 << (32 - MINOR_BITS) {
            return Err(EINVAL);
        }
        let mut first = major << MINOR_BITS;
        if major == 0 {
            // SAFETY: `first` can be written to, and `name` is a C string that lives for ever.
            to_result(unsafe {
                bindings::alloc_chrdev_region(&mut first, 0, minors, name.as_char_ptr())
            })?;
        } else {
            // SAFETY: `name` is a C string that lives for ever.
            to_result(unsafe {
                bindings::register_chrdev_region(first, minors, name.as_char_ptr())
            })?;
        }
        // INVARIANT: The numbers were registered just now.
        Ok(Self { first, minors })
    }

    /// The major number.
    pub fn major(&self) -> u32 {
        self.first >> MINOR_BITS
    }

    /// How many minors there are, from 0 on.
    pub fn minors(&self) -> u32 {
        self.minors
    }

    /// The number of the first device, as the kernel writes it (`dev_t`).
    pub(crate) fn first(&self) -> bindings::dev_t {
        self.first
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: By the type invariants these numbers are registered and ours.
        unsafe { bindings::unregister_chrdev_region(self.first, self.minors) };
    }
}
