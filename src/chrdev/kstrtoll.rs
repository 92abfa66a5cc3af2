// SPDX-License-Identifier: GPL-2.0

//! Conversion of text to numbers.
//!
//! C header: [`include/linux/kstrtox.h`](srctree/include/linux/kstrtox.h)

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// Converts a text to a number, as the kernel does for most attributes in sysfs: decimal,
/// hexadecimal after `0x`, or octal after `0`, with or without a sign. The text must not contain a
/// newline: an attribute's `store` gets its text less one newline.
///
/// `str::parse()` checks for overflows that cannot happen, and so leaves calls to `core::panicking`
/// in the driver.
///
/// # Errors
///
/// - `EINVAL`: the text is not a number, or has more than 63 bytes;
/// - `ERANGE`: the number does not fit in an `i64`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// fn percent(text: &str) -> Result<u8> {
///     match chrdev::kstrtoll(text)? {
///         percent @ 0..=100 => Ok(percent as u8),
///         _ => Err(ERANGE),
///     }
/// }
/// ```
pub fn kstrtoll(text: &str) -> Result<i64> {
    let mut copy = [0; 64];
    let bytes = text.as_bytes();
    // The last byte stays 0. A text that contains a zero byte would end there.
    if bytes.len() >= copy.len() || bytes.contains(&0) || bytes.contains(&b'\n') {
        return Err(EINVAL);
    }
    for (to, from) in copy.iter_mut().zip(bytes) {
        *to = *from;
    }
    let mut number = 0;
    // SAFETY: `copy` is a C string, and `number` can be written.
    to_result(unsafe { bindings::kstrtoll(copy.as_ptr().cast(), 0, &mut number) })?;
    Ok(number)
}
