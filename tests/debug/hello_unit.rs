// SPDX-License-Identifier: GPL-2.0

//! Tests of the modules' pure logic, built from the modules' own source files: KUnit suites of a
//! module in the kernel, and ordinary Rust tests on the host.

#[path = "../../src/hello_log/escape.rs"]
mod escape;
#[path = "../../src/hello/extent.rs"]
mod extent;
#[path = "../../src/hello_log/line.rs"]
mod line;
#[path = "../../src/hello_log/ring.rs"]
mod ring;
#[path = "../../src/chrdev/segments.rs"]
mod segments;

/// Defines tests that run under KUnit in the kernel, and under rustc's test harness on the host.
macro_rules! tests {
    ($suite:ident { $($items:tt)* }) => {
        #[cfg(not(test))]
        // KUnit's macro generates unsafe functions without unsafe blocks.
        #[allow(unsafe_op_in_unsafe_fn)]
        #[::kernel::macros::kunit_tests($suite)]
        mod $suite {
            $($items)*
        }

        #[cfg(test)]
        mod $suite {
            $($items)*
        }
    };
}

/// Pseudorandom numbers that are the same in each run.
struct Numbers(u32);

impl Numbers {
    /// Returns the next number, below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        (self.0 >> 8) as usize % limit
    }
}

tests!(hello_segments {
    use crate::segments::{Segment, Segments};

    /// Returns the page and the offset of each byte of a range.
    fn bytes(start: usize, length: usize) -> impl Iterator<Item = (usize, usize)> {
        (start..start + length).map(|at| (at / 4, at % 4))
    }

    #[test]
    fn each_byte_is_in_its_segment() {
        for start in 0..9 {
            for length in 0..14 {
                let segments = Segments::new(2, start, length);
                let split = segments.flat_map(|s| (0..s.length).map(move |i| (s.page, s.offset + i)));
                assert!(split.eq(bytes(start, length)));
            }
        }
    }

    #[test]
    fn no_segment_is_empty_or_leaves_its_page() {
        for start in 0..9 {
            for length in 0..14 {
                let mut segments = Segments::new(2, start, length);
                assert!(segments.all(|s| s.length > 0 && s.offset + s.length <= 4));
            }
        }
    }

    #[test]
    fn a_page_has_one_segment() {
        let mut segments = Segments::new(12, 4095, 8192);
        assert_eq!(segments.next(), Some(Segment { page: 0, offset: 4095, length: 1 }));
        assert_eq!(segments.next(), Some(Segment { page: 1, offset: 0, length: 4096 }));
        assert_eq!(segments.next(), Some(Segment { page: 2, offset: 0, length: 4095 }));
        assert_eq!(segments.next(), None);
        assert_eq!(segments.next(), None);
    }

    #[test]
    fn nothing_lies_past_the_address_space() {
        let mut segments = Segments::new(12, usize::MAX - 5, 100);
        let last = Segment { page: usize::MAX >> 12, offset: 4090, length: 5 };
        assert_eq!(segments.next(), Some(last));
        assert_eq!(segments.next(), None);
        assert_eq!(Segments::new(12, usize::MAX, usize::MAX).next(), None);
        assert_eq!(Segments::new(64, 0, 1).next(), None);
    }
});

