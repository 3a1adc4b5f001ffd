/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * network.h - networks of this host's machines, by name (haunch run -n NAME).  A network is a group of
 * multicast on the loopback device, which QEMU's socket device puts Ethernet frames into; who is in it is
 * in a folder beside the machines', one file for each address.  There is no daemon: each machine's own
 * `haunch run` looks at the folder and tells its guest the names of the others.
 */
#ifndef TOOLS_NETWORK_H
#define TOOLS_NETWORK_H

#include "common.h"

/*
 * Take part, as the machine of that name, which is registered.  Returns its number in the network; dies if
 * there is none left.
 */
unsigned int network_join(const char *network, const char *machine);
/* Leave it again; nothing happens if it was not joined. */
void network_leave(void);

/* QEMU's option -netdev for it, called `id`; the guest's address and its card's.  The caller frees them. */
char *network_device(const char *network, const char *id);
char *network_address(unsigned int number);
char *network_card(unsigned int number);

/* Who takes part in the own one, "ADDRESS:NAME,...", as init has it: as many as fit; the caller frees it. */
char *network_hosts(size_t most);
/* A descriptor that can be read when others came or left (inotify(7)), or -1. */
int network_watch(void);

#endif /* TOOLS_NETWORK_H */
