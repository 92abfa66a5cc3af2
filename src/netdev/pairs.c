// SPDX-License-Identifier: GPL-2.0
/*
 * The registered pairs. Those that the driver leaks are unregistered when the module is unloaded.
 * Included by helpers.c.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>

static LIST_HEAD(pairs);
static bool no_more_pairs;
/*
 * Protects both, and is held while interfaces are registered and unregistered. RTNL is taken under
 * it.
 */
static DEFINE_MUTEX(pairs_mutex);

static int register_pair(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);
	int error;

	if (no_more_pairs)
		return -ENODEV;
	error = register_netdev(dev);
	if (error)
		return error;
	error = register_netdev(priv->peer);
	if (error) {
		unregister_netdev(dev);
		return error;
	}
	list_add(&priv->pair_node, &pairs);
	return 0;
}

static void unregister_pair(struct netdev_private *priv)
{
	struct netdev_private *peer = netdev_priv(priv->peer);

	list_del_init(&priv->pair_node);
	/* The peer's peer is the interface itself. */
	unregister_netdev(peer->peer);
	unregister_netdev(priv->peer);
}

/* Registers an interface and its peer, or neither. */
int netdev_register_pair(struct net_device *dev)
{
	int error;

	mutex_lock(&pairs_mutex);
	error = register_pair(dev);
	mutex_unlock(&pairs_mutex);
	return error;
}

/* Unregisters an interface and its peer, unless that was done already. */
void netdev_unregister_pair(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);

	mutex_lock(&pairs_mutex);
	if (!list_empty(&priv->pair_node))
		unregister_pair(priv);
	mutex_unlock(&pairs_mutex);
}

/*
 * Called after the driver's part of the module: unregisters the remaining pairs, and refuses to
 * register more.
 */
void netdev_unregister_all(void)
{
	struct netdev_private *priv, *next;

	mutex_lock(&pairs_mutex);
	no_more_pairs = true;
	list_for_each_entry_safe(priv, next, &pairs, pair_node)
		unregister_pair(priv);
	mutex_unlock(&pairs_mutex);
}
