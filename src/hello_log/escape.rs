// SPDX-License-Identifier: GPL-2.0

//! Makes one line of any bytes. Pure logic that uses nothing of the kernel.

/// Escapes what could end a message's line or drive a terminal.
///
/// These are control characters, of ASCII and of Unicode (U+0080 to U+009F), and every byte that is not
/// part of well-formed UTF-8: overlong forms, surrogates, what lies beyond U+10FFFF, and incomplete
/// characters. A backslash is doubled, so that no message looks like the escape of another. All other
/// bytes stay as they are, so that each line is well-formed UTF-8 without control characters.
///
/// A character can be spread over several calls of [`push`](Self::push); [`finish`](Self::finish) ends a
/// message.
pub(crate) struct Escaper {
    /// The first bytes of a character that is not complete yet.
    pending: [u8; 3],
    /// How many of `pending` are in use.
    held: usize,
}

impl Escaper {
    /// At the beginning of a message.
    pub(crate) const fn new() -> Self {
        Self {
            pending: [0; 3],
            held: 0,
        }
    }

    /// Takes the next byte, and gives `put` the text to show for what is complete.
    pub(crate) fn push(&mut self, byte: u8, mut put: impl FnMut(&[u8])) {
        let [lead, second, third] = self.pending;
        if self.held != 0 && !continues(lead, self.held, byte) {
            self.finish(&mut put);
        }
        match self.held {
            0 if matches!(byte, 0xc2..=0xf4) => self.hold(byte),
            0 => put_single(byte, put),
            1 if lead == 0xc2 && byte <= 0x9f => {
                put(&hexadecimal(lead));
                put(&hexadecimal(byte));
                self.held = 0;
            }
            held if held.saturating_add(1) < length(lead) => self.hold(byte),
            held => {
                match held {
                    1 => put(&[lead, byte]),
                    2 => put(&[lead, second, byte]),
                    _ => put(&[lead, second, third, byte]),
                }
                self.held = 0;
            }
        }
    }

    /// Gives `put` the text to show for a character that is incomplete at the end of the message.
    pub(crate) fn finish(&mut self, mut put: impl FnMut(&[u8])) {
        for byte in self.pending.iter().take(self.held) {
            put(&hexadecimal(*byte));
        }
        self.held = 0;
    }

    fn hold(&mut self, byte: u8) {
        if let Some(place) = self.pending.get_mut(self.held) {
            *place = byte;
            self.held = self.held.saturating_add(1);
        }
    }
}

/// The length in bytes of a character with this first byte.
const fn length(lead: u8) -> usize {
    match lead {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    }
}

/// Whether `byte` can follow the first `held` bytes of a character (table 3-7 of the Unicode standard).
const fn continues(lead: u8, held: usize, byte: u8) -> bool {
    match (held, lead) {
        (1, 0xe0) => matches!(byte, 0xa0..=0xbf),
        (1, 0xed) => matches!(byte, 0x80..=0x9f),
        (1, 0xf0) => matches!(byte, 0x90..=0xbf),
        (1, 0xf4) => matches!(byte, 0x80..=0x8f),
        _ => matches!(byte, 0x80..=0xbf),
    }
}

/// Shows a byte that is no part of a longer character.
fn put_single(byte: u8, mut put: impl FnMut(&[u8])) {
    match byte {
        b'\n' => put(b"\\n"),
        b'\r' => put(b"\\r"),
        b'\t' => put(b"\\t"),
        b'\\' => put(b"\\\\"),
        0..=0x1f | 0x7f.. => put(&hexadecimal(byte)),
        _ => put(&[byte]),
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
