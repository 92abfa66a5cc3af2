/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of hello.ko for modules in C.
 *
 * They are exported in the namespace HELLO_NAMESPACE, which differs between builds of hello.ko whose
 * interfaces may differ. Consumers import it with MODULE_IMPORT_NS(HELLO_NAMESPACE); the kernel refuses to load a
 * module that was built against another hello.ko. (A kernel without MODVERSIONS that has
 * MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS only warns.) hello_devices() is exported to all modules, the others to
 * modules with a GPL-compatible licence. hello.ko stays loaded while a module uses any of them.
 *
 * All functions must be called in process context, and may sleep. A device is given by its minor, 0 to
 * hello_devices() - 1. Lengths and offsets are in bytes.
 *
 * Functions that fill a buffer overwrite all of it, even on error, with zeros where nothing is copied. Nobody else
 * may use it until the function returns.
 */
#ifndef HELLO_H
#define HELLO_H

/* bindgen reads this file, too, but without the kernel's headers. */
#ifdef __BINDGEN__
#include <stddef.h>
#else
#include <linux/types.h>
#include "hello_namespace.h"
#endif

struct hello_message;
struct hello_subscription;

/*
 * Called for each message: in the order of the writes for one device, concurrently for different devices.
 * @data is the argument of hello_subscribe(); @message is valid until the callback returns.
 *
 * It runs in the context of the writer, which waits for it, and may sleep. The device is locked for
 * other writers, so it must not use any hello device (nor another one, whose callback may be using this
 * one), unsubscribe, or access user memory.
 */
typedef void (*hello_callback)(const struct hello_message *message, void *data);

/* Returns the number of devices. */
unsigned int hello_devices(void);

/*
 * Copies at most @size bytes of the contents of device @minor, from @offset on, to @buffer, and fills the rest of
 * @buffer with zeros.
 * Returns the number of bytes copied, which is 0 at or beyond the end, or an error:
 * -ENODEV: there is no such device; -EINVAL: @buffer is NULL, and @size is not 0.
 */
long hello_get(unsigned int minor, size_t offset, void *buffer, size_t size);

/*
 * Replaces the contents of device @minor by the @size bytes at @bytes, as `echo text > /dev/helloN` does, but
 * as a whole or not at all, and calls its subscribers. If @size is 0, @bytes may be NULL: the device is emptied,
 * which is not a message.
 * Returns 0 on success, or an error:
 * -ENODEV: there is no such device; -EINVAL: @bytes is NULL, and @size is not 0; -ENOSPC: @size exceeds the
 * device's capacity; -ENOMEM: no memory.
 */
int hello_post(unsigned int minor, const void *bytes, size_t size);

/*
 * Subscribes to the messages of device @minor: @callback is called with @data for each that is written from
 * now on.
 * Returns a subscription for hello_unsubscribe(), or an ERR_PTR(): -ENODEV: there is no such device;
 * -EINVAL: @callback is NULL; -ENOMEM: no memory.
 */
struct hello_subscription *hello_subscribe(unsigned int minor, hello_callback callback, void *data);

/*
 * Ends a subscription. Waits for a callback that is running; after it returns, no callback is running, and none
 * will be called. A module must end all its subscriptions before it is unloaded, in its exit at the latest. NULL
 * and ERR_PTR()s are ignored.
 */
void hello_unsubscribe(struct hello_subscription *subscription);

/* Returns the minor of the device that @message was written to. */
unsigned int hello_message_minor(const struct hello_message *message);

/* Returns the length of @message, which is never 0. */
size_t hello_message_length(const struct hello_message *message);

/*
 * Copies at most @size bytes of @message, from @offset on, to @buffer, and fills the rest of @buffer with zeros.
 * Returns the number of bytes copied, which is 0 at or beyond the end, or if @buffer is NULL.
 */
size_t hello_message_read(const struct hello_message *message, size_t offset, void *buffer,
			  size_t size);

#endif
