// SPDX-License-Identifier: GPL-2.0

//! A device's files in sysfs.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h).
//! Reference: [`Documentation/filesystems/sysfs.rst`](srctree/Documentation/filesystems/sysfs.rst).

use crate::{
    device::Device,
    file_operations::FileOperations,
    name::is_file_name, //
};
use core::fmt;
use kernel::{
    bindings,
    error::to_result,
    ffi::c_char,
    page::PAGE_SIZE,
    prelude::*, //
};

/// A world-readable file of a device in sysfs, `struct device_attribute`.
#[repr(C)]
pub struct Attribute<T: 'static> {
    // First, so that C's pointer to it is a pointer to the attribute.
    inner: bindings::device_attribute,
    name: &'static CStr,
    show: fn(&Device<T>, &mut Text<'_>) -> fmt::Result,
}

// SAFETY: It is constant; its pointers are to a constant name and to functions.
unsafe impl<T> Sync for Attribute<T> {}

impl<T: FileOperations> Attribute<T> {
    /// Makes a file with the given name, whose text `show` writes; a newline is added to it.
    ///
    /// `show` runs in process context, may sleep, and can be called by several threads concurrently, from
    /// before the device can be opened until it is removed. As with `sysfs_emit()`, the text and
    /// its newline fill at most a page less one byte; what `show` writes beyond that is dropped.
    ///
    /// `show` must not drop a registration. The removal waits until no attribute of the device is being read: if
    /// the device is its own, or one whose `show` waits for this one, the drop never returns, and neither does the
    /// module's exit. Of any other device lockdep reports it, since all devices share the attribute's lock class.
    ///
    /// `name` must be the name of a file, of at most 63 bytes: with any other, a driver that registers a device
    /// does not build.
    pub const fn new(
        name: &'static CStr,
        show: fn(&Device<T>, &mut Text<'_>) -> fmt::Result,
    ) -> Self {
        let mut inner: bindings::device_attribute = pin_init::zeroed();
        inner.attr.name = name.to_bytes_with_nul().as_ptr().cast();
        inner.attr.mode = 0o444;
        inner.__bindgen_anon_1.show = Some(show_attribute::<T>);
        Self { name, inner, show }
    }

    /// Creates the file. It is removed with the device.
    ///
    /// # Safety
    ///
    /// `device` is a device of `T` that is added.
    pub(crate) unsafe fn create(&'static self, device: *mut bindings::device) -> Result {
        // SAFETY: By the safety requirements, and the attribute lives as long as the module.
        to_result(unsafe { bindings::device_create_file(device, &raw const self.inner) })
    }
}

/// Fails the build unless the names of `attributes` are those of files.
pub(crate) const fn check_names<T: FileOperations>(mut attributes: &[Attribute<T>]) {
    while let [attribute, rest @ ..] = attributes {
        assert!(
            is_file_name(attribute.name.to_bytes()),
            "the name of an attribute is not a file name"
        );
        attributes = rest;
    }
}

/// A text in a buffer. What does not fit is dropped.
///
/// # Examples
///
/// ```
/// use core::fmt::Write as _;
/// use kernel::prelude::*;
///
/// fn answer(iov: &mut chrdev::IovIterDest<'_>, ki_pos: &mut i64) -> Result<usize> {
///     let mut buffer = [0; 8];
///     let mut text = chrdev::Text::new(&mut buffer);
///     // This never fails.
///     let _ = writeln!(text, "{}", 42);
///     iov.simple_read_from_buffer(ki_pos, text.as_bytes())
/// }
/// ```
pub struct Text<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> Text<'a> {
    /// Makes an empty text that has room for as many bytes as the buffer.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            bytes: buffer,
            length: 0,
        }
    }

    /// Returns the text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.as_bytes()) {
            *to = *from;
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}

/// The `show` of each attribute of a device of `T`.
///
/// # Safety
///
/// `device` is one of `T`, `attribute` stands at the beginning of an `Attribute<T>`, and `buffer` is a page.
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
    // SAFETY: By the safety requirements; a page is initialized memory. With the newline, sysfs accepts up to
    // a page less one byte, and warns of more.
    let room = unsafe { core::slice::from_raw_parts_mut(buffer.cast(), PAGE_SIZE - 2) };
    let most = room.len();
    let mut text = Text::new(room);
    if (attribute.show)(device, &mut text).is_err() {
        return EIO.to_errno() as isize;
    }
    // `show` may have replaced the text by one with a larger buffer.
    let length = text.length.min(most);
    // SAFETY: `length` is at most a page less two bytes.
    unsafe { *buffer.cast::<u8>().add(length) = b'\n' };
    length.saturating_add(1) as isize
}
