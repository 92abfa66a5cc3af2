/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the kernel that netdev needs. In Rust's bindings, net_device and napi_struct are
 * opaque and net_device_ops is absent, so the small steps of the data path are here.
 */
#ifndef NETDEV_HELPERS_H
#define NETDEV_HELPERS_H

struct net_device;
struct sk_buff;

struct netdev_callbacks {
	int (*open)(struct net_device *device);
	void (*stop)(struct net_device *device);
	void (*transmit)(struct net_device *device, struct sk_buff *packet, unsigned int queue);
};

struct netdev_limits {
	unsigned int queues;
	/* The number of packets that each queue can hold. */
	unsigned int ring;
	unsigned int max_mtu;
	_Bool offload;
};

struct net_device *netdev_allocate(const char *name, const struct netdev_limits *limits,
				   const struct netdev_callbacks *callbacks, void *data);
void netdev_free(struct net_device *device);
int netdev_register_pair(struct net_device *device);
void netdev_unregister_pair(struct net_device *device);
void netdev_unregister_all(void);
void netdev_set_peer(struct net_device *device, struct net_device *peer);
void *netdev_data(const struct net_device *device);
_Bool netdev_running(const struct net_device *device);
void netdev_set_carrier(struct net_device *device, _Bool on);
unsigned int netdev_length(const struct sk_buff *packet);
void netdev_drop(struct net_device *device, struct sk_buff *packet);
void netdev_forward(struct net_device *device, struct sk_buff *packet, unsigned int queue);

#endif
