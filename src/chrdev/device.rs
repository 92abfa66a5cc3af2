// SPDX-License-Identifier: GPL-2.0

//! A device: the driver's state, and the parts that all devices have in common.
//!
//! C headers: [`include/linux/device.h`](srctree/include/linux/device.h),
//! [`include/linux/cdev.h`](srctree/include/linux/cdev.h)

use crate::{
    devnode::Node,
    events::Events,
    file_operations::FileOperations,
    helpers,
    lock::{
        lock,
        Guard,
        Locked, //
    },
    module::{
        self,
        InProgress,
        Registering, //
    },
    region::Minor,
    vtable::Vtable,
    wait_queue::WaitQueue, //
};
use core::{
    cell::UnsafeCell,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    bindings, device,
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            AtomicType,
            Release, //
        },
        Arc, //
    },
};

/// The state of a device's registration.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
enum State {
    /// Being registered.
    New,
    /// Registered: it can be opened as soon as the module is live.
    Registered,
    /// Its registration was dropped, or failed.
    Removed,
}

// SAFETY: `State` has the size and the alignment of `i32`, and is round-trip transmutable to it.
unsafe impl AtomicType for State {
    type Repr = i32;
}

/// The part of a [`Device`] that does not depend on the driver's types.
///
/// # Invariants
///
/// - It is the first field of a `Device<T>` in an `Arc`, and `operations` and `remove_fn` are those
///   for `T`.
/// - `device` is null or points at a `struct device`, and owns a reference to it.
/// - `cdev` is null or points at a cdev that was allocated by `cdev_alloc()` and added, and owns a
///   reference to it until the device is removed.
/// - Neither is null once `state` is `Registered`.
/// - `queue` is null or points at the queue that the driver has chosen, which lives as long as the
///   device.
/// - `minor` is freed by the thread that removes the device, after the removal.
/// - `node` is set before the `struct device` is created, and does not change afterwards.
#[repr(C)]
pub(crate) struct Header {
    // First, since the device's data begins with it.
    node: UnsafeCell<Node>,
    minor_number: u32,
    minor: Locked<Option<Minor>>,
    operations: *const bindings::file_operations,
    remove_fn: unsafe fn(NonNull<bindings::device>),
    state: Atomic<State>,
    device: Atomic<*mut bindings::device>,
    cdev: Atomic<*mut bindings::cdev>,
    queue: Atomic<*mut WaitQueue>,
}

// SAFETY: The pointers are to a constant table, to objects of the driver core that any thread can
// use, and to a `WaitQueue`, which is `Sync`. `node` owns what it points at.
unsafe impl Send for Header {}
// SAFETY: As above. The mutable fields are atomic, or accessed under the mutex, except for `node`,
// which does not change once the `struct device` exists.
unsafe impl Sync for Header {}

impl Header {
    fn new<T: FileOperations>(minor: Minor) -> Self {
        // INVARIANT: `Device::register` makes it the first field of a `Device<T>`.
        Self {
            node: UnsafeCell::new(Node::default()),
            minor_number: minor.number(),
            minor: Locked::new(Some(minor)),
            operations: Vtable::<T>::OPERATIONS,
            remove_fn: remove::<T>,
            state: Atomic::new(State::New),
            device: Atomic::new(ptr::null_mut()),
            cdev: Atomic::new(ptr::null_mut()),
            queue: Atomic::new(ptr::null_mut()),
        }
    }

    fn is(&self, state: State) -> bool {
        self.state.load(Acquire) == state
    }

    /// Whether the device is registered, and its removal has not begun.
    pub(crate) fn is_registered(&self) -> bool {
        self.is(State::Registered)
    }

    /// Returns the function that removes the device, see [`remove`].
    pub(crate) fn remove_fn(&self) -> unsafe fn(NonNull<bindings::device>) {
        self.remove_fn
    }

    /// Allows opens and sends the `KOBJ_ADD` uevent, if the device is registered.
    ///
    /// Called once the module is live.
    pub(crate) fn publish(&self, _guard: &Guard) {
        if self.is_registered() {
            // SAFETY: By the type invariants, a registered device has an allocated cdev; the
            // operations are a constant of this module, which the cdev's owner keeps loaded.
            unsafe { helpers::chrdev_cdev_set_ops(self.cdev.load(Acquire), self.operations) };
            // SAFETY: By the type invariants, a registered device has a `struct device`. It is
            // added, and is not deleted before the mutex is released, since its removal begins
            // under the mutex.
            unsafe { helpers::chrdev_device_announce(self.device.load(Acquire)) };
        }
    }
}

impl Drop for Header {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; null is allowed.
        unsafe { bindings::put_device(self.device.load(Acquire)) };
    }
}

/// Removes a device of `T`, unless its removal has already begun, see `Device::remove`.
///
/// # Safety
///
/// The caller must hold a reference to `device`, which must have been created by `Device::register`
/// for `T`.
unsafe fn remove<T: FileOperations>(device: NonNull<bindings::device>) {
    let this = {
        let _guard = lock();
        // SAFETY: By the safety requirements; the mutex is held.
        unsafe { Device::<T>::of_data(device) }
    };
    // The reference keeps the device alive while another thread drops its registration.
    if let Some(this) = this {
        this.remove();
    }
}

