// SPDX-License-Identifier: GPL-2.0

//! What an `ioctl` brings.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use crate::helpers;
use core::marker::PhantomData;
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};
use zerocopy::Immutable;

/// The argument of an `ioctl`: by custom the address of a struct of the caller's.
///
/// The struct's type is one that has no padding and for which any bytes are a value, as zerocopy's
/// traits say; so neither can memory of the kernel leak through it, nor a bad value come in.
///
/// It cannot be kept past the call, in which alone the address is one of the caller's, nor be sent to
/// another thread, whose memory may be another process's.
pub struct Argument<'a> {
    value: usize,
    call: PhantomData<(&'a (), *mut ())>,
}

impl Argument<'_> {
    /// Wraps the argument of a call.
    ///
    /// # Safety
    ///
    /// The lifetime ends no later than the call, and the caller is the current process.
    pub(crate) unsafe fn new(value: usize) -> Self {
        Self {
            value,
            call: PhantomData,
        }
    }

    /// The argument itself, for a command that takes a number.
    pub fn value(&self) -> usize {
        self.value
    }

    /// Reads the struct that it points at, `copy_from_user()`. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: bad address.
    pub fn read<T: FromBytes + IntoBytes>(&self) -> Result<T> {
        let mut value = T::new_zeroed();
        let user = UserSlice::new(UserPtr::from_addr(self.value), size_of::<T>());
        user.reader().read_slice(value.as_mut_bytes())?;
        Ok(value)
    }

    /// Writes the struct that it points at, `copy_to_user()`. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: bad address.
    pub fn write<T: IntoBytes + Immutable>(&self, value: &T) -> Result {
        let user = UserSlice::new(UserPtr::from_addr(self.value), size_of::<T>());
        user.writer().write_slice(value.as_bytes())
    }
}

/// Whether the caller has `CAP_SYS_ADMIN`, `capable()`.
pub fn may_administer() -> bool {
    // SAFETY: No requirements.
    unsafe { helpers::chrdev_may_administer() }
}
