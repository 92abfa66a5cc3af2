// SPDX-License-Identifier: GPL-2.0

//! A device class, and the device nodes that devtmpfs makes for its devices.
//!
//! All of it is memory of the driver core (`class_create`, `device_create_with_groups`): a last
//! reference that goes after the module has gone frees it without calling into the module.
//!
//! C headers: [`include/linux/device/class.h`](srctree/include/linux/device/class.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h)

use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    ffi::{
        c_char,
        c_int,
        c_void, //
    },
    prelude::*, //
};

/// Called by the driver core for each uevent of a device.
pub(crate) type Uevent =
    unsafe extern "C" fn(*const bindings::device, *mut bindings::kobj_uevent_env) -> c_int;

/// Called by devtmpfs for the mode of a device's node.
pub(crate) type Devnode =
    unsafe extern "C" fn(*const bindings::device, *mut bindings::umode_t) -> *mut c_char;

/// A directory in `/sys/class`.
///
/// # Invariants
///
/// The pointer is to a class that `class_create` made, and it has no devices when it is dropped.
pub(crate) struct Class(NonNull<bindings::class>);

impl Class {
    /// Makes a class. May sleep.
    pub(crate) fn new(name: &'static CStr, uevent: Uevent, devnode: Devnode) -> Result<Self> {
        // SAFETY: `name` is a C string that lives for ever.
        let class = from_err_ptr(unsafe { bindings::class_create(name.as_char_ptr()) })?;
        // SAFETY: Nobody else uses the class before a device of it is made.
        unsafe {
            (*class).dev_uevent = Some(uevent);
            (*class).devnode = Some(devnode);
        }
        // INVARIANT: Made just now.
        NonNull::new(class).map(Self).ok_or(ENOMEM)
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::class_destroy(self.0.as_ptr()) };
    }
}

/// A device of a class: its directory in sysfs, and its node in `/dev`.
///
/// # Invariants
///
/// The pointer is to a device that `device_create_with_groups` made.
pub(crate) struct Node(NonNull<bindings::device>);

impl Node {
    /// Makes the device `number`, whose name is `pattern` with its minor for `%u`. May sleep.
    ///
    /// # Safety
    ///
    /// - `pattern` has at most one conversion, `%u`.
    /// - `data` is what the class's callbacks and `groups` expect, and lives until the node is
    ///   dropped. `groups` is null or a null-terminated array that lives as long.
    pub(crate) unsafe fn new(
        class: &Class,
        pattern: &'static CStr,
        number: bindings::dev_t,
        minor: u32,
        data: *mut c_void,
        groups: *mut *const bindings::attribute_group,
    ) -> Result<Self> {
        // SAFETY: The class is alive by its invariants, and the rest is by the safety requirements.
        let device = from_err_ptr(unsafe {
            bindings::device_create_with_groups(
                class.0.as_ptr(),
                core::ptr::null_mut(),
                number,
                data,
                groups,
                pattern.as_char_ptr(),
                minor,
            )
        })?;
        // INVARIANT: Made just now.
        NonNull::new(device).map(Self).ok_or(ENOMEM)
    }

    /// Tells userspace that the device is there, `kobject_uevent(KOBJ_ADD)`.
    pub(crate) fn announce(&self) {
        // SAFETY: By the type invariants the device is alive. There is nothing to be done about a
        // uevent that could not be sent; the kernel's own device_add() ignores that as well.
        unsafe {
            bindings::kobject_uevent(
                &raw mut (*self.0.as_ptr()).kobj,
                bindings::kobject_action_KOBJ_ADD,
            )
        };
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::device_unregister(self.0.as_ptr()) };
    }
}

/// Whether `name` is the name of a file in sysfs: not empty, and nothing that a file name cannot hold.
pub(crate) const fn is_file_name(name: &CStr) -> bool {
    !matches!(name.to_bytes(), [b'.'] | [b'.', b'.'])
        && is_name_pattern(name)
        && !contains(name.to_bytes(), b'%')
}

const fn contains(mut bytes: &[u8], wanted: u8) -> bool {
    while let [first, rest @ ..] = bytes {
        if *first == wanted {
            return true;
        }
        bytes = rest;
    }
    false
}

/// Whether `pattern` names a device: one `%u` if there are several, no other conversion, and
/// nothing that a file name cannot hold.
pub(crate) const fn is_name_pattern(pattern: &CStr) -> bool {
    let mut rest = pattern.to_bytes();
    let mut conversions = 0u32;
    if rest.is_empty() {
        return false;
    }
    while let [first, after @ ..] = rest {
        rest = match (*first, after) {
            (b'%', [b'u', after @ ..]) if conversions == 0 => {
                conversions = 1;
                after
            }
            (b'%' | b'/' | b'!' | ..=b' ', _) => return false,
            _ => after,
        };
    }
    true
}
