// SPDX-License-Identifier: GPL-2.0

//! The module that a driver is in.
//!
//! A module whose init fails is freed whatever its reference count (`do_init_module()` in
//! kernel/module/main.c), so no file of it may be open by then. A driver may register devices at any point
//! of its init nevertheless: until init has succeeded, their cdevs have no file operations, for which the
//! kernel fails every open with `ENXIO` without calling the module, and their uevents are suppressed. After
//! that, which cannot fail, [`go_live`] sets the operations and sends the uevents. Devices that are
//! registered later are opened as soon as they are registered.
//!
//! The class of the devices belongs to the module, not to a registration, since `dev_err!` and its like
//! read the name of the class for as long as anybody has a reference to a device. It is allocated by the
//! driver core: a `struct class` in the module would be read after the module is freed, by
//! `class_release()` if `CONFIG_DEBUG_KOBJECT_RELEASE` delays that.

use crate::{
    device::Header,
    lock::{
        lock,
        Guard,
        Locked, //
    },
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    bindings,
    error::from_err_ptr,
    ffi::{
        c_char,
        c_int,
        c_void, //
    },
    prelude::*,
    ModuleMetadata, //
};

/// Declares a kernel module that registers character devices.
///
/// It takes what `kernel::module!` takes, and the `type` implements `kernel::Module` (or `InPlaceModule`) as
/// for that: init makes its value, which holds the registrations and whatever else belongs to the driver,
/// and exit drops it. Devices that init registers can be opened once init has succeeded.
///
/// # Examples
///
/// ```ignore
/// chrdev::module! {
///     type: TallyModule,
///     name: "tally",
///     description: "Counts bytes",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module {
    (type: $module:ty, $($info:tt)*) => {
        /// The module: the driver's part, and the part that all drivers on `chrdev` share.
        #[::kernel::prelude::pin_data]
        pub struct DriverModule {
            // Dropped from top to bottom.
            #[pin]
            driver: $module,
            class: $crate::ModuleClass,
            live: (),
        }

        impl ::kernel::InPlaceModule for DriverModule {
            fn init(
                module: &'static ::kernel::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, ::kernel::error::Error> {
                ::kernel::prelude::try_pin_init!(Self {
                    class: $crate::ModuleClass::new::<DriverModule>()?,
                    driver <- <$module as ::kernel::InPlaceModule>::init(module),
                    // SAFETY: Everything that can fail in this module's init has succeeded.
                    live: unsafe { $crate::go_live() },
                }? ::kernel::error::Error)
            }
        }

        // SAFETY: `DriverModule` is the type given to `kernel::module!` below, and has a `ModuleClass`.
        unsafe impl $crate::DeclaredModule for DriverModule {}

        ::kernel::prelude::module! {
            type: DriverModule,
            $($info)*
        }
    };
}

/// A module that [`module!`](crate::module!) has declared.
///
/// # Safety
///
/// Implemented by `module!` only: the module's init makes a [`ModuleClass`] before the driver's part of the
/// module, and calls [`go_live`] after it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this module is not declared by `chrdev::module!`",
    note = "a module that registers character devices says `chrdev::module!` instead of `module!`"
)]
pub unsafe trait DeclaredModule: ModuleMetadata {}

/// The class of the module's devices, null before init makes it and after exit.
static CLASS: Locked<Class> = Locked::new(Class(ptr::null_mut()));

/// Whether the module's init has succeeded.
static LIVE: Locked<bool> = Locked::new(false);

#[derive(Clone, Copy)]
struct Class(*mut bindings::class);

// SAFETY: A class can be used by any thread.
unsafe impl Send for Class {}

/// The class of the module's devices. On drop, devices that are still registered are removed, as those of a
/// registration that the driver has leaked.
///
/// # Invariants
///
/// There is one at most, and `CLASS` is its class, made by `class_create()`.
#[doc(hidden)]
pub struct ModuleClass(());

