// SPDX-License-Identifier: GPL-2.0

//! Devices that are registered and removed while the module is loaded.
//!
//! `/dev/dynamic0` takes commands: `add` registers another device below a faux device, `remove`
//! removes the one that was added last, and `leak` leaks its registration.
//!
//! The module's init registers two devices, after registering and removing one `rounds` times. If
//! `wait` is set, it then waits until the attribute `proceed` of the first is read; if `fail` is
//! set, it fails at its end.

#![forbid(unsafe_code)]

use chrdev::{
    faux_device,
    prelude::*, //
};
use core::fmt::Write as _;
use kernel::{
    faux,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        new_mutex,
        Arc,
        Mutex, //
    },
};

chrdev::module! {
    type: Dynamic,
    name: "dynamic",
    description: "Registers and removes devices while it is loaded",
    license: "GPL",
    params: {
        major: i64 {
            default: 0,
            description: "Major number; 0 lets the kernel choose",
        },
        rounds: i64 {
            default: 0,
            description: "How many times init registers a device and removes it",
        },
        wait: i64 {
            default: 0,
            description: "Whether init waits until the attribute proceed is read",
        },
        fail: i64 {
            default: 0,
            description: "Whether init fails in the end",
        },
    },
}

/// Registers and removes devices.
#[pin_data]
struct Factory {
    // Dropped from top to bottom: the devices before their parent.
    #[pin]
    devices: Mutex<KVec<Registration<Node>>>,
    region: Region,
    parent: faux::Registration,
}

impl Factory {
    fn add(&self) -> Result {
        let registration = Registration::new(
            self.region.alloc_any_minor()?,
            Some(faux_device(&self.parent)),
            Node::new(None),
        )?;
        let added = self.devices.lock().push_within_capacity(registration);
        Ok(added?)
    }

    fn remove(&self) -> Result<Registration<Node>> {
        self.devices.lock().pop().ok_or(ENOENT)
    }
}

struct Dynamic {
    _control: Registration<Node>,
    factory: Arc<Factory>,
}

impl kernel::Module for Dynamic {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let major = chrdev::parameter!(major, 0..=511)?;
        let rounds = chrdev::parameter!(rounds, 0..=1000000)?;
        let wait = chrdev::parameter!(wait, 0..=1)? != 0;
        let fail = chrdev::parameter!(fail, 0..=1)? != 0;

        let region = Region::new(c"dynamic", major, 64)?;
        let factory = Arc::pin_init(
            pin_init!(Factory {
                region,
                parent: faux::Registration::new(c"dynamic", None)?,
                devices <- new_mutex!(KVec::with_capacity(64, GFP_KERNEL)?, "dynamic devices"),
            }? Error),
            GFP_KERNEL,
        )?;
        for _ in 0..rounds {
            factory.add()?;
            drop(factory.remove()?);
        }
        let control = Registration::new(
            factory.region.alloc_minor(0)?,
            None,
            Node::new(Some(factory.clone())),
        )?;
        factory.add()?;
        if wait {
            let device = control.device();
            let node: &Node = device;
            device
                .default_wait_queue()
                .wait(|| node.proceed.load(Relaxed).then_some(()))?;
        }
        if fail {
            return Err(ENODEV);
        }
        Ok(Self {
            _control: control,
            factory,
        })
    }
}

impl Drop for Dynamic {
    fn drop(&mut self) {
        while self.factory.remove().is_ok() {}
    }
}

/// A device; the first one has the factory.
struct Node {
    proceed: Atomic<bool>,
    factory: Option<Arc<Factory>>,
}

impl Node {
    fn new(factory: Option<Arc<Factory>>) -> impl PinInit<Self, Error> {
        Ok(Self {
            proceed: Atomic::new(false),
            factory,
        })
    }
}

#[vtable]
impl FileOperations for Node {
    const DEVICE_NAME: &'static CStr = c"dynamic%u";
    const MODE: u16 = 0o666;
    const ATTRIBUTES: &'static [Attribute<Self>] = &[Attribute::new(c"proceed", |device, text| {
        device.proceed.store(true, Relaxed);
        device.default_wait_queue().wake_up_all(Events::NONE);
        Ok(write!(text, "1")?)
    })];

    type File = ();

    fn open(_device: &Device<Self>, opening: &mut Opening<'_>) -> Result {
        opening.stream_open();
        Ok(())
    }

    fn write_iter(kiocb: &mut Kiocb<'_, Self>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file().device();
        let factory = device.factory.as_ref().ok_or(EINVAL)?;
        let mut word = [0; 16];
        let count = iov.copy_from_iter(&mut word);
        match word.get(..count) {
            Some(b"add\n") => factory.add()?,
            Some(b"remove\n") => drop(factory.remove()?),
            Some(b"leak\n") => core::mem::forget(factory.remove()?),
            _ => {
                dev_err!(device.as_ref(), "not a command\n");
                return Err(EINVAL);
            }
        }
        Ok(count)
    }

    fn poll(file: OpenFile<'_, Self>, _table: &mut PollTable<'_>) -> Events {
        if file.device().is_removed() {
            Events::HUP
        } else {
            Events::NONE
        }
    }
}
