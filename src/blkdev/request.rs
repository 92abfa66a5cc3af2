// SPDX-License-Identifier: GPL-2.0

//! Requests, while a driver serves them.
//!
//! C header: [`include/linux/blk-mq.h`](srctree/include/linux/blk-mq.h)

use crate::helpers;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// The operation of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read from the disk.
    Read,
    /// Write to the disk.
    Write,
    /// Make completed writes durable. Only with [`Features::write_cache`](crate::Features).
    Flush,
    /// The range is no longer needed; its content becomes undefined.
    Discard,
    /// Fill the range with zeros.
    WriteZeroes,
    /// An operation that this crate does not advertise to the block layer.
    Other,
}

/// A request that the driver is serving.
///
/// # Invariants
///
/// `inner` is a request that the block layer has started and that has not been ended. `copied`
/// bytes of the segments of a read have been initialized.
pub struct Request<'a> {
    inner: NonNull<bindings::request>,
    copied: usize,
    _inner: PhantomData<&'a mut bindings::request>,
}

impl Request<'_> {
    /// # Safety
    ///
    /// `inner` must be a started request that outlives the returned value and is not ended
    /// meanwhile.
    pub(crate) unsafe fn new(inner: NonNull<bindings::request>) -> Self {
        // INVARIANT: By the safety requirements; nothing has been copied yet.
        Self {
            inner,
            copied: 0,
            _inner: PhantomData,
        }
    }

    fn flags(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { (*self.inner.as_ptr()).cmd_flags }
    }

    /// Returns the operation.
    pub fn operation(&self) -> Operation {
        match self.flags() & ((1 << bindings::REQ_OP_BITS) - 1) {
            bindings::req_op_REQ_OP_READ => Operation::Read,
            bindings::req_op_REQ_OP_WRITE => Operation::Write,
            bindings::req_op_REQ_OP_FLUSH => Operation::Flush,
            bindings::req_op_REQ_OP_DISCARD => Operation::Discard,
            bindings::req_op_REQ_OP_WRITE_ZEROES => Operation::WriteZeroes,
            _ => Operation::Other,
        }
    }

    /// Whether a write must be durable when it completes (`REQ_FUA`).
    pub fn is_fua(&self) -> bool {
        self.flags() & (1 << bindings::req_flag_bits___REQ_FUA) != 0
    }

    /// Returns the first byte of the range on the disk. Meaningless for a flush, which has no
    /// range.
    pub fn position(&self) -> u64 {
        // SAFETY: By the type invariants.
        unsafe { (*self.inner.as_ptr()).__sector << bindings::SECTOR_SHIFT }
    }

    /// Returns the length of the range in bytes.
    pub fn len(&self) -> usize {
        // SAFETY: By the type invariants.
        unsafe { (*self.inner.as_ptr()).__data_len as usize }
    }

    /// Whether the range is empty, as it is for a flush.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the operation may change what the disk contains.
    pub(crate) fn modifies(&self) -> bool {
        !matches!(self.operation(), Operation::Read | Operation::Flush)
    }

    /// Whether all memory of a read has been initialized.
    pub(crate) fn is_complete(&self) -> bool {
        self.operation() != Operation::Read || self.copied == self.len()
    }

    /// Calls `f` for each segment of a read, in order, until it fails. `f` must not sleep.
    ///
    /// The part of a segment that `f` leaves unwritten is filled with zeros.
    ///
    /// # Errors
    ///
    /// - The error of `f`;
    /// - `EINVAL` if the request is not a read.
    pub fn for_each_dest(&mut self, mut f: impl FnMut(&mut SegmentDest<'_>) -> Result) -> Result {
        if self.operation() != Operation::Read {
            return Err(EINVAL);
        }
        let mut copied: usize = 0;
        let result = self.for_each(|segment| {
            let length = segment.length;
            let mut segment = SegmentDest(segment);
            f(&mut segment)?;
            segment.clear(segment.len());
            copied = copied.saturating_add(length);
            Ok(())
        });
        // INVARIANT: `f` and `clear` have initialized all of each segment that was counted.
        self.copied = copied;
        result
    }

    /// Calls `f` for each segment of a write, in order, until it fails. `f` must not sleep.
    ///
    /// # Errors
    ///
    /// - The error of `f`;
    /// - `EINVAL` if the request is not a write.
    pub fn for_each_source(
        &mut self,
        mut f: impl FnMut(&mut SegmentSource<'_>) -> Result,
    ) -> Result {
        if self.operation() != Operation::Write {
            return Err(EINVAL);
        }
        self.for_each(|segment| f(&mut SegmentSource(segment)))
    }

    fn for_each<F: FnMut(Segment<'_>) -> Result>(&mut self, f: F) -> Result {
        struct Context<F> {
            f: F,
            result: Result,
        }

        /// # Safety
        ///
        /// - `context` must be a `Context<F>` that nothing else uses during the call.
        /// - `bytes` must be mapped for `length` bytes until this returns.
        unsafe extern "C" fn call<F: FnMut(Segment<'_>) -> Result>(
            context: *mut c_void,
            bytes: *mut c_void,
            length: u32,
        ) -> bool {
            // SAFETY: By the safety requirements.
            let context = unsafe { &mut *context.cast::<Context<F>>() };
            // SAFETY: By the safety requirements; `f` cannot keep the segment.
            let segment = unsafe { Segment::new(bytes.cast(), length as usize) };
            context.result = (context.f)(segment);
            context.result.is_ok()
        }

        let mut context = Context { f, result: Ok(()) };
        // SAFETY: By the type invariants; reads and writes have segments.
        unsafe {
            helpers::blkdev_for_each_segment(
                self.inner.as_ptr(),
                (&raw mut context).cast(),
                Some(call::<F>),
            )
        };
        context.result
    }
}

/// A part of a request's memory.
///
/// It may belong to a process that reads or writes it concurrently (`O_DIRECT`), so it is copied
/// from and to, and never borrowed.
///
/// # Invariants
///
/// `bytes` is mapped for `length` bytes.
struct Segment<'a> {
    bytes: *mut u8,
    length: usize,
    _request: PhantomData<&'a mut [u8]>,
}

