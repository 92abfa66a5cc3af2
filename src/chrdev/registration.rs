// SPDX-License-Identifier: GPL-2.0

//! From device numbers to devices that anyone can open, and back.
//!
//! While a module's init runs, its devices can already be opened, and when init then fails, the
//! module is freed whatever its reference count (`do_init_module` in kernel/module/main.c). So all
//! that can fail comes before the first moment at which anyone can get in:
//!
//! 1. the region, and the complete state of each device;
//! 2. the class and its devices, whose uevents are held back. An open finds no cdev: `ENXIO`;
//! 3. `cdev_add()` for all minors: the last step that can fail, and the one that opens the door;
//! 4. the uevents, so that udev and its like come to know of the devices.
//!
//! [`Prepared`] is what stands after step 2, and [`Registration`] after step 4. Only the code that
//! [`module!`](crate::module!) emits at the end of init turns the one into the other, so a driver
//! can neither fail after step 3 nor publish twice.

use crate::{
    attribute::Groups,
    class::{
        is_file_name,
        is_name_pattern,
        Class,
        Node, //
    },
    device::{
        Device,
        Stage, //
    },
    file_operations::{
        FileOperations,
        Vtable, //
    },
    region::Region,
    table::{
        Entry,
        Table, //
    },
};
use core::{
    any::TypeId,
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Arc, //
};

/// A module that is a character device driver. [`module!`](crate::module!) makes one of it.
pub trait Driver {
    /// What the driver's files can do.
    type Operations: FileOperations;

    /// The module's init: makes everything ready, and leaves the publication to the caller.
    ///
    /// # Errors
    ///
    /// What it returns is what `insmod` gets; nothing may be left behind, which the types of this
    /// crate see to by their drops.
    fn init() -> Result<Prepared<Self::Operations>>;

    /// The module's exit. Its devices are still there, but no file is open.
    fn exit() {}
}

/// Devices that are complete, but that nobody can open yet.
///
/// Dropped, everything is undone, in reverse.
pub struct Prepared<T: FileOperations> {
    // Dropped from top to bottom.
    cdev: Cdev,
    entry: KBox<Entry>,
    nodes: Nodes<T>,
}

impl<T: FileOperations> Prepared<T> {
    /// Makes a device of each minor of `region`, as [`FileOperations`] names them.
    ///
    /// `device` gives the driver's state of the device with that minor, and is called for each in
    /// order, before any of them can be seen in sysfs. May sleep.
    ///
    /// # Errors
    ///
    /// - what `device` returns;
    /// - `EINVAL`: several minors, but [`FileOperations::DEVICES`] has no `%u`;
    /// - `EEXIST`: a class or a device of that name is there already;
    /// - `ENOMEM`: no memory.
    pub fn new<I: PinInit<T::Device, Error>>(
        region: Region,
        mut device: impl FnMut(u32) -> I,
    ) -> Result<Self> {
        const {
            assert!(
                is_name_pattern(T::DEVICES),
                "DEVICES: a file name with at most one %u"
            );
            assert!(is_file_name(T::NAME), "NAME: not a file name");
            assert!(T::MODE <= 0o7777, "MODE: permissions only");
        };
        if region.minors() > 1 && !T::DEVICES.to_bytes().contains(&b'%') {
            return Err(EINVAL);
        }

        let count = region.minors() as usize;
        let mut devices = KVVec::with_capacity(count, GFP_KERNEL)?;
        for minor in 0..region.minors() {
            let device = Arc::pin_init(Device::new(minor, device(minor)), GFP_KERNEL)?;
            devices.push_within_capacity(device)?;
        }
        let groups = Groups::new(T::ATTRIBUTES)?;
        let class = Class::new(T::NAME, Vtable::<T>::uevent, Vtable::<T>::devnode)?;
        let mut nodes = KVVec::with_capacity(count, GFP_KERNEL)?;
        for device in &devices {
            let device: &Device<T::Device> = device;
            let number = region.first() | device.minor();
            let data = core::ptr::from_ref(device).cast_mut().cast();
            // SAFETY: The pattern was checked above. The callbacks of the class are those of `T`,
            // and of the groups, and expect its device, which as the groups lives until after the
            // nodes have been dropped.
            let node = unsafe {
                Node::new(
                    &class,
                    T::DEVICES,
                    number,
                    device.minor(),
                    data,
                    groups.as_ptr(),
                )
            }?;
            nodes.push_within_capacity(node)?;
        }

        let cdev = Cdev::new(Vtable::<T>::get())?;
        let entry = Entry::new(
            cdev.0.as_ptr(),
            TypeId::of::<T>(),
            devices.as_ptr().cast(),
            count,
        );
        Ok(Self {
            cdev,
            entry: KBox::new(entry, GFP_KERNEL)?,
            nodes: Nodes {
                nodes,
                class,
                groups,
                devices,
                region,
            },
        })
    }

