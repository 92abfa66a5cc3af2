// SPDX-License-Identifier: GPL-2.0

//! Disks, from allocation to release.
//!
//! C header: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h)

use crate::{
    attribute::{
        check_names,
        Attribute,
        Groups, //
    },
    compat::{
        this_module,
        Owned,
        ENAMETOOLONG, //
    },
    helpers,
    list::{
        remove,
        EndOfDrop,
        Link, //
    },
    name::is_file_name,
    publish::DeclaredModule,
    request::Request, //
};
use core::{
    ffi::c_void,
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    block::mq,
    error::from_err_ptr,
    fmt,
    page::PAGE_SIZE,
    prelude::*,
    str::NullTerminatedFormatter,
    sync::{
        aref::ARef,
        Arc,
        ArcBorrow,
        Completion, //
    },
    types::ForeignOwnable, //
};

/// The operations of a driver's disks.
#[vtable]
pub trait Operations: Owned + Sized + Send + Sync + 'static {
    /// Attributes of each disk in sysfs, in `/sys/block/<name>/`.
    const ATTRIBUTES: &'static [Attribute<Self>] = &[];

    /// Serves a request, which is completed when this returns. Must not sleep.
    ///
    /// # Errors
    ///
    /// The request fails with the error, with two exceptions: after `ENOMEM` the block layer requeues the request,
    /// and calls this again a few milliseconds later; and `EBUSY` becomes `EIO`. A request for which this always
    /// returns `ENOMEM` never completes, and a process that waits for it cannot be killed.
    ///
    /// A read that returns `Ok` without having visited all its segments fails with `EIO`.
    fn serve(&self, request: &mut Request<'_>) -> Result;
}

/// Optional features of a disk.
#[derive(Clone, Copy, Default)]
pub struct Features {
    /// Writes are cached: the disk receives flushes, and writes with FUA.
    pub write_cache: bool,
    /// The disk receives discards.
    pub discard: bool,
    /// The disk receives requests to write zeros; otherwise the block layer writes pages of zeros.
    pub write_zeroes: bool,
    /// The disk cannot be written to.
    pub read_only: bool,
}

/// The properties of a disk.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Its size in bytes, a multiple of the block size.
    pub capacity: u64,
    /// Its logical block size in bytes: a power of two from 512 to the size of a page.
    pub block_size: u32,
    /// The number of hardware queues. It is limited to the number of CPUs.
    pub queues: u32,
    /// The number of requests that each queue can hold.
    pub queue_depth: u32,
    /// Its optional features.
    pub features: Features,
}

