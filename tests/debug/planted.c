// SPDX-License-Identifier: GPL-2.0
/*
 * Bugs, one of each kind that a debug kernel must find. The parameter selects one.
 */
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *bug = "";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "Which bug");

static int use_after_free(void)
{
	char *bytes = kmalloc(32, GFP_KERNEL);

	kfree(bytes);
	return READ_ONCE(bytes[0]) & 0;
}

static int out_of_bounds(void)
{
	char *bytes = kmalloc(32, GFP_KERNEL);
	int got;

	OPTIMIZER_HIDE_VAR(bytes);
	got = READ_ONCE(bytes[32]);
	kfree(bytes);
	return got & 0;
}

static int double_free(void)
{
	char *bytes = kmalloc(32, GFP_KERNEL);

	kfree(bytes);
	OPTIMIZER_HIDE_VAR(bytes);
	kfree(bytes);
	return 0;
}

/* Takes two locks of one class: to lockdep the same as taking one lock twice, but this returns. */
static int double_lock(void)
{
	struct mutex locks[2];
	int i;

	for (i = 0; i < 2; i++)
		mutex_init(&locks[i]);
	mutex_lock(&locks[0]);
	mutex_lock(&locks[1]);
	mutex_unlock(&locks[1]);
	mutex_unlock(&locks[0]);
	return 0;
}

/* Takes the same lock twice, and never returns. */
static int deadlock(void)
{
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	mutex_lock(&lock);
	return 0;
}

static int lock_order(void)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

static int sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(1);
	spin_unlock(&lock);
	return 0;
}

static int leak(void)
{
	return kmalloc(32, GFP_KERNEL) ? 0 : -ENOMEM;
}

/* kmemleak does not track pages. */
static int leaked_page(void)
{
	return alloc_page(GFP_KERNEL) ? 0 : -ENOMEM;
}

static int refcount(void)
{
	refcount_t count;

	refcount_set(&count, INT_MAX);
	refcount_inc(&count);
	return 0;
}

static void expired(struct timer_list *timer)
{
}

static int freed_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	timer_setup(timer, expired, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
	return 0;
}

static int list(void)
{
	LIST_HEAD(head);
	LIST_HEAD(other);

	head.prev = &other;
	list_add_tail(&other, &head);
	return 0;
}

static int shift(void)
{
	int bits = 40;

	OPTIMIZER_HIDE_VAR(bits);
	return (1 << bits) & 0;
}

static int reference(void)
{
	__module_get(THIS_MODULE);
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} bugs[] = {
	{ "use_after_free", use_after_free },
	{ "out_of_bounds", out_of_bounds },
	{ "double_free", double_free },
	{ "double_lock", double_lock },
	{ "deadlock", deadlock },
	{ "lock_order", lock_order },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "leak", leak },
	{ "leaked_page", leaked_page },
	{ "refcount", refcount },
	{ "freed_timer", freed_timer },
	{ "list", list },
	{ "shift", shift },
	{ "reference", reference },
};

static int __init planted_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (!strcmp(bug, bugs[i].name))
			return bugs[i].plant();
	return -EINVAL;
}
module_init(planted_init);

static void __exit planted_exit(void)
{
}
module_exit(planted_exit);

MODULE_DESCRIPTION("Planted bugs");
MODULE_LICENSE("GPL");
