/* SPDX-License-Identifier: GPL-2.0 */
/* uapi/hello.h for bindgen, which skips macros that are not plain numbers. */
#include "uapi/hello.h"

const __u32 COMMAND_CLEAR = HELLO_CLEAR;
const __u32 COMMAND_GET_INFO = HELLO_GET_INFO;
const __u32 COMMAND_SET_CAPACITY = HELLO_SET_CAPACITY;
