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
        ENAMETOOLONG,
        EREMCHG, //
    },
    declare::is_declared,
    helpers,
    limits::Limits,
    list::{
        created,
        remove,
        EndOfDrop,
        Link, //
    },
    name::is_file_name,
    publish::DeclaredModule,
    request::Request, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    block::mq,
    error::from_err_ptr,
    fmt,
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

    /// Serves a request: `queue_rq` in C, except that the request is completed when this returns.
    ///
    /// Must not sleep: it is called in an RCU read-side critical section. Can run concurrently for
    /// the disk's hardware queues. The first calls are those of the partition scan, before `insmod`
    /// returns.
    ///
    /// # Errors
    ///
    /// The block layer only distinguishes some errors; all others become `EIO`. Those of use here:
    ///
    /// - `EOPNOTSUPP`: the operation is not supported;
    /// - `EINVAL`: the request is invalid;
    /// - `ENOSPC`: the disk's storage is full;
    /// - `ENODATA`: the medium has an error;
    /// - `ETIMEDOUT`: the storage did not respond in time;
    /// - `ENODEV`: the disk is offline;
    /// - `ENOMEM`: no memory at the moment. The request does not fail: the block layer requeues it
    ///   and calls this again a few milliseconds later. A request for which this always returns
    ///   `ENOMEM` never completes, and a process that waits for it cannot be killed.
    ///
    /// A read that returns `Ok` without having visited all its segments fails with `EIO`.
    fn serve(&self, request: &mut Request<'_>) -> Result;
}

/// A disk.
///
/// It is complete but invisible until [`Publisher::add`](crate::Publisher::add). On drop it is
/// removed: the drop waits for requests, and for the release of the last reference, which still
/// uses the module. Anyone who has the disk open holds a reference, for as long as they like, and
/// so does, briefly, a reader of `/proc/diskstats`. The wait cannot be interrupted, so a disk must
/// not be dropped on behalf of a process that may have it open. A disk that is leaked, or held by a
/// static, is removed when the module is unloaded.
///
/// It must not be dropped by a `serve`, nor by the `show` of an attribute, even of another disk: the
/// drop of an added disk waits for both, and when the module is unloaded, other drops wait for it.
///
/// # Invariants
///
/// - `inner` is an allocated disk, to which this holds a reference unless the disk's link says that
///   it was removed.
/// - `data` came from `Arc::<DiskData<T>>::into_foreign`; it is the data of the disk and of its
///   queue.
pub struct Disk<T: Operations> {
    inner: NonNull<bindings::gendisk>,
    data: *mut c_void,
    groups: Groups,
    _tags: Arc<mq::TagSet<Adapter<T>>>,
    _driver: PhantomData<Arc<DiskData<T>>>,
    // Last, since everything else is dropped before it.
    _end: EndOfDrop,
}

// SAFETY: All functions that are called on the members can be called from any thread, and the
// driver's state is `Send`.
unsafe impl<T: Operations> Send for Disk<T> {}
// SAFETY: Of the methods that take a shared reference, `driver` and `data` return references to
// what is `Sync`, and `as_parts` returns pointers, which `Publisher::add` uses under a mutex.
unsafe impl<T: Operations> Sync for Disk<T> {}

/// The private data of a disk.
#[pin_data]
#[repr(C)]
pub(crate) struct DiskData<T> {
    // First, so that the private data of a disk points at it regardless of the type of the driver's
    // state.
    #[pin]
    header: Header,
    read_only: bool,
    #[pin]
    pub(crate) driver: T,
}

/// The part of a disk's data that its removal needs, independent of the driver's type.
#[pin_data]
pub(crate) struct Header {
    pub(crate) link: Link,
    #[pin]
    released: Completion,
}

impl Header {
    /// # Safety
    ///
    /// `disk` must be a disk of [`Disk::new`], whose data lives for `'a`.
    pub(crate) unsafe fn of<'a>(disk: NonNull<bindings::gendisk>) -> &'a Self {
        // SAFETY: By the safety requirements, the private data is a `DiskData`, which begins with a
        // header.
        unsafe { &*(*disk.as_ptr()).private_data.cast::<Self>() }
    }