impl Limits {
    fn check(&self) -> Result {
        let valid = self.block_size.is_power_of_two()
            && (512..=PAGE_SIZE as u32).contains(&self.block_size)
            && self.capacity & u64::from(self.block_size.wrapping_sub(1)) == 0
            && i64::try_from(self.capacity).is_ok()
            && self.queues > 0
            && (1..=bindings::BLK_MQ_MAX_DEPTH).contains(&self.queue_depth);
        if valid {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    fn to_queue_limits(self) -> bindings::queue_limits {
        let mut limits: bindings::queue_limits = pin_init::zeroed();
        limits.logical_block_size = self.block_size;
        limits.physical_block_size = PAGE_SIZE as u32;
        if self.features.write_cache {
            limits.features = helpers::BLKDEV_FEAT_WRITE_CACHE | helpers::BLKDEV_FEAT_FUA;
        }
        if self.features.discard {
            limits.max_hw_discard_sectors = u32::MAX;
            limits.max_discard_segments = 1;
            limits.discard_granularity = PAGE_SIZE as u32;
        }
        if self.features.write_zeroes {
            limits.max_write_zeroes_sectors = u32::MAX;
        }
        limits
    }
}

/// A disk.
///
/// It is complete but invisible until [`Publisher::add`](crate::Publisher::add). On drop it is removed: the drop
/// waits for requests, and for the release of the last reference, which still uses the module. Anyone who has the
/// disk open holds a reference, for as long as they like, and so does, briefly, a reader of `/proc/diskstats`. The
/// wait cannot be interrupted, so a disk must not be dropped on behalf of a process that may have it open. A disk
/// that is leaked, or held by a static, is removed when the module is unloaded.
///
/// It must not be dropped by a `serve`, nor by the `show` of an attribute: the drop waits for both.
///
/// # Invariants
///
/// - `inner` is an allocated disk, to which this holds a reference unless the disk's link says that it was
///   removed.
/// - `state` came from `Arc::<State<T>>::into_foreign`; it is the data of the disk and of its queue.
pub struct Disk<T: Operations> {
    inner: NonNull<bindings::gendisk>,
    state: *mut c_void,
    groups: Groups<T>,
    _tags: Arc<mq::TagSet<Adapter<T>>>,
    _driver: PhantomData<Arc<State<T>>>,
    // Last, since everything else is dropped before it.
    _end: EndOfDrop,
}

// SAFETY: All functions that are called on the members can be called from any thread.
unsafe impl<T: Operations> Send for Disk<T> {}
// SAFETY: Only `add` and `driver` take a shared reference. The one takes a mutex; the other returns a reference to
// what is `Sync`.
unsafe impl<T: Operations> Sync for Disk<T> {}

/// The private data of a disk.
#[pin_data]
#[repr(C)]
pub(crate) struct State<T> {
    // First, so that the private data of a disk points at it regardless of the type of the driver's state.
    #[pin]
    header: Header,
    #[pin]
    pub(crate) driver: T,
}

/// The part of a disk's state that its removal needs, independent of the driver's type.
#[pin_data]
pub(crate) struct Header {
    pub(crate) link: Link,
    #[pin]
    released: Completion,
}

impl Header {
    /// # Safety
    ///
    /// `disk` is a disk of [`Disk::new`], whose state lives for `'a`.
    pub(crate) unsafe fn of<'a>(disk: NonNull<bindings::gendisk>) -> &'a Self {
        // SAFETY: By the safety requirements, the private data is a `State`, which begins with a header.
        unsafe { &*(*disk.as_ptr()).private_data.cast::<Self>() }
    }

    /// Waits until the disk has been released.
    pub(crate) fn wait_for_release(&self) {
        self.released.wait_for_completion();
        // The task that runs `free_disk` may have been preempted just before it returns.
        // SAFETY: No requirements but that this may sleep.
        unsafe { helpers::blkdev_synchronize_preempted() };
    }
}

impl<T: Operations> Disk<T>
where
    T::OwnerModule: DeclaredModule,
{
    /// Allocates a disk, whose name must be a file name of at most 31 bytes. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the limits are not as documented in [`Limits`], or the name is not a file name;
    /// - `ENAMETOOLONG`: the name is too long;
    /// - `ENOMEM`: no memory;
    /// - the error of `driver`.
    pub fn new(
        name: fmt::Arguments<'_>,
        limits: &Limits,
        driver: impl PinInit<T, Error>,
    ) -> Result<Self> {
        const { check_names(T::ATTRIBUTES) };
        limits.check()?;
        let groups = Groups::new(T::ATTRIBUTES)?;
        let tags = Self::tags(limits)?;
        let state = Arc::pin_init(
            try_pin_init!(State {
                header <- pin_init!(Header {
                    link: Link::new(),
                    released <- Completion::new(),
                }),
                driver <- driver,
            }),
            GFP_KERNEL,
        )?;
        let mut queue_limits = limits.to_queue_limits();
        let state = state.into_foreign();
        // SAFETY: A `TagSet` is a transparent wrapper of an initialised tag set. Its operations are
        // those of the adapter, which expect the state as the data of the queue.
        let inner = from_err_ptr(unsafe {
            bindings::__blk_mq_alloc_disk(tag_set(&tags), &mut queue_limits, state, lock_class())
        })
        .and_then(|inner| NonNull::new(inner).ok_or(ENOMEM))
        .inspect_err(|_| {
            // SAFETY: Came from `into_foreign` above, and nothing uses it.
            drop(unsafe { Arc::<State<T>>::from_foreign(state) })
        })?;
        // INVARIANT: As just made.
        let this = Self {
            inner,
            state,
            groups,
            _tags: tags,
            _driver: PhantomData,
            _end: EndOfDrop,
        };
        let disk = inner.as_ptr();
        // SAFETY: The disk is allocated, and nothing else knows it yet.
        unsafe {
            (*disk).fops = &Self::OPERATIONS;
            (*disk).private_data = core::ptr::from_ref(this.state()).cast_mut().cast();
            let mut writer = NullTerminatedFormatter::new(&mut (*disk).disk_name).ok_or(EINVAL)?;
            fmt::Write::write_fmt(&mut writer, name).map_err(|_| ENAMETOOLONG)?;
            let name = &(*disk).disk_name;
            if !name
                .split(|byte| *byte == 0)
                .next()
                .is_some_and(is_file_name)
            {
                return Err(EINVAL);
            }
            bindings::set_capacity(disk, limits.capacity >> bindings::SECTOR_SHIFT);
            bindings::set_disk_ro(disk, limits.features.read_only);
        }
        Ok(this)
    }
}

impl<T: Operations> Disk<T> {
    const OPERATIONS: bindings::block_device_operations = bindings::block_device_operations {
        owner: this_module::<T::OwnerModule>().as_ptr(),
        free_disk: Some(Self::free_disk),
        ..pin_init::zeroed()
    };

    fn tags(limits: &Limits) -> Result<Arc<mq::TagSet<Adapter<T>>>> {
        let tags = Arc::pin_init(
            mq::TagSet::new(limits.queues, limits.queue_depth, 1),
            GFP_KERNEL,
        )?;
        // A disk with one queue would get a scheduler, which costs more than it saves: `serve` does not wait.
        // (`TagSet::new` takes no flags.)
        // SAFETY: The tag set is initialised, and no queue uses it yet.
        unsafe { (*tag_set(&tags)).flags |= bindings::BLK_MQ_F_NO_SCHED_BY_DEFAULT };
        Ok(tags)
    }

    fn state(&self) -> &State<T> {
        // SAFETY: By the type invariants; it is taken back on drop only.
        let state = unsafe { Arc::<State<T>>::borrow(self.state) };
        // SAFETY: It lives as long as this does.
        unsafe { &*core::ptr::from_ref::<State<T>>(&state) }
    }

    /// Returns the driver's state.
    pub fn driver(&self) -> &T {
        &self.state().driver
    }

    /// Returns the disk, and the groups of its attributes for `device_add_disk()`.
    pub(crate) fn as_parts(
        &self,
    ) -> (
        NonNull<bindings::gendisk>,
        *mut *const bindings::attribute_group,
    ) {
        (self.inner, self.groups.as_ptr())
    }

    /// # Safety
    ///
    /// `disk` is a disk of [`Disk::new`].
    unsafe extern "C" fn free_disk(disk: *mut bindings::gendisk) {
        // SAFETY: Called with a disk, whose removal waits for this.
        unsafe { Header::of(NonNull::new_unchecked(disk)) }
            .released
            .complete_all();
    }
}

impl<T: Operations> Drop for Disk<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants. After the removal nothing uses the disk or its state.
        unsafe {
            remove(self.inner);
            drop(Arc::<State<T>>::from_foreign(self.state));
        }
    }
}

