// SPDX-License-Identifier: GPL-2.0

//! A pipe that `splice` fills from a file.
//!
//! C headers: [`include/linux/pipe_fs_i.h`](srctree/include/linux/pipe_fs_i.h),
//! [`include/linux/splice.h`](srctree/include/linux/splice.h)

use crate::helpers;
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// A pipe that `splice` or `sendfile` fills from a file, `struct pipe_inode_info`;
/// [`Pages::splice_to`](crate::Pages::splice_to) adds pages to it.
///
/// # Invariants
///
/// `pipe` is valid for `'a`, and the caller has locked it; `added` bytes were added to it through
/// this value, and `room` more may be.
pub struct Pipe<'a> {
    pipe: NonNull<bindings::pipe_inode_info>,
    added: usize,
    room: usize,
    lock: PhantomData<&'a mut bindings::pipe_inode_info>,
}

impl Pipe<'_> {
    /// # Safety
    ///
    /// `pipe` is valid for `'a`, and the caller has locked it.
    pub(crate) unsafe fn from_raw(pipe: *mut bindings::pipe_inode_info, room: usize) -> Self {
        // INVARIANT: By the safety requirements; nothing was added.
        Self {
            // SAFETY: A valid pipe is not null.
            pipe: unsafe { NonNull::new_unchecked(pipe) },
            added: 0,
            room,
            lock: PhantomData,
        }
    }

    /// Returns the number of bytes added.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Returns how many more bytes the caller of `splice` has asked for.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// Adds `length` bytes of a page, starting at `offset`, but not more than the caller of
    /// `splice` has asked for. The pipe gets a reference to the page.
    ///
    /// # Errors
    ///
    /// - `EAGAIN`: the pipe is full;
    /// - `EPIPE`: nobody reads from it.
    ///
    /// # Safety
    ///
    /// `page` is an address in a page that is alive, and `offset` and `length` do not go beyond
    /// that page.
    pub(crate) unsafe fn add_to_pipe(
        &mut self,
        page: *const c_void,
        offset: usize,
        length: usize,
    ) -> Result {
        // More would exceed the range for which the kernel has checked permissions and limits.
        let length = length.min(self.room);
        if length == 0 {
            return Ok(());
        }
        // SAFETY: By the type invariants and the safety requirements.
        let added = unsafe {
            helpers::chrdev_add_to_pipe(
                self.pipe.as_ptr(),
                page,
                offset as c_uint,
                length as c_uint,
            )
        };
        to_result(added as c_int)?;
        // INVARIANT: `add_to_pipe()` adds all or nothing.
        self.added = self.added.saturating_add(length);
        self.room = self.room.saturating_sub(length);
        Ok(())
    }
}
