/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hello.ko offers to modules in C.
 *
 * All of it is in the namespace HELLO_NAMESPACE, which is another for each build of hello.ko that
 * could differ in more than its code: a consumer says MODULE_IMPORT_NS(HELLO_NAMESPACE), and one that
 * was built against another hello.ko is refused by the loader. (A kernel without MODVERSIONS that has
 * MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS only warns of it.) hello_devices() is for every module,
 * the rest for modules with a GPL-compatible licence. A module that uses any of it keeps hello.ko
 * loaded.
 *
 * All functions are called in process context, and may sleep. A device is named by its minor, 0 to
 * hello_devices() - 1. Lengths and offsets are in bytes.
 *
 * A buffer that is to be filled is overwritten whole, whatever the outcome: with zeros where nothing is
 * copied to. Until the function returns, nobody else may use it.
 */
#ifndef HELLO_H
#define HELLO_H

/* bindgen reads this file too, and then without the kernel's headers. */
#ifdef __BINDGEN__
#include <stddef.h>
#else
#include <linux/types.h>
#include "hello_namespace.h"
#endif

struct hello_message;
struct hello_subscription;

/*
 * Is called for each message, in the order in which they are written to a device; for messages of
 * different devices at the same time. @data is what hello_subscribe() was given, and @message lives
 * until it returns.
 *
 * It runs in the context of the writer, who waits for it, and may sleep. The device is locked for
 * other writers: it must use no hello device (not another one either, whose callback may be using this
 * one), not unsubscribe, and touch no user memory.
 */
typedef void (*hello_callback)(const struct hello_message *message, void *data);

/* How many devices there are. */
unsigned int hello_devices(void);

/*
 * Copies what device @minor holds from @offset on into @buffer, and returns how many bytes that are,
 * at most @size; 0 from the end on. The rest of @buffer is zeros.
 * -ENODEV: there is no such device; -EINVAL: @buffer is NULL, and @size is not 0.
 */
long hello_get(unsigned int minor, size_t offset, void *buffer, size_t size);

/*
 * Makes the @size bytes at @bytes the message of device @minor, in place of what it holds, as
 * `echo text > /dev/helloN` does, and tells its subscribers. It is written whole or not at all.
 * Nothing (@size is 0, and @bytes may be NULL) empties the device, and is no message.
 * 0 if it was.
 * -ENODEV: there is no such device; -EINVAL: @bytes is NULL, and @size is not 0; -ENOSPC: it cannot
 * hold as much; -ENOMEM: no memory.
 */
int hello_post(unsigned int minor, const void *bytes, size_t size);

/*
 * Subscribes to the messages that are written to device @minor from now on: @callback is called for
 * each, with @data.
 * Returns what hello_unsubscribe() takes, or an ERR_PTR(): -ENODEV: there is no such device;
 * -EINVAL: @callback is NULL; -ENOMEM: no memory.
 */
struct hello_subscription *hello_subscribe(unsigned int minor, hello_callback callback, void *data);

/*
 * Ends a subscription, and waits for a callback that is running: when it returns, none is and none
 * will come. Every subscription of a module has to be ended before its code goes, so at the latest
 * in its exit. NULL and an ERR_PTR() are left alone.
 */
void hello_unsubscribe(struct hello_subscription *subscription);

/* The minor of the device that @message was written to. */
unsigned int hello_message_minor(const struct hello_message *message);

/* The length of @message, never 0. */
size_t hello_message_length(const struct hello_message *message);

/*
 * Copies what stands in @message from @offset on into @buffer, and returns how many bytes that are,
 * at most @size; 0 from the end on, and if @buffer is NULL. The rest of @buffer is zeros.
 */
size_t hello_message_read(const struct hello_message *message, size_t offset, void *buffer,
			  size_t size);

#endif
