/* SPDX-License-Identifier: GPL-2.0 */
/* The interface of twin.ko for other modules, like hello.h for hello.ko. */
#ifndef TWIN_H
#define TWIN_H

#include <linux/list.h>
#include <linux/types.h>

struct twin;

/* The bytes that one write has stored. Valid until the callback returns. */
struct twin_message {
	struct twin *device;
	unsigned int minor;
	size_t start;
	size_t length;
};

/* @message is called for each write, with the device locked against other writers. */
struct twin_subscriber {
	struct list_head list;
	void (*message)(struct twin_subscriber *subscriber, const struct twin_message *message);
};

unsigned int twin_devices(void);
int twin_subscribe(unsigned int minor, struct twin_subscriber *subscriber);
void twin_unsubscribe(unsigned int minor, struct twin_subscriber *subscriber);
/* Copies @count bytes from @offset on, all of which must lie within the message. */
void twin_message_read(const struct twin_message *message, size_t offset, void *buffer, size_t count);

#endif
