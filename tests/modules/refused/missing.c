// SPDX-License-Identifier: GPL-2.0
/* Uses a symbol that does not exist. */
#include <linux/module.h>
#include <hello.h>

int hello_missing(void);

static int __init missing_init(void)
{
	return hello_missing();
}

module_init(missing_init);

MODULE_DESCRIPTION("Wants a symbol that does not exist");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(HELLO_NAMESPACE);