    /// Waits until the disk has been released.
    pub(crate) fn wait_for_release(&self) {
        self.released.wait_for_completion();
        // The task that runs `free_disk` may have been preempted just before it returns.
        // SAFETY: Called in process context; there are no other requirements.
        unsafe { helpers::blkdev_synchronize_preempted() };
    }
}

impl<T: Operations> Disk<T>
where
    T::OwnerModule: DeclaredModule,
{
    /// Allocates a disk, whose name must be a file name of at most 31 bytes, with the state
    /// `driver`: a value, or an initializer. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the limits are not as documented in [`Limits`], or the name is not a file name;
    /// - `ENAMETOOLONG`: the name is too long;
    /// - `ENOMEM`: no memory;
    /// - `ENODEV`: on kernel 7.2, the module is not declared by [`module!`](crate::module!);
    /// - the error of `driver`.
    pub fn new<E>(
        name: fmt::Arguments<'_>,
        limits: &Limits,
        driver: impl PinInit<T, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        const { check_names(T::ATTRIBUTES) };
        if !is_declared() {
            return Err(ENODEV);
        }
        limits.check()?;
        let mut disk_name = [0; bindings::DISK_NAME_LEN as usize];
        set_name(&mut disk_name, name)?;
        let groups = Groups::new(T::ATTRIBUTES)?;
        let tags = Self::tags(limits)?;
        let data = Arc::pin_init::<Error>(
            try_pin_init!(DiskData {
                header <- pin_init!(Header {
                    link: Link::new(),
                    released <- Completion::new(),
                }),
                read_only: limits.features.read_only,
                driver <- driver,
            }),
            GFP_KERNEL,
        )?;
        let mut queue_limits = limits.to_queue_limits();
        let data = data.into_foreign();
        // SAFETY: A `TagSet` is a transparent wrapper of an initialized tag set. Its operations are
        // those of the adapter, which expect this as the data of the queue.
        let inner = from_err_ptr(unsafe {
            bindings::__blk_mq_alloc_disk(tag_set(&tags), &mut queue_limits, data, lock_class())
        })
        .and_then(|inner| NonNull::new(inner).ok_or(ENOMEM))
        .inspect_err(|_| {
            // SAFETY: Came from `into_foreign` above, and nothing uses it.
            drop(unsafe { Arc::<DiskData<T>>::from_foreign(data) })
        })?;
        created();
        // INVARIANT: Allocated above, with this data.
        let this = Self {
            inner,
            data,
            groups,
            _tags: tags,
            _driver: PhantomData,
            _end: EndOfDrop,
        };
        // SAFETY: Nobody else can see the disk before `device_add_disk()`.
        let disk = unsafe { &mut *inner.as_ptr() };
        disk.fops = Self::OPERATIONS;
        disk.private_data = core::ptr::from_ref(this.data()).cast_mut().cast();
        disk.disk_name = disk_name;
        // SAFETY: The disk is allocated. `disk` is not used any more.
        unsafe {
            bindings::set_capacity(inner.as_ptr(), limits.capacity >> bindings::SECTOR_SHIFT);
            bindings::set_disk_ro(inner.as_ptr(), limits.features.read_only);
        }
        Ok(this)
    }
}

impl<T: Operations> Disk<T> {
    const OPERATIONS: &bindings::block_device_operations = &bindings::block_device_operations {
        owner: this_module::<T::OwnerModule>().as_ptr(),
        free_disk: Some(Self::free_disk),
        ..pin_init::zeroed()
    };

    fn tags(limits: &Limits) -> Result<Arc<mq::TagSet<Adapter<T>>>> {
        let tags = Arc::pin_init(
            mq::TagSet::new(limits.queues, limits.queue_depth, 1),
            GFP_KERNEL,
        )?;
        // A disk with one queue would get a scheduler, which costs more than it saves: `serve` does
        // not wait. (`TagSet::new` takes no flags.)
        // SAFETY: The tag set is initialized, and no queue uses it yet.
        unsafe { (*tag_set(&tags)).flags |= bindings::BLK_MQ_F_NO_SCHED_BY_DEFAULT };
        Ok(tags)
    }

