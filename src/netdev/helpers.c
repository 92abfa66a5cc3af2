// SPDX-License-Identifier: GPL-2.0
/*
 * Each interface has a ring for each receive queue. The interface's peer is the ring's only
 * producer, under the lock of the transmit queue of the same number; the only consumer is NAPI, or
 * the code that has disabled it. So the ring needs no lock of its own, and the calls for byte queue
 * limits are serialized as required.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
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

static struct netdev_queue *peer_txq(struct netdev_private *private, unsigned int queue)
{
	return netdev_get_tx_queue(private->peer, queue);
}

/*
 * Called only while NAPI is disabled. The packets were sent and are lost: the peer must not wait
 * for them.
 */
static void purge(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);
	unsigned int i;

	for (i = 0; i < device->num_rx_queues; i++) {
		unsigned int packets = 0, bytes = 0;
		struct sk_buff *packet;

		while ((packet = __ptr_ring_consume(&private->rx[i].ring))) {
			packets++;
			bytes += packet->len + ETH_HLEN;
			dev_core_stats_rx_dropped_inc(device);
			kfree_skb(packet);
		}
		/* Pairs with the barrier in __ptr_ring_produce(): see what was sent before the packets. */
		smp_rmb();
		if (packets)
			netdev_tx_completed_queue(peer_txq(private, i), packets, bytes);
	}
}

/* ---- up and down, with RTNL held */

/*
 * From here on nothing is received. If the peer waits for space in a ring, it must not wait until
 * this device goes up again. Waking a queue is a full barrier, which pairs with the one in
 * netdev_forward(): either that sees the purged ring, or this sees the stopped queue.
 */
static void close(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);
	unsigned int i;

	netif_tx_stop_all_queues(device);
	for (i = 0; i < device->num_rx_queues; i++)
		napi_disable(&private->rx[i].napi);
	purge(device);
	if (!netif_running(private->peer))
		return;
	for (i = 0; i < device->num_rx_queues; i++)
		netif_tx_wake_queue(peer_txq(private, i));
}

static int open(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);
	unsigned int i;
	int error;

	/*
	 * A packet that netdev_forward() had checked before the device went down may have arrived
	 * after the purge of that time.
	 */
	purge(device);
	for (i = 0; i < device->num_rx_queues; i++)
		napi_enable(&private->rx[i].napi);
	netif_tx_start_all_queues(device);
	error = private->callbacks->open(device);
	if (error)
		close(device);
	return error;
}

static int stop(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);

	close(device);
	private->callbacks->stop(device);
	return 0;
}

/* ---- receiving, in NAPI */

/* Passes one packet to the stack. Returns false if there is none. */
static bool receive(struct netdev_private *private, struct netdev_rx *rx, struct net_device *device)
{
	struct sk_buff *packet = __ptr_ring_consume(&rx->ring);
	unsigned int length;

	if (!packet)
		return false;
	/* eth_type_trans() has pulled the header. */
	length = packet->len + ETH_HLEN;
	rx->bytes += length;
	dev_sw_netstats_rx_add(device, length);
	skb_record_rx_queue(packet, rx - private->rx);
	skb_mark_napi_id(packet, &rx->napi);
	/*
	 * A sender that leaves segmentation to the receiver has left its packets whole: there is
	 * nothing to merge. Merging takes packets apart, so it must not be done to a clone: TCP keeps
	 * the original to send it again, and a capture of packets has a clone, too.
	 */
	if (READ_ONCE(private->peer->features) & NETIF_F_TSO || skb_shared(packet) ||
	    skb_unclone(packet, GFP_ATOMIC)) {
		netif_receive_skb(packet);
	} else {
		skb_prepare_for_gro(packet);
		napi_gro_receive(&rx->napi, packet);
	}
	return true;
}

/* Called after a round of NAPI: the peer can send as much again, and is woken if it had to wait. */
static void wake_peer(struct netdev_private *private, struct netdev_rx *rx, int received)
{
	struct netdev_queue *txq = peer_txq(private, rx - private->rx);

	WRITE_ONCE(rx->packets, rx->packets + received);
	/* As in purge(). */
	smp_rmb();
	netdev_tx_completed_queue(txq, received, rx->bytes);
	rx->bytes = 0;
	/* Pairs with the barrier in netdev_forward(). */
	smp_mb();
	if (unlikely(netif_tx_queue_stopped(txq)) && netif_running(private->peer) &&
	    (received >= NAPI_POLL_WEIGHT / 2 || __ptr_ring_empty(&rx->ring)))
		netif_tx_wake_queue(txq);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct netdev_rx *rx = container_of(napi, struct netdev_rx, napi);
	struct netdev_private *private = netdev_priv(napi->dev);
	int received = 0;

	while (received < budget && receive(private, rx, napi->dev))
		received++;
	if (received)
		wake_peer(private, rx, received);
	/* Schedules NAPI again if a packet has arrived since the ring was found empty. */
	if (received < budget)
		napi_complete_done(napi, received);
	return received;
}