    /// Opens the door, and tells userspace of it.
    ///
    /// # Safety
    ///
    /// Called from the module's init, as the last thing in it that can fail.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory; everything was undone.
    #[doc(hidden)]
    pub unsafe fn publish(self) -> Result<Registration<T>> {
        let Self { cdev, entry, nodes } = self;
        let first = nodes.region.first();
        let count = nodes.region.minors();
        let key = cdev.0.as_ptr();

        // SAFETY: The array of devices is freed after the entry was removed, both below and by
        // `Registration`.
        unsafe { Table::lock().insert(entry) };
        // SAFETY: The cdev is allocated and not added; its operations and their owner are set.
        let added = to_result(unsafe { bindings::cdev_add(key, first, count) });
        if let Err(error) = added {
            Table::lock().remove(key);
            return Err(error);
        }
        for (device, node) in nodes.devices.iter().zip(nodes.nodes.iter()) {
            device.enter(Stage::Live);
            node.announce();
        }
        // INVARIANT: Added just now, and in the table. The reference passes from `cdev`.
        Ok(Registration {
            cdev: ManuallyDrop::new(cdev),
            nodes,
        })
    }
}

/// Devices that anyone can open.
///
/// Dropped, they are gone: a new open gets `ENXIO`, who sleeps or polls is woken, and the operations
/// of files that are still open go on with the device state that they hold.
///
/// # Invariants
///
/// `cdev` was added, and is in the table with the devices of `nodes`.
pub struct Registration<T: FileOperations> {
    cdev: ManuallyDrop<Cdev>,
    nodes: Nodes<T>,
}

// SAFETY: What it points at belongs to the driver core and can be given back by any thread.
unsafe impl<T: FileOperations> Send for Registration<T> {}
// SAFETY: Nothing can be done with a shared reference but to read the numbers.
unsafe impl<T: FileOperations> Sync for Registration<T> {}

impl<T: FileOperations> Registration<T> {
    /// The device numbers.
    pub fn region(&self) -> &Region {
        &self.nodes.region
    }
}

impl<T: FileOperations> Drop for Registration<T> {
    fn drop(&mut self) {
        let cdev = self.cdev.0.as_ptr();
        Table::lock().remove(cdev);
        for device in &self.nodes.devices {
            device.enter(Stage::Gone);
            T::wait_queue(device).wake_all();
        }
        // SAFETY: By the type invariants; this gives the reference back.
        unsafe { bindings::cdev_del(cdev) };
    }
}

/// The device of a driver with that minor, if the driver is published and has it.
///
/// May sleep.
pub fn find<T: FileOperations>(minor: u32) -> Option<Arc<Device<T::Device>>> {
    let table = Table::lock();
    let entry = table.of_driver(TypeId::of::<T>())?;
    let device = entry.device::<Arc<Device<T::Device>>>(minor as usize)?;
    // SAFETY: The entry is of `T`, so it points at an array of these, which is alive while the
    // table is locked.
    Some(unsafe { device.as_ref() }.clone())
}

/// How many devices a driver has; 0 if it is not published. May sleep.
pub fn count<T: FileOperations>() -> u32 {
    let table = Table::lock();
    table
        .of_driver(TypeId::of::<T>())
        .map_or(0, |entry| entry.count() as u32)
}

/// An allocated cdev that was not added; dropped, its reference is given up.
///
/// # Invariants
///
/// The pointer is to a cdev that `cdev_alloc` made, and owns a reference on it.
struct Cdev(NonNull<bindings::cdev>);

impl Cdev {
    fn new(operations: &'static bindings::file_operations) -> Result<Self> {
        // SAFETY: No requirements.
        let cdev = NonNull::new(unsafe { bindings::cdev_alloc() }).ok_or(ENOMEM)?;
        // SAFETY: Nobody else knows of the cdev yet.
        unsafe {
            (*cdev.as_ptr()).owner = operations.owner;
            (*cdev.as_ptr()).ops = operations;
        }
        // INVARIANT: Made just now.
        Ok(Self(cdev))
    }
}

impl Drop for Cdev {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; a cdev that was not added must not be deleted.
        unsafe { bindings::kobject_put(&raw mut (*self.0.as_ptr()).kobj) };
    }
}

/// What of a driver can be seen without being opened. Dropped from top to bottom.
struct Nodes<T: FileOperations> {
    nodes: KVVec<Node>,
    // Neither is used but for its drop, after the nodes'.
    #[expect(dead_code)]
    class: Class,
    #[expect(dead_code)]
    groups: Groups<T::Device>,
    devices: KVVec<Arc<Device<T::Device>>>,
    region: Region,
}
