// SPDX-License-Identifier: GPL-2.0

//! Pages with lockless reads, as long as a read stays within one page.
//!
//! A sequence count tells such a reader whether a writer was active meanwhile. It then discards the
//! bytes that it has copied, and takes the lock.
//!
//! C header: [`include/linux/seqlock.h`](srctree/include/linux/seqlock.h)

use crate::{
    helpers,
    iov_iter::{
        IovIterDest,
        IovIterSource, //
    },
    mapping::Mapping,
    pages::{
        clamp,
        Pages, //
    },
    pipe::Pipe,
    read_once::read_once, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc, //
    },
    types::Opaque, //
};

/// The bytes of a file on [`Pages`], and the file's size.
///
/// They change only in [`SeqPagesWriter::update`]. A reader either holds a shared reference to the
/// writer, which excludes updates, or calls [`try_read`](Self::try_read), which discards its copy
/// if they have changed. (A page that [`fault`](crate::FileOperations::fault) adds is complete
/// before it is visible.)
///
/// # Invariants
///
/// `sequence` is odd while the bytes or the size change.
pub struct SeqPages {
    sequence: SeqCount,
    size: Atomic<usize>,
    pages: Arc<Pages>,
}

impl SeqPages {
    /// Returns the size in bytes. An update may be changing it.
    pub fn size(&self) -> usize {
        read_once(&self.size)
    }

    /// Copies up to `iov.len()` bytes from `position` on, and returns the number of bytes copied.
    /// The bytes are a consistent snapshot: no update was in progress while they were copied. Takes
    /// no lock, and waits for nothing.
    ///
    /// Returns [`None`] and leaves `iov` as it was, if an update was in progress, the bytes are not
    /// on a single page, there are none, or not all of the user memory is resident. The caller then
    /// takes the lock. User memory may then contain a torn copy.
    pub fn try_read(&self, position: i64, iov: &mut IovIterDest<'_>) -> Option<usize> {
        let sequence = self.sequence.try_begin()?;
        let Some((from, length)) = self.pages.on_one_page(position, iov.len(), self.size()) else {
            // The result does not matter, but each read must be ended.
            self.sequence.retry(sequence);
            return None;
        };
        iov.attempt(|iov| {
            // SAFETY: The bytes are on a page that is ours, which exists as long as `self`.
            let copied = unsafe { iov.copy_to_iter_nofault(from, length) };
            let changed = self.sequence.retry(sequence);
            let keep = copied == length && !changed;
            (keep.then_some(length), keep)
        })
    }

    /// See [`Pages::populate`]. The bytes do not change: parts without a page read as zeros, too.
    pub fn populate(&self, start: usize, length: usize) -> Result {
        self.pages.populate(start, length)
    }

    /// See [`Pages::is_populated`].
    pub fn is_populated(&self, start: usize, length: usize) -> bool {
        self.pages.is_populated(start, length)
    }

    /// See [`Pages::mapped_end`].
    pub fn mapped_end(&self) -> usize {
        self.pages.mapped_end()
    }

    /// Adds up to `length` bytes from `position` on to `pipe`, see [`Pages::splice_to`].
    pub fn splice_to(&self, position: i64, length: usize, pipe: &mut Pipe<'_>) -> Result {
        // Pages that were added before the size was set are visible after this.
        let size = self.size.load(Acquire);
        let (start, length) = clamp(position, length, size);
        self.pages.splice_to(start, length, pipe)
    }

    /// Maps the pages for reading only.
    pub fn mapping(&self) -> Mapping {
        Mapping::read_only(self.pages.clone())
    }
}

/// Changes the bytes and size of a [`SeqPages`]. Each has exactly one.
///
/// A driver keeps it in the lock that its writers take.
///
/// # Invariants
///
/// It is the only writer of its `SeqPages`.
///
/// # Examples
///
/// ```
/// # use chrdev::SeqPagesWriter;
/// # use kernel::prelude::*;
/// fn greet(writer: &mut SeqPagesWriter) -> Result {
///     writer.shared().populate(0, 5)?;
///     writer.update(|update| {
///         update.write(0, b"hello");
///         update.set_size(5);
///     });
///     Ok(())
/// }
/// ```
pub struct SeqPagesWriter(Arc<SeqPages>);

