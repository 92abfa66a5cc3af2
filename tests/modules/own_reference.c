// SPDX-License-Identifier: GPL-2.0
/* Takes a reference to itself, and drops it on demand. */
#include <linux/module.h>

static bool held = true;

static int set_held(const char *text, const struct kernel_param *param)
{
	bool before = held;
	int ret = param_set_bool(text, param);

	if (!ret && before && !held)
		module_put(THIS_MODULE);
	return ret;
}

static const struct kernel_param_ops held_ops = {
	.set = set_held,
	.get = param_get_bool,
};
module_param_cb(held, &held_ops, &held, 0600);
MODULE_PARM_DESC(held, "Whether it holds a reference on itself; N gives that back");

static int __init own_reference_init(void)
{
	__module_get(THIS_MODULE);
	return 0;
}

static void __exit own_reference_exit(void)
{
}

module_init(own_reference_init);
module_exit(own_reference_exit);

MODULE_DESCRIPTION("Takes a reference on itself");
MODULE_LICENSE("GPL");
