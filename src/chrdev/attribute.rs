// SPDX-License-Identifier: GPL-2.0

//! A device's files in sysfs.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h).
//! Reference: [`Documentation/filesystems/sysfs.rst`](srctree/Documentation/filesystems/sysfs.rst).

use crate::{
    device::Device,
    file_operations::FileOperations,
    name::is_file_name,
    text::Text,
    vtable::io_errno, //
};
use core::{
    slice,
    str, //
};
use kernel::{
    bindings,
    error::to_result,
    page::PAGE_SIZE,
    prelude::*, //
};

/// Writes the text of an attribute.
type Show<T> = fn(&Device<T>, &mut Text<'_>) -> Result;

/// Receives the text that was written to an attribute.
type Store<T> = fn(&Device<T>, &str) -> Result;

/// A file of a device in sysfs, `struct device_attribute`.
///
/// `show` and `store` run in process context, may sleep, and can be called by several threads
/// concurrently, from before the device can be opened until it is removed. Their errors are
/// returned to `read(2)` and `write(2)`.
///
/// They must not drop a registration. Removal waits until no attribute of the device is in use: if
/// the device is the attribute's own, or one whose attribute waits for this one, the drop never
/// returns, and neither does the module's exit. For any other device, lockdep reports the drop,
/// since all devices share the attribute's lock class.
///
/// The name must be a file name of at most 63 bytes, and none of `dev`, `device`, `power`,
/// `subsystem` and `uevent`, which every device has; the mode must be one that the kernel accepts
/// (`VERIFY_OCTAL_PERMISSIONS()`). Otherwise a driver that registers a device does not build.
///
/// # Examples
///
/// ```
/// use chrdev::prelude::*;
/// use core::fmt::Write as _;
/// use kernel::{
///     prelude::*,
///     sync::atomic::{Atomic, Relaxed},
/// };
///
/// struct Thermostat {
///     degrees: Atomic<i32>,
///     has_limit: bool,
/// }
///
/// #[vtable]
/// impl FileOperations for Thermostat {
///     const DEVICE_NAME: &'static CStr = c"thermostat%u";
///     const ATTRIBUTES: &'static [Attribute<Self>] = &[
///         Attribute::<Self>::rw(
///             c"degrees",
///             |device, text| Ok(write!(text, "{}", device.degrees.load(Relaxed))?),
///             |device, text| {
///                 let degrees = i32::try_from(chrdev::kstrtoll(text)?)?;
///                 device.degrees.store(degrees, Relaxed);
///                 Ok(())
///             },
///         )
///         .mode(0o600),
///         Attribute::<Self>::new(c"limit", |_device, text| Ok(write!(text, "95")?))
///             .is_visible(|device| device.has_limit),
///     ];
///
///     type File = ();
///
///     fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
///         Ok(())
///     }
/// }
/// ```
#[repr(C)]
pub struct Attribute<T: 'static> {
    // First, so that C's pointer to it is a pointer to the attribute.
    inner: bindings::device_attribute,
    name: &'static CStr,
    show: Option<Show<T>>,
    store: Option<Store<T>>,
    is_visible: Option<fn(&Device<T>) -> bool>,
}

// SAFETY: It is constant; its pointers are to a constant name and to functions.
unsafe impl<T> Sync for Attribute<T> {}

impl<T: FileOperations> Attribute<T> {
    /// Creates an attribute that everyone can read (`DEVICE_ATTR_RO()`). `show` writes its text, to
    /// which a newline is added.
    ///
    /// As with `sysfs_emit()`, the text and its newline fill at most a page less one byte; any
    /// excess text is dropped.
    pub const fn new(name: &'static CStr, show: Show<T>) -> Self {
        Self::with(name, Some(show), None, 0o444)
    }

    /// Creates an attribute that everyone can read and its owner can write (`DEVICE_ATTR_RW()`).
    ///
    /// `store` gets the text of each `write(2)`, less one newline at its end. Text that is not
    /// UTF-8 fails with `EINVAL`. `store` gets at most a page of each write.
    pub const fn rw(name: &'static CStr, show: Show<T>, store: Store<T>) -> Self {
        Self::with(name, Some(show), Some(store), 0o644)
    }

    /// Creates an attribute that its owner can write and nobody can read (`DEVICE_ATTR_WO()`).
    pub const fn wo(name: &'static CStr, store: Store<T>) -> Self {
        Self::with(name, None, Some(store), 0o200)
    }

    const fn with(
        name: &'static CStr,
        show: Option<Show<T>>,
        store: Option<Store<T>>,
        mode: bindings::umode_t,
    ) -> Self {
        let mut inner: bindings::device_attribute = pin_init::zeroed();
        inner.attr.name = name.to_bytes_with_nul().as_ptr().cast();
        inner.attr.mode = mode;
        if show.is_some() {
            inner.__bindgen_anon_1.show = Some(show_attribute::<T>);
        }
        if store.is_some() {
            inner.__bindgen_anon_2.store = Some(store_attribute::<T>);
        }
        Self {
            inner,
            name,
            show,
            store,
            is_visible: None,
        }
    }

