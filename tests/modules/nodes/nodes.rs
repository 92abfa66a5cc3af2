// SPDX-License-Identifier: GPL-2.0

//! Nodes in a subdirectory, each with its own mode and owner, and variables in uevents.
//!
//! The owner of `/dev/nodes/N/ctl` is user 1000 + N, and `SERIAL` in its uevents is 100 + N. If the
//! parameter `variables` is not 0, it selects further variables, not all of which are valid.

#![forbid(unsafe_code)]

use chrdev::{
    prelude::*,
    Devnode, //
};
use core::fmt::Write as _;
use kernel::prelude::*;

chrdev::module! {
    type: NodesModule,
    name: "nodes",
    description: "Has nodes in a folder",
    license: "GPL",
    params: {
        user: i64 {
            default: 1000,
            description: "The owner of the first node",
        },
        mode: i64 {
            default: 416,
            description: "The permissions of the first node",
        },
        devices: i64 {
            default: 2,
            description: "Number of devices, 1 or 2",
        },
        variables: i64 {
            default: 0,
            description: "Which variables uevents have",
        },
    },
}

struct NodesModule {
    _first: Registration<Node>,
    _second: Option<Registration<Node>>,
}

impl kernel::Module for NodesModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let user = chrdev::parameter!(user, 0..=u32::MAX)?;
        let mode = chrdev::parameter!(mode, 0..=65535)?;
        let devices = chrdev::parameter!(devices, 1..=2)?;
        let variables = chrdev::parameter!(variables, 0..=8)?;
        let region = Region::new(c"nodes", 0, 2)?;
        let device = |number: u32| {
            let node = Node {
                number,
                mode: mode as u16,
                user: user.saturating_add(number),
                variables,
            };
            Registration::new(region.alloc_minor(number)?, None, node)
        };
        Ok(Self {
            _first: device(0)?,
            _second: (devices == 2).then(|| device(1)).transpose()?,
        })
    }
}

struct Node {
    number: u32,
    mode: u16,
    user: u32,
    variables: u32,
}

#[vtable]
impl FileOperations for Node {
    const DEVICE_NAME: &'static CStr = c"nodes/%u/ctl";

    type File = ();

    fn devnode(&self) -> Devnode {
        Devnode {
            mode: self.mode | (self.number as u16 & 1) << 2,
            uid: self.user,
            gid: 50,
        }
    }

    fn uevent(&self, variables: &mut Text<'_>) -> Result {
        let serial = self.number.saturating_add(100);
        writeln!(variables, "SERIAL={serial}\nNODES_2=a b=ä")?;
        match self.variables {
            0 => {}
            1 => write!(variables, "END=without a newline")?,
            2 => writeln!(variables, "lower=case")?,
            3 => writeln!(variables, "=no name")?,
            4 => writeln!(variables, "NO_VALUE")?,
            5 => writeln!(variables, "ZERO=\0")?,
            6 => writeln!(variables, "LONG={:240}", 1)?,
            7 => {
                for _ in 0..16 {
                    writeln!(variables, "MANY=")?;
                }
            }
            _ => {
                // A text whose length differs from that of the original buffer.
                let buffer = KBox::new([b'A'; 4096], GFP_KERNEL)?;
                *variables = Text::new(KBox::leak(buffer));
                write!(variables, "{:4096}", 1)?;
            }
        }
        Ok(())
    }

    fn open(_device: &Device<Self>, _opening: &mut Opening<'_>) -> Result {
        Ok(())
    }
}
