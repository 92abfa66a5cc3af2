// SPDX-License-Identifier: GPL-2.0

//! A device's node in `/dev`, and the variables of its uevents.
//!
//! C header: [`include/linux/device.h`](srctree/include/linux/device.h), `struct device_type`.

use crate::{
    file_operations::FileOperations,
    helpers,
    text::Text, //
};
use core::ptr;
use kernel::prelude::*;

/// The permissions and the owner of a device's node in `/dev`, as the kernel creates it.
///
/// # Examples
///
/// ```
/// // The group `dialout` has this number in Debian.
/// const DIALOUT: chrdev::Devnode = chrdev::Devnode {
///     mode: 0o660,
///     uid: 0,
///     gid: 20,
/// };
/// ```
#[derive(Clone, Copy)]
pub struct Devnode {
    /// The permissions, which cannot be 0.
    pub mode: u16,
    /// The user ID of the owner.
    pub uid: u32,
    /// The group ID.
    pub gid: u32,
}

/// The size of the buffer for all variables of a device. Together with the device's path they must
/// fit in a uevent.
const LENGTH: usize = 256;

/// The maximum number of variables.
const COUNT: usize = 16;

/// The node and the variables of a device, as the driver core queries them.
///
/// # Invariants
///
/// The variables of `c` are null, or those of `variables`: strings that end with a zero byte.
#[repr(C)]
pub(crate) struct Node {
    c: helpers::chrdev_node,
    variables: Option<KBox<[u8; LENGTH]>>,
}

impl Default for Node {
    fn default() -> Self {
        // INVARIANT: There are no variables.
        Self {
            c: helpers::chrdev_node {
                variables: ptr::null(),
                length: 0,
                mode: 0,
                uid: 0,
                gid: 0,
            },
            variables: None,
        }
    }
}

impl Node {
    /// Asks the driver for the node and the variables.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the mode, the user, the group or the variables are invalid;
    /// - `ENOMEM`: no memory;
    /// - any error that the driver returns.
    pub(crate) fn new<T: FileOperations>(data: &T) -> Result<Self> {
        let mut node = Self::default();
        let devnode = data.devnode();
        // devtmpfs takes mode 0 as unset, and `chown(2)` takes the highest ID as no user or group.
        if !(1..=0o777).contains(&devnode.mode)
            || devnode.uid == u32::MAX
            || devnode.gid == u32::MAX
        {
            return Err(EINVAL);
        }
        node.c.mode = devnode.mode;
        node.c.uid = devnode.uid;
        node.c.gid = devnode.gid;
        if T::HAS_UEVENT {
            let mut buffer = KBox::new([0; LENGTH], GFP_KERNEL)?;
            let mut text = Text::new(&mut *buffer);
            data.uevent(&mut text)?;
            // The driver may have replaced the text by one with another buffer.
            let length = text.len();
            let variables = buffer.get_mut(..length).ok_or(EINVAL)?;
            terminate(variables)?;
            // INVARIANT: The box does not move its contents.
            node.c.variables = buffer.as_ptr().cast();
            node.c.length = length;
            node.variables = Some(buffer);
        }
        Ok(node)
    }
}

/// Ends each variable with a zero byte in place of a newline.
///
/// # Errors
///
/// `EINVAL`: the text fills the buffer, so it may have been cut; it has too many lines; or a line
/// is not a name of capitals, digits and `_`, followed by `=` and printable characters.
fn terminate(text: &mut [u8]) -> Result {
    let mut count = 0usize;
    let mut part = Part::Start;
    if text.len() >= LENGTH {
        return Err(EINVAL);
    }
    for byte in text {
        part = match (part, *byte) {
            (Part::Start | Part::Name, b'A'..=b'Z' | b'_') => Part::Name,
            (Part::Name, b'0'..=b'9') => Part::Name,
            (Part::Name, b'=') => Part::Value,
            (Part::Value, b'\n') => {
                *byte = 0;
                count = count.saturating_add(1);
                Part::Start
            }
            (Part::Value, b' '..) => Part::Value,
            _ => return Err(EINVAL),
        };
    }
    match part {
        Part::Start if count <= COUNT => Ok(()),
        _ => Err(EINVAL),
    }
}

/// The part of a line that comes next.
enum Part {
    Start,
    Name,
    Value,
}
