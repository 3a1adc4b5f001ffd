#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# rumpuser.t - rumpuser(3) and rumpcomp_pci_* on the contract do what NetBSD's manual page says.  Nothing of NetBSD is
# needed: client.c is linked in its place.

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/../core/boot.sh"

build "$BUILD/tests/netbsd/client.elf"

for cpu in qemu64 max; do
	boot_qemu -m 32 -cpu $cpu -kernel "$BUILD/tests/netbsd/client.elf" -append 'wall=off SOME_WORD=value' \
		-device edu
	whole "rumpuser on a CPU '$cpu'"
	says '^rumpuser_dprintf: text, 42$' 'rumpuser_dprintf'
	says '^!$' 'rumpuser_putchar'
done

finish
