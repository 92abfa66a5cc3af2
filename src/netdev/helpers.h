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
	int (*open)(struct net_device *dev);
	void (*stop)(struct net_device *dev);
	void (*transmit)(struct net_device *dev, struct sk_buff *skb, unsigned int queue);
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
void netdev_free(struct net_device *dev);
int netdev_register_pair(struct net_device *dev);
void netdev_unregister_pair(struct net_device *dev);
void netdev_unregister_all(void);
void netdev_set_peer(struct net_device *dev, struct net_device *peer);
void *netdev_data(const struct net_device *dev);
_Bool netdev_running(const struct net_device *dev);
void netdev_set_carrier(struct net_device *dev, _Bool on);
unsigned int netdev_length(const struct sk_buff *skb);
void netdev_drop(struct net_device *dev, struct sk_buff *skb);
void netdev_forward(struct net_device *dev, struct sk_buff *skb, unsigned int queue);

#endif
