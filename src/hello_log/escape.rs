// SPDX-License-Identifier: GPL-2.0

//! Makes one line of any bytes. Pure logic, of no kernel.

/// Writes control characters as escapes, so that a message can neither end its line nor drive a
/// terminal: those of ASCII, those of Unicode (U+0080 to U+009F), and bytes that are no UTF-8, which
/// some terminals take for the latter. A backslash is doubled, so that no message looks like the
/// escape of another. All other bytes stay.
pub(crate) struct Escaper {
    /// The last byte that started a character of several bytes.
    lead: u8,
    /// How many more bytes that character wants.
    expected: u8,
}

/// The first byte of U+0080 to U+00BF in UTF-8.
const LEAD_OF_CONTROLS: u8 = 0xc2;

impl Escaper {
    /// At the beginning of a message.
    pub(crate) const fn new() -> Self {
        Self {
            lead: 0,
            expected: 0,
        }
    }

    /// Gives `byte` to `put` as it is to be shown.
    pub(crate) fn push(&mut self, byte: u8, mut put: impl FnMut(&[u8])) {
        let continues = self.expected != 0;
        self.expected = match byte {
            0x80..=0xbf => self.expected.saturating_sub(1),
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => 0,
        };
        match byte {
            b'\n' => put(b"\\n"),
            b'\r' => put(b"\\r"),
            b'\t' => put(b"\\t"),
            b'\\' => put(b"\\\\"),
            0..=0x1f | 0x7f => put(&hexadecimal(byte)),
            0x80..=0x9f if self.lead == LEAD_OF_CONTROLS => put(&hexadecimal(byte)),
            0x80..=0xbf if !continues => put(&hexadecimal(byte)),
            0xc0 | 0xc1 | 0xf5..=0xff => put(&hexadecimal(byte)),
            _ => put(&[byte]),
        }
        self.lead = if byte >= 0xc0 { byte } else { 0 };
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
