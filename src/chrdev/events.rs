// SPDX-License-Identifier: GPL-2.0

//! Events that `poll(2)` reports.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

use crate::helpers;
use core::ops::BitOr;

/// A set of events, `__poll_t`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// No event. A wake-up with no event wakes all files that are polled, see
    /// [`WaitQueue::wake_up_all`](crate::WaitQueue::wake_up_all).
    pub const NONE: Self = Self(0);
    /// Data can be read: `EPOLLIN | EPOLLRDNORM`.
    pub const IN: Self = Self(helpers::CHRDEV_EPOLLIN | helpers::CHRDEV_EPOLLRDNORM);
    /// Data can be written: `EPOLLOUT | EPOLLWRNORM`.
    pub const OUT: Self = Self(helpers::CHRDEV_EPOLLOUT | helpers::CHRDEV_EPOLLWRNORM);
    /// An exceptional condition occurred, such as urgent data: `EPOLLPRI`.
    pub const PRI: Self = Self(helpers::CHRDEV_EPOLLPRI);
    /// An error occurred: `EPOLLERR`.
    pub const ERR: Self = Self(helpers::CHRDEV_EPOLLERR);
    /// The other side has stopped writing: `EPOLLRDHUP`.
    pub const RDHUP: Self = Self(helpers::CHRDEV_EPOLLRDHUP);
    /// The device was removed, or the other side has hung up: `EPOLLHUP`.
    pub const HUP: Self = Self(helpers::CHRDEV_EPOLLHUP);
    /// An event that no file of this crate reports, `EPOLLMSG`: a wake-up with it wakes sleepers
    /// only. (io_uring polls every file for `EPOLLNVAL`.)
    pub(crate) const MSG: Self = Self(helpers::CHRDEV_EPOLLMSG);

    /// Whether all of `events` are in the set.
    pub const fn contains(self, events: Self) -> bool {
        self.0 & events.0 == events.0
    }

    /// Returns the events for C.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }
}

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
