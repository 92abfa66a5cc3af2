// SPDX-License-Identifier: GPL-2.0

//! What an `ioctl` brings.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use crate::helpers;
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
#[derive(Clone, Copy)]
pub struct Argument(usize);

impl Argument {
    pub(crate) fn new(argument: usize) -> Self {
        Self(argument)
    }

    /// The argument itself, for a command that takes a number.
    pub fn value(&self) -> usize {
        self.0
    }

    /// Reads the struct that it points at, `copy_from_user()`. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: bad address.
    pub fn read<T: FromBytes + IntoBytes>(&self) -> Result<T> {
        let mut value = T::new_zeroed();
        let user = UserSlice::new(UserPtr::from_addr(self.0), size_of::<T>());
        user.reader().read_slice(value.as_mut_bytes())?;
        Ok(value)
    }

    /// Writes the struct that it points at, `copy_to_user()`. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: bad address.
    pub fn write<T: IntoBytes + Immutable>(&self, value: &T) -> Result {
        let user = UserSlice::new(UserPtr::from_addr(self.0), size_of::<T>());
        user.writer().write_slice(value.as_bytes())
    }
}

/// Whether the caller has `CAP_SYS_ADMIN`, `capable()`.
pub fn may_administer() -> bool {
    // SAFETY: No requirements.
    unsafe { helpers::chrdev_may_administer() }
}
