// SPDX-License-Identifier: GPL-2.0
/*
 * A module with a proprietary licence, which uses the only symbol that is exported to all modules.
 */
#include <linux/module.h>
#include <hello.h>

static int __init proprietary_all_init(void)
{
	pr_info("proprietary_all: %u devices\n", hello_devices());
	return 0;
}

static void __exit proprietary_all_exit(void)
{
}

module_init(proprietary_all_init);
module_exit(proprietary_all_exit);

MODULE_DESCRIPTION("Uses the symbol that is for all modules");
MODULE_LICENSE("Proprietary");
MODULE_IMPORT_NS(HELLO_NAMESPACE);
