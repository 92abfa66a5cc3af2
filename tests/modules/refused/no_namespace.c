// SPDX-License-Identifier: GPL-2.0
/* Does not import the namespace of the symbol that it uses. */
#include <linux/module.h>
#include <hello.h>

static int __init no_namespace_init(void)
{
	return hello_post(0, "text", 4);
}

module_init(no_namespace_init);

MODULE_DESCRIPTION("Does not import the namespace of the symbol that it uses");
MODULE_LICENSE("GPL");