tests!(hello_extent {
    use crate::extent::{Extent, Range};

    const CAPACITY: usize = 6;

    /// Returns an extent whose first `size` bytes are written.
    fn extent(size: usize) -> Extent {
        let mut extent = Extent::new(CAPACITY);
        extent.wrote(&Range { start: 0, length: size });
        extent
    }

    #[test]
    fn it_begins_empty() {
        let mut extent = Extent::new(CAPACITY);
        assert_eq!(Extent::snapshot(0, CAPACITY), extent);
        assert_eq!(Extent::snapshot(CAPACITY + 1, CAPACITY).size(), CAPACITY);
        assert_eq!((extent.size(), extent.capacity()), (0, CAPACITY));
        assert_eq!(extent.readable(0, 1).length, 0);
        assert!(Extent::new(0).writable(None, 1).is_none());
        extent.wrote(&Range { start: 0, length: 4 });
        extent.clear();
        assert_eq!((extent.size(), extent.capacity()), (0, CAPACITY));
    }

    #[test]
    fn a_read_gets_the_bytes_that_are_there() {
        for size in 0..=CAPACITY {
            for position in 0..9 {
                for length in 0..9 {
                    let range = extent(size).readable(position as i64, length);
                    let expected = (position..position + length).filter(|at| *at < size);
                    assert!(expected.clone().count() == range.length);
                    assert!(range.length == 0 || expected.eq(range.start..range.end()));
                }
            }
        }
    }

    #[test]
    fn a_write_goes_where_there_is_room() {
        for size in 0..=CAPACITY {
            for position in 0..9 {
                for length in 0..9 {
                    let extent = extent(size);
                    let room = (position..position + length).filter(|at| *at < CAPACITY).count();
                    let range = extent.writable(Some(position as i64), length);
                    assert_eq!(range.is_none(), room == 0 && length != 0);
                    let Some(range) = range else { continue };
                    assert_eq!(range, Range { start: position, length: room });
                    assert_eq!(extent.is_append(&range), position >= size);
                    let added = extent.added(&range);
                    assert!((added.start..added.end()).eq(size..size.max(position + room)));
                    let mut after = extent;
                    after.wrote(&range);
                    assert_eq!(after.size(), if room == 0 { size } else { size.max(position + room) });
                }
            }
        }
    }

    #[test]
    fn without_a_position_it_goes_to_the_end() {
        for size in 0..CAPACITY {
            let range = extent(size).writable(None, 100);
            assert_eq!(range, Some(Range { start: size, length: CAPACITY - size }));
        }
        assert_eq!(extent(CAPACITY).writable(None, 1), None);
        assert_eq!(extent(CAPACITY).writable(None, 0), Some(Range { start: CAPACITY, length: 0 }));
    }

    #[test]
    fn positions_and_lengths_may_be_anything() {
        for position in [i64::MIN, -1, 7, i64::MAX] {
            assert_eq!(extent(4).readable(position, usize::MAX).length, 0);
            assert_eq!(extent(4).writable(Some(position), usize::MAX), None);
        }
        assert_eq!(extent(4).readable(1, usize::MAX), Range { start: 1, length: 3 });
        assert_eq!(extent(4).writable(Some(1), usize::MAX), Some(Range { start: 1, length: 5 }));
        assert_eq!(Range { start: 1, length: usize::MAX }.end(), usize::MAX);
    }

    #[test]
    fn the_capacity_is_never_below_the_size() {
        let mut extent = extent(4);
        assert!(!extent.set_capacity(3));
        assert_eq!(extent.capacity(), CAPACITY);
        assert!(extent.set_capacity(4));
        assert_eq!((extent.size(), extent.capacity()), (4, 4));
        assert_eq!(extent.writable(None, 1), None);
        extent.wrote(&Range { start: 0, length: 9 });
        assert_eq!(extent.size(), 4);
    }
});