impl SeqPagesWriter {
    /// Creates pages of size 0.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub fn new() -> Result<Self> {
        let pages = Arc::pin_init(Pages::new(), GFP_KERNEL_ACCOUNT)?;
        // INVARIANT: No update is in progress.
        let shared = SeqPages {
            sequence: SeqCount::new(),
            size: Atomic::new(0),
            pages,
        };
        // INVARIANT: No other function creates a writer, and it cannot be cloned.
        Ok(Self(Arc::new(shared, GFP_KERNEL_ACCOUNT)?))
    }

    /// Returns the pages, for readers without the lock.
    pub fn shared(&self) -> &Arc<SeqPages> {
        &self.0
    }

    /// Copies `length` bytes from `start` on, see [`Pages::copy_to`].
    pub fn copy_to(&self, start: usize, length: usize, destination: &mut IovIterDest<'_>) -> usize {
        self.0.pages.copy_to(start, length, destination)
    }

    /// Copies from `start` on into `bytes`, see [`Pages::read`].
    pub fn read(&self, start: usize, bytes: &mut [u8]) {
        self.0.pages.read(start, bytes);
    }

    /// Calls `f`, which changes the bytes and the size.
    ///
    /// [`SeqPages::try_read`], and readers that hold the writer's lock, see all of the changes or
    /// none. Mappings, pipes and [`SeqPages::size`] show an update in progress.
    pub fn update<R>(&mut self, f: impl FnOnce(&mut Update<'_>) -> R) -> R {
        // A closure, since a guard could be leaked, and the sequence would be even during the next
        // update.
        // SAFETY: By the type invariants this is the only writer, and it is borrowed exclusively.
        unsafe { self.0.sequence.write_begin() };
        // INVARIANT: The sequence is odd until `f` has returned.
        let result = f(&mut Update(&self.0));
        // SAFETY: As above, the only write in progress is the one that was begun above.
        unsafe { self.0.sequence.write_end() };
        result
    }
}

/// An update of a [`SeqPages`] in progress.
///
/// # Invariants
///
/// The sequence of the pages is odd while this exists.
pub struct Update<'a>(&'a SeqPages);

impl Update<'_> {
    /// Sets the size.
    ///
    /// All bytes below it should be [populated](SeqPages::populate): a pipe gets zeros for the
    /// others, which stay zeros.
    pub fn set_size(&mut self, size: usize) {
        if self.0.size() != size {
            // After the bytes and their pages, for `splice_to`.
            self.0.size.store(size, Release);
        }
    }

    /// Copies `length` bytes to `start`, see [`Pages::copy_from`].
    pub fn copy_from(
        &mut self,
        start: usize,
        length: usize,
        source: &mut IovIterSource<'_>,
    ) -> usize {
        self.0.pages.copy_from(start, length, source)
    }

    /// Copies `bytes` to `start`, see [`Pages::write`].
    pub fn write(&mut self, start: usize, bytes: &[u8]) -> usize {
        self.0.pages.write(start, bytes)
    }

    /// Fills the `length` bytes from `start` on with zeros, see [`Pages::zero`].
    pub fn zero(&mut self, start: usize, length: usize) {
        self.0.pages.zero(start, length);
    }
}

/// A sequence count, `seqcount_t`, whose readers never wait: they take the writers' lock instead.
///
/// The writers may therefore be preempted and sleep. This is why it is not used through
/// `write_seqcount_begin()`, which checks that they cannot, but through
/// `raw_write_seqcount_begin()`.
///
/// As with any sequence count, a reader that is preempted between `try_begin` and `retry` for
/// exactly a multiple of 2^31 updates would accept a torn copy.
///
/// Between the functions below, KCSAN takes accesses of a reader and of a writer to be atomic, as
/// for any sequence count, so it should not report that they race. This was not tested.
struct SeqCount(Opaque<bindings::seqcount_t>);

// SAFETY: A sequence count belongs to no thread.
unsafe impl Send for SeqCount {}
// SAFETY: Readers access it with acquire loads; `write_begin` and `write_end` require exclusion.
unsafe impl Sync for SeqCount {}

impl SeqCount {
    fn new() -> Self {
        // `SEQCNT_ZERO()`, but for the map of lockdep, which the functions below do not use.
        Self(Opaque::zeroed())
    }

    /// Begins a read, unless a write is in progress. Each read must be ended by
    /// [`retry`](Self::retry).
    fn try_begin(&self) -> Option<c_uint> {
        let mut sequence = 0;
        // SAFETY: The count is initialized, and `sequence` can be written.
        let begun = unsafe { helpers::chrdev_seqcount_try_begin(self.0.get(), &mut sequence) };
        begun.then_some(sequence)
    }

    /// Ends a read. Returns whether a write has begun since the read began.
    fn retry(&self, sequence: c_uint) -> bool {
        // SAFETY: The count is initialized.
        unsafe { helpers::chrdev_seqcount_retry(self.0.get(), sequence) }
    }

    /// Begins a write.
    ///
    /// # Safety
    ///
    /// No other write is in progress.
    unsafe fn write_begin(&self) {
        // SAFETY: The count is initialized, and by the safety requirements.
        unsafe { helpers::chrdev_seqcount_write_begin(self.0.get()) };
    }

    /// Ends a write.
    ///
    /// # Safety
    ///
    /// The caller has begun this write, and no other write is in progress.
    unsafe fn write_end(&self) {
        // SAFETY: The count is initialized, and by the safety requirements.
        unsafe { helpers::chrdev_seqcount_write_end(self.0.get()) };
    }
}
