// SPDX-License-Identifier: GPL-2.0

//! Interfaces and packets, as a driver sees them.

use crate::{
    compat::Owned,
    helpers, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// The operations of a driver's interfaces.
#[vtable]
pub trait Operations: Owned + Sized + Send + Sync + 'static {
    /// Called when the interface goes up. May sleep; RTNL is held.
    ///
    /// # Errors
    ///
    /// After an error the interface stays down, and `ip link set up` fails with it.
    fn open(interface: &Interface<Self>) -> Result;

    /// Called when the interface goes down, after it has stopped sending and receiving. May sleep;
    /// RTNL is held.
    fn stop(interface: &Interface<Self>);

    /// Called for each packet that is sent, to decide what happens to it: `ndo_start_xmit` in C.
    ///
    /// Must not sleep: the lock of the packet's transmit queue is held and bottom halves are
    /// disabled, with netpoll interrupts too. Can run concurrently for the interface's queues, and
    /// with all other callbacks.
    fn transmit(packet: &TxPacket<'_, Self>) -> Verdict;
}

/// The decision on a packet that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed to the peer.
    ///
    /// It is dropped, and counted as dropped, if the peer is down, if it exceeds the peer's MTU, or
    /// if the peer's ring is full.
    Forward,
    /// It is dropped, and counted as dropped.
    Drop,
}

/// An interface.
///
/// # Invariants
///
/// - `device` is null, or was allocated with this as its data and lives until the pair is dropped.
/// - `peer` is null, or valid while any callback of one of the two runs: both are unregistered
///   before either is freed.
/// - Neither is null while a callback runs: both are set before either interface is registered.
pub struct Interface<T: Operations> {
    pub(crate) device: *mut bindings::net_device,
    pub(crate) peer: *const Interface<T>,
    pub(crate) data: T,
}

// SAFETY: `device` is only passed to functions of the kernel that any thread may call, a reference
// to the peer is as `Send` as this, and `T` is `Send` and `Sync` by the bounds of `Operations`.
unsafe impl<T: Operations> Send for Interface<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Interface<T> {}

impl<T: Operations> Interface<T> {
    /// Returns the driver's state of the interface.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// Returns the interface at the other end of the cable.
    pub fn peer(&self) -> &Self {
        // SAFETY: By the type invariants; a driver gets an interface in callbacks only.
        unsafe { &*self.peer }
    }

    /// Whether the interface is up (`netif_running()`).
    pub fn is_running(&self) -> bool {
        // SAFETY: As in `peer`.
        unsafe { helpers::netdev_running(self.device) }
    }

    /// Sets whether the interface has a link. Has no effect on an interface that is not registered.
    ///
    /// May be called in any callback.
    pub fn set_carrier(&self, on: bool) {
        // SAFETY: As in `peer`.
        unsafe { helpers::netdev_set_carrier(self.device, on) }
    }
}

/// A packet to be sent.
///
/// # Invariants
///
/// `packet` is valid while this exists.
pub struct TxPacket<'a, T: Operations> {
    interface: &'a Interface<T>,
    packet: NonNull<bindings::sk_buff>,
}

impl<T: Operations> TxPacket<'_, T> {
    /// Returns the interface that sends the packet.
    pub fn interface(&self) -> &Interface<T> {
        self.interface
    }

    /// Returns the length in bytes, including the Ethernet header.
    pub fn len(&self) -> usize {
        // SAFETY: By the type invariants.
        unsafe { helpers::netdev_length(self.packet.as_ptr()) as usize }
    }

    /// Whether the packet has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The functions that the C side calls.
pub(crate) struct Vtable<T: Operations>(PhantomData<T>);

impl<T: Operations> Vtable<T> {
    pub(crate) const CALLBACKS: &helpers::netdev_callbacks = &helpers::netdev_callbacks {
        open: Some(Self::open),
        stop: Some(Self::stop),
        transmit: Some(Self::transmit),
    };

    /// # Safety
    ///
    /// `device` must be a device with these callbacks, and one of them must be running for as long
    /// as the returned reference is used.
    unsafe fn interface<'a>(device: *mut bindings::net_device) -> &'a Interface<T> {
        // SAFETY: By the safety requirements, its data is an interface.
        unsafe { &*helpers::netdev_data(device).cast::<Interface<T>>() }
    }

    /// # Safety
    ///
    /// `device` must be a device with these callbacks, in its `ndo_open`.
    unsafe extern "C" fn open(device: *mut bindings::net_device) -> c_int {
        // SAFETY: By the safety requirements.
        let interface = unsafe { Self::interface(device) };
        match T::open(interface) {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        }
    }

    /// # Safety
    ///
    /// `device` must be a device with these callbacks, in its `ndo_stop`.
    unsafe extern "C" fn stop(device: *mut bindings::net_device) {
        // SAFETY: By the safety requirements.
        T::stop(unsafe { Self::interface(device) });
    }

    /// # Safety
    ///
    /// `device` must be a device with these callbacks, in its `ndo_start_xmit` with the transmit
    /// queue `queue` locked; `packet` must be the packet that `ndo_start_xmit` was given, which
    /// this takes over.
    unsafe extern "C" fn transmit(
        device: *mut bindings::net_device,
        packet: *mut bindings::sk_buff,
        queue: c_uint,
    ) {
        // INVARIANT: The packet belongs to this function until the verdict is carried out.
        let verdict = T::transmit(&TxPacket {
            // SAFETY: By the safety requirements.
            interface: unsafe { Self::interface(device) },
            // SAFETY: By the safety requirements, there is a packet.
            packet: unsafe { NonNull::new_unchecked(packet) },
        });
        match verdict {
            // SAFETY: By the safety requirements. The packet is not used after this.
            Verdict::Forward => unsafe { helpers::netdev_forward(device, packet, queue) },
            // SAFETY: As above.
            Verdict::Drop => unsafe { helpers::netdev_drop(device, packet) },
        }
    }
}
