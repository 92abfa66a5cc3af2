// SPDX-License-Identifier: GPL-2.0

//! The module that contains the driver.
//!
//! A module whose init fails is freed regardless of its reference count (`do_init_module()` in
//! kernel/module/main.c), so none of its files may be open by then. A driver may nevertheless
//! register devices at any point of its init: until init has succeeded, their cdevs have no file
//! operations, so the kernel fails every open with `ENXIO` without calling the module, and their
//! uevents are suppressed. Then [`ModuleGuard::complete`] sets the operations and sends the uevents.
//! Devices registered later can be opened at once.
//!
//! The class of the devices belongs to the module, not to a registration, since `dev_err!` and
//! similar macros read the name of the class for as long as anyone holds a reference to a device.
//! The driver core allocates it: a `struct class` in the module would be read after the module is
//! freed, by `class_release()` if `CONFIG_DEBUG_KOBJECT_RELEASE` delays that function. (Its name is
//! in the module, as with any `class_create()`: that function also prints it, if dynamic debugging
//! is enabled for it.)

use crate::{
    compat::this_module,
    declare::declare,
    device::Header,
    helpers,
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
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
    ModuleMetadata, //
};

/// A module declared by [`module!`](crate::module!).
///
/// # Safety
///
/// Implemented by `module!` only: the module's init creates a [`ModuleGuard`] before the driver's
/// part of the module, and calls [`ModuleGuard::complete`] after it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this module is not declared by `chrdev::module!`",
    note = "a module that registers character devices says `chrdev::module!` instead of `module!`"
)]
pub unsafe trait DeclaredModule: ModuleMetadata {}

/// The class of the module's devices, null before init creates it and after exit.
static CLASS: Locked<Class> = Locked::new(Class(ptr::null_mut()));

/// The phase of the module's life.
static PHASE: Locked<Phase> = Locked::new(Phase::New);

/// The phase of the module's life, as far as it concerns devices.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Init has not succeeded yet.
    New,
    /// Init has succeeded.
    Live,
    /// Init has failed, or exit has dropped the driver's part of the module.
    Going,
}

#[derive(Clone, Copy)]
struct Class(*mut bindings::class);

// SAFETY: A class can be used by any thread.
unsafe impl Send for Class {}

