// SPDX-License-Identifier: GPL-2.0

//! Waits for a token, in each way that chrdev offers.
//!
//! `/dev/waits` takes commands: `wait`, `killable`, `exclusive` and `timeout` wait until there is a
//! token and take it, each in its own way; `give` adds a token and wakes one exclusive sleeper.
//! `leave` is an exclusive sleeper that is woken while it is awake, and leaves. `poll` reports an
//! exceptional condition while there are tokens. `/dev/waits-lent` waits on the queue of
//! `/dev/waits`, until `remove` removes it.

#![forbid(unsafe_code)]

use chrdev::{
    prelude::*,
    GlobalArc,
    WaitQueue, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    time::Delta, //
};

chrdev::module! {
    type: WaitsModule,
    name: "waits",
    description: "Waits in each way that there is",
    license: "GPL",
}

static LENT: GlobalArc<Registration<Lent>> = GlobalArc::new();

struct WaitsModule(#[expect(dead_code)] Registration<Waits>);

impl kernel::Module for WaitsModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let region = Region::new(c"waits", 0, 1)?;
        let waits = pin_init!(Waits {
            tokens: Atomic::new(0),
            queue <- WaitQueue::new(),
        }? Error);
        let waits = Registration::new(region.alloc_minor(0)?, None, waits)?;
        let region = Region::new(c"waits-lent", 0, 1)?;
        let lent = Lent(waits.device().clone());
        let lent = Registration::new(region.alloc_minor(0)?, None, lent)?;
        LENT.set(Some(Arc::new(lent, GFP_KERNEL)?));
        Ok(Self(waits))
    }
}

impl Drop for WaitsModule {
    fn drop(&mut self) {
        LENT.set(None);
    }
}

#[pin_data]
struct Waits {
    tokens: Atomic<i32>,
    #[pin]
    queue: WaitQueue,
}

impl Waits {
    fn take(&self) -> Option<()> {
        let tokens = self.tokens.load(Relaxed);
        let left = tokens.checked_sub(1).filter(|left| *left >= 0)?;
        match self.tokens.cmpxchg(tokens, left, Relaxed) {
            Ok(_) => Some(()),
            // Another thread has taken it, or has added one.
            Err(_) => self.take(),
        }
    }
}

#[vtable]
impl FileOperations for Waits {
    const DEVICE_NAME: &'static CStr = c"waits";

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.stream_open();
        Ok(())
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let waits: &Waits = kiocb.file().device();
        let take = || waits.take();
        let mut word = [0; 16];
        let count = iov.copy_from_iter(&mut word);
        match word.get(..count) {
            Some(b"wait\n") => waits.queue.wait(take)?,
            Some(b"killable\n") => waits.queue.wait_killable(take)?,
            Some(b"exclusive\n") => waits.queue.wait_exclusive(take)?,
            Some(b"timeout\n") => waits.queue.wait_timeout(Delta::from_millis(20), take)?,
            Some(b"at once\n") => waits.queue.wait_timeout(Delta::from_millis(-1), take)?,
            Some(b"long\n") => waits.queue.wait_timeout(Delta::from_secs(1 << 30), take)?,
            Some(b"leave\n") => {
                let mut calls = 0u32;
                waits.queue.wait_exclusive(|| {
                    calls = calls.wrapping_add(1);
                    // It is on the queue in the second call.
                    (calls == 2).then(|| waits.queue.wake_up(Events::OUT))
                })?;
            }
            Some(b"remove\n") => drop(LENT.set(None)),
            Some(b"give\n") => {
                waits.tokens.add(1, Relaxed);
                waits.queue.wake_up(Events::PRI);
            }
            _ => return Err(EINVAL),
        }
        Ok(count)
    }

    fn poll<'a>(file: OpenFile<'a, Self>, _table: &mut PollTable<'a>) -> Events {
        if file.device().tokens.load(Relaxed) == 0 {
            Events::NONE
        } else {
            Events::PRI | Events::RDHUP | Events::ERR
        }
    }

    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.queue
    }
}

/// A device that waits on the queue of another one.
struct Lent(Arc<Device<Waits>>);

#[vtable]
impl FileOperations for Lent {
    const DEVICE_NAME: &'static CStr = c"waits-lent";

    type File = ();

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }

    fn wait_queue(device: &Device<Self>) -> &WaitQueue {
        &device.0.queue
    }
}
