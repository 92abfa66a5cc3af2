// SPDX-License-Identifier: GPL-2.0

//! Uses every kind of item that `provider.ko` exports, by path.

use kernel::{
    ffi::c_int,
    prelude::*,
    sync::atomic::Relaxed, //
};
use provider::{
    size_of_value,
    twice,
    Counter,
    LOADED, //
};

module! {
    type: Client,
    name: "client",
    description: "Uses every kind of item that can be exported",
    license: "GPL",
    imports_ns: ["PROVIDER"],
}

extern "C" {
    fn provider_add(a: c_int, b: c_int) -> c_int;
    fn provider_negate(a: c_int) -> c_int;
}

struct Client;

impl kernel::Module for Client {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut counter = Counter::default();
        let counts = twice(|| counter.increment());
        // SAFETY: Neither has requirements.
        let (sum, negative) = unsafe { (provider_add(2, 3), provider_negate(4)) };
        pr_info!(
            "{} {:?} {} {} {}\n",
            LOADED.load(Relaxed),
            counts,
            size_of_value(&0u32),
            sum,
            negative,
        );
        Ok(Self)
    }
}
