// SPDX-License-Identifier: GPL-2.0

//! Logs the length of each message to /dev/hello0.

use hello::{
    Message,
    Subscriber,
    Subscription, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

module! {
    type: MineModule,
    name: "mine",
    description: "Listens to hello0",
    license: "GPL",
}

struct MineSubscriber;

impl Subscriber for MineSubscriber {
    fn message(&self, message: &Message<'_>) {
        note(message.len());
    }
}

/// Dropped when the module is unloaded; no message arrives after that.
struct MineModule {
    _subscription: Subscription,
}

impl kernel::Module for MineModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let subscriber = Arc::new(MineSubscriber, GFP_KERNEL)?;
        Ok(Self {
            _subscription: Subscription::new(0, subscriber)?,
        })
    }
}

/// Logs the length of a message.
pub fn note(length: usize) {
    pr_info!("{length} bytes\n");
}
