// SPDX-License-Identifier: GPL-2.0

//! Which devices a `struct cdev` stands for, now.
//!
//! `cdev_del()` does not close the door: `chrdev_open()` goes on using the cdev of an inode while
//! any file of it is open. So `open` asks here, and gets an answer only between publication and
//! the drop of the registration. The key is the cdev and not the device number, since a number can
//! have passed to another driver's registration while the old cdev is still in an inode.

use crate::helpers;
use core::{
    any::TypeId,
    cell::UnsafeCell,
    ptr,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    ffi::c_void,
    prelude::*,
    types::NotThreadSafe, //
};

/// One registration.
pub(crate) struct Entry {
    next: Option<NonNull<Entry>>,
    cdev: *mut bindings::cdev,
    driver: TypeId,
    devices: *const c_void,
    count: usize,
}

impl Entry {
    /// An entry that is in no table.
    ///
    /// `devices` points at an array of `count` devices of the type that `driver` stands for.
    pub(crate) fn new(
        cdev: *mut bindings::cdev,
        driver: TypeId,
        devices: *const c_void,
        count: usize,
    ) -> Self {
        Self {
            next: None,
            cdev,
            driver,
            devices,
            count,
        }
    }

    /// How many devices it has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The device at `index`, as a pointer into the array, if it has that many.
    pub(crate) fn device<D>(&self, index: usize) -> Option<NonNull<D>> {
        let first = self.devices.cast::<D>();
        (index < self.count).then_some(NonNull::new(first.wrapping_add(index).cast_mut())?)
    }
}

/// The first entry.
struct Head(UnsafeCell<Option<NonNull<Entry>>>);

// SAFETY: It is only used under the table's lock.
unsafe impl Sync for Head {}

static HEAD: Head = Head(UnsafeCell::new(None));

/// The table, locked by the mutex in helpers.c; unlocked when dropped. May sleep.
pub(crate) struct Table(NotThreadSafe);

impl Table {
    /// Locks the table.
    pub(crate) fn lock() -> Self {
        // SAFETY: The mutex is a static; `drop` unlocks it, on the same task.
        unsafe { helpers::chrdev_table_lock() };
        Self(NotThreadSafe)
    }

    /// The pointer that leads to the first entry that `wanted` accepts, or to the end.
    fn find(&self, wanted: &dyn Fn(&Entry) -> bool) -> *mut Option<NonNull<Entry>> {
        let mut link = HEAD.0.get();
        // SAFETY: The lock is held, and every entry in the list is alive: `remove` takes it out
        // before it is freed.
        while let Some(mut entry) = unsafe { *link } {
            // SAFETY: As above.
            let entry = unsafe { entry.as_mut() };
            if wanted(entry) {
                break;
            }
            link = &raw mut entry.next;
        }
        link
    }

    /// The entry of the cdev through which an inode is being opened.
    ///
    /// # Safety
    ///
    /// `inode` is that of a character device that is being opened.
    pub(crate) unsafe fn of_inode(&self, inode: *const bindings::inode) -> Option<&Entry> {
        // SAFETY: By the safety requirements; the file that is being opened keeps the cdev.
        let cdev = unsafe { helpers::chrdev_inode_cdev(inode) };
        let link = self.find(&|entry| ptr::eq(entry.cdev, cdev));
        // SAFETY: `link` is valid and its entry is alive while the lock is held.
        unsafe { (*link).map(|entry| entry.as_ref()) }
    }

    /// The first entry of a driver.
    pub(crate) fn of_driver(&self, driver: TypeId) -> Option<&Entry> {
        let link = self.find(&|entry| entry.driver == driver);
        // SAFETY: `link` is valid and its entry is alive while the lock is held.
        unsafe { (*link).map(|entry| entry.as_ref()) }
    }

    /// Takes an entry in.
    ///
    /// # Safety
    ///
    /// The entry's array of devices lives until [`remove`](Self::remove) has been called.
    pub(crate) unsafe fn insert(&self, entry: KBox<Entry>) {
        let link = self.find(&|_| false);
        // SAFETY: `link` is the end of the list, and the lock is held.
        unsafe { *link = NonNull::new(KBox::into_raw(entry)) };
    }

    /// Takes the entry of a cdev out, if there is one.
    pub(crate) fn remove(&self, cdev: *mut bindings::cdev) {
        let link = self.find(&|entry| ptr::eq(entry.cdev, cdev));
        // SAFETY: `link` is valid while the lock is held.
        let Some(entry) = (unsafe { *link }) else {
            return;
        };
        // SAFETY: The entry is alive; `insert` took it from a box, and it is in the list no more
        // once it is taken out here.
        drop(unsafe {
            *link = entry.as_ref().next;
            KBox::from_raw(entry.as_ptr())
        });
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: A `Table` holds the lock.
        unsafe { helpers::chrdev_table_unlock() };
    }
}
