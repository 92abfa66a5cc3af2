// SPDX-License-Identifier: GPL-2.0

//! Pairs of interfaces, from allocation to release.

use crate::{
    declare::is_declared,
    helpers,
    interface::{
        Interface,
        Operations,
        Vtable, //
    },
    module::DeclaredModule, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// The properties of an interface.
#[derive(Clone, Copy)]
pub struct Limits {
    /// The number of transmit queues, and of receive queues: 1 to 64. It is limited to the number
    /// of CPUs.
    pub queues: u32,
    /// The number of packets that each queue can hold: 64 to 4096.
    pub ring: u32,
    /// The largest MTU that can be set: 1500 to 65535.
    pub max_mtu: u32,
    /// Whether to advertise checksum and segmentation offload. The packets arrive unsegmented and
    /// without checksums, which the receiver does not need.
    pub offload: bool,
}

impl Limits {
    fn check(&self) -> Result {
        // `ptr_ring` frees entries in batches of up to 16.
        if (1..=64).contains(&self.queues)
            && (64..=4096).contains(&self.ring)
            && (1500..=65535).contains(&self.max_mtu)
        {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

/// The two interfaces; each was allocated or has no device yet.
struct Pair<T: Operations>([KBox<Interface<T>>; 2]);

impl<T: Operations> Pair<T> {
    fn new(name: &'static CStr, limits: &Limits, data: [T; 2]) -> Result<Self> {
        limits.check()?;
        check_name(name)?;
        let [first, second] = data;
        let interface = |data| {
            KBox::new(
                // INVARIANT: Both pointers are null.
                Interface {
                    device: core::ptr::null_mut(),
                    peer: core::ptr::null(),
                    data,
                },
                GFP_KERNEL,
            )
        };
        let mut pair = Self([interface(first)?, interface(second)?]);
        let limits = helpers::netdev_limits {
            queues: limits.queues,
            ring: limits.ring,
            max_mtu: limits.max_mtu,
            offload: limits.offload,
        };
        let [first, second] = pair.0.each_mut().map(|interface| &raw mut **interface);
        for interface in [first, second] {
            // SAFETY: The name and the limits were checked, and both the name and the callbacks are
            // static. The callbacks expect an interface as the data.
            let device = unsafe {
                helpers::netdev_allocate(
                    name.as_char_ptr(),
                    &limits,
                    Vtable::<T>::CALLBACKS,
                    interface.cast(),
                )
            };
            // INVARIANT: It is null, or was allocated with this interface as its data.
            // SAFETY: The boxes are alive, and nothing borrows their contents.
            unsafe { (*interface).device = device };
            if device.is_null() {
                return Err(ENOMEM);
            }
        }
        for (interface, peer) in [(first, second), (second, first)] {
            // INVARIANT: The boxes are freed together, after both interfaces were unregistered.
            // SAFETY: The boxes are alive, and nothing borrows their contents.
            unsafe { (*interface).peer = peer };
            // SAFETY: Both are allocated above, with the same number of queues.
            unsafe { helpers::netdev_set_peer((*interface).device, (*peer).device) };
        }
        Ok(pair)
    }
}

/// Checks the length of a name, since `alloc_netdev_mqs()` has a `BUG_ON()` for a longer one, and
/// that it has a `%d`, since two interfaces cannot have the same name. The kernel checks the rest
/// on registration.
fn check_name(name: &CStr) -> Result {
    const IFNAMSIZ: usize = kernel::bindings::IFNAMSIZ as usize;

    let bytes = name.to_bytes();
    if bytes.len() < IFNAMSIZ && bytes.windows(2).any(|pair| pair == b"%d") {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

impl<T: Operations> Drop for Pair<T> {
    fn drop(&mut self) {
        for interface in self
            .0
            .iter()
            .filter(|interface| !interface.device.is_null())
        {
            // SAFETY: `netdev_allocate()` returned it. It was never registered, or the drop of the
            // `Registration` has unregistered it.
            unsafe { helpers::netdev_free(interface.device) };
        }
    }
}

/// Two registered interfaces with a cable between them. On drop both are unregistered, in whichever
/// network namespace they are by then. The interfaces of a registration that is leaked, or held by
/// a static, are unregistered when the module is unloaded.
///
/// The drop takes RTNL, and waits for all users of the interfaces: no callback may drop or create a
/// registration.
///
/// # Invariants
///
/// Both interfaces of the pair were registered.
pub struct Registration<T: Operations>(Pair<T>);

// SAFETY: Any thread can unregister the interfaces, and drop the data, which is `Send` by the bounds
// of `Operations`.
unsafe impl<T: Operations> Send for Registration<T> {}
// SAFETY: A shared reference gives access to nothing.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T>
where
    T::OwnerModule: DeclaredModule,
{
    /// Registers two interfaces called `name`, in which `%d` stands for the lowest free number. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the limits are not as documented in [`Limits`], or the name is invalid or has no
    ///   `%d`;
    /// - `ENOMEM`, `ENOBUFS`: no memory;
    /// - `ENFILE`: all numbers are in use;
    /// - `EINTR`: the task is being killed;
    /// - `ENODEV`: the module's init has failed, or its exit has dropped the driver; or, on kernel
    ///   7.2, the module is not declared by [`module!`](crate::module!).
    pub fn new(name: &'static CStr, limits: &Limits, data: [T; 2]) -> Result<Self> {
        if !is_declared() {
            return Err(ENODEV);
        }
        let pair = Pair::new(name, limits, data)?;
        let [first, _] = &pair.0;
        // SAFETY: Both are allocated, each is the other's peer, and neither is registered.
        to_result(unsafe { helpers::netdev_register_pair(first.device) })?;
        // INVARIANT: Registered above.
        Ok(Self(pair))
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let [first, _] = &self.0 .0;
        // SAFETY: By the type invariants.
        unsafe { helpers::netdev_unregister_pair(first.device) };
    }
}