/// The class of the module's devices. On drop, devices that are still registered are removed, such
/// as those of a leaked registration.
///
/// # Invariants
///
/// At most one exists, for the module that this crate is linked into, and `CLASS` is its class,
/// created by `class_create()`.
#[doc(hidden)]
pub struct ModuleGuard(&'static ThisModule);

impl ModuleGuard {
    /// Creates the class, `/sys/class/<name of the module>`. May sleep.
    ///
    /// # Safety
    ///
    /// `M` must be the type that was given to `kernel::module!`. The result must be dropped after
    /// the driver's part of the module, when init fails as well as on exit.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it was called before;
    /// - `EEXIST`: a class of that name exists;
    /// - `ENOMEM`: no memory.
    pub unsafe fn new<M: DeclaredModule>() -> Result<Self> {
        declare()?;
        // SAFETY: The name is a C string that lives as long as the module, which destroys the
        // class. After that only a `pr_debug()` reads it, see above.
        let class = from_err_ptr(unsafe { bindings::class_create(M::NAME.as_char_ptr()) })?;
        // INVARIANT: This was not called before.
        CLASS.get(&mut lock()).0 = class;
        Ok(Self(this_module::<M>()))
    }

    /// Allows opens of all registered devices, and sends their uevents. It never fails.
    ///
    /// # Safety
    ///
    /// Must be called at the end of the module's init, which must not fail afterwards.
    pub unsafe fn complete<T>(&self, _driver: &T) -> Result {
        let mut guard = lock();
        *PHASE.get(&mut guard) = Phase::Live;
        let class = CLASS.get(&mut guard).0;
        let publish = |device: NonNull<bindings::device>| {
            // SAFETY: The mutex is held, and the device is one of the class.
            if let Some(header) = unsafe { header(device) } {
                header.publish(&guard);
            }
        };
        // SAFETY: By the type invariants, the class exists.
        unsafe { for_each_device(class, publish) };
        Ok(())
    }
}

impl Drop for ModuleGuard {
    fn drop(&mut self) {
        let mut guard = lock();
        let class = CLASS.get(&mut guard).0;
        let failed = !is_live(&mut guard);
        *PHASE.get(&mut guard) = Phase::Going;
        drop(guard);
        // The driver's code may still run, such as the `show` of an attribute of a remaining
        // device.
        // A device leaves the class before its removal completes, so removals in progress are
        // counted last.
        // SAFETY: By the type invariants, the class exists.
        while unsafe { for_each_device(class, remove_registered) } != 0
            || *IN_PROGRESS.get(&mut lock()) != 0
        {
            // Another thread is registering or removing a device. There is no event to wait for.
            fsleep(Delta::from_millis(1));
        }
        if failed {
            // SAFETY: The module is this one, to which its init holds a reference.
            unsafe { helpers::chrdev_wait_for_opens(self.0.as_ptr()) };
        }
        // SAFETY: By the type invariants, and no devices are left.
        unsafe { bindings::class_destroy(class) };
        CLASS.get(&mut lock()).0 = ptr::null_mut();
    }
}

/// Removes a device of the class that is still registered, for [`for_each_device`], which holds a
/// reference to it.
fn remove_registered(device: NonNull<bindings::device>) {
    let remove = {
        let _guard = lock();
        // SAFETY: The mutex is held, and the device is one of the class.
        unsafe { header(device) }
            .filter(|header| header.is_registered())
            .map(Header::remove_fn)
    };
    if let Some(remove) = remove {
        // SAFETY: The function is that for the device, to which `for_each_device` holds a
        // reference.
        unsafe { remove(device) };
    }
}

/// The number of registrations and removals in progress.
static IN_PROGRESS: Locked<usize> = Locked::new(0);

/// A registration or a removal in progress, for which exit waits: a thread that runs the `show` of
/// an attribute holds no reference to the module, and returns to the module's code.
pub(crate) struct InProgress(());

impl InProgress {
    pub(crate) fn begin(guard: &mut Guard) -> Self {
        let count = IN_PROGRESS.get(guard);
        *count = count.saturating_add(1);
        Self(())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut guard = lock();
        let count = IN_PROGRESS.get(&mut guard);
        *count = count.saturating_sub(1);
    }
}

/// A registration in progress.
pub(crate) struct Registering {
    class: NonNull<bindings::class>,
    _in_progress: InProgress,
}

impl Registering {
    /// Begins a registration.
    ///
    /// # Errors
    ///
    /// `ENODEV`: init has failed, or exit has dropped the driver's part of the module.
    pub(crate) fn begin() -> Result<Self> {
        let mut guard = lock();
        if is_going(&mut guard) {
            return Err(ENODEV);
        }
        let class = NonNull::new(CLASS.get(&mut guard).0).ok_or(ENODEV)?;
        Ok(Self {
            class,
            _in_progress: InProgress::begin(&mut guard),
        })
    }

    /// Returns the class of the module's devices.
    pub(crate) fn class(&self) -> NonNull<bindings::class> {
        self.class
    }
}

/// Whether init has failed, or exit has dropped the driver's part of the module.
pub(crate) fn is_going(guard: &mut Guard) -> bool {
    *PHASE.get(guard) == Phase::Going
}

/// Whether the module's init has succeeded.
pub(crate) fn is_live(guard: &mut Guard) -> bool {
    *PHASE.get(guard) == Phase::Live
}

/// Returns the header of a device of the class, unless the device was removed.
///
/// # Safety
///
/// The mutex must be held for `'a`, and `device` must be one of the module's class.
unsafe fn header<'a>(device: NonNull<bindings::device>) -> Option<&'a Header> {
    // SAFETY: The data is null, or points at the header of a `Device`, of which it owns a
    // reference.
    unsafe { (*device.as_ptr()).driver_data.cast::<Header>().as_ref() }
}

/// Calls `f` with each device of the class, and returns the number of devices.
///
/// # Safety
///
/// `class` must have been created by [`ModuleGuard::new`] and not been destroyed.
unsafe fn for_each_device<F>(class: *mut bindings::class, f: F) -> usize
where
    F: Fn(NonNull<bindings::device>),
{
    /// # Safety
    ///
    /// `device` must be one of the module's class, and `data` must point at an `F` and a count that
    /// nothing else uses during the call.
    unsafe extern "C" fn call<F>(device: *mut bindings::device, data: *mut c_void) -> c_int
    where
        F: Fn(NonNull<bindings::device>),
    {
        // SAFETY: By the safety requirements.
        let (device, data) = unsafe {
            (
                NonNull::new_unchecked(device),
                &mut *data.cast::<(F, usize)>(),
            )
        };
        (data.0)(device);
        data.1 = data.1.saturating_add(1);
        0
    }
    let mut data = (f, 0);
    let pointer = (&raw mut data).cast();
    // SAFETY: By the safety requirements the class is alive; `data` outlives the call.
    unsafe { bindings::class_for_each_device(class, ptr::null(), pointer, Some(call::<F>)) };
    data.1
}
