// SPDX-License-Identifier: GPL-2.0

//! Tests of the modules' pure logic, on the very files that the modules are made of: KUnit suites of
//! a module in the kernel, and ordinary Rust tests on the host.

#[path = "../../src/hello_log/escape.rs"]
mod escape;
#[path = "../../src/hello/extent.rs"]
mod extent;
#[path = "../../src/hello_log/ring.rs"]
mod ring;
#[path = "../../src/chrdev/segments.rs"]
mod segments;

/// Tests that are KUnit's in the kernel, and rustc's own on the host.
macro_rules! tests {
    ($suite:ident { $($items:tt)* }) => {
        #[cfg(not(test))]
        // KUnit's macro makes unsafe functions without blocks.
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

/// Numbers that look random and are the same in each run.
struct Numbers(u32);

impl Numbers {
    /// The next one, below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        (self.0 >> 8) as usize % limit
    }
}

tests!(hello_segments {
    use crate::segments::{Segment, Segments};

    /// The bytes of a range, one by one: page and offset.
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

    /// Of which the first `size` bytes are written.
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
    use core::fmt::Write;

    type Small<'a> = Ring<&'a mut [u8]>;

    /// Record `number` says which it is in each of its bytes.
    fn fill(number: u64, bytes: &mut [u8]) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (number as usize * 31 + i) as u8;
        }
    }

    fn push(ring: &mut Small<'_>, number: u64, length: usize) -> bool {
        let mut bytes = [0; 2 * MINIMUM];
        fill(number, &mut bytes[..length]);
        let mut record = ring.push();
        // In two parts, as a driver may.
        let (first, second) = bytes[..length].split_at(length / 3);
        let fits = record.put(first) && record.put(second);
        assert_eq!(record.is_cut(), !fits);
        record.finish();
        fits
    }

    /// Reads all there is: how many records were lost, and how many are whole.
    fn drain(ring: &Small<'_>, cursor: &mut Cursor, number: &mut u64) -> (u64, u64) {
        let (mut lost, mut whole) = (0, 0);
        loop {
            match ring.next(cursor) {
                Next::Nothing => return (lost, whole),
                Next::Lost(count) => {
                    lost += count;
                    *number += count;
                }
                Next::Record(length) => {
                    let (mut got, mut expected) = ([0; MINIMUM], [0; MINIMUM]);
                    ring.take(cursor, &mut got[..length]);
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
        let mut buffer = [0; MINIMUM + 1];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.now(), 0);
        let mut numbers = Numbers(1);
        for pushed in 0..2000 {
            assert!(push(&mut ring, pushed, numbers.below(150)));
            assert_eq!(drain(&ring, &mut cursor, &mut number), (0, 1));
        }
        assert_eq!(ring.next(&mut cursor), Next::Nothing);
    }

    #[test]
    fn what_is_lost_is_counted() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.now(), 0);
        let mut numbers = Numbers(2);
        let (mut pushed, mut lost, mut whole) = (0, 0, 0);
        for _ in 0..300 {
            for _ in 0..numbers.below(20) {
                assert!(push(&mut ring, pushed, numbers.below(100)));
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
        // A record has 4 bytes in front of it, and 64 behind it while it is written.
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut cursor, mut number) = (ring.now(), 0);
        for pushed in 0..12 {
            assert!(push(&mut ring, pushed, 16));
        }
        // The last one takes 84 while it is written, which leaves room for 8 of 20 bytes.
        assert_eq!(drain(&ring, &mut cursor, &mut number), (3, 9));
    }

    #[test]
    fn each_reader_has_its_own_place() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let (mut early, mut first) = (ring.now(), 0);
        assert!(push(&mut ring, 0, 5));
        let (mut late, mut second) = (ring.now(), 1);
        assert_eq!(drain(&ring, &mut late, &mut second), (0, 0));
        assert!(push(&mut ring, 1, 5));
        assert_eq!(drain(&ring, &mut late, &mut second), (0, 1));
        assert_eq!(drain(&ring, &mut early, &mut first), (0, 2));
    }

    #[test]
    fn a_record_is_not_there_before_its_end() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let mut cursor = ring.now();
        let mut record = ring.push();
        assert!(write!(record, "{}", 1).is_ok());
        assert_eq!(ring.next(&mut cursor), Next::Nothing);
        assert!(push(&mut ring, 0, 3));
        assert_eq!(drain(&ring, &mut cursor, &mut 0), (0, 1));
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole_and_noted() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        assert!(push(&mut ring, 0, 50));
        let mut cursor = ring.now();
        let mut record = ring.push();
        assert!(record.put(&[b'a'; MINIMUM - 4 - 64]));
        assert!(!record.is_cut());
        assert!(!record.put(b"b"));
        assert!(record.is_cut());
        assert!(!record.put(b""));
        assert!(record.put_note(&[b'c'; 64]));
        assert!(!record.put_note(b"d"));
        record.finish();
        assert_eq!(ring.next(&mut cursor), Next::Record(MINIMUM - 4));
        let mut got = [0; MINIMUM - 4];
        ring.take(&mut cursor, &mut got);
        assert_eq!(got.iter().filter(|byte| **byte == b'a').count(), MINIMUM - 4 - 64);
        assert!(got.ends_with(&[b'c'; 64]));
    }

    #[test]
    fn a_part_can_be_taken() {
        let mut buffer = [0; MINIMUM];
        let mut ring = Ring::new(&mut buffer[..]);
        let mut cursor = ring.now();
        assert!(push(&mut ring, 7, 9));
        let (mut got, mut expected) = ([0; 4], [0; 4]);
        ring.take(&mut cursor, &mut got);
        fill(7, &mut expected);
        assert_eq!(got, expected);
        assert_eq!(ring.next(&mut cursor), Next::Nothing);
    }
});

tests!(hello_escape {
    use crate::escape::Escaper;

    struct Line {
        bytes: [u8; 16],
        length: usize,
    }

    fn escape(message: &[u8]) -> Line {
        let mut line = Line { bytes: [0; 16], length: 0 };
        let mut escaper = Escaper::new();
        let mut put = |shown: &[u8]| {
            line.bytes[line.length..][..shown.len()].copy_from_slice(shown);
            line.length += shown.len();
        };
        for byte in message {
            escaper.push(*byte, &mut put);
        }
        escaper.finish(&mut put);
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

    /// What a reader makes of a line again.
    fn unescape(line: &[u8], message: &mut [u8; 16]) -> usize {
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
                let mut message = [0; 16];
                let length = unescape(&line.bytes[..line.length], &mut message);
                assert!(message[..length] == [first, second]);
            }
        }
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