tests!(hello_ring {
    use crate::{
        ring::{Cursor, Next, Ring, MINIMUM},
        Numbers,
    };

    type Small<'a> = Ring<&'a mut [u8]>;

    /// Fills a record with bytes that depend on its number.
    fn fill(number: u64, bytes: &mut [u8]) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (number as usize * 31 + i) as u8;
        }
    }

    fn push(ring: &mut Small<'_>, number: u64, length: usize) {
        let mut record = [0; 2 * MINIMUM];
        fill(number, &mut record);
        let mut filled = 0;
        ring.push(number as u32, length, |offset, bytes| {
            assert_eq!(offset, filled);
            filled += bytes.len();
            bytes.copy_from_slice(&record[offset..filled]);
        });
        assert_eq!(filled, length.min(MINIMUM - 8));
    }

    /// Reads all records, and returns the number of lost records and of whole ones.
    fn drain(ring: &Small<'_>, cursor: &mut Cursor, number: &mut u64) -> (u64, u64) {
        let (mut lost, mut whole) = (0, 0);
        loop {
            match ring.next(cursor) {
                Next::Nothing => return (lost, whole),
                Next::Lost(count) => {
                    lost += count;
                    *number += count;
                }
                Next::Record(record) => {
                    assert_eq!(u64::from(record.tag), *number);
                    let (mut got, mut expected) = ([0; MINIMUM], [0; MINIMUM]);
                    let length = record.len();
                    record.copy_to(&mut got[..length]);
                    assert!(record.as_slice().is_none_or(|bytes| bytes == &got[..length]));
                    fill(*number, &mut expected[..length]);
                    assert!(got[..length] == expected[..length]);
                    whole += 1;
                    *number += 1;
                }
            }
        }
    }

    #[test]
    fn records_come_whole_and_in_order() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.end(), 0);
        let mut numbers = Numbers(1);
        for pushed in 0..2000 {
            push(&mut ring, pushed, numbers.below(150));
            assert_eq!(drain(&ring, &mut cursor, &mut number), (0, 1));
        }
        assert_eq!(ring.next(&mut cursor), Next::Nothing);
    }

    #[test]
    fn what_is_lost_is_counted() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.end(), 0);
        let mut numbers = Numbers(2);
        let (mut pushed, mut lost, mut whole) = (0, 0, 0);
        for _ in 0..300 {
            for _ in 0..numbers.below(20) {
                push(&mut ring, pushed, numbers.below(100));
                pushed += 1;
            }
            let found = drain(&ring, &mut cursor, &mut number);
            lost += found.0;
            whole += found.1;
            assert_eq!(lost + whole, pushed);
        }
        assert!(lost > 0 && whole > 0);
    }

    #[test]
    fn no_more_is_lost_than_must_be() {
        // With its header of 8 bytes, each record takes 24 bytes: 10 fit.
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.end(), 0);
        for pushed in 0..12 {
            push(&mut ring, pushed, 16);
        }
        assert_eq!(drain(&ring, &mut cursor, &mut number), (2, 10));
        for pushed in 12..14 {
            push(&mut ring, pushed, MINIMUM / 2 - 8);
        }
        assert_eq!(drain(&ring, &mut cursor, &mut number), (0, 2));
    }

    #[test]
    fn each_reader_has_its_own_place() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut early, mut first) = (ring.end(), 0);
        push(&mut ring, 0, 5);
        let (mut late, mut second) = (ring.end(), 1);
        assert_eq!(drain(&ring, &mut late, &mut second), (0, 0));
        push(&mut ring, 1, 5);
        assert_eq!(drain(&ring, &mut late, &mut second), (0, 1));
        assert_eq!(drain(&ring, &mut early, &mut first), (0, 2));
    }

    #[test]
    fn a_record_is_cut_at_the_size_of_the_ring() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        push(&mut ring, 0, 50);
        let mut cursor = ring.end();
        for (number, length) in [(1, MINIMUM - 8), (2, MINIMUM - 7), (3, 2 * MINIMUM)] {
            push(&mut ring, number, length);
            assert_eq!(drain(&ring, &mut cursor, &mut { number }), (0, 1));
        }
        push(&mut ring, 4, 50);
        assert_eq!(drain(&ring, &mut cursor, &mut 4), (0, 1));
    }

    #[test]
    fn a_part_can_be_copied() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let mut cursor = ring.end();
        push(&mut ring, 7, 9);
        let (mut got, mut expected) = ([0; 4], [0; 4]);
        let Next::Record(record) = ring.next(&mut cursor) else { panic!() };
        record.copy_to(&mut got);
        fill(7, &mut expected);
        assert_eq!(got, expected);
        assert_eq!(ring.next(&mut cursor), Next::Nothing);
    }

    #[test]
    fn a_record_is_in_one_part_unless_it_wraps() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let mut cursor = ring.end();
        let mut parts = [0; 2];
        for number in 0..20 {
            push(&mut ring, number, 92);
            let Next::Record(record) = ring.next(&mut cursor) else { panic!() };
            parts[usize::from(record.as_slice().is_none())] += 1;
        }
        // 20 records of 100 bytes with their headers pass the end 7 times, once within a header.
        assert_eq!(parts, [13, 7]);
    }
});

