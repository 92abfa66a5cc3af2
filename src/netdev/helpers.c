// SPDX-License-Identifier: GPL-2.0
/*
 * Each interface has a ring for each receive queue. The interface's peer is the ring's only
 * producer, under the lock of the transmit queue of the same number; the only consumer is NAPI, or
 * the code that has disabled it. So the ring needs no lock of its own, and the calls for byte queue
 * limits are serialized as required.
 *
 * Like the kernel's own rust/helpers, this is one object, which includes the other files.
 */
#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <net/busy_poll.h>
#include <net/sock.h>

#include "helpers.h"

struct netdev_rx {
	struct napi_struct napi;
	struct ptr_ring ring;
	/* Received in this round of NAPI, for byte queue limits. */
	unsigned int bytes;
	u64 packets;
	/* The number of times that the ring was full. */
	u64 stops;
} ____cacheline_aligned_in_smp;

struct netdev_private {
	const struct netdev_callbacks *callbacks;
	struct net_device *peer;
	void *data;
	/* In the list of registered pairs, if this is the first interface of a pair. */
	struct list_head pair_node;
	unsigned int ring;
	struct netdev_rx rx[];
};

static struct netdev_queue *peer_txq(struct netdev_private *priv, unsigned int queue)
{
	return netdev_get_tx_queue(priv->peer, queue);
}

/*
 * Called only while NAPI is disabled. The packets were sent and are lost: the peer must not wait
 * for them.
 */
static void purge(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		unsigned int packets = 0, bytes = 0;
		struct sk_buff *skb;

		while ((skb = __ptr_ring_consume(&priv->rx[i].ring))) {
			packets++;
			bytes += skb->len + ETH_HLEN;
			dev_core_stats_rx_dropped_inc(dev);
			kfree_skb(skb);
		}
		/* Pairs with the barrier in __ptr_ring_produce(): see what was sent before the packets. */
		smp_rmb();
		if (packets)
			netdev_tx_completed_queue(peer_txq(priv, i), packets, bytes);
	}
}

/* ---- up and down, with RTNL held */

/*
 * From here on nothing is received. If the peer waits for space in a ring, it must not wait until
 * this device goes up again. Waking a queue is a full barrier, which pairs with the one in
 * netdev_forward(): either that sees the purged ring, or this sees the stopped queue.
 */
static void close(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);
	unsigned int i;

	netif_tx_stop_all_queues(dev);
	for (i = 0; i < dev->num_rx_queues; i++)
		napi_disable(&priv->rx[i].napi);
	purge(dev);
	if (!netif_running(priv->peer))
		return;
	for (i = 0; i < dev->num_rx_queues; i++)
		netif_tx_wake_queue(peer_txq(priv, i));
}

static int open(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);
	unsigned int i;
	int error;

	/*
	 * A packet that netdev_forward() had checked before the device went down may have arrived
	 * after the purge of that time.
	 */
	purge(dev);
	for (i = 0; i < dev->num_rx_queues; i++)
		napi_enable(&priv->rx[i].napi);
	netif_tx_start_all_queues(dev);
	error = priv->callbacks->open(dev);
	if (error)
		close(dev);
	return error;
}

static int stop(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);

	close(dev);
	priv->callbacks->stop(dev);
	return 0;
}

/* ---- receiving, in NAPI */

/* Passes one packet to the stack. Returns false if there is none. */
static bool receive(struct netdev_private *priv, struct netdev_rx *rx, struct net_device *dev)
{
	struct sk_buff *skb = __ptr_ring_consume(&rx->ring);
	unsigned int length;

	if (!skb)
		return false;
	/* eth_type_trans() has pulled the header. */
	length = skb->len + ETH_HLEN;
	rx->bytes += length;
	dev_sw_netstats_rx_add(dev, length);
	skb_record_rx_queue(skb, rx - priv->rx);
	skb_mark_napi_id(skb, &rx->napi);
	/*
	 * A sender that leaves segmentation to the receiver has left its packets whole: there is
	 * nothing to merge. Merging takes packets apart, so it must not be done to a clone: TCP keeps
	 * the original to send it again, and a capture of packets has a clone, too.
	 */
	if (READ_ONCE(priv->peer->features) & NETIF_F_TSO || skb_shared(skb) ||
	    skb_unclone(skb, GFP_ATOMIC)) {
		netif_receive_skb(skb);
	} else {
		skb_prepare_for_gro(skb);
		napi_gro_receive(&rx->napi, skb);
	}
	return true;
}

/* Called after a round of NAPI: the peer can send as much again, and is woken if it had to wait. */
static void wake_peer(struct netdev_private *priv, struct netdev_rx *rx, int received)
{
	struct netdev_queue *txq = peer_txq(priv, rx - priv->rx);

	WRITE_ONCE(rx->packets, rx->packets + received);
	/* As in purge(). */
	smp_rmb();
	netdev_tx_completed_queue(txq, received, rx->bytes);
	rx->bytes = 0;
	/* Pairs with the barrier in netdev_forward(). */
	smp_mb();
	if (unlikely(netif_tx_queue_stopped(txq)) && netif_running(priv->peer) &&
	    (received >= NAPI_POLL_WEIGHT / 2 || __ptr_ring_empty(&rx->ring)))
		netif_tx_wake_queue(txq);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct netdev_rx *rx = container_of(napi, struct netdev_rx, napi);
	struct netdev_private *priv = netdev_priv(napi->dev);
	int received = 0;

	while (received < budget && receive(priv, rx, napi->dev))
		received++;
	if (received)
		wake_peer(priv, rx, received);
	/* Schedules NAPI again if a packet has arrived since the ring was found empty. */
	if (received < budget)
		napi_complete_done(napi, received);
	return received;
}

