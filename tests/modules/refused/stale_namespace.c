// SPDX-License-Identifier: GPL-2.0
/* Imports the namespace of another build of hello.ko. */
#include <linux/module.h>
#include <hello.h>

static int __init stale_namespace_init(void)
{
	return hello_post(0, "text", 4);
}

module_init(stale_namespace_init);

MODULE_DESCRIPTION("Imports the namespace of another build of hello.ko");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("HELLO_0123456789abcdef");
