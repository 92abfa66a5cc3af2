// SPDX-License-Identifier: GPL-2.0

//! The argument of an `ioctl`.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use core::marker::PhantomData;
use kernel::{
    bindings,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};
use zerocopy::Immutable;

/// The argument of an `ioctl`: by convention the address of a struct in the caller's memory.
///
/// The struct's type has no padding, and any bytes are a valid value, as zerocopy's traits require,
/// so a struct can neither leak kernel memory nor have an invalid value.
///
/// It can neither be kept past the call, since the address refers to the caller's memory only
/// during the call, nor be sent to another thread, which may belong to another process.
pub struct Argument<'a> {
    value: usize,
    call: PhantomData<(&'a (), *mut ())>,
}

impl Argument<'_> {
    /// Wraps the argument of a call by the current process. The lifetime should end no later than
    /// the call.
    pub(crate) fn new(value: usize) -> Self {
        Self {
            value,
            call: PhantomData,
        }
    }

    /// Returns the argument itself, for a command that takes a number.
    pub fn value(&self) -> usize {
        self.value
    }

    /// Reads the struct that it points at, with `copy_from_user()`. May sleep.
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

    /// Writes the struct that it points at, with `copy_to_user()`. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: bad address.
    pub fn write<T: IntoBytes + Immutable>(&self, value: &T) -> Result {
        let bytes = value.as_bytes();
        // SAFETY: `bytes` can be read. This leaves out `check_object_size()`, as `copy_to_user()`
        // does for a size that the compiler knows.
        let missing = unsafe {
            bindings::_copy_to_user(
                UserPtr::from_addr(self.value).as_mut_ptr(),
                bytes.as_ptr().cast(),
                size_of::<T>() as c_ulong,
            )
        };
        if missing == 0 {
            Ok(())
        } else {
            Err(EFAULT)
        }
    }
}
