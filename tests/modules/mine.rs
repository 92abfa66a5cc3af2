// SPDX-License-Identifier: GPL-2.0

//! Says how long each message to /dev/hello0 is.

use hello::{Message, Subscriber, Subscription};
use kernel::{prelude::*, sync::Arc};

module! { type: Mine, name: "mine", description: "Listens to hello0", license: "GPL", }

struct Listener;

impl Subscriber for Listener {
    fn message(&self, message: &Message<'_>) {
        note(message.len());
    }
}

/// Dropped with the module, when it is unloaded: no message comes after that.
struct Mine {
    _subscription: Subscription,
}

impl kernel::Module for Mine {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let listener = Arc::new(Listener, GFP_KERNEL)?;
        Ok(Self {
            _subscription: Subscription::new(0, listener)?,
        })
    }
}

/// Says that a message is of that length.
pub fn note(length: usize) {
    pr_info!("{length} bytes\n");
}
