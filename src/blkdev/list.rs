// SPDX-License-Identifier: GPL-2.0

//! The list of disks that were handed to the block layer. Disks that the driver leaks are removed
//! when the module is unloaded.

use crate::{
    declare::declare,
    disk::Header,
    helpers,
    publish::{
        publish,
        DeclaredModule,
        Publish, //
    }, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        GlobalGuard,
        GlobalLockedBy, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

kernel::sync::global_lock! {
    // SAFETY: `ModuleGuard::new` initializes it. Every function that locks it is given a disk or a
    // `ModuleGuard`, and `Disk::new` fails unless `ModuleGuard::new` was called.
    /// The mutex under which disks are added and removed, and the list of those that were handed to
    /// the block layer.
    unsafe(uninit) static LIST: Mutex<List> = List { first: None, removing: 0 };
}

/// The number of disks that were not handed to the block layer yet. Not in the list, since
/// [`Disk::new`](crate::Disk::new) can be called in a callback for which the holder of the mutex
/// waits, such as the `show` of an attribute.
static NEW: Atomic<usize> = Atomic::new(0);

struct List {
    first: Option<DiskPtr>,
    /// The number of drops in progress, which hold no mutex.
    removing: usize,
}

/// A disk in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DiskPtr(NonNull<bindings::gendisk>);

// SAFETY: A disk can be used by any thread.
unsafe impl Send for DiskPtr {}

/// The state of a disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not in the list yet.
    New,
    /// The block layer has refused it, and does not accept it again.
    Refused,
    /// The block layer has added it.
    Added,
    /// It was removed and its reference dropped; it is no longer in the list.
    Removed,
}

/// A disk's entry in the list.
struct Entry {
    state: State,
    next: Option<DiskPtr>,
}

/// The entry of a disk, which the mutex protects.
pub(crate) struct Link(GlobalLockedBy<Entry, LIST>);

impl Link {
    pub(crate) fn new() -> Self {
        Self(GlobalLockedBy::new(Entry {
            state: State::New,
            next: None,
        }))
    }
}

/// Returns the entry of a disk.
///
/// # Safety
///
/// The header of `disk` must be alive for `'a`.
unsafe fn entry<'a>(
    disk: NonNull<bindings::gendisk>,
    list: &'a mut GlobalGuard<LIST>,
) -> &'a mut Entry {
    // SAFETY: By the safety requirements.
    unsafe { Header::of(disk) }.link.0.as_mut(list)
}

/// Counts a disk that was allocated.
pub(crate) fn created() {
    NEW.add(1, Relaxed);
}

/// Returns the number of disks that exist and were not handed to [`add`].
pub(crate) fn not_added() -> usize {
    NEW.load(Relaxed)
}

/// Adds a disk, unless that was attempted before.
///
/// # Safety
///
/// - `disk` must be a disk of [`Disk::new`] that has not been dropped, and `groups` those of its
///   attributes.
/// - Must be called at the end of the module's init, which may fail afterwards only if no disk was
///   added.
pub(crate) unsafe fn add(
    disk: NonNull<bindings::gendisk>,
    groups: *mut *const bindings::attribute_group,
) -> Result {
    let mut list = LIST.lock();
    let first = list.first;
    // SAFETY: By the safety requirements.
    let entry = unsafe { entry(disk, &mut list) };
    if entry.state != State::New {
        return Ok(());
    }
    // SAFETY: By the safety requirements. The groups are freed after the disk has been deleted.
    // If this fails, the disk could never be opened.
    let result = to_result(unsafe {
        bindings::device_add_disk(core::ptr::null_mut(), disk.as_ptr(), groups)
    });
    *entry = Entry {
        state: if result.is_ok() {
            State::Added
        } else {
            State::Refused
        },
        next: first,
    };
    list.first = Some(DiskPtr(disk));
    NEW.fetch_sub(1, Relaxed);
    result
}

/// The end of the drop of a disk, for which exit waits. It begins in [`remove`].
pub(crate) struct EndOfDrop;

impl Drop for EndOfDrop {
    fn drop(&mut self) {
        let mut list = LIST.lock();
        list.removing = list.removing.saturating_sub(1);
    }
}