/// The functions that blk-mq calls.
///
/// The driver never sees the request itself, so it can neither complete a request twice nor fail to complete it.
struct Adapter<T>(PhantomData<T>);

#[vtable]
impl<T: Operations> mq::Operations for Adapter<T> {
    #[cfg(not(kernel_7_2))]
    type OwnerModule = T::OwnerModule;
    type QueueData = Arc<State<T>>;

    fn queue_rq(
        state: ArcBorrow<'_, State<T>>,
        request: ARef<mq::Request<Self>>,
        _is_last: bool,
    ) -> Result {
        // SAFETY: `mq::Request` is a transparent wrapper. The request was started, and is not ended
        // before `serve` has returned.
        let mut inner = unsafe { Request::new(NonNull::from(&*request).cast()) };
        let served = state.driver.serve(&mut inner);
        let served = match served {
            Ok(()) if !inner.is_complete() => Err(EIO),
            // The block layer would wait until the driver restarts the queue, which no driver can do.
            Err(error) if error == EBUSY => Err(EIO),
            served => served,
        };
        if served.is_ok() {
            // This is the only reference, so this succeeds.
            if let Err(request) = mq::Request::end_ok(request) {
                forget(request);
            }
        } else {
            // The block layer completes the request or requeues it.
            forget(request);
        }
        served
    }

    fn commit_rqs(_state: ArcBorrow<'_, State<T>>) {}

    // `queue_rq` completes each request, so none is completed later.
    fn complete(request: ARef<mq::Request<Self>>) {
        forget(request);
    }
}

/// Forgets a reference to a request.
///
/// Dropping it can panic with `CONFIG_DEBUG_MISC`. The reference count need not be decremented: it is reset when
/// the request is queued again, and nothing else reads it.
fn forget<T: mq::Operations>(request: ARef<mq::Request<T>>) {
    ARef::into_raw(request);
}

fn tag_set<T: mq::Operations>(tags: &mq::TagSet<T>) -> *mut bindings::blk_mq_tag_set {
    // A transparent wrapper.
    core::ptr::from_ref(tags).cast_mut().cast()
}

// Not generic, since other crates cannot name a static of a generic function.
fn lock_class() -> *mut bindings::lock_class_key {
    kernel::static_lock_class!().as_ptr()
}
