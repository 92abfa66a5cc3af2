// SPDX-License-Identifier: GPL-2.0

//! Says hello when it is loaded, and goodbye when it is unloaded.

use kernel::prelude::*;

module! {
    type: @TYPE@Module,
    name: "@NAME@",
    description: "Says hello",
    license: "GPL",
}

struct @TYPE@Module;

impl kernel::Module for @TYPE@Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("Hello\n");
        Ok(Self)
    }
}

impl Drop for @TYPE@Module {
    fn drop(&mut self) {
        pr_info!("Goodbye\n");
    }
}