impl ModuleClass {
    /// Makes the class, `/sys/class/<name of the module>`. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the module has its class already;
    /// - `EEXIST`: a class of that name exists;
    /// - `ENOMEM`: no memory.
    pub fn new<M: DeclaredModule>() -> Result<Self> {
        let mut guard = lock();
        let class = CLASS.get(&mut guard);
        if !class.0.is_null() {
            return Err(EBUSY);
        }
        // SAFETY: The name is a C string that lives as long as the module, which destroys the class.
        let new = from_err_ptr(unsafe { bindings::class_create(M::NAME.as_char_ptr()) })?;
        // SAFETY: The class has no devices yet, and nobody else knows of it.
        unsafe { (*new).devnode = Some(devnode) };
        // INVARIANT: There was none, and none is made while the mutex is held.
        class.0 = new;
        Ok(Self(()))
    }
}

impl Drop for ModuleClass {
    fn drop(&mut self) {
        let class = CLASS.get(&mut lock()).0;
        // SAFETY: By the type invariants, the class exists. Nothing of the driver is left that could remove
        // a device meanwhile.
        unsafe { for_each_device(class, |header, _| Header::remove(header)) };
        // SAFETY: By the type invariants, and no devices are left.
        unsafe { bindings::class_destroy(class) };
        CLASS.get(&mut lock()).0 = ptr::null_mut();
    }
}

/// Returns the class of the module's devices.
///
/// # Errors
///
/// `ENODEV`: the module's init has not begun, or its exit has ended.
pub(crate) fn class() -> Result<NonNull<bindings::class>> {
    NonNull::new(CLASS.get(&mut lock()).0).ok_or(ENODEV)
}

/// Whether the module's init has succeeded.
pub(crate) fn is_live(guard: &mut Guard) -> bool {
    *LIVE.get(guard)
}

/// Lets all devices that are registered be opened, and sends their uevents.
///
/// # Safety
///
/// Called at the end of the module's init, which cannot fail any more.
#[doc(hidden)]
pub unsafe fn go_live() {
    let mut guard = lock();
    *LIVE.get(&mut guard) = true;
    let class = CLASS.get(&mut guard).0;
    // SAFETY: The class was made at the beginning of init. The mutex is held, without which no device's
    // data is reset.
    unsafe { for_each_device(class, Header::open_door) };
}

/// Calls `f` with each device of the class that has its data, and with that.
///
/// # Safety
///
/// `class` was made by [`ModuleClass::new`], and meanwhile no device's data is reset but by `f`.
unsafe fn for_each_device<F>(class: *mut bindings::class, f: F)
where
    F: Fn(&Header, NonNull<bindings::device>),
{
    /// # Safety
    ///
    /// `device` is one of the module's class, and `f` points at an `F`.
    unsafe extern "C" fn call<F>(device: *mut bindings::device, f: *mut c_void) -> c_int
    where
        F: Fn(&Header, NonNull<bindings::device>),
    {
        // SAFETY: By the safety requirements; the driver core calls this with a device.
        let (device, f) = unsafe { (NonNull::new_unchecked(device), &*f.cast::<F>()) };
        // SAFETY: The data of a device of the class is null, or points at the header of a `Device`, which
        // the data keeps alive.
        if let Some(header) = unsafe { (*device.as_ptr()).driver_data.cast::<Header>().as_ref() } {
            f(header, device);
        }
        0
    }
    let data = ptr::from_ref(&f).cast_mut().cast();
    // SAFETY: By the safety requirements the class is alive; `f` outlives the call.
    unsafe { bindings::class_for_each_device(class, ptr::null(), data, Some(call::<F>)) };
}

/// The class's `devnode`: gives the mode of a device's node in `/dev`.
///
/// # Safety
///
/// Called for a device of the module's class that is registered.
unsafe extern "C" fn devnode(
    device: *const bindings::device,
    mode: *mut bindings::umode_t,
) -> *mut c_char {
    // SAFETY: The data of a device is the header of a `Device`, set before the device is added and reset
    // after it is deleted. The mode is null where only the name is wanted.
    unsafe {
        if let (Some(header), false) = (
            (*device).driver_data.cast::<Header>().as_ref(),
            mode.is_null(),
        ) {
            *mode = header.mode();
        }
    }
    ptr::null_mut()
}
