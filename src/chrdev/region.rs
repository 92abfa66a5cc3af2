// SPDX-License-Identifier: GPL-2.0

//! Device numbers: a major and a range of minors.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use crate::helpers;
use kernel::{
    bindings::{
        self,
        MINORBITS, //
    },
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A range of device numbers that belongs to this driver: a major, and minors from 0 on.
///
/// It is listed in `/proc/devices` under its name. The numbers are freed when the region, its
/// clones and all its [`Minor`]s are dropped.
#[derive(Clone)]
pub struct Region(Arc<Numbers>);

/// Registered device numbers.
///
/// # Invariants
///
/// `minors` numbers starting at `first` are registered, and unregistered on drop only. `used` is
/// initialized, and holds the minors for which a [`Minor`] exists.
#[pin_data(PinnedDrop)]
struct Numbers {
    first: bindings::dev_t,
    minors: u32,
    #[pin]
    used: Opaque<bindings::ida>,
}

// SAFETY: The numbers can be unregistered by any thread, and a `struct ida` has a lock of its own.
unsafe impl Send for Numbers {}
// SAFETY: As above.
unsafe impl Sync for Numbers {}

impl Region {
    /// Registers `minors` device numbers from minor 0 on, under `name`.
    ///
    /// If `major` is 0, the kernel chooses an unused major (`alloc_chrdev_region()`), otherwise the
    /// given one is used (`register_chrdev_region()`). `/proc/devices` shows at most 63 bytes of
    /// `name`.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `minors` is 0 or over 2^20, or `major` is over 511 (`CHRDEV_MAJOR_MAX`).
    /// - `EBUSY`: the major's minors are taken, or no dynamic major is left.
    /// - `ENOMEM`: no memory.
    pub fn new(name: &'static CStr, major: u32, minors: u32) -> Result<Self> {
        // The kernel refuses a major from `CHRDEV_MAJOR_MAX` on, and says so in the log.
        if minors == 0 || minors > 1 << MINORBITS || major >= 1 << (32 - MINORBITS) {
            return Err(EINVAL);
        }
        // INVARIANT: `register` registers the numbers, and no `Minor` exists yet.
        let numbers = Arc::pin_init(
            try_pin_init!(Numbers {
                first: register(name, major, minors)?,
                minors,
                used <- Opaque::ffi_init(|ida| {
                    // SAFETY: `ida` can be written to, and stays where it is.
                    unsafe { helpers::chrdev_ida_init(ida) }
                }),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self(numbers))
    }

    /// Returns the major.
    pub fn major(&self) -> u32 {
        self.0.first >> MINORBITS
    }

    /// Returns the number of minors.
    pub fn minors(&self) -> u32 {
        self.0.minors
    }

    /// Allocates the minor `number`. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it is not in the region;
    /// - `EBUSY`: it is taken;
    /// - `ENOMEM`: no memory.
    pub fn alloc_minor(&self, number: u32) -> Result<Minor> {
        if number >= self.minors() {
            return Err(EINVAL);
        }
        self.alloc(number, number)
            .map_err(|error| if error == ENOSPC { EBUSY } else { error })
    }

    /// Allocates the lowest free minor. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: all minors are taken;
    /// - `ENOMEM`: no memory.
    pub fn alloc_any_minor(&self) -> Result<Minor> {
        self.alloc(0, self.minors().saturating_sub(1))
    }

    fn alloc(&self, first: u32, last: u32) -> Result<Minor> {
        // SAFETY: By the type invariants the ida is initialized.
        let number = unsafe {
            bindings::ida_alloc_range(self.0.used.get(), first, last, bindings::GFP_KERNEL)
        };
        to_result(number)?;
        // INVARIANT: Allocated above.
        Ok(Minor {
            region: self.clone(),
            number: number.unsigned_abs(),
        })
    }
}

/// Registers a range of numbers and returns the first.
fn register(name: &'static CStr, major: u32, minors: u32) -> Result<bindings::dev_t> {
    let mut first = major << MINORBITS;
    if major == 0 {
        // SAFETY: `first` can be written to, and the kernel copies the name.
        to_result(unsafe {
            bindings::alloc_chrdev_region(&mut first, 0, minors, name.as_char_ptr())
        })?;
    } else {
        // SAFETY: The kernel copies the name.
        to_result(unsafe { bindings::register_chrdev_region(first, minors, name.as_char_ptr()) })?;
    }
    Ok(first)
}

#[pinned_drop]
impl PinnedDrop for Numbers {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants; nobody uses the ida any more.
        unsafe {
            bindings::ida_destroy(self.used.get());
            bindings::unregister_chrdev_region(self.first, self.minors);
        }
    }
}

/// An allocated minor, freed on drop.
///
/// # Invariants
///
/// `number` is one of the region's, and taken by this alone.
pub struct Minor {
    region: Region,
    number: u32,
}

impl Minor {
    /// Returns the region that the minor belongs to.
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// Returns the minor.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the major and the minor as the kernel's `dev_t`.
    pub(crate) fn devt(&self) -> bindings::dev_t {
        self.region.0.first | self.number
    }
}

impl Drop for Minor {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::ida_free(self.region.0.used.get(), self.number) };
    }
}