/* ---- struct net_device_ops */

static netdev_tx_t transmit(struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);

	priv->callbacks->transmit(dev, skb, skb_get_queue_mapping(skb));
	return NETDEV_TX_OK;
}

/* The device is no longer listed, and all senders have finished. */
static void uninit(struct net_device *dev)
{
	purge(dev);
}

/* Packets are received whatever their address. Without this, multicast addresses cannot be added. */
static void set_rx_mode(struct net_device *dev)
{
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = open,
	.ndo_stop = stop,
	.ndo_start_xmit = transmit,
	.ndo_uninit = uninit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_set_rx_mode = set_rx_mode,
	.ndo_features_check = passthru_features_check,
};

#include "ethtool.c"

/* ---- devices */

static void configure(struct net_device *dev, const struct netdev_limits *limits)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	/* A transmitted packet belongs to the peer. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->max_mtu = limits->max_mtu;
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &ethtool_ops;
	if (limits->offload) {
		dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
				      NETIF_F_HIGHDMA | NETIF_F_GSO_SOFTWARE;
		dev->features |= dev->hw_features;
		dev->vlan_features |= dev->hw_features;
		netif_set_tso_max_size(dev, GSO_MAX_SIZE);
	}
	eth_hw_addr_random(dev);
	netif_carrier_off(dev);
}

struct net_device *netdev_allocate(const char *name, const struct netdev_limits *limits,
				   const struct netdev_callbacks *callbacks, void *data)
{
	/*
	 * Queue selection costs more than most packets gain from it, unless CPUs use the queues in
	 * parallel.
	 */
	unsigned int i, queues = min(limits->queues, num_possible_cpus());
	struct netdev_private *priv;
	struct net_device *dev;

	dev = alloc_netdev_mqs(struct_size(priv, rx, queues), name, NET_NAME_ENUM,
			       ether_setup, queues, queues);
	if (!dev)
		return NULL;
	configure(dev, limits);
	priv = netdev_priv(dev);
	priv->callbacks = callbacks;
	priv->data = data;
	INIT_LIST_HEAD(&priv->pair_node);
	priv->ring = limits->ring;
	for (i = 0; i < queues; i++) {
		if (ptr_ring_init(&priv->rx[i].ring, limits->ring, GFP_KERNEL))
			goto error;
		netif_napi_add(dev, &priv->rx[i].napi, poll);
	}
	return dev;

error:
	while (i--)
		ptr_ring_cleanup(&priv->rx[i].ring, NULL);
	free_netdev(dev);
	return NULL;
}

void netdev_free(struct net_device *dev)
{
	struct netdev_private *priv = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++)
		ptr_ring_cleanup(&priv->rx[i].ring, NULL);
	free_netdev(dev);
}

void netdev_set_peer(struct net_device *dev, struct net_device *peer)
{
	struct netdev_private *priv = netdev_priv(dev);

	priv->peer = peer;
}

void *netdev_data(const struct net_device *dev)
{
	return ((struct netdev_private *)netdev_priv(dev))->data;
}

bool netdev_running(const struct net_device *dev)
{
	return netif_running(dev);
}

/*
 * A change of the carrier leaves a reference to the device in the list of linkwatch. Unregistering
 * the device waits for it, after an RCU grace period; a device that is already unregistered, as a
 * peer can be, would be freed with the reference still in the list.
 */
void netdev_set_carrier(struct net_device *dev, bool on)
{
	rcu_read_lock();
	if (READ_ONCE(dev->reg_state) == NETREG_REGISTERED) {
		if (on)
			netif_carrier_on(dev);
		else
			netif_carrier_off(dev);
	}
	rcu_read_unlock();
}

/* ---- packets */

unsigned int netdev_length(const struct sk_buff *skb)
{
	return skb->len;
}

void netdev_drop(struct net_device *dev, struct sk_buff *skb)
{
	dev_core_stats_tx_dropped_inc(dev);
	dev_kfree_skb_any(skb);
}

/*
 * Called from ndo_start_xmit of the device, with its transmit queue locked. Afterwards the packet
 * belongs to the peer, or was dropped.
 */
void netdev_forward(struct net_device *dev, struct sk_buff *skb, unsigned int queue)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, queue);
	struct netdev_private *priv = netdev_priv(dev);
	struct netdev_private *to = netdev_priv(priv->peer);
	struct netdev_rx *rx = &to->rx[queue];
	unsigned int length = skb->len;

	/*
	 * A device that goes down keeps IFF_UP, which __dev_forward_skb() checks, until ndo_stop
	 * has returned.
	 */
	if (unlikely(!netif_running(priv->peer) || __ptr_ring_full(&rx->ring) ||
		     !pskb_may_pull(skb, ETH_HLEN))) {
		netdev_drop(dev, skb);
		return;
	}
	skb_tx_timestamp(skb);
	/* If the peer is not up or its MTU is too small, this fails and frees the packet. */
	if (unlikely(__dev_forward_skb(priv->peer, skb))) {
		dev_core_stats_tx_dropped_inc(dev);
		return;
	}
	netdev_tx_sent_queue(txq, length);
	__ptr_ring_produce(&rx->ring, skb);
	dev_sw_netstats_tx_add(dev, 1, length);
	if (unlikely(__ptr_ring_full(&rx->ring))) {
		WRITE_ONCE(rx->stops, rx->stops + 1);
		netif_tx_stop_queue(txq);
		/* Pairs with the barriers in wake_peer() and close(). */
		smp_mb();
		if (!__ptr_ring_full(&rx->ring))
			netif_tx_start_queue(txq);
	}
	napi_schedule(&rx->napi);
}

#include "pairs.c"