    /// Sets the permissions of the file.
    pub const fn mode(mut self, mode: u16) -> Self {
        self.inner.attr.mode = mode;
        self
    }

    /// Omits the file from devices for which `is_visible` returns `false`. It is called once for
    /// each device.
    pub const fn is_visible(mut self, is_visible: fn(&Device<T>) -> bool) -> Self {
        self.is_visible = Some(is_visible);
        self
    }

    /// Creates the file, if it is visible. It is removed with the device.
    ///
    /// # Safety
    ///
    /// `device` is that of `this`, and added.
    pub(crate) unsafe fn create(
        &'static self,
        this: &Device<T>,
        device: *mut bindings::device,
    ) -> Result {
        if self.is_visible.is_some_and(|is_visible| !is_visible(this)) {
            return Ok(());
        }
        // SAFETY: By the safety requirements, and the attribute lives as long as the module.
        to_result(unsafe { bindings::device_create_file(device, &raw const self.inner) })
    }
}

/// Fails the build unless the names of `attributes` are valid file names, and the kernel accepts
/// their modes.
pub(crate) const fn check<T: FileOperations>(mut attributes: &[Attribute<T>]) {
    while let [attribute, rest @ ..] = attributes {
        assert!(
            is_file_name(attribute.name.to_bytes()),
            "the name of an attribute is not a file name"
        );
        assert!(
            !matches!(
                attribute.name.to_bytes(),
                b"dev" | b"device" | b"power" | b"subsystem" | b"uevent"
            ),
            "the name of an attribute is taken"
        );
        let mode = attribute.inner.attr.mode;
        assert!(
            is_valid_mode(mode),
            "the mode of an attribute is not one that VERIFY_OCTAL_PERMISSIONS() accepts"
        );
        // `device_create_file()` warns otherwise.
        assert!(
            mode & 0o444 == 0 || attribute.show.is_some(),
            "an attribute that can be read has no `show`"
        );
        assert!(
            mode & 0o222 == 0 || attribute.store.is_some(),
            "an attribute that can be written has no `store`"
        );
        attributes = rest;
    }
}

/// `VERIFY_OCTAL_PERMISSIONS()`: the group may read or write only if the owner may, others may read
/// only if the group may, and others may not write.
const fn is_valid_mode(mode: bindings::umode_t) -> bool {
    let (owner, group, other) = (mode >> 6, mode >> 3 & 0o7, mode & 0o7);
    mode <= 0o777
        && owner & 4 >= group & 4
        && group & 4 >= other & 4
        && owner & 2 >= group & 2
        && other & 2 == 0
}

/// The `show` of each attribute of a device of `T`.
///
/// # Safety
///
/// `device` is one of `T`, `attribute` stands at the beginning of an `Attribute<T>`, and `buffer`
/// is a page.
unsafe extern "C" fn show_attribute<T: FileOperations>(
    device: *mut bindings::device,
    attribute: *mut bindings::device_attribute,
    buffer: *mut c_char,
) -> isize {
    // SAFETY: By the safety requirements; sysfs keeps both while the file is read.
    let (device, attribute) = unsafe {
        (
            Device::<T>::from_device(device),
            &*attribute.cast::<Attribute<T>>(),
        )
    };
    // SAFETY: By the safety requirements; a page is initialized memory. With the newline, sysfs
    // accepts up to a page less one byte, and warns of more.
    let room = unsafe { slice::from_raw_parts_mut(buffer.cast(), PAGE_SIZE - 2) };
    let max = room.len();
    let mut text = Text::new(room);
    let show = attribute.show.ok_or(EIO);
    if let Err(error) = show.and_then(|show| show(device, &mut text)) {
        return io_errno(error);
    }
    // `show` may have replaced the text by one with a larger buffer.
    let length = text.len().min(max);
    // SAFETY: `length` is at most a page less two bytes.
    unsafe { *buffer.cast::<u8>().add(length) = b'\n' };
    length.saturating_add(1) as isize
}

/// The `store` of each attribute of a device of `T`.
///
/// # Safety
///
/// `device` is one of `T`, `attribute` stands at the beginning of an `Attribute<T>`, and `buffer`
/// has `count` bytes.
unsafe extern "C" fn store_attribute<T: FileOperations>(
    device: *mut bindings::device,
    attribute: *mut bindings::device_attribute,
    buffer: *const c_char,
    count: usize,
) -> isize {
    // SAFETY: By the safety requirements; sysfs keeps all of them while the file is written.
    let (device, attribute, bytes) = unsafe {
        (
            Device::<T>::from_device(device),
            &*attribute.cast::<Attribute<T>>(),
            slice::from_raw_parts(buffer.cast(), count),
        )
    };
    let bytes = match bytes {
        [line @ .., b'\n'] => line,
        _ => bytes,
    };
    let text = str::from_utf8(bytes).map_err(|_| EINVAL);
    let result = text.and_then(|text| (attribute.store.ok_or(EIO)?)(device, text));
    match result {
        Ok(()) => count as isize,
        Err(error) => io_errno(error),
    }
}
