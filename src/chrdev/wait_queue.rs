// SPDX-License-Identifier: GPL-2.0

//! Waiting for a device, by sleeping or by poll.
//!
//! The kernel crate's `CondVar` is not used: its wake-ups carry no events, and it waits only with a
//! lock held.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use crate::{
    compat::as_millis_ceil,
    events::Events,
    helpers, //
};
use core::cell::UnsafeCell;
use kernel::{
    bindings,
    prelude::*,
    time::{
        msecs_to_jiffies,
        Delta, //
    },
    types::Opaque, //
};

/// `MAX_SCHEDULE_TIMEOUT`: no limit.
const NO_LIMIT: c_long = c_long::MAX;

/// The waiters for a device: sleepers, files that `poll`, `select` or `epoll` watches, and files
/// with `O_ASYNC`.
///
/// It is part of the device's state, since it must live as long as any file that waits on it.
#[pin_data]
pub struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
    async_list: UnsafeCell<*mut bindings::fasync_struct>,
}

// SAFETY: Neither a `struct wait_queue_head` nor a list of `struct fasync_struct` belongs to a
// thread.
unsafe impl Send for WaitQueue {}
// SAFETY: `head` has a lock of its own. `async_list` is only passed to `fasync_helper()` and
// `kill_fasync()`, which serialize access to it.
unsafe impl Sync for WaitQueue {}

