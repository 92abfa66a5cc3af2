// SPDX-License-Identifier: GPL-2.0

//! A subscriber that owns a subscription to the device that it is subscribed to: dropping it uses
//! that device.

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
    type: Tee,
    name: "tee",
    description: "Subscribes twice",
    license: "GPL",
}

struct Lower;

impl Subscriber for Lower {
    fn message(&self, _message: &Message<'_>) {}
}

struct Upper {
    _lower: Subscription,
}

impl Subscriber for Upper {
    fn message(&self, _message: &Message<'_>) {}
}

struct Tee {
    _upper: Subscription,
}

impl kernel::Module for Tee {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let lower = Subscription::new(0, Arc::new(Lower, GFP_KERNEL)?)?;
        let upper = Arc::new(Upper { _lower: lower }, GFP_KERNEL)?;
        Ok(Self {
            _upper: Subscription::new(0, upper)?,
        })
    }
}
