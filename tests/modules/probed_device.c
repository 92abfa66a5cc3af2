// SPDX-License-Identifier: GPL-2.0
/* Registers two platform devices, probed.0 and probed.1, for the driver of that name. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static struct platform_device *devices[2];

static int __init probed_device_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		devices[i] = platform_device_register_simple("probed", i, NULL, 0);
		if (IS_ERR(devices[i])) {
			int error = PTR_ERR(devices[i]);

			while (i--)
				platform_device_unregister(devices[i]);
			return error;
		}
	}
	return 0;
}

static void __exit probed_device_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		platform_device_unregister(devices[i]);
}

module_init(probed_device_init);
module_exit(probed_device_exit);

MODULE_DESCRIPTION("Registers platform devices");
MODULE_LICENSE("GPL");
