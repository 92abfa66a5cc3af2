// SPDX-License-Identifier: GPL-2.0

//! The functions of `hello.h`, for modules in C. They are documented there.
//!
//! Each calls its counterpart in [`crate`], and converts pointers and errors. [`export::export_c!`]
//! checks each signature against the header's.

use crate::{
    api,
    Message,
    Subscriber,
    Subscription, //
};
use core::{
    ptr::NonNull,
    slice, //
};
use kernel::{
    error::from_result,
    prelude::*,
    sync::Arc, //
};

/// The Rust side of hello.h.
mod header {
    #![allow(
        dead_code,
        improper_ctypes,
        missing_docs,
        non_camel_case_types,
        unreachable_pub,
        clippy::undocumented_unsafe_blocks
    )]
    use kernel::ffi;

    include!(concat!(env!("MODULE_OBJ"), "/src/hello/c_api_generated.rs"));
}

/// A [`Message`] in C.
type CMessage = header::hello_message;

/// A [`Subscription`] in C.
type CSubscription = header::hello_subscription;

/// A function in C and its argument.
struct Callback {
    function: unsafe extern "C" fn(*const CMessage, *mut c_void),
    data: *mut c_void,
}

// SAFETY: hello.h says that the callback is called in the context of any writer, with `data`.
unsafe impl Send for Callback {}
// SAFETY: hello.h says that callbacks are called concurrently for different devices. A subscription
// is of one device, whose lock serializes its callbacks.
unsafe impl Sync for Callback {}

impl Subscriber for Callback {
    fn message(&self, message: &Message<'_>) {
        // SAFETY: By the contract of `hello_subscribe` the function can be called with `data` until
        // the subscription has ended, which does not happen before this returns.
        unsafe { (self.function)(core::ptr::from_ref(message).cast(), self.data) };
    }
}

/// Returns the `size` bytes at `bytes`, which may be null if `size` is 0.
///
/// # Errors
///
/// `EINVAL`: it is null, and `size` is not 0.
///
/// # Safety
///
/// `bytes` is null, or can be read for `size` bytes for `'a`, and nobody writes there meanwhile.
unsafe fn bytes_at<'a>(bytes: *const c_void, size: usize) -> Result<&'a [u8]> {
    match NonNull::new(bytes.cast_mut().cast::<u8>()) {
        Some(bytes) => {
            // SAFETY: By the safety requirements; no memory is larger than `isize::MAX`.
            Ok(unsafe { slice::from_raw_parts(bytes.as_ptr(), size.min(isize::MAX as usize)) })
        }
        None if size == 0 => Ok(&[]),
        None => Err(EINVAL),
    }
}

/// Zeroes and returns the `size` bytes at `buffer`, which may be null if `size` is 0.
///
/// # Errors
///
/// `EINVAL`: it is null, and `size` is not 0.
///
/// # Safety
///
/// `buffer` is null, or can be read and written for `size` bytes for `'a`, and nobody else uses
/// them meanwhile.
unsafe fn bytes_at_mut<'a>(buffer: *mut c_void, size: usize) -> Result<&'a mut [u8]> {
    let size = size.min(isize::MAX as usize);
    match NonNull::new(buffer.cast::<u8>()) {
        Some(buffer) => {
            // SAFETY: By the safety requirements. What C has not initialized yet is so now.
            Ok(unsafe {
                buffer.as_ptr().write_bytes(0, size);
                slice::from_raw_parts_mut(buffer.as_ptr(), size)
            })
        }
        None if size == 0 => Ok(&mut []),
        None => Err(EINVAL),
    }
}

/// Returns a message that was passed to C.
///
/// # Safety
///
/// `message` is what the callback that is running was called with, and `'a` ends before it returns.
unsafe fn message_at<'a>(message: *const CMessage) -> &'a Message<'a> {
    // SAFETY: By the safety requirements, it is a borrowed message that still lives.
    unsafe { &*message.cast() }
}

/// See hello.h.
///
/// # Safety
///
/// No requirements; `unsafe` only to match bindgen's declaration.
#[no_mangle]
unsafe extern "C" fn hello_devices() -> c_uint {
    api::devices()
}

