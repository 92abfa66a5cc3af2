// SPDX-License-Identifier: GPL-2.0

//! Makes one line of any bytes. Pure logic, of no kernel.

/// Writes control characters as escapes, so that a message can neither end its line nor drive a
/// terminal: those of ASCII, and those of Unicode (U+0080 to U+009F, in UTF-8). A backslash is
/// doubled, so that no message looks like the escape of another. All other bytes stay.
pub(crate) struct Escaper {
    previous: u8,
}

/// The first byte of U+0080 to U+00BF in UTF-8.
const LEAD: u8 = 0xc2;

impl Escaper {
    /// At the beginning of a message.
    pub(crate) const fn new() -> Self {
        Self { previous: 0 }
    }

    /// Gives `byte` to `put` as it is to be shown.
    pub(crate) fn push(&mut self, byte: u8, mut put: impl FnMut(&[u8])) {
        let previous = core::mem::replace(&mut self.previous, byte);
        match byte {
            b'\n' => put(b"\\n"),
            b'\r' => put(b"\\r"),
            b'\t' => put(b"\\t"),
            b'\\' => put(b"\\\\"),
            0..=0x1f | 0x7f => put(&hexadecimal(byte)),
            0x80..=0x9f if previous == LEAD => put(&hexadecimal(byte)),
            _ => put(&[byte]),
        }
    }
}

fn hexadecimal(byte: u8) -> [u8; 4] {
    [b'\\', b'x', digit(byte >> 4), digit(byte & 0xf)]
}

fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => b'a'.wrapping_sub(10).wrapping_add(value),
    }
}
