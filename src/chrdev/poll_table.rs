// SPDX-License-Identifier: GPL-2.0

//! The queues that a caller of `poll` waits on.
//!
//! The kernel crate's `PollTable` is not used: it needs a `&File`, which chrdev does not give out,
//! and waits on `PollCondVar`s only.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h), `poll_table`.

use crate::wait_queue::WaitQueue;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::bindings;

/// The queues that a caller of `poll` waits on, `poll_table`.
///
/// # Invariants
///
/// `file` is valid and `table` null or valid for the call, and `'a` lasts until the file's release.
pub struct PollTable<'a> {
    file: NonNull<bindings::file>,
    table: *mut bindings::poll_table_struct,
    // The lifetime is invariant.
    queues: PhantomData<fn(&'a WaitQueue) -> &'a WaitQueue>,
}

impl<'a> PollTable<'a> {
    /// # Safety
    ///
    /// The type invariants hold.
    pub(crate) unsafe fn from_raw(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            // SAFETY: A valid file is not null.
            file: unsafe { NonNull::new_unchecked(file) },
            table,
            queues: PhantomData,
        }
    }

    /// Also waits on `queue`, which is part of the state of the device or of the file,
    /// `poll_wait()`.
    ///
    /// io_uring waits on at most one queue besides the device's own, and fails with `EINVAL` for
    /// more; `io_submit(2)` fails with `EINVAL` if this is called at all, unless an event is ready.
    pub fn poll_wait(&mut self, queue: &'a WaitQueue) {
        // SAFETY: By the type invariants. Waiters are removed from the queue no later than the close
        // of the file, before its release, and so before `'a` ends.
        unsafe { bindings::poll_wait(self.file.as_ptr(), queue.as_ptr(), self.table) };
    }
}