tests!(hello_escape {
    use crate::{
        escape,
        line::LineWriter,
    };

    struct Line {
        bytes: [u8; 128],
        length: usize,
    }

    fn escape_to(message: &[u8], limit: usize) -> (Line, bool) {
        let mut line = Line { bytes: [0; 128], length: 0 };
        let text = &mut line.bytes[..limit];
        let plain = escape::copy_plain(message, text);
        let mut writer = LineWriter::new(text, plain);
        escape::escape(&message[plain..], &mut writer);
        let cut = writer.is_cut();
        line.length = writer.length();
        (line, cut)
    }

    fn escape(message: &[u8]) -> Line {
        let (line, cut) = escape_to(message, 128);
        assert!(!cut);
        line
    }

    fn is(message: &[u8], shown: &[u8]) -> bool {
        let line = escape(message);
        &line.bytes[..line.length] == shown
    }

    #[test]
    fn text_stays() {
        assert!(is(b"Hello, world!", b"Hello, world!"));
        assert!(is("Grüße \u{2713}".as_bytes(), "Grüße \u{2713}".as_bytes()));
        assert!(is("\u{d7ff}\u{e000}".as_bytes(), "\u{d7ff}\u{e000}".as_bytes()));
        assert!(is("\u{10000}\u{10ffff}".as_bytes(), "\u{10000}\u{10ffff}".as_bytes()));
    }

    #[test]
    fn what_is_no_utf8_is_shown() {
        // Incomplete, at the end and before another character.
        assert!(is(b"\xe2\x80", b"\\xe2\\x80"));
        assert!(is(b"\xe2\x80a", b"\\xe2\\x80a"));
        assert!(is(b"\xc3\xc3\xa4", b"\\xc3\xc3\xa4"));
        // Overlong.
        assert!(is(b"\xc0\x8a", b"\\xc0\\x8a"));
        assert!(is(b"\xe0\x82\x9b", b"\\xe0\\x82\\x9b"));
        assert!(is(b"\xf0\x8f\xbf\xbf", b"\\xf0\\x8f\\xbf\\xbf"));
        // A surrogate, and beyond U+10FFFF.
        assert!(is(b"\xed\xa0\x80", b"\\xed\\xa0\\x80"));
        assert!(is(b"\xf4\x90\x80\x80", b"\\xf4\\x90\\x80\\x80"));
    }

    #[test]
    fn control_characters_are_shown() {
        assert!(is(b"\n\r\t\\", b"\\n\\r\\t\\\\"));
        assert!(is(b"\0\x1b\x7f", b"\\x00\\x1b\\x7f"));
        assert!(is("\u{9b}".as_bytes(), b"\\xc2\\x9b"));
        assert!(is(b"\x9b\xff", b"\\x9b\\xff"));
        assert!(is("\u{a0}".as_bytes(), "\u{a0}".as_bytes()));
    }

    #[test]
    fn no_line_holds_a_control_character() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let line = escape(&[first, second]);
                let text = core::str::from_utf8(&line.bytes[..line.length]);
                assert!(text.is_ok_and(|text| !text.chars().any(char::is_control)));
            }
        }
    }

    /// Converts a line back to the message.
    fn unescape(line: &[u8], message: &mut [u8; 32]) -> usize {
        let mut length = 0;
        let mut rest = line;
        while let [first, after @ ..] = rest {
            let (byte, after) = match (first, after) {
                (b'\\', [b'n', after @ ..]) => (b'\n', after),
                (b'\\', [b'r', after @ ..]) => (b'\r', after),
                (b'\\', [b't', after @ ..]) => (b'\t', after),
                (b'\\', [b'x', high, low, after @ ..]) => (digit(*high) << 4 | digit(*low), after),
                (b'\\', [b'\\', after @ ..]) => (b'\\', after),
                (other, after) => (*other, after),
            };
            message[length] = byte;
            length += 1;
            rest = after;
        }
        length
    }

    fn digit(shown: u8) -> u8 {
        if shown.is_ascii_digit() {
            shown - b'0'
        } else {
            shown - b'a' + 10
        }
    }

    #[test]
    fn no_two_messages_look_the_same() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let line = escape(&[first, second]);
                let mut message = [0; 32];
                let length = unescape(&line.bytes[..line.length], &mut message);
                assert!(message[..length] == [first, second]);
            }
        }
    }

    /// Plain text is checked in words of eight bytes.
    #[test]
    fn each_byte_is_seen_wherever_it_is() {
        for byte in 0..=255u8 {
            for at in 0..17 {
                let mut message = [b'x'; 17];
                message[at] = byte;
                let shown = escape(&message[at..=at]);
                let line = escape(&message);
                let (before, after) = ([b'x'; 17], [b'x'; 17]);
                assert!(line.length == 16 + shown.length);
                assert!(line.bytes[..at] == before[..at]);
                assert!(line.bytes[at..][..shown.length] == shown.bytes[..shown.length]);
                assert!(line.bytes[at + shown.length..line.length] == after[at + 1..]);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        let message = "0123456789ä\u{2713}\n\u{9b}abc".as_bytes();
        let (whole, cut) = escape_to(message, 128);
        assert!(!cut);
        let mut ends = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 17, 21, 25, 26, 27].iter().peekable();
        let mut last = 0;
        for limit in 0..whole.length {
            while ends.peek().is_some_and(|end| **end <= limit) {
                last = *ends.next().unwrap();
            }
            let (line, cut) = escape_to(message, limit);
            assert!(cut);
            assert!(line.bytes[..line.length] == whole.bytes[..last]);
        }
    }
});

