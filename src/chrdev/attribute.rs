// SPDX-License-Identifier: GPL-2.0

//! A device's files in sysfs.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h).
//! Reference: [`Documentation/filesystems/sysfs.rst`](srctree/Documentation/filesystems/sysfs.rst).

use crate::{
    class::is_file_name,
    device::Device,
    helpers, //
};
use core::fmt;
use kernel::{
    bindings,
    ffi::c_char,
    page::PAGE_SIZE,
    prelude::*, //
};

/// A file of a device in sysfs, which everyone can read.
pub struct Attribute<D> {
    name: &'static CStr,
    show: fn(&Device<D>, &mut Text<'_>) -> fmt::Result,
}

impl<D> Attribute<D> {
    /// Makes a file called `name`, whose text `show` writes; a newline is put behind it.
    ///
    /// `show` runs in process context, may sleep, and can be called by several threads at once,
    /// from before the device is published until it is removed. As with `sysfs_emit()`, the text and
    /// its newline fill at most a page less one byte; what `show` writes beyond that is dropped.
    ///
    /// `name` must be a file name; in a constant, any other name fails the build.
    pub const fn new(
        name: &'static CStr,
        show: fn(&Device<D>, &mut Text<'_>) -> fmt::Result,
    ) -> Self {
        assert!(
            is_file_name(name),
            "the name of an attribute is not a file name"
        );
        Self { name, show }
    }
}

/// What is read from a file in sysfs: at most a page.
pub struct Text<'a> {
    bytes: &'a mut [u8],
    length: usize,
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

/// A [`Attribute`] as C wants it.
#[repr(C)]
struct Record<D: 'static> {
    // First, so that C's pointer to it is a pointer to the record.
    inner: bindings::device_attribute,
    attribute: &'static Attribute<D>,
}

/// A null-terminated array of groups with one group in it, for `device_create_with_groups()`.
pub(crate) struct Groups<D: 'static> {
    _records: KVec<Record<D>>,
    _pointers: KVec<*mut bindings::attribute>,
    _group: KBox<bindings::attribute_group>,
    groups: KBox<[*const bindings::attribute_group; 2]>,
}

impl<D: 'static> Groups<D> {
    /// Makes the arrays. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no memory.
    pub(crate) fn new(attributes: &'static [Attribute<D>]) -> Result<Self> {
        let count = attributes.len();
        let mut records = KVec::with_capacity(count, GFP_KERNEL)?;
        let mut pointers = KVec::with_capacity(count.saturating_add(1), GFP_KERNEL)?;
        for attribute in attributes {
            let mut record = Record {
                inner: pin_init::zeroed(),
                attribute,
            };
            // SAFETY: The record can be written to, and the name lives for ever.
            unsafe {
                helpers::chrdev_attribute_init(
                    &mut record.inner,
                    attribute.name.as_char_ptr(),
                    Some(show::<D>),
                )
            };
            records.push_within_capacity(record)?;
        }
        for record in records.iter_mut() {
            let record: *mut Record<D> = record;
            pointers.push_within_capacity(record.cast::<bindings::attribute>())?;
        }
        pointers.push_within_capacity(core::ptr::null_mut())?;
        let mut group: KBox<bindings::attribute_group> = KBox::zeroed(GFP_KERNEL)?;
        // SAFETY: `group` can be written to; what is kept of `pointers` is its address.
        unsafe { helpers::chrdev_group_init(&mut *group, pointers.as_mut_ptr()) };
        let first: *const bindings::attribute_group = &*group;
        let groups = KBox::new([first, core::ptr::null()], GFP_KERNEL)?;
        Ok(Self {
            _records: records,
            _pointers: pointers,
            _group: group,
            groups,
        })
    }

    /// The array, which lives as long as this does, wherever this is moved.
    pub(crate) fn as_ptr(&self) -> *mut *const bindings::attribute_group {
        self.groups.as_ptr().cast_mut()
    }
}

/// The `show` of every attribute of a device of type `D`.
///
/// # Safety
///
/// `device` is one whose data is a `Device<D>`, `attribute` stands at the beginning of a
/// `Record<D>`, and `buffer` is a page.
unsafe extern "C" fn show<D: 'static>(
    device: *mut bindings::device,
    attribute: *mut bindings::device_attribute,
    buffer: *mut c_char,
) -> isize {
    // SAFETY: By the safety requirements; sysfs has both alive while it is read.
    let (device, record) = unsafe {
        (
            &*(*device).driver_data.cast::<Device<D>>(),
            &*attribute.cast::<Record<D>>(),
        )
    };
    let mut text = Text {
        // SAFETY: By the safety requirements; a page is initialised memory. With the newline, sysfs
        // takes up to a page less one byte, and warns of more.
        bytes: unsafe { core::slice::from_raw_parts_mut(buffer.cast(), PAGE_SIZE - 2) },
        length: 0,
    };
    if (record.attribute.show)(device, &mut text).is_err() {
        return EIO.to_errno() as isize;
    }
    let length = text.length;
    // SAFETY: `length` is at most a page less two bytes.
    unsafe { *buffer.cast::<u8>().add(length) = b'\n' };
    length.saturating_add(1) as isize
}
