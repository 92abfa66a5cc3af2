/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of hello.ko for modules in C.
 *
 * They are exported in the namespace HELLO_NAMESPACE, which differs between builds of hello.ko
 * whose interfaces may differ. Consumers import it with MODULE_IMPORT_NS(HELLO_NAMESPACE); the
 * kernel refuses to load a module that was built against another hello.ko. (A kernel without
 * MODVERSIONS that has MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS only warns.) hello_devices() is
 * exported to all modules, the others to modules with a GPL-compatible licence. hello.ko stays
 * loaded while a module uses any of them.
 *
 * All functions must be called in process context, and may sleep. A device is given by its minor,
 * from 0 to hello_devices() - 1. Lengths and offsets are in bytes.
 *
 * Functions that fill a buffer overwrite all of it, even on error, with zeros where nothing is
 * copied. Nobody else may use it until the function returns.
 */
#ifndef HELLO_H
#define HELLO_H

/* bindgen reads this file, too, but without the kernel's headers. */
#ifdef __BINDGEN__
#include <stddef.h>
typedef long ssize_t;
#else
#include <linux/types.h>
#include "hello_namespace.h"
#endif

struct hello_message;
struct hello_subscription;

/**
 * typedef hello_callback - function to be called for each message
 * @message: the message, which is valid until the callback returns
 * @data: the argument of hello_subscribe()
 *
 * The messages of one device come in the order of the writes, those of different devices
 * concurrently. The device is locked for other writers, so the callback must not use any hello
 * device (not even another one, whose callback may be using this one), unsubscribe, or access user
 * memory.
 *
 * Context: Process context, that of the writer, which waits. May sleep.
 */
typedef void (*hello_callback)(const struct hello_message *message, void *data);

/**
 * hello_devices() - get the number of devices
 *
 * Context: Process context. May sleep.
 * Return: the number of devices
 */
unsigned int hello_devices(void);

/**
 * hello_get() - copy the contents of a device
 * @minor: the device
 * @offset: where in the contents to start
 * @buffer: where to copy to; the rest of it is filled with zeros
 * @size: the size of @buffer
 *
 * Context: Process context, but not that of a callback. May sleep.
 * Return: the number of bytes copied, which is 0 at or beyond the end, or
 *
 * * %-ENODEV - there is no such device
 * * %-EINVAL - @buffer is NULL, and @size is not 0
 */
ssize_t hello_get(unsigned int minor, size_t offset, void *buffer, size_t size);

/**
 * hello_post() - replace the contents of a device
 * @minor: the device
 * @bytes: the new contents; may be NULL if @size is 0
 * @size: their length
 *
 * Does what ``echo text > /dev/helloN`` does, but atomically, and calls the subscribers of the
 * device. If @size is 0, the device is emptied, which is not a message.
 *
 * Context: Process context, but not that of a callback. May sleep.
 * Return: 0 on success, or
 *
 * * %-ENODEV - there is no such device
 * * %-EINVAL - @bytes is NULL, and @size is not 0
 * * %-ENOSPC - @size exceeds the device's capacity
 * * %-ENOMEM - no memory
 */
int hello_post(unsigned int minor, const void *bytes, size_t size);

/**
 * hello_subscribe() - subscribe to the messages of a device
 * @minor: the device
 * @callback: called for each message that is written from now on
 * @data: passed to @callback
 *
 * Context: Process context, but not that of a callback. May sleep.
 * Return: a subscription for hello_unsubscribe(), or an ERR_PTR() of
 *
 * * %-ENODEV - there is no such device
 * * %-EINVAL - @callback is NULL
 * * %-ENOMEM - no memory
 */
struct hello_subscription *hello_subscribe(unsigned int minor, hello_callback callback, void *data);

/**
 * hello_unsubscribe() - end a subscription
 * @subscription: what hello_subscribe() returned; NULL and ERR_PTR()s are ignored
 *
 * Waits for a callback that is running; after it returns, no callback is running, and none will be
 * called. A module must end all its subscriptions before it is unloaded, in its exit at the latest.
 *
 * Context: Process context, but not that of a callback. May sleep.
 */
void hello_unsubscribe(struct hello_subscription *subscription);

/**
 * hello_message_minor() - get the device of a message
 * @message: the message
 *
 * Context: The callback that @message was passed to.
 * Return: the minor of the device that the message was written to
 */
unsigned int hello_message_minor(const struct hello_message *message);

/**
 * hello_message_length() - get the length of a message
 * @message: the message
 *
 * Context: The callback that @message was passed to.
 * Return: the length, which is never 0
 */
size_t hello_message_length(const struct hello_message *message);

/**
 * hello_message_read() - copy a message
 * @message: the message
 * @offset: where in the message to start
 * @buffer: where to copy to; the rest of it is filled with zeros
 * @size: the size of @buffer
 *
 * Context: The callback that @message was passed to.
 * Return: the number of bytes copied, which is 0 at or beyond the end, or if @buffer is NULL
 */
size_t hello_message_read(const struct hello_message *message, size_t offset, void *buffer,
			  size_t size);

#endif