/* ---- struct net_device_ops */

static netdev_tx_t transmit(struct sk_buff *packet, struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);

	private->callbacks->transmit(device, packet, skb_get_queue_mapping(packet));
	return NETDEV_TX_OK;
}

/* The device is no longer listed, and all senders have finished. */
static void uninit(struct net_device *device)
{
	purge(device);
}

/* Packets are received whatever their address. Without this, multicast addresses cannot be added. */
static void set_rx_mode(struct net_device *device)
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

/* ---- struct ethtool_ops */

static void get_drvinfo(struct net_device *device, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, THIS_MODULE->name, sizeof(info->driver));
}

static int get_link_ksettings(struct net_device *device, struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_10000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_TP;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static void get_ringparam(struct net_device *device, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring, struct netlink_ext_ack *extack)
{
	struct netdev_private *private = netdev_priv(device);

	ring->rx_max_pending = private->ring;
	ring->rx_pending = private->ring;
}

static void get_channels(struct net_device *device, struct ethtool_channels *channels)
{
	channels->max_rx = device->num_rx_queues;
	channels->max_tx = device->num_tx_queues;
	channels->rx_count = device->real_num_rx_queues;
	channels->tx_count = device->real_num_tx_queues;
}

static int get_sset_count(struct net_device *device, int set)
{
	return set == ETH_SS_STATS ? 2 * device->num_rx_queues : -EOPNOTSUPP;
}

static void get_strings(struct net_device *device, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < device->num_rx_queues; i++) {
		ethtool_sprintf(&data, "rx_queue_%u_packets", i);
		ethtool_sprintf(&data, "rx_queue_%u_full", i);
	}
}

static void get_ethtool_stats(struct net_device *device, struct ethtool_stats *stats, u64 *data)
{
	struct netdev_private *private = netdev_priv(device);
	unsigned int i;

	for (i = 0; i < device->num_rx_queues; i++) {
		*data++ = READ_ONCE(private->rx[i].packets);
		*data++ = READ_ONCE(private->rx[i].stops);
	}
}

static const struct ethtool_ops ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_ringparam = get_ringparam,
	.get_channels = get_channels,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};

/* ---- devices */

static void configure(struct net_device *device, const struct netdev_limits *limits)
{
	device->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	device->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	/* A transmitted packet belongs to the peer. */
	device->priv_flags &= ~IFF_TX_SKB_SHARING;
	device->max_mtu = limits->max_mtu;
	device->netdev_ops = &netdev_ops;
	device->ethtool_ops = &ethtool_ops;
	if (limits->offload) {
		device->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
				      NETIF_F_HIGHDMA | NETIF_F_GSO_SOFTWARE;
		device->features |= device->hw_features;
		device->vlan_features |= device->hw_features;
		netif_set_tso_max_size(device, GSO_MAX_SIZE);
	}
	eth_hw_addr_random(device);
	netif_carrier_off(device);
}

struct net_device *netdev_allocate(const char *name, const struct netdev_limits *limits,
				   const struct netdev_callbacks *callbacks, void *data)
{
	/*
	 * Queue selection costs more than most packets gain from it, unless CPUs use the queues in
	 * parallel.
	 */
	unsigned int i, queues = min(limits->queues, num_possible_cpus());
	struct netdev_private *private;
	struct net_device *device;

	device = alloc_netdev_mqs(struct_size(private, rx, queues), name, NET_NAME_ENUM,
				  ether_setup, queues, queues);
	if (!device)
		return NULL;
	configure(device, limits);
	private = netdev_priv(device);
	private->callbacks = callbacks;
	private->data = data;
	INIT_LIST_HEAD(&private->pair_node);
	private->ring = limits->ring;
	for (i = 0; i < queues; i++) {
		if (ptr_ring_init(&private->rx[i].ring, limits->ring, GFP_KERNEL))
			goto error;
		netif_napi_add(device, &private->rx[i].napi, poll);
	}
	return device;

error:
	while (i--)
		ptr_ring_cleanup(&private->rx[i].ring, NULL);
	free_netdev(device);
	return NULL;
}

