// SPDX-License-Identifier: GPL-2.0
/* Uses a symbol that is for GPL-compatible modules only. */
#include <linux/module.h>
#include <hello.h>

static int __init proprietary_init(void)
{
	return hello_post(0, "text", 4);
}

module_init(proprietary_init);

MODULE_DESCRIPTION("Uses a symbol that is for GPL-compatible modules only");
MODULE_LICENSE("Proprietary");
MODULE_IMPORT_NS(HELLO_NAMESPACE);