/// Removes a disk, unless [`ModuleGuard`] has done so. After that no request is served, and none
/// will be. May sleep.
///
/// # Safety
///
/// `disk` must be a disk of [`Disk::new`] that is being dropped.
pub(crate) unsafe fn remove(disk: NonNull<bindings::gendisk>) {
    let state = {
        let mut list = LIST.lock();
        list.removing = list.removing.saturating_add(1);
        // SAFETY: By the safety requirements; what is in the list has not been dropped.
        unsafe { unlink(disk, &mut list) }
    };
    // Unlocked: a process that has the disk open may drop another disk before it closes this one.
    // SAFETY: By the safety requirements; the state was that of the disk until now.
    unsafe { finish(disk, state) };
}

/// Removes a disk from the list, if it is there, and returns its state, which is `Removed` from now
/// on.
///
/// # Safety
///
/// The header of `disk` must be alive, and so must be the headers of the disks in the list.
unsafe fn unlink(disk: NonNull<bindings::gendisk>, list: &mut GlobalGuard<LIST>) -> State {
    let removed = Entry {
        state: State::Removed,
        next: None,
    };
    // SAFETY: By the safety requirements.
    let Entry { state, next } = core::mem::replace(unsafe { entry(disk, list) }, removed);
    if state == State::New {
        NEW.fetch_sub(1, Relaxed);
    }
    let this = Some(DiskPtr(disk));
    if list.first == this {
        list.first = next;
        return state;
    }
    let mut position = list.first;
    while let Some(DiskPtr(other)) = position {
        // SAFETY: By the safety requirements.
        let entry = unsafe { entry(other, list) };
        if entry.next == this {
            entry.next = next;
            break;
        }
        position = entry.next;
    }
    state
}

/// Drops the reference to a disk, after the steps that its state requires.
///
/// # Safety
///
/// The disk's header must be alive, `state` must be what [`unlink`] has returned, and only the
/// disk's drop may use it after this.
unsafe fn finish(disk: NonNull<bindings::gendisk>, state: State) {
    // SAFETY: By the safety requirements.
    let header = unsafe { Header::of(disk) };
    let disk = disk.as_ptr();
    match state {
        State::New => {}
        State::Refused => {
            // SAFETY: Until it is removed, there is a reference to the disk.
            unsafe { helpers::blkdev_wait_for_readers(disk) };
        }
        State::Added => {
            // SAFETY: As above, and the disk was added.
            unsafe { bindings::del_gendisk(disk) };
        }
        State::Removed => return,
    }
    // SAFETY: The reference is dropped here only, since the state is `Removed` from now on.
    unsafe { bindings::put_disk(disk) };
    if state == State::Added {
        header.wait_for_release();
    }
}

/// The disks of the module. On drop, any remaining disks are removed.
///
/// # Invariants
///
/// At most one exists in the life of the module, and `LIST` is initialized.
#[doc(hidden)]
pub struct ModuleGuard(());

impl ModuleGuard {
    /// # Safety
    ///
    /// The result must be dropped after the driver's part of the module, when init fails as well as
    /// on exit.
    ///
    /// # Errors
    ///
    /// `EBUSY`: it was called before, for example by a driver that calls the module's init in its
    /// own.
    pub unsafe fn new<M: DeclaredModule>() -> Result<Self> {
        declare()?;
        // SAFETY: Called once.
        unsafe { LIST.init() };
        // INVARIANT: It was not called before.
        Ok(Self(()))
    }

    /// Adds the disks of the driver's part of the module. May sleep.
    ///
    /// # Errors
    ///
    /// That of adding the first disk. In this case no disk was added.
    ///
    /// # Safety
    ///
    /// Must be called from the module's init, as the last thing in it that can fail.
    pub unsafe fn complete<T: Publish>(&self, driver: &T) -> Result {
        // SAFETY: By the safety requirements.
        unsafe { publish(driver) }
    }
}

impl Drop for ModuleGuard {
    fn drop(&mut self) {
        let mut list = LIST.lock();
        while let Some(DiskPtr(disk)) = list.first {
            // SAFETY: A disk in the list was leaked or is in a static, and was not dropped. Its
            // drop would wait for the mutex.
            unsafe {
                let state = unlink(disk, &mut list);
                finish(disk, state);
            }
        }
        // Another thread may still execute the module's code after it has decremented the count, so
        // an event would not suffice. This is rare, so poll.
        while list.removing != 0 {
            drop(list);
            fsleep(Delta::from_millis(1));
            // That thread may be preempted before it returns.
            // SAFETY: Called in process context; there are no other requirements.
            unsafe { helpers::blkdev_synchronize_preempted() };
            list = LIST.lock();
        }
    }
}