/// A device: the driver's state `T`, to which it dereferences, a minor, a `struct device`, and a
/// wait queue.
///
/// It is shared by its registration and every open file, and lives as long as any of them.
///
/// Its `as_ref()` returns the `struct device`, for `dev_err!` and the like.
///
/// # Examples
///
/// ```
/// # use kernel::{dev_info, prelude::*};
/// fn greet<T: chrdev::FileOperations>(device: &chrdev::Device<T>) {
///     dev_info!(device.as_ref(), "this is minor {}\n", device.minor());
/// }
/// ```
///
/// # Invariants
///
/// Its header has a device before anything but `Device::register` can reach it.
#[pin_data]
#[repr(C)]
pub struct Device<T> {
    // First, so that a pointer to it is a pointer to the device.
    header: Header,
    #[pin]
    wait_queue: WaitQueue,
    #[pin]
    data: T,
}

impl<T> Device<T> {
    /// Returns the device's minor.
    pub fn minor(&self) -> u32 {
        self.header.minor_number
    }

    /// Returns the wait queue that is part of every device.
    ///
    /// See [`FileOperations::wait_queue`].
    pub fn default_wait_queue(&self) -> &WaitQueue {
        &self.wait_queue
    }

    /// Whether the device was removed: open files continue to work, but new opens fail.
    pub fn is_removed(&self) -> bool {
        self.header.is(State::Removed)
    }
}