tests!(hello_line {
    use crate::line::{longest_message, write_line};

    const RING: usize = 256;
    const NOTE: &[u8] = b" [cut: longer than the ring]\n";

    fn line<'a>(buffer: &'a mut [u8; RING], minor: u32, message: &[u8]) -> &'a [u8] {
        let kept = message.len().min(longest_message(RING));
        let length = write_line(buffer, RING, minor, &message[..kept]).unwrap();
        &buffer[..length]
    }

    #[test]
    fn it_has_the_device_and_the_message() {
        let mut buffer = [0; RING];
        assert_eq!(line(&mut buffer, 0, b"text\n"), b"hello0: text\n");
        assert_eq!(line(&mut buffer, 1, b"text"), b"hello1: text\n");
        assert_eq!(line(&mut buffer, 255, b"a\nb"), b"hello255: a\\nb\n");
        assert_eq!(line(&mut buffer, u32::MAX, b""), b"hello4294967295: \n");
        assert_eq!(line(&mut buffer, 10, b"\n\n"), b"hello10: \\n\n");
    }

    #[test]
    fn one_that_is_too_long_is_cut_and_says_so() {
        // 68 bytes less than the ring, including the prefix.
        let longest = RING - 68 - 8;
        let mut buffer = [0; RING];
        for length in 0..2 * RING {
            let message = [b'm'; 2 * RING];
            let shown = line(&mut buffer, 0, &message[..length]);
            if length <= longest {
                assert_eq!(shown.len(), 8 + length + 1);
            } else {
                assert_eq!(shown.len(), 8 + longest + NOTE.len());
                assert!(shown.ends_with(NOTE));
            }
        }
    }

    #[test]
    fn a_newline_that_is_not_shown_takes_no_room() {
        let longest = RING - 68 - 8;
        let mut buffer = [0; RING];
        for end in [b'\n', b'm'] {
            let mut message = [b'm'; RING];
            message[longest] = end;
            let shown = line(&mut buffer, 0, &message[..=longest]);
            assert_eq!(shown.ends_with(NOTE), end != b'\n');
            // A newline that is not the last byte is shown.
            let shown = line(&mut buffer, 0, &message[..longest + 2]);
            assert!(shown.ends_with(NOTE));
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_refused() {
        let mut buffer = [0; RING];
        let message = [1; RING];
        let mut whole = [0; 8 * RING];
        let length = write_line(&mut whole, 8 * RING, 0, &message).unwrap();
        assert_eq!(length, 8 + 4 * RING + 1);
        assert_eq!(write_line(&mut buffer, 8 * RING, 0, &message), None);
        assert_eq!(write_line(&mut [], RING, 0, b""), None);
    }
});

#[cfg(not(test))]
kernel::prelude::module! {
    type: Unit,
    name: "hello_unit",
    authors: ["The hello-kmod authors"],
    description: "Tests of the pure logic of hello.ko and hello_log.ko",
    license: "GPL",
}

#[cfg(not(test))]
struct Unit;

#[cfg(not(test))]
impl kernel::Module for Unit {
    fn init(_module: &'static kernel::ThisModule) -> kernel::error::Result<Self> {
        Ok(Self)
    }
}
