// SPDX-License-Identifier: GPL-2.0
/*
 * A module in C, stacked on hello.ko, controlled by its parameters: writing to `post` posts a
 * message to the device `minor`, writing to `empty` posts an empty one, and `get` reads the
 * contents of the device. Each message of the device is logged.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <hello.h>

/* More than a device holds by default. */
#define MUCH 65537

static unsigned int minor;
module_param(minor, uint, 0400);
MODULE_PARM_DESC(minor, "Minor of the hello device to use");

static bool quiet;
module_param(quiet, bool, 0400);
MODULE_PARM_DESC(quiet, "Whether to log no messages, only how many they were");

static bool slow;
module_param(slow, bool, 0400);
MODULE_PARM_DESC(slow, "Whether a callback takes its time, for others to come into its middle");

static bool hold;
static DECLARE_WAIT_QUEUE_HEAD(held);

static struct hello_subscription *subscription;
static unsigned long messages;
/* Whether a callback is running, for readers that do not hold the device's lock. */
static bool running;
/* Set once the subscription has ended. */
static int unsubscribed;

static void check_call(const void *data)
{
	if (data != &subscription || READ_ONCE(unsubscribed))
		pr_err("hello_c: called with %p, %d\n", data, unsubscribed);
}

/* Checks that all @size bytes at @buffer were written, with zeros from @count on. */
static bool rest_is_zeros(const char *buffer, size_t count, size_t size)
{
	return count <= size && !memchr_inv(buffer + count, 0, size - count);
}

static void message(const struct hello_message *message, void *data)
{
	char text[32];
	size_t offset = 0, count;

	check_call(data);
	WRITE_ONCE(running, true);
	messages++;
	if (READ_ONCE(hold)) {
		pr_info("hello_c: held\n");
		wait_event(held, !READ_ONCE(hold));
		pr_info("hello_c: let go\n");
	}
	if (slow)
		usleep_range(500, 1000);
	/* The subscription still exists: unsubscribing has to wait. */
	check_call(data);
	WRITE_ONCE(running, false);
	if (quiet)
		return;
	pr_info("hello_c: hello%u, %zu bytes\n", hello_message_minor(message),
		hello_message_length(message));
	do {
		memset(text, 'x', sizeof(text));
		count = hello_message_read(message, offset, text, sizeof(text));
		if (count)
			pr_info("hello_c: %zu: %*pE\n", offset, (int)count, text);
		if (!rest_is_zeros(text, count, sizeof(text)))
			pr_err("hello_c: a buffer that was not overwritten\n");
		offset += count;
	} while (count);
	if (hello_message_read(message, 0, NULL, sizeof(text)))
		pr_err("hello_c: read to nowhere\n");
}

static int set_post(const char *text, const struct kernel_param *param)
{
	return hello_post(minor, text, strlen(text));
}

static int set_empty(const char *text, const struct kernel_param *param)
{
	return hello_post(minor, NULL, 0);
}

static int get_get(char *buffer, const struct kernel_param *param)
{
	return hello_get(minor, 0, buffer, 64);
}

static int set_subscribed(const char *text, const struct kernel_param *param)
{
	if (text[0] != 'N' || IS_ERR_OR_NULL(subscription))
		return -EINVAL;
	hello_unsubscribe(subscription);
	subscription = NULL;
	unsubscribed = 1;
	return 0;
}

static int set_hold(const char *text, const struct kernel_param *param)
{
	int ret = param_set_bool(text, param);

	wake_up(&held);
	return ret;
}

static const struct kernel_param_ops post_ops = { .set = set_post };
static const struct kernel_param_ops empty_ops = { .set = set_empty };
static const struct kernel_param_ops get_ops = { .get = get_get };
static const struct kernel_param_ops subscribed_ops = { .set = set_subscribed };
static const struct kernel_param_ops hold_ops = { .set = set_hold };

module_param_cb(post, &post_ops, NULL, 0200);
module_param_cb(empty, &empty_ops, NULL, 0200);
module_param_cb(get, &get_ops, NULL, 0400);
module_param_cb(subscribed, &subscribed_ops, NULL, 0200);
module_param_cb(hold, &hold_ops, &hold, 0200);
MODULE_PARM_DESC(hold, "Whether a callback waits; N lets it go on");

/* Logs the results of unusual calls, most of which are refused. */
static void log_refusals(void)
{
	unsigned int none = hello_devices();
	char *much = kvzalloc(MUCH, GFP_KERNEL);
	char byte = 0, bytes[16];
	ssize_t count;

	pr_info("hello_c: of %u devices\n", none);
	pr_info("hello_c: get: %zd\n", hello_get(none, 0, &byte, 1));
	pr_info("hello_c: get beyond the end: %zd\n", hello_get(minor, 1 << 30, &byte, 1));
	memset(bytes, 'x', sizeof(bytes));
	count = hello_get(minor, 10, bytes, sizeof(bytes));
	pr_info("hello_c: get the end: %zd, %s\n", count,
		rest_is_zeros(bytes, count, sizeof(bytes)) ? "then zeros" : "then what was there");
	memset(bytes, 'x', sizeof(bytes));
	count = hello_get(none, 0, bytes, sizeof(bytes));
	pr_info("hello_c: get in vain: %zd, %s\n", count,
		rest_is_zeros(bytes, 0, sizeof(bytes)) ? "then zeros" : "then what was there");
	pr_info("hello_c: get to nowhere: %zd, %zd\n", hello_get(minor, 0, NULL, 1),
		hello_get(minor, 0, NULL, 0));
	pr_info("hello_c: post from nowhere: %d\n", hello_post(minor, NULL, 10));
	pr_info("hello_c: post: %d\n", hello_post(none, &byte, 1));
	if (much)
		pr_info("hello_c: post too much: %d\n", hello_post(minor, much, MUCH));
	kvfree(much);
	pr_info("hello_c: subscribe: %ld\n", PTR_ERR(hello_subscribe(none, message, NULL)));
	pr_info("hello_c: subscribe nothing: %ld\n", PTR_ERR(hello_subscribe(minor, NULL, NULL)));
	hello_unsubscribe(NULL);
	hello_unsubscribe(ERR_PTR(-ENODEV));
}

static int __init hello_c_init(void)
{
	log_refusals();
	subscription = hello_subscribe(minor, message, &subscription);
	return PTR_ERR_OR_ZERO(subscription);
}

static void __exit hello_c_exit(void)
{
	bool in_callback = READ_ONCE(running);

	hello_unsubscribe(subscription);
	unsubscribed = 1;
	if (quiet)
		pr_info("hello_c: %lu messages\n", messages);
	if (in_callback)
		pr_info("hello_c: unloaded in the middle of a callback\n");
}

module_init(hello_c_init);
module_exit(hello_c_exit);

MODULE_DESCRIPTION("A module in C on hello.ko");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(HELLO_NAMESPACE);
