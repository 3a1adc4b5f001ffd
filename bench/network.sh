# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
# shellcheck shell=sh disable=SC2034 # those who source this use the variables
#
# network.sh - a network for one guest that serves HTTP, for measurements and tests.
#
# As root: a tap device in a network namespace of its own, which nothing else disturbs.  Otherwise,
# or where that cannot be had: QEMU's user-mode network, with a port of this machine forwarded.  It
# chokes on more than a few connections at a time, whatever the guest is.
#
# network_up MAC sets
#	$inside		what to put before a command that has to be on the network (words)
#	$url		where the guest's port 80 is
#	$tap		the tap device's name, or nothing
#	$forward	without a tap, the port of this machine that has to lead to the guest's port 80
#	$guest_ip, $host_ip	their addresses

namespace='' tap='' inside='' forward=''

network_up()
{
	guest_ip=10.77.0.2 host_ip=10.77.0.1
	if [ "$(id -u)" = 0 ] && [ -e /dev/net/tun ] && ip netns add "haunch-$$" 2>/dev/null; then
		namespace=haunch-$$
		# Not ip netns exec, which cannot do in a chroot.
		inside="nsenter --net=/run/netns/$namespace"
		if $inside ip tuntap add tap0 mode tap 2>/dev/null; then
			$inside ip link set lo up
			$inside ip address add $host_ip/24 dev tap0
			$inside ip link set tap0 up
			# The kernel must not wait a second for an answer to its first ARP request.
			$inside ip neighbour add $guest_ip lladdr "$1" dev tap0 nud permanent
			tap=tap0
			url=http://$guest_ip
			return
		fi
		network_down
	fi
	guest_ip=10.0.2.15 host_ip=10.0.2.2
	forward=$((20000 + $$ % 20000))
	url=http://127.0.0.1:$forward
}

network_down()
{
	[ -z "$namespace" ] || ip netns delete "$namespace" 2>/dev/null || :
	namespace='' tap='' inside=''
}

# queue N: the tap device holds so many packets.  While a machine boots, no old ones must pile up
# for it: then 2 is right.
queue()
{
	[ -z "$tap" ] || $inside ip link set "$tap" txqueuelen "$1"
}
