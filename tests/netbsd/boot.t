#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# boot.t - NetBSD's rump kernel boots in QEMU and gets an address by DHCP.  HAUNCH_NETBSD=PREFIX says where
# its libraries are.
#
# haunch check: once

if [ -z "${HAUNCH_NETBSD-}" ]; then
	echo '1..0 # SKIP no rump libraries given'
	exit 0
fi

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/../core/boot.sh"

image=$BUILD/haunch-netbsd.elf
./haunch build --netbsd "$HAUNCH_NETBSD" >"$TMP/log" 2>&1
ok 'haunch build --netbsd' "$(cat "$TMP/log")"

boot_qemu -m 64 -kernel "$image" -append ip=dhcp -netdev user,id=n \
	-device virtio-net-pci,netdev=n,disable-modern=on,mac=52:54:00:01:02:03
says '^NetBSD [0-9.]+ ' "NetBSD's banner"
says '^vioif0 at virtio0: Ethernet address 52:54:00:01:02:03' "NetBSD's driver finds the network card"
says '^dhcp: vioif0: adding IP address 10[.]0[.]2[.]15/24' "an address by DHCP, over NetBSD's TCP/IP"
ended 0 'it ends with status 0'

finish