void netdev_free(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);
	unsigned int i;

	for (i = 0; i < device->num_rx_queues; i++)
		ptr_ring_cleanup(&private->rx[i].ring, NULL);
	free_netdev(device);
}

void netdev_set_peer(struct net_device *device, struct net_device *peer)
{
	struct netdev_private *private = netdev_priv(device);

	private->peer = peer;
}

void *netdev_data(const struct net_device *device)
{
	return ((struct netdev_private *)netdev_priv(device))->data;
}

bool netdev_running(const struct net_device *device)
{
	return netif_running(device);
}

/*
 * A change of the carrier leaves a reference to the device in the list of linkwatch. Unregistering
 * the device waits for it, after an RCU grace period; a device that is already unregistered, as a
 * peer can be, would be freed with the reference still in the list.
 */
void netdev_set_carrier(struct net_device *device, bool on)
{
	rcu_read_lock();
	if (READ_ONCE(device->reg_state) == NETREG_REGISTERED) {
		if (on)
			netif_carrier_on(device);
		else
			netif_carrier_off(device);
	}
	rcu_read_unlock();
}

/* ---- registration of pairs; those that the driver leaks are unregistered when the module is unloaded */

static LIST_HEAD(pairs);
static bool no_more_pairs;
/*
 * Protects both, and is held while interfaces are registered and unregistered. RTNL is taken under
 * it.
 */
static DEFINE_MUTEX(pairs_mutex);

static int register_pair(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);
	int error;

	if (no_more_pairs)
		return -ENODEV;
	error = register_netdev(device);
	if (error)
		return error;
	error = register_netdev(private->peer);
	if (error) {
		unregister_netdev(device);
		return error;
	}
	list_add(&private->pair_node, &pairs);
	return 0;
}

static void unregister_pair(struct netdev_private *private)
{
	struct netdev_private *peer = netdev_priv(private->peer);

	list_del_init(&private->pair_node);
	/* The peer's peer is the interface itself. */
	unregister_netdev(peer->peer);
	unregister_netdev(private->peer);
}

/* Registers an interface and its peer, or neither. */
int netdev_register_pair(struct net_device *device)
{
	int error;

	mutex_lock(&pairs_mutex);
	error = register_pair(device);
	mutex_unlock(&pairs_mutex);
	return error;
}

/* Unregisters an interface and its peer, unless that was done already. */
void netdev_unregister_pair(struct net_device *device)
{
	struct netdev_private *private = netdev_priv(device);

	mutex_lock(&pairs_mutex);
	if (!list_empty(&private->pair_node))
		unregister_pair(private);
	mutex_unlock(&pairs_mutex);
}

/*
 * Called after the driver's part of the module: unregisters the remaining pairs, and refuses to
 * register more.
 */
void netdev_unregister_all(void)
{
	struct netdev_private *private, *next;

	mutex_lock(&pairs_mutex);
	no_more_pairs = true;
	list_for_each_entry_safe(private, next, &pairs, pair_node)
		unregister_pair(private);
	mutex_unlock(&pairs_mutex);
}

/* ---- packets */

unsigned int netdev_length(const struct sk_buff *packet)
{
	return packet->len;
}

void netdev_drop(struct net_device *device, struct sk_buff *packet)
{
	dev_core_stats_tx_dropped_inc(device);
	dev_kfree_skb_any(packet);
}

/*
 * Called from ndo_start_xmit of the device, with its transmit queue locked. Afterwards the packet
 * belongs to the peer, or was dropped.
 */
void netdev_forward(struct net_device *device, struct sk_buff *packet, unsigned int queue)
{
	struct netdev_queue *txq = netdev_get_tx_queue(device, queue);
	struct netdev_private *private = netdev_priv(device);
	struct netdev_private *to = netdev_priv(private->peer);
	struct netdev_rx *rx = &to->rx[queue];
	unsigned int length = packet->len;

	/*
	 * A device that goes down keeps IFF_UP, which __dev_forward_skb() checks, until ndo_stop
	 * has returned.
	 */
	if (unlikely(!netif_running(private->peer) || __ptr_ring_full(&rx->ring) ||
		     !pskb_may_pull(packet, ETH_HLEN))) {
		netdev_drop(device, packet);
		return;
	}
	skb_tx_timestamp(packet);
	/* If the peer is not up or its MTU is too small, this fails and frees the packet. */
	if (unlikely(__dev_forward_skb(private->peer, packet))) {
		dev_core_stats_tx_dropped_inc(device);
		return;
	}
	netdev_tx_sent_queue(txq, length);
	__ptr_ring_produce(&rx->ring, packet);
	dev_sw_netstats_tx_add(device, 1, length);
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
