// SPDX-License-Identifier: GPL-2.0

//! Names of files in sysfs and `/dev`, as bytes. Most are checked when the driver is built.

/// Whether `name` is the name of a file in sysfs: neither empty nor with a character that a file
/// name cannot have.
pub(crate) const fn is_file_name(name: &[u8]) -> bool {
    is_path_pattern(name) && !has_conversion(name) && !has(name, b'/')
}

/// Whether `pattern` has a `%`.
pub(crate) const fn has_conversion(pattern: &[u8]) -> bool {
    has(pattern, b'%')
}

const fn has(text: &[u8], byte: u8) -> bool {
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if *first == byte {
            return true;
        }
        rest = after;
    }
    false
}

/// The maximum length of a name, which leaves room for the rest of a uevent.
const LENGTH: usize = 63;

/// Whether `pattern` is the path of a file with at most one conversion, a `%u` that stands for a
/// number.
pub(crate) const fn is_path_pattern(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    let mut conversions = 0u32;
    let mut at_start = true;
    if rest.len() > LENGTH {
        return false;
    }
    while let [first, after @ ..] = rest {
        if at_start && is_dots(rest) {
            return false;
        }
        at_start = matches!(*first, b'/');
        rest = match (*first, after) {
            (b'%', [b'u', after @ ..]) if conversions == 0 => {
                conversions = 1;
                after
            }
            (b'%' | b'!' | ..=b' ', _) => return false,
            _ => after,
        };
    }
    !at_start
}

/// Whether the first part of a path is empty, `.` or `..`.
const fn is_dots(path: &[u8]) -> bool {
    matches!(
        path,
        [b'/', ..] | [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..]
    )
}