/// See hello.h.
///
/// # Safety
///
/// `buffer` is null, or can be read and written for `size` bytes, and nobody else uses them
/// meanwhile.
#[no_mangle]
unsafe extern "C" fn hello_get(
    minor: c_uint,
    offset: usize,
    buffer: *mut c_void,
    size: usize,
) -> isize {
    // SAFETY: By the safety requirements.
    let buffer = unsafe { bytes_at_mut(buffer, size) };
    from_result(|| Ok(api::get(minor, offset, buffer?)? as isize))
}

/// See hello.h.
///
/// # Safety
///
/// `bytes` is null, or can be read for `size` bytes, and nobody writes there meanwhile.
#[no_mangle]
unsafe extern "C" fn hello_post(minor: c_uint, bytes: *const c_void, size: usize) -> c_int {
    // SAFETY: By the safety requirements.
    let bytes = unsafe { bytes_at(bytes, size) };
    from_result(|| api::post(minor, bytes?).map(|()| 0))
}

/// See hello.h.
///
/// # Safety
///
/// `callback` can be called with `data` until the subscription is ended.
#[no_mangle]
unsafe extern "C" fn hello_subscribe(
    minor: c_uint,
    callback: header::hello_callback,
    data: *mut c_void,
) -> *mut CSubscription {
    match subscribe(minor, callback, data) {
        Ok(subscription) => KBox::into_raw(subscription).cast(),
        Err(error) => error.to_ptr(),
    }
}

fn subscribe(
    minor: u32,
    callback: header::hello_callback,
    data: *mut c_void,
) -> Result<KBox<Subscription>> {
    let function = callback.ok_or(EINVAL)?;
    // Allocate memory for the subscription first, so that nothing can fail once the callback can be
    // called.
    let room = KBox::<Subscription>::new_uninit(GFP_KERNEL)?;
    let callback = Arc::new(Callback { function, data }, GFP_KERNEL)?;
    Ok(KBox::write(room, Subscription::new(minor, callback)?))
}

/// See hello.h.
///
/// # Safety
///
/// `subscription` is null, an error, or of `hello_subscribe`, and was not ended before.
#[no_mangle]
unsafe extern "C" fn hello_unsubscribe(subscription: *mut CSubscription) {
    if subscription.is_null() || kernel::error::from_err_ptr(subscription).is_err() {
        return;
    }
    // SAFETY: By the safety requirements, it came from `KBox::into_raw()` in `hello_subscribe`.
    drop(unsafe { KBox::from_raw(subscription.cast::<Subscription>()) });
}

/// See hello.h.
///
/// # Safety
///
/// `message` is what the callback that is running was called with.
#[no_mangle]
unsafe extern "C" fn hello_message_minor(message: *const CMessage) -> c_uint {
    // SAFETY: By the safety requirements.
    unsafe { message_at(message) }.minor()
}

/// See hello.h.
///
/// # Safety
///
/// `message` is what the callback that is running was called with.
#[no_mangle]
unsafe extern "C" fn hello_message_length(message: *const CMessage) -> usize {
    // SAFETY: By the safety requirements.
    unsafe { message_at(message) }.len()
}

/// See hello.h.
///
/// # Safety
///
/// `message` is what the callback that is running was called with. `buffer` is null, or can be read
/// and written for `size` bytes, and nobody else uses them meanwhile.
#[no_mangle]
unsafe extern "C" fn hello_message_read(
    message: *const CMessage,
    offset: usize,
    buffer: *mut c_void,
    size: usize,
) -> usize {
    // SAFETY: By the safety requirements.
    let message = unsafe { message_at(message) };
    // SAFETY: By the safety requirements.
    match unsafe { bytes_at_mut(buffer, size) } {
        Ok(buffer) => message.read(offset, buffer),
        Err(_) => 0,
    }
}

export::export_c! { all, env!("HELLO_NAMESPACE"), header; hello_devices }

export::export_c! {
    gpl, env!("HELLO_NAMESPACE"), header;
    hello_get,
    hello_post,
    hello_subscribe,
    hello_unsubscribe,
    hello_message_minor,
    hello_message_length,
    hello_message_read,
}