impl<T: FileOperations> Device<T> {
    /// Creates a device and registers it: its directory in sysfs with the driver's attributes, its
    /// node in `/dev`, and its cdev. May sleep.
    ///
    /// On error, nothing is left behind.
    pub(crate) fn register<E>(
        minor: Minor,
        parent: Option<&device::Device<device::Bound>>,
        data: impl PinInit<T, E>,
    ) -> Result<Arc<Self>>
    where
        Error: From<E>,
    {
        let registering = Registering::begin()?;
        let devt = minor.devt();
        let this = Arc::pin_init::<Error>(
            try_pin_init!(Self {
                header: Header::new::<T>(minor),
                wait_queue <- WaitQueue::new(),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        let node = Node::new::<T>(&this.data)?;
        // SAFETY: The device is not yet visible to anyone else.
        unsafe { *this.header.node.get() = node };
        let added = this.add(registering.class(), devt, parent);
        if added.is_err() {
            this.remove();
        }
        added.map(|()| this)
    }

    fn add(
        self: &Arc<Self>,
        class: NonNull<bindings::class>,
        devt: bindings::dev_t,
        parent: Option<&device::Device<device::Bound>>,
    ) -> Result {
        let device = self.create(class, devt, parent)?;
        // INVARIANT: The caller of `device_create()` has a reference.
        self.header.device.store(device, Release);
        // SAFETY: The device is added.
        to_result(unsafe { helpers::chrdev_device_check_path(device) })?;

        // INVARIANT: A queue borrowed from the device lives as long as the device. The driver is
        // asked only once, so that it cannot choose another queue later.
        self.header
            .queue
            .store(ptr::from_ref(T::wait_queue(self)).cast_mut(), Release);
        for attribute in T::ATTRIBUTES {
            // SAFETY: The device was added above.
            unsafe { attribute.create(self, device) }?;
        }
        // SAFETY: The device is added; the operations' owner is this module.
        let cdev = from_err_ptr(unsafe {
            helpers::chrdev_cdev_add(device, devt, (*self.header.operations).owner)
        })?;
        // INVARIANT: Added above, with a reference for us.
        self.header.cdev.store(cdev, Release);

        let mut guard = lock();
        // INVARIANT: `device` and `cdev` were set above.
        self.header.state.store(State::Registered, Release);
        // Exit may have begun meanwhile; it waits for this device to be removed.
        if module::is_going(&mut guard) {
            return Err(ENODEV);
        }
        if module::is_live(&mut guard) {
            self.header.publish(&guard);
        }
        Ok(())
    }

    /// Creates the `struct device`, whose data is a reference to this device, and returns it with a
    /// reference for the caller.
    fn create(
        self: &Arc<Self>,
        class: NonNull<bindings::class>,
        devt: bindings::dev_t,
        parent: Option<&device::Device<device::Bound>>,
    ) -> Result<*mut bindings::device> {
        let parent = parent.map_or(ptr::null_mut(), |parent| device_ptr(parent));
        // The device begins with the header, which begins with the node.
        let data = Arc::into_raw(self.clone());
        // SAFETY: The class is alive; the parent is null or a device; the name has at most the
        // conversion `%u`, which `FileOperations::DEVICE_NAME` is checked for; the data begins with
        // a node, as the device type expects, and `remove` takes the reference back.
        let device = from_err_ptr(unsafe {
            helpers::chrdev_device_create(
                class.as_ptr(),
                parent,
                devt,
                data.cast_mut().cast(),
                T::DEVICE_NAME.as_char_ptr(),
                self.minor(),
            )
        });
        if device.is_err() {
            // SAFETY: From `into_raw` above; the driver core did not keep it.
            drop(unsafe { Arc::from_raw(data) });
        }
        device
    }

    /// Returns the queue that the driver has chosen.
    pub(crate) fn queue(&self) -> &WaitQueue {
        // SAFETY: By the type invariants; `add` has set it before the device could be opened.
        unsafe { &*self.header.queue.load(Acquire) }
    }

    /// Removes the device, unless its removal has already begun: new opens fail, sleepers and
    /// pollers are woken, its node and its directory in sysfs are removed, and its minor is freed.
    /// May sleep.
    ///
    /// When the call that removes the device returns, no attribute is being read, and the driver's
    /// code runs only on behalf of files that are still open.
    pub(crate) fn remove(&self) {
        let mut guard = lock();
        if self.is_removed() {
            return;
        }
        self.header.state.store(State::Removed, Release);
        let _in_progress = InProgress::begin(&mut guard);
        drop(guard);

        // Attributes can be read before registration succeeds, so registration may fail while a
        // reader sleeps.
        let queue = self.header.queue.load(Acquire);
        // SAFETY: By the type invariants.
        if let Some(queue) = unsafe { queue.as_ref() } {
            // The queue may be shared with devices that stay, so each poller asks `poll`.
            queue.wake_up_all(Events::NONE);
            queue.kill_fasync(Events::IN | Events::OUT | Events::HUP);
            // Only if there is a queue: the driver may use the `struct device`, which exists once
            // the queue is chosen.
            if T::HAS_REMOVED {
                T::removed(self);
            }
        }
        let cdev = self.header.cdev.load(Acquire);
        if !cdev.is_null() {
            // SAFETY: The cdev is added, and its reference is given up here.
            unsafe { helpers::chrdev_cdev_del(cdev) };
        }
        let device = self.header.device.load(Acquire);
        if !device.is_null() {
            // SAFETY: The device is added, and deleted here only.
            unsafe { helpers::chrdev_device_del(device) };
            let guard = lock();
            // SAFETY: The device's data is set since it was created, and owns a reference that
            // `add` made. It is read under the mutex, or by attributes, uevents and devtmpfs:
            // `device_del()` has waited for all of these, and there will be no others.
            let data = unsafe { ptr::replace(&raw mut (*device).driver_data, ptr::null_mut()) };
            drop(guard);
            // SAFETY: As above; the reference is given up here.
            drop(unsafe { Arc::<Self>::from_raw(data.cast()) });
        }
        let minor = self.header.minor.get(&mut lock()).take();
        // Dropped unlocked: the last reference unregisters the region, which takes other locks.
        drop(minor);
    }

    /// Returns the device whose node is being opened, unless it was removed. May sleep.
    ///
    /// # Safety
    ///
    /// `inode` must be in the process of being opened, and the operations of its cdev must be those
    /// for `T`.
    pub(crate) unsafe fn of_inode(inode: NonNull<bindings::inode>) -> Option<Arc<Self>> {
        let _guard = lock();
        // SAFETY: An inode that is being opened has its cdev, whose parent is the device. The
        // operations of the cdev are set for a device of `T` only, and the mutex is held.
        let this = unsafe {
            let device = helpers::chrdev_inode_device(inode.as_ptr());
            Self::of_data(NonNull::new(device)?)
        }?;
        this.header.is_registered().then_some(this)
    }

    /// Returns a reference to the `Device` that is the data of a `struct device`, unless the data
    /// was reset.
    ///
    /// # Safety
    ///
    /// The mutex must be held, and `device` must have been created by [`register`](Self::register)
    /// for `T`.
    unsafe fn of_data(device: NonNull<bindings::device>) -> Option<Arc<Self>> {
        // SAFETY: By the safety requirements.
        let data = NonNull::new(unsafe { (*device.as_ptr()).driver_data.cast::<Self>() })?;
        // SAFETY: The data owns a reference, which is not given up here, and is reset under the
        // mutex only.
        let owned = ManuallyDrop::new(unsafe { Arc::from_raw(data.as_ptr()) });
        Some(Arc::clone(&owned))
    }

    /// Returns the device that is the data of a `struct device`.
    ///
    /// # Safety
    ///
    /// `device` must have been created by [`register`](Self::register) for `T`, and must not have
    /// been deleted before `'a` ends.
    pub(crate) unsafe fn from_device<'a>(device: *mut bindings::device) -> &'a Self {
        // SAFETY: By the safety requirements; the data is reset after the device was deleted.
        unsafe { &*(*device).driver_data.cast() }
    }
}

fn device_ptr(device: &device::Device) -> *mut bindings::device {
    // `device::Device` is transparent; its `as_raw` is private to the kernel crate.
    ptr::from_ref(device).cast_mut().cast()
}

impl<T> AsRef<device::Device> for Device<T> {
    fn as_ref(&self) -> &device::Device {
        // SAFETY: By the type invariants, there is a device, and the header owns a reference to it.
        unsafe { device::Device::from_raw(self.header.device.load(Acquire)) }
    }
}

impl<T> Deref for Device<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}
