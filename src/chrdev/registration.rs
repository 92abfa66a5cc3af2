// SPDX-License-Identifier: GPL-2.0

//! The registration of a device.

use crate::{
    attribute,
    compat,
    device::Device,
    file_operations::FileOperations,
    module::DeclaredModule,
    name::{
        has_conversion,
        is_path_pattern, //
    },
    region::Minor, //
};
use kernel::{
    device,
    faux,
    prelude::*,
    sync::Arc, //
};

/// A registered device: its class device with its attributes in sysfs, its node in `/dev`, and its
/// cdev.
///
/// A device can be registered at any time: in the module's init, in the probe function of a driver,
/// in an ioctl. A device registered in the module's init can be opened, and is announced to
/// userspace, once init has succeeded, so init may fail at any point. A device registered later can
/// be opened, and is announced, at once. A driver therefore registers a device last, when it is
/// ready to be opened.
///
/// On drop the device is removed: new opens fail with `ENXIO`, and sleepers and pollers are woken.
/// Open files continue to work, and keep the device's state and the module alive. The minor is
/// freed. The device of a leaked registration is removed when the module is unloaded. The drop
/// waits until no attribute of the device is in use, so neither `show` nor `store` of an attribute
/// may drop a registration.
///
/// # Examples
///
/// ```
/// # use chrdev::prelude::*;
/// # use chrdev::DeclaredModule;
/// # use kernel::prelude::*;
/// fn register<T>(region: &Region, data: T) -> Result<Registration<T>>
/// where
///     T: FileOperations,
///     T::OwnerModule: DeclaredModule,
/// {
///     Registration::new(region.alloc_minor(0)?, None, data)
/// }
/// ```
pub struct Registration<T: FileOperations> {
    device: Arc<Device<T>>,
}

impl<T: FileOperations> Registration<T>
where
    T::OwnerModule: DeclaredModule,
{
    /// Registers a device with the given minor, and with the state `data`: a value, or an
    /// initializer. May sleep.
    ///
    /// With a `parent`, the device's directory in sysfs lies below that of the parent, otherwise in
    /// `/sys/devices/virtual`. The parent is bound to a driver, so it is not removed meanwhile.
    /// That driver should keep the registration in its private data, so that the device is removed
    /// before its parent. If the parent, or a device above it, is removed first, the device's
    /// directory in sysfs disappears with it, while the node in `/dev` and open files continue to
    /// work until the registration is dropped. As in C, it must not be dropped in one thread while
    /// others remove both the parent and the device above it: the uevent contains the names of
    /// both.
    ///
    /// Must not be called, nor may a registration be dropped, in [`mmap`](FileOperations::mmap) or
    /// [`fault`](FileOperations::fault).
    ///
    /// # Errors
    ///
    /// - any error that `data` or [`FileOperations::uevent`] returns;
    /// - `EINVAL`: the region has several minors, but [`FileOperations::DEVICE_NAME`] has no `%u`;
    ///   or [`FileOperations::devnode`] or [`FileOperations::uevent`] is invalid;
    /// - `EEXIST`: the module has a device of that name, or two attributes have the same name. A
    ///   node in `/dev` that another driver already has is no error: it is left as it is, and this
    ///   device has none;
    /// - `ENOENT`: a device above the parent was removed;
    /// - `ENAMETOOLONG`: the device's path in sysfs would have more than 1,024 bytes;
    /// - `ENODEV`: the module's init has failed, or its exit has dropped the driver; or, on kernel
    ///   7.2, the module is not declared by [`module!`](crate::module!);
    /// - `ENOMEM`: no memory.
    pub fn new<E>(
        minor: Minor,
        parent: Option<&device::Device<device::Bound>>,
        data: impl PinInit<T, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        const {
            assert!(
                is_path_pattern(T::DEVICE_NAME.to_bytes()),
                "DEVICE_NAME: not a path below /dev with at most one %u"
            );
            assert!(
                T::MODE > 0 && T::MODE <= 0o777,
                "MODE: not the permissions of a file"
            );
            attribute::check(T::ATTRIBUTES);
        };
        if minor.region().minors() > 1 && !has_conversion(T::DEVICE_NAME.to_bytes()) {
            return Err(EINVAL);
        }
        let device = Device::register(minor, parent, data)?;
        Ok(Self { device })
    }

    /// Returns the device.
    pub fn device(&self) -> &Arc<Device<T>> {
        &self.device
    }
}

impl<T: FileOperations> Drop for Registration<T> {
    fn drop(&mut self) {
        self.device.remove();
    }
}

/// Returns the device of a faux registration, to be passed as `parent`.
pub fn faux_device(registration: &faux::Registration) -> &device::Device<device::Bound> {
    compat::faux_device(registration)
}
