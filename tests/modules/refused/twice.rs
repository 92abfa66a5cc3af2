// SPDX-License-Identifier: GPL-2.0

//! Exports a name that hello.ko exports too. modpost accepts that from a module outside the
//! kernel's tree; the loader does not.

use kernel::prelude::*;

module! {
    type: Twice,
    name: "twice",
    description: "Exports a name of another module",
    license: "GPL",
}

struct Twice;

impl kernel::Module for Twice {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

#[no_mangle]
extern "C" fn hello_devices() -> u32 {
    0
}

export::export_c! { gpl: hello_devices }
