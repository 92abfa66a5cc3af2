// SPDX-License-Identifier: GPL-2.0

//! Waiting for a device, by sleeping or by poll.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use crate::{
    events::Events,
    helpers, //
};
use core::cell::UnsafeCell;
use kernel::{
    bindings,
    ffi::{
        c_int,
        c_long,
        c_void, //
    },
    prelude::*,
    types::Opaque, //
};

/// `TASK_NORMAL`, the states that a wake-up ends.
const TASK_NORMAL: u32 = bindings::TASK_INTERRUPTIBLE | bindings::TASK_UNINTERRUPTIBLE;

/// `MAX_SCHEDULE_TIMEOUT`: no limit.
const NO_LIMIT: c_long = c_long::MAX;

/// A queue of what waits for a device: sleepers, files that `poll`, `select` or `epoll` watches, and files with
/// `O_ASYNC`.
///
/// It is part of the device's state, since it must live as long as any file that waits on it.
#[pin_data]
pub struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
    async_list: UnsafeCell<*mut bindings::fasync_struct>,
}

// SAFETY: A `struct wait_queue_head` can be used from any thread.
unsafe impl Send for WaitQueue {}
// SAFETY: A `struct wait_queue_head` has a lock of its own.
unsafe impl Sync for WaitQueue {}

impl WaitQueue {
    /// Makes an empty queue.
    pub fn new() -> impl PinInit<Self> {
        let class = kernel::static_lock_class!();
        pin_init!(Self {
            // SAFETY: `head` can be written to, and stays where it is; the name and the class live as
            // long as this module, which outlives every use of the queue.
            head <- Opaque::ffi_init(|head| unsafe {
                bindings::__init_waitqueue_head(head, c"chrdev".as_char_ptr(), class.as_ptr());
            }),
            async_list: UnsafeCell::new(core::ptr::null_mut()),
        })
    }

    /// Returns the queue for C.
    pub(crate) fn as_ptr(&self) -> *mut bindings::wait_queue_head {
        self.head.get()
    }

    /// Returns the list of files that have `O_ASYNC` set, for C, which has locks for it.
    pub(crate) fn async_list(&self) -> *mut *mut bindings::fasync_struct {
        self.async_list.get()
    }

    /// Wakes all sleepers, and all files that poll for any of `events`; sends `SIGIO`, with `events` in its
    /// `si_band`, to the owners of files that have `O_ASYNC` set.
    ///
    /// What they wait for must be true before. Can be called in any context.
    ///
    /// C counterparts: `wake_up_all()`, `kill_fasync()`.
    pub fn wake_up_all(&self, events: Events) {
        let key = events.bits() as usize as *mut c_void;
        // SAFETY: `head` is an initialized wait queue; 0 means all of its waiters. The key of a wait queue that
        // is polled is a set of events.
        unsafe { bindings::__wake_up(self.head.get(), TASK_NORMAL, 0, key) };
        for (event, band) in [
            (Events::IN, bindings::POLL_IN),
            (Events::OUT, bindings::POLL_OUT),
            (Events::ERR, bindings::POLL_ERR),
            (Events::HUP, bindings::POLL_HUP),
        ] {
            if events.contains(event) {
                // SAFETY: The list is a valid list, which `fasync_helper` changes under its own lock.
                unsafe {
                    bindings::kill_fasync(
                        self.async_list.get(),
                        bindings::SIGIO as c_int,
                        band as c_int,
                    )
                };
            }
        }
    }

    /// Sleeps until `ready` returns a value, and returns that.
    ///
    /// `ready` is called first, and again after each [`wake_up_all`](Self::wake_up_all); it may sleep.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal is pending, and `ready` returned nothing. The operation must return it, too:
    /// the kernel restarts the system call or returns `EINTR`, as the signal's handler demands.
    pub fn wait<R>(&self, mut ready: impl FnMut() -> Option<R>) -> Result<R> {
        if let Some(result) = ready() {
            return Ok(result);
        }
        let entry = Opaque::uninit();
        let waiter = Waiter::new(self, &entry);
        loop {
            if let Some(result) = ready() {
                return Ok(result);
            }
            waiter.sleep()?;
        }
    }
}

/// The current task on a wait queue, from which it is removed on drop.
///
/// # Invariants
///
/// `entry` is initialized and on `queue`.
struct Waiter<'a> {
    queue: &'a WaitQueue,
    entry: &'a Opaque<bindings::wait_queue_entry>,
}

impl<'a> Waiter<'a> {
    /// Adds the current task to `queue` by `entry`, which is borrowed for longer than it is on the queue.
    fn new(queue: &'a WaitQueue, entry: &'a Opaque<bindings::wait_queue_entry>) -> Self {
        // SAFETY: `entry` can be written to, and is on no queue.
        unsafe { helpers::chrdev_init_wait(entry.get()) };
        // SAFETY: Both are initialized, and `entry` stays in place while it is borrowed, that is,
        // until `drop` removes it.
        unsafe { bindings::add_wait_queue(queue.head.get(), entry.get()) };
        // INVARIANT: As just done.
        Self { queue, entry }
    }

    /// Sleeps until the queue is woken; if it was since the last call, returns at once.
    fn sleep(&self) -> Result {
        if kernel::current!().signal_pending() {
            return Err(ERESTARTSYS);
        }
        // SAFETY: By the type invariants `entry` is on a queue, with `woken_wake_function` as its
        // function.
        unsafe { bindings::wait_woken(self.entry.get(), bindings::TASK_INTERRUPTIBLE, NO_LIMIT) };
        Ok(())
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants `entry` is on this queue.
        unsafe { bindings::remove_wait_queue(self.queue.head.get(), self.entry.get()) };
    }
}
