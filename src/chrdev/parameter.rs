// SPDX-License-Identifier: GPL-2.0

//! Module parameters that have a range.

/// Returns the value of a parameter of this module, which is an `i64`, as a `u32`.
///
/// # Errors
///
/// `EINVAL`: the value is out of range. A line in the log names the parameter, its value and the
/// range.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// struct TallyModule {
///     devices: u32,
/// }
///
/// impl kernel::Module for TallyModule {
///     fn init(_module: &'static ThisModule) -> Result<Self> {
///         let devices = chrdev::parameter!(devices, 1..=256)?;
///         Ok(Self { devices })
///     }
/// }
///
/// chrdev::module! {
///     type: TallyModule,
///     name: "tally",
///     description: "Counts bytes",
///     license: "GPL",
///     params: {
///         devices: i64 {
///             default: 1,
///             description: "Number of devices",
///         },
///     },
/// }
/// ```
#[macro_export]
macro_rules! parameter {
    ($name:ident, $range:expr) => {{
        let range: ::core::ops::RangeInclusive<u32> = $range;
        // It is returned by reference on kernel 7.2.
        let value = module_parameters::$name.value();
        let value: i64 = *::core::borrow::Borrow::<i64>::borrow(&value);
        match u32::try_from(value) {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => {
                ::kernel::pr_err!(
                    "parameter {}: {} is out of range, {} to {}\n",
                    ::core::stringify!($name),
                    value,
                    range.start(),
                    range.end(),
                );
                Err(::kernel::error::code::EINVAL)
            }
        }
    }};
}
