// SPDX-License-Identifier: GPL-2.0

//! A disk's own attributes in sysfs: one number each.
//!
//! C header: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)

use crate::{
    disk::DiskData,
    helpers,
    name::is_file_name, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// A file in the disk's directory in sysfs, readable by everyone.
#[repr(C)]
pub struct Attribute<T: 'static> {
    // First, so that C's pointer to it is a pointer to the attribute.
    inner: bindings::device_attribute,
    name: &'static CStr,
    show: fn(&T) -> u64,
}

// SAFETY: It is constant; its pointers are to a constant name and to functions.
unsafe impl<T> Sync for Attribute<T> {}

impl<T> Attribute<T> {
    /// Creates an attribute. `show` may sleep, and can run concurrently with everything else. It
    /// must not drop a disk: the drop waits until no attribute of the disk is being read.
    ///
    /// `name` must be a file name of at most 63 bytes, and none of `bdi`, `holders`, `mq`, `queue`
    /// and `slaves`, which every disk has. Otherwise a driver that creates a disk does not build.
    pub const fn new(name: &'static CStr, show: fn(&T) -> u64) -> Self {
        let mut inner: bindings::device_attribute = pin_init::zeroed();
        inner.attr.name = name.to_bytes_with_nul().as_ptr().cast();
        inner.attr.mode = 0o444;
        inner.__bindgen_anon_1.show = Some(show_attribute::<T>);
        Self { inner, name, show }
    }
}

/// Fails the build unless the names of `attributes` are valid file names.
///
/// The block layer adds some files after it has added the device. A driver's attribute of the same
/// name would make that fail, and the block layer would take an error path that is hardly ever
/// tested.
pub(crate) const fn check_names<T>(mut attributes: &[Attribute<T>]) {
    while let [attribute, rest @ ..] = attributes {
        let name = attribute.name.to_bytes();
        assert!(
            is_file_name(name),
            "the name of an attribute is not a file name"
        );
        assert!(
            !matches!(name, b"bdi" | b"holders" | b"mq" | b"queue" | b"slaves"),
            "the name of an attribute is taken"
        );
        attributes = rest;
    }
}

/// A null-terminated array of one group, for `device_add_disk()`.
///
/// # Invariants
///
/// `groups` points at `_group`, which points at `_pointers`, a null-terminated array.
pub(crate) struct Groups {
    _pointers: KVec<*mut bindings::attribute>,
    _group: KBox<bindings::attribute_group>,
    groups: KBox<[*const bindings::attribute_group; 2]>,
}

impl Groups {
    pub(crate) fn new<T>(attributes: &'static [Attribute<T>]) -> Result<Self> {
        let mut pointers = KVec::with_capacity(attributes.len().saturating_add(1), GFP_KERNEL)?;
        for attribute in attributes {
            // sysfs does not write to it.
            pointers.push_within_capacity((&raw const attribute.inner.attr).cast_mut())?;
        }
        pointers.push_within_capacity(core::ptr::null_mut())?;
        let mut group: KBox<bindings::attribute_group> = KBox::zeroed(GFP_KERNEL)?;
        group.__bindgen_anon_2.attrs = pointers.as_mut_ptr();
        let first: *const bindings::attribute_group = &*group;
        let groups = KBox::new([first, core::ptr::null()], GFP_KERNEL)?;
        // INVARIANT: Set above. The boxes' and the vector's contents do not move.
        Ok(Self {
            _pointers: pointers,
            _group: group,
            groups,
        })
    }

    /// Returns the array, which is valid for as long as this exists, even if this is moved.
    pub(crate) fn as_ptr(&self) -> *mut *const bindings::attribute_group {
        self.groups.as_ptr().cast_mut()
    }
}

/// The `show` of every attribute.
///
/// # Safety
///
/// `device` must be that of a disk whose private data is a `DiskData<T>`, and `attribute` the first
/// field of an `Attribute<T>`. `buffer` must be a page.
unsafe extern "C" fn show_attribute<T: 'static>(
    device: *mut bindings::device,
    attribute: *mut bindings::device_attribute,
    buffer: *mut c_char,
) -> isize {
    // SAFETY: By the safety requirements; sysfs keeps both alive while the file is read.
    let (data, attribute) = unsafe {
        let disk = helpers::blkdev_device_to_disk(device);
        (
            &*(*disk).private_data.cast::<DiskData<T>>(),
            &*attribute.cast::<Attribute<T>>(),
        )
    };
    let value = (attribute.show)(&data.driver);
    // SAFETY: By the safety requirements, `buffer` is a page. The format is that of a `u64`.
    unsafe { bindings::sysfs_emit(buffer, c"%llu\n".as_char_ptr(), value) as isize }
}
