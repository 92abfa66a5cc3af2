// SPDX-License-Identifier: GPL-2.0

//! Waiting for a device, by sleeping or by poll.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use crate::helpers;
use core::cell::UnsafeCell;
use kernel::{
    bindings,
    ffi::{
        c_int,
        c_long, //
    },
    prelude::*,
    types::Opaque, //
};

/// `TASK_NORMAL`, the states that a wake-up ends.
const TASK_NORMAL: u32 = bindings::TASK_INTERRUPTIBLE | bindings::TASK_UNINTERRUPTIBLE;

/// `MAX_SCHEDULE_TIMEOUT`: no limit.
const NO_LIMIT: c_long = c_long::MAX;

/// Those who wait for a device: sleepers, and files in `poll`, `select` or `epoll`.
///
/// It must live as long as any file that could wait on it, as what belongs to a device's state does.
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
            // long as this module, which outlives every queue.
            head <- Opaque::ffi_init(|head| unsafe {
                bindings::__init_waitqueue_head(head, c"chrdev".as_char_ptr(), class.as_ptr());
            }),
            async_list: UnsafeCell::new(core::ptr::null_mut()),
        })
    }

    /// The queue for C.
    pub(crate) fn as_ptr(&self) -> *mut bindings::wait_queue_head {
        self.head.get()
    }

    /// The list of files that have `O_ASYNC`, for C, which has locks for it.
    pub(crate) fn async_list(&self) -> *mut *mut bindings::fasync_struct {
        self.async_list.get()
    }

    /// Wakes everyone who waits, `wake_up_all()`, and sends `SIGIO` to those who have asked for it.
    ///
    /// What they wait for must have been made true before. Can be called in any context.
    pub fn wake_all(&self) {
        // SAFETY: `head` is an initialised wait queue; 0 means all of them.
        unsafe {
            bindings::__wake_up(self.head.get(), TASK_NORMAL, 0, core::ptr::null_mut());
        }
        // SAFETY: The list is a valid list, which `fasync_helper` changes under its own lock.
        unsafe {
            bindings::kill_fasync(
                self.async_list.get(),
                bindings::SIGIO as c_int,
                bindings::POLL_IN as c_int,
            );
        }
    }

    /// Sleeps until `ready` gives something, and returns that.
    ///
    /// `ready` is asked first, and again after each [`wake_all`](Self::wake_all); it may sleep.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal came, and `ready` had nothing. Give it back as it is: the kernel
    /// restarts the system call, or makes it EINTR, as the signal's handler was set up.
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

/// The current task on a wait queue; taken off when dropped.
///
/// # Invariants
///
/// `entry` is initialised and on `queue`.
struct Waiter<'a> {
    queue: &'a WaitQueue,
    entry: &'a Opaque<bindings::wait_queue_entry>,
}

impl<'a> Waiter<'a> {
    /// Puts the current task on `queue`. `entry` is borrowed for longer than it is on it.
    fn new(queue: &'a WaitQueue, entry: &'a Opaque<bindings::wait_queue_entry>) -> Self {
        // SAFETY: `entry` can be written to, and is on no queue.
        unsafe { helpers::chrdev_init_wait(entry.get()) };
        // SAFETY: Both are initialised, and `entry` stays in place while it is borrowed, that is,
        // until `drop` takes it off.
        unsafe { bindings::add_wait_queue(queue.head.get(), entry.get()) };
        // INVARIANT: As just done.
        Self { queue, entry }
    }

    /// Sleeps until the queue is woken. What was woken before the call ends it at once.
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
