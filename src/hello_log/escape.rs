// SPDX-License-Identifier: GPL-2.0

//! Shows any bytes as text on one line. Pure logic, without the kernel.

use crate::line::LineWriter;

/// Writes `message` to `line`, with escapes for anything that could end the line or control a
/// terminal.
///
/// These are the control characters of ASCII and of Unicode (U+0080 to U+009F), and every byte that
/// is not part of well-formed UTF-8: overlong forms, surrogates, code points beyond U+10FFFF, and
/// incomplete characters. A backslash is doubled, so that no message looks like the escape of
/// another. All other bytes stay as they are, so that each line is well-formed UTF-8 without
/// control characters.
#[cold]
pub(crate) fn escape(message: &[u8], line: &mut LineWriter<'_>) {
    for chunk in message.utf8_chunks() {
        escape_text(chunk.valid(), line);
        for byte in chunk.invalid() {
            line.put_whole(&hexadecimal(*byte));
        }
    }
}

fn escape_text(mut text: &str, line: &mut LineWriter<'_>) {
    let mut characters = text.chars();
    loop {
        let rest = characters.as_str();
        let character = characters.next();
        if character.is_some_and(|c| c != '\\' && !c.is_control()) {
            continue;
        }
        let plain = text.len().saturating_sub(rest.len());
        line.put_str(text.get(..plain).unwrap_or_default());
        text = characters.as_str();
        match character {
            Some('\n') => line.put_whole(b"\\n"),
            Some('\r') => line.put_whole(b"\\r"),
            Some('\t') => line.put_whole(b"\\t"),
            Some('\\') => line.put_whole(b"\\\\"),
            Some(control) => {
                for byte in control.encode_utf8(&mut [0; 4]).bytes() {
                    line.put_whole(&hexadecimal(byte));
                }
            }
            None => return,
        }
    }
}

/// Copies bytes as long as [`escape`] would not change them and they have room in `to`. Returns the
/// number of bytes copied.
///
/// These are printable ASCII characters other than a backslash.
pub(crate) fn copy_plain(message: &[u8], to: &mut [u8]) -> usize {
    let mut count = 0usize;
    let words = message
        .chunks_exact(WORD)
        .zip(to.chunks_exact_mut(WORD))
        .map_while(|(from, to)| from.first_chunk().zip(to.first_chunk_mut()));
    for (from, to) in words {
        if !is_plain_word(u64::from_ne_bytes(*from)) {
            break;
        }
        *to = *from;
        count = count.wrapping_add(WORD);
    }
    while let Some((from, to)) = message.get(count).zip(to.get_mut(count)) {
        if !is_plain(*from) {
            break;
        }
        *to = *from;
        count = count.wrapping_add(1);
    }
    count
}

/// The number of bytes that are checked at once.
const WORD: usize = size_of::<u64>();

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

/// Whether [`is_plain`] holds for each byte of `word`.
fn is_plain_word(word: u64) -> bool {
    const HIGH: u64 = repeat(0x80);
    // If no byte of `word` has its high bit, none of the sums carries to the next byte.
    let delete = word.wrapping_add(repeat(0x80 - 0x7f));
    let printable = word.wrapping_add(repeat(0x80 - b' '));
    let other = (word ^ repeat(b'\\')).wrapping_add(repeat(0x80 - 1));
    (word | delete | !(printable & other)) & HIGH == 0
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
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