impl Segment<'_> {
    /// # Safety
    ///
    /// `bytes` must be mapped for `length` bytes for as long as the returned value is used.
    unsafe fn new(bytes: *mut u8, length: usize) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            bytes,
            length,
            _request: PhantomData,
        }
    }

    /// Removes the first `length` bytes, or all if there are fewer, and returns the removed part.
    fn take(&mut self, length: usize) -> (*mut u8, usize) {
        let length = length.min(self.length);
        let bytes = self.bytes;
        // SAFETY: `length` is at most `self.length`, and by the type invariants that many bytes are
        // mapped.
        // INVARIANT: What remains of the segment is mapped.
        self.bytes = unsafe { bytes.add(length) };
        self.length = self.length.saturating_sub(length);
        (bytes, length)
    }
}

/// A segment of a read. Each call continues where the last one ended.
pub struct SegmentDest<'a>(Segment<'a>);

impl SegmentDest<'_> {
    /// The number of bytes left.
    pub fn len(&self) -> usize {
        self.0.length
    }

    /// Whether no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.0.length == 0
    }

    /// Copies as much of `source` as fits, and returns the number of bytes copied.
    pub fn copy_from(&mut self, source: &[u8]) -> usize {
        let (bytes, length) = self.0.take(source.len());
        // SAFETY: Both have `length` bytes.
        unsafe { helpers::blkdev_memcpy(bytes.cast(), source.as_ptr().cast(), length) };
        length
    }

    /// Fills up to `length` bytes with zeros, and returns the number of bytes filled.
    pub fn clear(&mut self, length: usize) -> usize {
        let (bytes, length) = self.0.take(length);
        if length > 0 {
            // SAFETY: There are `length` bytes.
            unsafe { helpers::blkdev_memzero(bytes.cast(), length) };
        }
        length
    }
}

/// A segment of a write. Each call continues where the last one ended.
pub struct SegmentSource<'a>(Segment<'a>);

impl SegmentSource<'_> {
    /// The number of bytes left.
    pub fn len(&self) -> usize {
        self.0.length
    }

    /// Whether no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.0.length == 0
    }

    /// Copies as much to `dest` as fits, and returns the number of bytes copied.
    pub fn copy_to(&mut self, dest: &mut [u8]) -> usize {
        let (bytes, length) = self.0.take(dest.len());
        // SAFETY: Both have `length` bytes.
        unsafe { helpers::blkdev_memcpy(dest.as_mut_ptr().cast(), bytes.cast(), length) };
        length
    }
}