impl WaitQueue {
    /// Creates an empty queue.
    pub fn new() -> impl PinInit<Self> {
        let class = kernel::static_lock_class!();
        pin_init!(Self {
            // SAFETY: `head` can be written to, and stays where it is; the name and the class live
            // as long as this module, which outlives every use of the queue.
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

    /// Returns the list of files that have `O_ASYNC` set, for C, which has its own locks for it.
    pub(crate) fn async_list(&self) -> *mut *mut bindings::fasync_struct {
        self.async_list.get()
    }

    /// Wakes all sleepers, and all files that poll for any of `events`, or for anything if it is
    /// [`Events::NONE`]; sends `SIGIO` as [`kill_fasync`](Self::kill_fasync) does.
    ///
    /// The condition that they wait for must become true before the call. Can be called in any
    /// context.
    ///
    /// io_uring and `io_submit(2)` report `events` without calling
    /// [`poll`](crate::FileOperations::poll). So if not all files that are polled on this queue have
    /// them, pass [`Events::NONE`], after which each caller asks `poll`.
    ///
    /// C counterparts: `wake_up_all()`, `kill_fasync()`.
    pub fn wake_up_all(&self, events: Events) {
        self.wake(0, events);
        self.kill_fasync(events);
    }

    /// Like [`wake_up_all`](Self::wake_up_all), but of the sleepers in
    /// [`wait_exclusive`](Self::wait_exclusive), at least one is woken: usually one, and another if
    /// that one was awake already and then leaves.
    ///
    /// C counterparts: `wake_up()`, `kill_fasync()`.
    pub fn wake_up(&self, events: Events) {
        self.wake(1, events);
        self.kill_fasync(events);
    }

    /// Wakes `exclusive` exclusive sleepers, or all of them if it is 0, and all other sleepers. The
    /// kernel takes no events as any, so [`Events::NONE`] wakes all files that are polled.
    fn wake(&self, exclusive: c_int, events: Events) {
        // io_uring, which is not woken for `POLLPRI` by a key, asks `poll` then (`io_poll_wake()`).
        let key = if events.contains(Events::PRI) {
            Events::NONE
        } else {
            events
        }
        .bits() as usize as *mut c_void;
        // SAFETY: `head` is an initialized wait queue. The key of a wait queue that is polled is a
        // set of events.
        unsafe { bindings::__wake_up(self.head.get(), bindings::TASK_NORMAL, exclusive, key) };
    }

    /// Sends `SIGIO`, with `events` in its `si_band`, to the owners of files that have `O_ASYNC`
    /// set, if this is the queue of their device, see
    /// [`wait_queue`](crate::FileOperations::wait_queue).
    ///
    /// The functions that wake this queue do so, too. Can be called in any context.
    pub fn kill_fasync(&self, events: Events) {
        for (event, band) in [
            (Events::IN, bindings::POLL_IN),
            (Events::OUT, bindings::POLL_OUT),
            (Events::ERR, bindings::POLL_ERR),
            (Events::PRI, bindings::POLL_PRI),
            (Events::HUP, bindings::POLL_HUP),
        ] {
            if events.contains(event) {
                // SAFETY: The list is a valid list, which `fasync_helper` changes under its own
                // lock.
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
    /// `ready` is called first, and again after each wake-up; it may sleep.
    ///
    /// C counterpart: `wait_event_interruptible()`.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal is pending, and `ready` returned nothing. The operation must return
    /// it, too: the kernel restarts the system call or returns `EINTR`, depending on the signal's
    /// handler.
    pub fn wait<R>(&self, ready: impl FnMut() -> Option<R>) -> Result<R> {
        self.sleep_until(bindings::TASK_INTERRUPTIBLE, false, NO_LIMIT, ready)
    }

    /// Sleeps as [`wait`](Self::wait) does, but no longer than `timeout`, to the precision of
    /// jiffies. The longest timeout is 24 days.
    ///
    /// C counterpart: `wait_event_interruptible_timeout()`.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: the time is up, and `ready` returned nothing;
    /// - `ERESTARTSYS`: as for `wait`. A call that is restarted waits for the whole time again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use chrdev::WaitQueue;
    /// # use kernel::{prelude::*, time::Delta};
    /// fn reply(queue: &WaitQueue, reply: impl FnMut() -> Option<u32>) -> Result<u32> {
    ///     queue.wait_timeout(Delta::from_millis(100), reply)
    /// }
    /// ```
    pub fn wait_timeout<R>(&self, timeout: Delta, ready: impl FnMut() -> Option<R>) -> Result<R> {
        self.sleep_until(bindings::TASK_INTERRUPTIBLE, false, jiffies(timeout), ready)
    }

    /// Sleeps as [`wait`](Self::wait) does, but only a signal that kills the process interrupts it:
    /// for an operation that cannot be restarted.
    ///
    /// C counterpart: `wait_event_killable()`.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: the process is being killed, and `ready` returned nothing.
    pub fn wait_killable<R>(&self, ready: impl FnMut() -> Option<R>) -> Result<R> {
        self.sleep_until(bindings::TASK_KILLABLE, false, NO_LIMIT, ready)
    }

    /// Sleeps as [`wait`](Self::wait) does, but as an exclusive waiter, of which
    /// [`wake_up`](Self::wake_up) need not wake more than one: for events that only one waiter can
    /// consume.
    ///
    /// A wake-up is for the sleeper that it reaches, and is passed on only if it arrives while that
    /// sleeper is awake and then leaves, with a value or because of a signal. If `ready` returns a
    /// value without consuming the event that the wake-up was for, wake the queue again.
    ///
    /// C counterpart: `wait_event_interruptible_exclusive()`.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: as for `wait`.
    pub fn wait_exclusive<R>(&self, ready: impl FnMut() -> Option<R>) -> Result<R> {
        self.sleep_until(bindings::TASK_INTERRUPTIBLE, true, NO_LIMIT, ready)
    }

    /// Sleeps in the given state until `ready` returns a value.
    fn sleep_until<R>(
        &self,
        state: u32,
        exclusive: bool,
        limit: c_long,
        mut ready: impl FnMut() -> Option<R>,
    ) -> Result<R> {
        if let Some(result) = ready() {
            return Ok(result);
        }
        let entry = Opaque::uninit();
        let waiter = Waiter::new(self, &entry, exclusive);
        let mut left = limit;
        loop {
            if let Some(result) = ready() {
                return Ok(result);
            }
            left = waiter.sleep(state, left)?;
        }
    }
}

/// Converts a time to jiffies, rounded up.
fn jiffies(time: Delta) -> c_long {
    // For higher values, `msecs_to_jiffies()` returns an infinite timeout.
    let max = i64::from(i32::MAX);
    let millis = as_millis_ceil(time).clamp(0, max);
    let jiffies = msecs_to_jiffies(millis as u32);
    c_long::try_from(jiffies).unwrap_or(NO_LIMIT)
}

/// The current task on a wait queue, from which it is removed on drop.
///
/// # Invariants
///
/// `entry` is initialized and on `queue`.
struct Waiter<'a> {
    queue: &'a WaitQueue,
    entry: &'a Opaque<bindings::wait_queue_entry>,
    exclusive: bool,
}

impl<'a> Waiter<'a> {
    /// Adds the current task to `queue` by `entry`, which is borrowed for longer than it is on the
    /// queue.
    fn new(
        queue: &'a WaitQueue,
        entry: &'a Opaque<bindings::wait_queue_entry>,
        exclusive: bool,
    ) -> Self {
        // SAFETY: `entry` can be written to, and is on no queue.
        unsafe { helpers::chrdev_init_wait(entry.get()) };
        let add = if exclusive {
            bindings::add_wait_queue_exclusive
        } else {
            bindings::add_wait_queue
        };
        // SAFETY: Both are initialized, and `entry` stays in place while it is borrowed, that is,
        // until `drop` removes it.
        unsafe { add(queue.head.get(), entry.get()) };
        // INVARIANT: Initialized and added above.
        Self {
            queue,
            entry,
            exclusive,
        }
    }

    /// Sleeps until the queue is woken, for `left` jiffies at most, or returns at once if it was
    /// woken since the last call. Returns the remaining time.
    fn sleep(&self, state: u32, left: c_long) -> Result<c_long> {
        // SAFETY: It reads the state of the current task.
        if unsafe { helpers::chrdev_signal_pending_state(state) } {
            return Err(ERESTARTSYS);
        }
        if left == 0 {
            return Err(ETIMEDOUT);
        }
        // SAFETY: By the type invariants `entry` is on a queue, with `woken_wake_function` as its
        // function.
        Ok(unsafe { bindings::wait_woken(self.entry.get(), state, left) })
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants `entry` is on this queue.
        unsafe { bindings::remove_wait_queue(self.queue.head.get(), self.entry.get()) };
        // A wake-up that arrived while the task was awake, in `ready`, must reach another sleeper
        // instead.
        // SAFETY: The entry is initialized, and on no queue any more.
        if self.exclusive && unsafe { (*self.entry.get()).flags } & bindings::WQ_FLAG_WOKEN != 0 {
            self.queue.wake(1, Events::MSG);
        }
    }
}