    fn data(&self) -> &DiskData<T> {
        // SAFETY: By the type invariants; it is taken back on drop only.
        let data = unsafe { Arc::<DiskData<T>>::borrow(self.data) };
        // SAFETY: It lives as long as this does.
        unsafe { &*core::ptr::from_ref::<DiskData<T>>(&data) }
    }

    /// Returns the driver's state.
    pub fn driver(&self) -> &T {
        &self.data().driver
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
    /// `disk` must be a disk of [`Disk::new`], whose data is alive.
    unsafe extern "C" fn free_disk(disk: *mut bindings::gendisk) {
        // SAFETY: Called with a disk, whose removal waits for this.
        unsafe { Header::of(NonNull::new_unchecked(disk)) }
            .released
            .complete_all();
    }
}

impl<T: Operations> Drop for Disk<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants. After the removal nothing uses the disk or its data.
        unsafe {
            remove(self.inner);
            drop(Arc::<DiskData<T>>::from_foreign(self.data));
        }
    }
}

/// The functions that blk-mq calls.
///
/// The driver never sees the request itself, so it can neither complete a request twice nor fail to
/// complete it.
struct Adapter<T>(PhantomData<T>);

#[vtable]
impl<T: Operations> mq::Operations for Adapter<T> {
    #[cfg(not(kernel_7_2))]
    type OwnerModule = T::OwnerModule;
    type QueueData = Arc<DiskData<T>>;

    fn queue_rq(
        data: ArcBorrow<'_, DiskData<T>>,
        request: ARef<mq::Request<Self>>,
        _is_last: bool,
    ) -> Result {
        // SAFETY: `mq::Request` is a transparent wrapper. The request was started, and is not ended
        // before `serve` has returned.
        let mut inner = unsafe { Request::new(NonNull::from(&*request).cast()) };
        let served = if data.read_only && inner.modifies() {
            // The block layer only logs a write to a disk that is read-only.
            Err(EIO)
        } else {
            data.driver.serve(&mut inner)
        };
        let served = match served {
            Ok(()) if !inner.is_complete() => Err(EIO),
            // The block layer would wait until the driver restarts the queue, which no driver can
            // do.
            Err(error) if error == EBUSY => Err(EIO),
            // Only the device mapper may ask its own core for this.
            Err(error) if error == EREMCHG => Err(EIO),
            // Means that a request must not wait, which only its submitter knows.
            Err(error) if error == EAGAIN => Err(EIO),
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

    fn commit_rqs(_data: ArcBorrow<'_, DiskData<T>>) {}

    // `queue_rq` completes each request, so none is completed later.
    fn complete(request: ARef<mq::Request<Self>>) {
        forget(request);
    }
}

/// Forgets a reference to a request.
///
/// Dropping it can panic with `CONFIG_DEBUG_MISC`. The reference count need not be decremented: it
/// is reset when the request is queued again, and nothing else reads it.
fn forget<T: mq::Operations>(request: ARef<mq::Request<T>>) {
    ARef::into_raw(request);
}

/// # Errors
///
/// - `EINVAL`: it is not a file name;
/// - `ENAMETOOLONG`: it is too long.
fn set_name(buffer: &mut [u8], name: fmt::Arguments<'_>) -> Result {
    let mut writer = NullTerminatedFormatter::new(buffer).ok_or(EINVAL)?;
    fmt::Write::write_fmt(&mut writer, name).map_err(|_| ENAMETOOLONG)?;
    let written = buffer.split(|byte| *byte == 0).next();
    if written.is_some_and(is_file_name) {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

fn tag_set<T: mq::Operations>(tags: &mq::TagSet<T>) -> *mut bindings::blk_mq_tag_set {
    // A transparent wrapper.
    core::ptr::from_ref(tags).cast_mut().cast()
}

// Not generic, since other crates cannot name a static of a generic function.
fn lock_class() -> *mut bindings::lock_class_key {
    kernel::static_lock_class!().as_ptr()
}
