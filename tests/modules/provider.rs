// SPDX-License-Identifier: GPL-2.0

//! Exports every kind of item that can be exported, for `client.ko`.

use kernel::{
    ffi::c_int,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

module! {
    type: Provider,
    name: "provider",
    description: "Exports every kind of item",
    license: "GPL",
}

/// 1 once the module was loaded.
pub static LOADED: Atomic<i32> = Atomic::new(0);

/// Private, but reachable through [`size_of_value`].
static CALLS: Atomic<i32> = Atomic::new(0);

/// A generic that is compiled into the consumer, and uses a static that is private here.
pub fn size_of_value<T>(_value: &T) -> usize {
    CALLS.add(1, Relaxed);
    core::mem::size_of::<T>()
}

/// A counter with methods.
#[derive(Default)]
pub struct Counter {
    count: i32,
}

impl Counter {
    /// Increments the counter and returns it.
    pub fn increment(&mut self) -> i32 {
        self.count = self.count.wrapping_add(1);
        self.count
    }
}

/// Another generic, which calls a function that is private here.
pub fn twice<T>(mut f: impl FnMut() -> T) -> (T, T) {
    note("twice");
    (f(), f())
}

/// Private, but reachable through [`twice`].
fn note(what: &str) {
    pr_info!("{what}\n");
}

#[no_mangle]
extern "C" fn provider_add(a: c_int, b: c_int) -> c_int {
    a.wrapping_add(b)
}

#[no_mangle]
extern "C" fn provider_negate(a: c_int) -> c_int {
    a.wrapping_neg()
}

export::export! {
    LOADED,
    CALLS,
    Counter::increment,
    note,
}

export::export_c! { all: provider_add }
export::export_c! { gpl, "PROVIDER"; provider_negate }

struct Provider;

impl kernel::Module for Provider {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        LOADED.store(1, Relaxed);
        Ok(Self)
    }
}
