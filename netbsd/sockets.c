// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * sockets.c - system calls of sockets.
 *
 * What goes to NetBSD is translated by its Linux emulation, what comes from it here, in place: its socket addresses
 * begin with a byte for their length and one for their family, where Linux has two for the family; the rest
 * is the same, as it is of messages and their control data but for their headers.
 */
#include "calls.h"

#include <asm/socket.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/uio.h>

/* Of Linux's sys/socket.h, which is its C libraries' alone. */
#define AF_UNIX			1
#define AF_INET			2
#define AF_INET6		10
#define SOL_IP			0
#define SOL_IPV6		41
#define SOL_TCP			6
#define SOCK_CLOEXEC  ((unsigned long)O_CLOEXEC)
#define SOCK_NONBLOCK ((unsigned long)O_NONBLOCK)
#define MSG_CTRUNC    0x8

struct linux_msghdr {
	void *name;
	int name_size;
	struct iovec *iov;
	size_t nr_iov;
	void *control;
	size_t control_size; /* for NetBSD the upper half is the flags */
	unsigned int flags;
};

struct linux_mmsghdr {
	struct linux_msghdr header;
	unsigned int size;
};

/* NetBSD's is three words, and one of padding. */
union control {
	struct {
		size_t size;
		int level, type;
	};
	struct {
		uint32_t size;
		int level, type, padding;
	} nb;
};

#define NB_AF_INET6		24
#define NB_SOL_SOCKET		0xffff
#define NB_SOCK_CLOEXEC		0x10000000
#define NB_SOCK_NONBLOCK	0x20000000

/* The address, of which there are so many bytes, becomes Linux's. */
static void address_to_linux(void *address, int size)
{
	const uint8_t *bytes = address;

	if (address && size >= 2)
		*(uint16_t *)address = bytes[1] == NB_AF_INET6 ? AF_INET6 : bytes[1];
}

long ask_address(unsigned int number, const unsigned long *a)
{
	long result = nb(number, a);

	if (result >= 0 && a[1] && a[2])
		address_to_linux((void *)a[1], *(int *)a[2]);
	return result;
}

long call_socket(const unsigned long *a)
{
	if (a[0] != AF_UNIX && a[0] != AF_INET && a[0] != AF_INET6)
		return -EAFNOSUPPORT;
	return LX(socket, a[0], a[1], a[2]);
}

long call_accept4(const unsigned long *a)
{
	if (a[3] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	return ask_address(NB_PACCEPT,
			   (const unsigned long[8]){
				   a[0], a[1], a[2], 0,
				   (a[3] & SOCK_CLOEXEC ? NB_SOCK_CLOEXEC : 0) |
					   (a[3] & SOCK_NONBLOCK ? NB_SOCK_NONBLOCK : 0) });
}

long call_sendmmsg(const unsigned long *a)
{
	struct linux_mmsghdr *m = (struct linux_mmsghdr *)a[1];
	unsigned long i;

	for (i = 0; i < a[2]; i++) {
		long n = call_sendmsg(A(a[0], W(&m[i].header), a[3]));

		if (n < 0)
			return i ? (long)i : n;
		m[i].size = (unsigned int)n;
	}
	return (long)i;
}

/* Linux's number and NetBSD's: CTRUNC, TRUNC, DONTWAIT, EOR, WAITALL, NOSIGNAL, CMSG_CLOEXEC. */
static const unsigned int message_bits[][2] = { { 0x8, 0x20 },	      { 0x20, 0x10 },
						{ 0x40, 0x80 },	      { 0x80, 0x8 },
						{ 0x100, 0x40 },      { 0x4000, 0x400 },
						{ 0x40000000, 0x800 } };

static unsigned int message_flags(unsigned long flags, bool to_linux)
{
	unsigned int to = flags & 7; /* OOB, PEEK, DONTROUTE */

	for (size_t i = 0; i < ARRAY_SIZE(message_bits); i++)
		if (flags & message_bits[i][to_linux])
			to |= message_bits[i][!to_linux];
	return to;
}

long call_recvfrom(const unsigned long *a)
{
	long result = NB(RECVFROM, a[0], a[1], a[2], message_flags(a[3], false), a[4], a[5]);

	if (result >= 0 && a[4] && a[5])
		address_to_linux((void *)a[4], *(int *)a[5]);
	return result;
}

/* The headers of the control data; what is not whole is cut off. */
static void control_to_linux(struct linux_msghdr *m)
{
	char *start = m->control, *at = start, *end = start + m->control_size;

	while (end - at >= (long)sizeof(union control)) {
		union control *c = (union control *)at;
		uint32_t size = c->nb.size;
		int level = c->nb.level, type = c->nb.type;

		if (size < sizeof(*c) || size > (size_t)(end - at)) {
			m->flags |= MSG_CTRUNC;
			break;
		}
		c->size = size;
		c->level = level == NB_SOL_SOCKET ? SOL_SOCKET : level;
		c->type = type;
		size = (size + 7) & ~7u;
		at += size < (size_t)(end - at) ? size : (size_t)(end - at);
	}
	m->control_size = (size_t)(at - start);
}

long call_recvmsg(const unsigned long *a)
{
	struct linux_msghdr *m = (struct linux_msghdr *)a[1];
	long result;

	m->control_size &= 0xffffffff;
	result = NB(RECVMSG, a[0], W(m), message_flags(a[2], false));
	if (result >= 0) {
		m->flags = message_flags(m->control_size >> 32, true);
		address_to_linux(m->name, m->name_size);
	}
	m->control_size &= 0xffffffff;
	if (result >= 0 && m->control)
		control_to_linux(m);
	return result;
}

enum kind { NUMBER, BYTES, FAULT, CORK };

/*
 * The emulation has few of them.  CORK: TCP_CORK holds back what does not fill a packet until it is taken off; NetBSD
 * has no such option.  Whoever uses it sends on his own account when all is there, so what NetBSD holds
 * back by itself (Nagle's algorithm) is switched off: the same bytes arrive as soon, in more packets.
 */
/* clang-format off */
static const struct option {
	unsigned short level, name, netbsd_name, kind;
} options[] = {
	{ SOL_SOCKET, SO_DEBUG, 0x1, NUMBER }, { SOL_SOCKET, SO_REUSEADDR, 0x4, NUMBER },
	{ SOL_SOCKET, SO_TYPE, 0x1008, NUMBER }, { SOL_SOCKET, SO_ERROR, 0x1007, FAULT },
	{ SOL_SOCKET, SO_DONTROUTE, 0x10, NUMBER }, { SOL_SOCKET, SO_BROADCAST, 0x20, NUMBER },
	{ SOL_SOCKET, SO_SNDBUF, 0x1001, NUMBER }, { SOL_SOCKET, SO_RCVBUF, 0x1002, NUMBER },
	{ SOL_SOCKET, SO_KEEPALIVE, 0x8, NUMBER }, { SOL_SOCKET, SO_OOBINLINE, 0x100, NUMBER },
	{ SOL_SOCKET, SO_LINGER, 0x80, BYTES }, { SOL_SOCKET, SO_REUSEPORT, 0x200, NUMBER },
	{ SOL_SOCKET, SO_RCVLOWAT, 0x1004, NUMBER }, { SOL_SOCKET, SO_SNDLOWAT, 0x1003, NUMBER },
	{ SOL_SOCKET, SO_RCVTIMEO_OLD, 0x100c, BYTES }, { SOL_SOCKET, SO_SNDTIMEO_OLD, 0x100b, BYTES },
	{ SOL_SOCKET, SO_ACCEPTCONN, 0x2, NUMBER }, { SOL_IP, IP_TOS, 3, NUMBER },
	{ SOL_IP, IP_TTL, 4, NUMBER }, { SOL_IP, IP_MULTICAST_IF, 9, BYTES },
	{ SOL_IP, IP_MULTICAST_TTL, 10, NUMBER }, { SOL_IP, IP_MULTICAST_LOOP, 11, NUMBER },
	{ SOL_IP, IP_ADD_MEMBERSHIP, 12, BYTES }, { SOL_IP, IP_DROP_MEMBERSHIP, 13, BYTES },
	{ SOL_IPV6, IPV6_UNICAST_HOPS, 4, NUMBER }, { SOL_IPV6, IPV6_MULTICAST_IF, 9, NUMBER },
	{ SOL_IPV6, IPV6_MULTICAST_HOPS, 10, NUMBER }, { SOL_IPV6, IPV6_MULTICAST_LOOP, 11, NUMBER },
	{ SOL_IPV6, IPV6_ADD_MEMBERSHIP, 12, BYTES }, { SOL_IPV6, IPV6_DROP_MEMBERSHIP, 13, BYTES },
	{ SOL_IPV6, IPV6_V6ONLY, 27, NUMBER }, { SOL_TCP, TCP_NODELAY, 1, NUMBER },
	{ SOL_TCP, TCP_MAXSEG, 2, NUMBER }, { SOL_TCP, TCP_KEEPIDLE, 3, NUMBER },
	{ SOL_TCP, TCP_KEEPINTVL, 5, NUMBER }, { SOL_TCP, TCP_KEEPCNT, 6, NUMBER },
	{ SOL_TCP, TCP_CORK, 1, CORK },
};
/* clang-format on */

static const struct option *find_option(unsigned long level, unsigned long name)
{
	for (const struct option *o = options; o < options + ARRAY_SIZE(options); o++)
		if (o->level == level && o->name == name)
			return o;
	return NULL;
}

static unsigned long netbsd_level(const struct option *o)
{
	return o->level == SOL_SOCKET ? NB_SOL_SOCKET : o->level;
}

long call_setsockopt(const unsigned long *a)
{
	const struct option *o = find_option(a[1], a[2]);
	int number;

	if (!o)
		return -ENOPROTOOPT;
	if (o->kind == BYTES)
		return NB(SETSOCKOPT, a[0], netbsd_level(o), o->netbsd_name, a[3], a[4]);
	/* A multicast option may be given as one byte. */
	if (a[4] < sizeof(int) && (a[4] < 1 || o->level == SOL_SOCKET))
		return -EINVAL;
	number = a[4] < sizeof(int) ? *(const unsigned char *)a[3] : *(const int *)a[3];
	if (o->kind == CORK && !number)
		return 0;
	return NB(SETSOCKOPT, a[0], netbsd_level(o), o->netbsd_name, W(&number), sizeof(number));
}

long call_getsockopt(const unsigned long *a)
{
	const struct option *o = find_option(a[1], a[2]);
	int *size = (int *)a[4], number = 0, room = sizeof(number);
	long result;

	if (!o)
		return -ENOPROTOOPT;
	if (*size < 0)
		return -EINVAL;
	if (o->kind == BYTES)
		return NB(GETSOCKOPT, a[0], netbsd_level(o), o->netbsd_name, a[3], a[4]);
	result = NB(GETSOCKOPT, a[0], netbsd_level(o), o->netbsd_name, W(&number), W(&room));
	if (result)
		return result;
	if (o->kind == FAULT)
		number = errno_of(number);
	else if (o->level == SOL_SOCKET ? o->netbsd_name < 0x1000 :
					  o->level == SOL_TCP && o->netbsd_name == 1)
		number = number != 0; /* NetBSD tells the option's bit */
	if ((size_t)*size > sizeof(number))
		*size = sizeof(number);
	memcpy((void *)a[3], &number, (size_t)*size);
	return 0;
}
