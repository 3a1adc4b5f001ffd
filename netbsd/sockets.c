// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * sockets.c - system calls of sockets.
 *
 * NetBSD's socket addresses begin with a byte for their length and one for their family, where
 * Linux has two for the family; IPv6's number is another; the rest of an IP address is the same.
 */
#include "calls.h"

#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <asm/socket.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/uio.h>

/* Of Linux's sys/socket.h, which is its C libraries' alone. */
#define AF_UNIX			1
#define AF_INET			2
#define AF_INET6		10
#define SOL_IP			0
#define SOL_IPV6		41
#define SOL_TCP			6
#define SOCK_TYPE_MASK		0xf
#define SOCK_CLOEXEC		O_CLOEXEC
#define SOCK_NONBLOCK		O_NONBLOCK
#define MSG_NOSIGNAL		0x4000
#define MSG_MORE		0x8000
#define MSG_DONTWAIT		0x40
#define SCM_RIGHTS		1

struct linux_msghdr {
	void *name;
	int name_size;
	struct iovec *iov;
	size_t nr_iov;
	void *control;
	size_t control_size;
	unsigned int flags;
};

struct linux_cmsghdr {
	size_t size;
	int level, type;
};

struct linux_mmsghdr {
	struct linux_msghdr header;
	unsigned int size;
};

struct nb_msghdr {
	void *name;
	uint32_t name_size;
	struct iovec *iov;
	int32_t nr_iov;
	void *control;
	uint32_t control_size;
	int32_t flags;
};

struct nb_cmsghdr {
	uint32_t size;
	int32_t level, type;
};

#define NB_AF_INET6		24
#define NB_SOL_SOCKET		0xffff
#define NB_SOCK_CLOEXEC		0x10000000
#define NB_SOCK_NONBLOCK	0x20000000

/* ------------------------------------------------------------------ addresses */

#define ADDRESS_SIZE		128

struct nb_address {
	uint8_t size, family;
	char rest[ADDRESS_SIZE - 2];
};

static long family_to_netbsd(unsigned long family)
{
	switch (family) {
	case 0:
	case AF_UNIX:
	case AF_INET:
		return (long)family;
	case AF_INET6:
		return NB_AF_INET6;
	default:
		return -EAFNOSUPPORT;
	}
}

static unsigned short family_to_linux(unsigned int family)
{
	return family == NB_AF_INET6 ? AF_INET6 : (unsigned short)family;
}

/* Returns the size for NetBSD, or an error. */
static long address_to_netbsd(struct nb_address *to, const void *from, unsigned long size)
{
	const struct sockaddr_in6 *address = from;
	long family;

	if (!from)
		return -EFAULT;
	if (size < sizeof(unsigned short) || size > ADDRESS_SIZE)
		return -EINVAL;
	family = family_to_netbsd(address->sin6_family);
	if (family < 0)
		return family;
	/* What lies behind an IPv4 or IPv6 address is not looked at by Linux, but is by NetBSD. */
	if (family == AF_INET && size > sizeof(struct sockaddr_in))
		size = sizeof(struct sockaddr_in);
	if (family == NB_AF_INET6 && size > sizeof(struct sockaddr_in6))
		size = sizeof(struct sockaddr_in6);
	memset(to, 0, sizeof(*to));
	memcpy(to->rest, (const char *)from + 2, size - 2);
	if (family == AF_INET)
		memset(to->rest + 6, 0, 8);	/* NetBSD wants sin_zero to be so */
	/*
	 * NetBSD knows paths only, which are shorter by four characters, and no names that begin
	 * with a NUL.
	 */
	if (family == AF_UNIX && (size > 106 || (size > 2 && !to->rest[0])))
		return -EINVAL;
	to->size = (uint8_t)size;
	to->family = (uint8_t)family;
	return (long)size;
}

/* The address as far as there is room, and how large it is. */
static void address_to_linux(void *to, int *size, const struct nb_address *from, uint32_t from_size)
{
	unsigned short family = family_to_linux(from->family);
	char whole[ADDRESS_SIZE];

	if (!to || !size)
		return;
	if (from_size > sizeof(whole))
		from_size = sizeof(whole);
	/* Nobody: a UNIX socket without a name has its family only. */
	if (from_size < 2) {
		*size = 0;
		return;
	}
	if (family == AF_UNIX && from_size > 2 && !from->rest[0])
		from_size = 2;
	memcpy(whole, &family, 2);
	memcpy(whole + 2, from->rest, from_size - 2);
	memcpy(to, whole, (uint32_t)*size < from_size ? (size_t)*size : from_size);
	*size = (int)from_size;
}

/* A call of NetBSD's that fills in an address. */
static long ask_address(unsigned int number, const unsigned long *a)
{
	struct nb_address address = { 0 };
	uint32_t size = sizeof(address);
	long result;

	if (!a[1] || !a[2])
		return -EFAULT;
	if (*(int *)a[2] < 0)
		return -EINVAL;
	result = NB(number, a[0], W(&address), W(&size));
	if (result >= 0)
		address_to_linux((void *)a[1], (int *)a[2], &address, size);
	return result;
}

/* ------------------------------------------------------------------ connections */

static long type_to_netbsd(unsigned long type)
{
	unsigned long kind = type & SOCK_TYPE_MASK;

	if (type & ~(unsigned long)(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	return (long)(kind | (type & SOCK_CLOEXEC ? NB_SOCK_CLOEXEC : 0) |
		      (type & SOCK_NONBLOCK ? NB_SOCK_NONBLOCK : 0));
}

long call_socket(const unsigned long *a)
{
	long family = family_to_netbsd(a[0]), type = type_to_netbsd(a[1]);

	if (family < 0)
		return family;
	return type < 0 ? type : NB(NB_SOCKET, (unsigned long)family, (unsigned long)type, a[2]);
}

long call_socketpair(const unsigned long *a)
{
	long family = family_to_netbsd(a[0]), type = type_to_netbsd(a[1]);

	if (family < 0)
		return family;
	if (type < 0)
		return type;
	return NB(NB_SOCKETPAIR, (unsigned long)family, (unsigned long)type, a[2], a[3]);
}

long call_bind(const unsigned long *a)
{
	struct nb_address address;
	long size = address_to_netbsd(&address, (const void *)a[1], a[2]);

	return size < 0 ? size : NB(NB_BIND, a[0], W(&address), (unsigned long)size);
}

long call_connect(const unsigned long *a)
{
	struct nb_address address;
	long size = address_to_netbsd(&address, (const void *)a[1], a[2]);

	return size < 0 ? size : NB(NB_CONNECT, a[0], W(&address), (unsigned long)size);
}

long call_accept4(const unsigned long *a)
{
	struct nb_address address = { 0 };
	uint32_t size = sizeof(address);
	long flags = type_to_netbsd(a[3]), result;

	if (flags < 0 || a[3] & SOCK_TYPE_MASK)
		return -EINVAL;
	result = NB(NB_PACCEPT, a[0], W(&address), W(&size), 0, (unsigned long)flags);
	if (result >= 0)
		address_to_linux((void *)a[1], (int *)a[2], &address, size);
	return result;
}

long call_accept(const unsigned long *a)
{
	return call_accept4((const unsigned long[]){ a[0], a[1], a[2], 0 });
}

long call_getsockname(const unsigned long *a)
{
	return ask_address(NB_GETSOCKNAME, a);
}

long call_getpeername(const unsigned long *a)
{
	return ask_address(NB_GETPEERNAME, a);
}

/* ------------------------------------------------------------------ data */

/* MSG_OOB, MSG_PEEK and MSG_DONTROUTE are one number each.  MSG_MORE is a hint. */
static const struct bits message_bits[] = {
	{ 1, 1 },
	{ 2, 2 },
	{ 4, 4 },	/* OOB, PEEK, DONTROUTE */
	{ 0x8, 0x20 },					/* CTRUNC */
	{ 0x20, 0x10 },					/* TRUNC */
	{ MSG_DONTWAIT, 0x80 },
	{ 0x80, 0x8 },					/* EOR */
	{ 0x100, 0x40 },				/* WAITALL */
	{ MSG_NOSIGNAL, 0x400 },
	{ 0x40000000, 0x800 }				/* CMSG_CLOEXEC */
};

static long message_flags(unsigned long flags)
{
	unsigned int rest, to;

	to = bits_to_netbsd(message_bits, ARRAY_SIZE(message_bits), (unsigned int)flags, &rest);
	return rest & ~(unsigned int)MSG_MORE ? -EOPNOTSUPP : (long)to;
}

long call_sendto(const unsigned long *a)
{
	struct nb_address address;
	long flags = message_flags(a[3]), size = 0;

	if (flags < 0)
		return flags;
	if (a[4])
		size = address_to_netbsd(&address, (const void *)a[4], a[5]);
	if (size < 0)
		return size;
	return NB(NB_SENDTO, a[0], a[1], a[2], (unsigned long)flags, a[4] ? W(&address) : 0,
		  (unsigned long)size);
}

long call_recvfrom(const unsigned long *a)
{
	struct nb_address address = { 0 };
	uint32_t size = sizeof(address);
	long flags = message_flags(a[3]), result;

	if (flags < 0)
		return flags;
	result = NB(NB_RECVFROM, a[0], a[1], a[2], (unsigned long)flags, a[4] ? W(&address) : 0,
		    a[4] ? W(&size) : 0);
	if (result >= 0 && a[4])
		address_to_linux((void *)a[4], (int *)a[5], &address, size);
	return result;
}

#define CONTROL_SIZE		1024ul
#define ALIGN8(size)		(((size) + 7) & ~7ul)

/* Descriptors are the only thing besides data that can be sent. */
static long control_to_netbsd(char *to, const struct linux_msghdr *m)
{
	const char *from = m->control, *end = from + m->control_size;
	size_t used = 0;

	while (end - from >= (long)sizeof(struct linux_cmsghdr)) {
		const struct linux_cmsghdr *c = (const struct linux_cmsghdr *)from;
		size_t data = c->size - sizeof(*c), head = ALIGN8(sizeof(struct nb_cmsghdr));
		struct nb_cmsghdr *n = (struct nb_cmsghdr *)(to + used);

		if (c->size < sizeof(*c) || c->size > (size_t)(end - from))
			return -EINVAL;
		if (c->level != SOL_SOCKET || c->type != SCM_RIGHTS)
			return -EOPNOTSUPP;
		if (used + head + ALIGN8(data) > CONTROL_SIZE)
			return -ENOBUFS;
		*n = (struct nb_cmsghdr){ (uint32_t)(head + data), NB_SOL_SOCKET, SCM_RIGHTS };
		memcpy(to + used + head, c + 1, data);
		used += head + ALIGN8(data);
		from += ALIGN8(c->size);
	}
	return (long)used;
}

static void control_to_linux(struct linux_msghdr *m, const char *from, size_t size)
{
	size_t used = 0, head = ALIGN8(sizeof(struct nb_cmsghdr));

	while (size >= head) {
		const struct nb_cmsghdr *n = (const struct nb_cmsghdr *)from;
		size_t data = n->size - head;
		struct linux_cmsghdr *c = (struct linux_cmsghdr *)((char *)m->control + used);

		if (n->size < head || n->size > size)
			break;
		if (used + sizeof(*c) + data > m->control_size) {
			m->flags |= 0x8;	/* MSG_CTRUNC */
			break;
		}
		c->size = sizeof(*c) + data;
		c->level = n->level == NB_SOL_SOCKET ? SOL_SOCKET : n->level;
		c->type = n->type;
		memcpy(c + 1, from + head, data);
		used += ALIGN8(c->size);
		from += ALIGN8(n->size);
		size -= ALIGN8(n->size) < size ? ALIGN8(n->size) : size;
	}
	m->control_size = used < m->control_size ? used : m->control_size;
}

long call_sendmsg(const unsigned long *a)
{
	const struct linux_msghdr *m = (const struct linux_msghdr *)a[1];
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
	struct nb_address address;
	struct nb_msghdr n = { 0 };
	long flags = message_flags(a[2]), size;

	if (!m)
		return -EFAULT;
	if (flags < 0)
		return flags;
	if (m->name && m->name_size) {
		size = address_to_netbsd(&address, m->name, (unsigned long)m->name_size);
		if (size < 0)
			return size;
		n.name = &address;
		n.name_size = (uint32_t)size;
	}
	n.iov = m->iov;
	n.nr_iov = m->nr_iov > 1024 ? 1025 : (int32_t)m->nr_iov;
	if (m->control && m->control_size) {
		size = control_to_netbsd(control, m);
		if (size < 0)
			return size;
		n.control = size ? control : NULL;
		n.control_size = (uint32_t)size;
	}
	return NB(NB_SENDMSG, a[0], W(&n), (unsigned long)flags);
}

long call_sendmmsg(const unsigned long *a)
{
	struct linux_mmsghdr *m = (struct linux_mmsghdr *)a[1];
	unsigned long i;

	for (i = 0; i < a[2]; i++) {
		long n = call_sendmsg((const unsigned long[]){ a[0], W(&m[i].header), a[3] });

		if (n < 0)
			return i ? (long)i : n;
		m[i].size = (unsigned int)n;
	}
	return (long)i;
}

long call_recvmsg(const unsigned long *a)
{
	struct linux_msghdr *m = (struct linux_msghdr *)a[1];
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
	struct nb_address address = { 0 };
	struct nb_msghdr n = { 0 };
	long flags = message_flags(a[2]), result;

	if (!m)
		return -EFAULT;
	if (flags < 0)
		return flags;
	if (m->name) {
		n.name = &address;
		n.name_size = sizeof(address);
	}
	n.iov = m->iov;
	n.nr_iov = m->nr_iov > 1024 ? 1025 : (int32_t)m->nr_iov;
	if (m->control && m->control_size) {
		n.control = control;
		n.control_size = sizeof(control);
	}
	result = NB(NB_RECVMSG, a[0], W(&n), (unsigned long)flags);
	if (result < 0)
		return result;
	m->flags = bits_to_linux(message_bits, ARRAY_SIZE(message_bits), (unsigned int)n.flags);
	if (m->name)
		address_to_linux(m->name, &m->name_size, &address, n.name_size);
	if (n.control)
		control_to_linux(m, control, n.control_size);
	else
		m->control_size = 0;
	return result;
}

/* ------------------------------------------------------------------ options */

enum kind { NUMBER, TIME, LINGER, BYTES, FAULT, CORK };

/*
 * CORK: TCP_CORK holds back what does not fill a packet until it is taken off; NetBSD has no such
 * option.  Whoever uses it sends on his own account when all is there, so what NetBSD holds back by
 * itself (Nagle's algorithm) is switched off: the same bytes arrive as soon, in more packets.
 */
static const struct option {
	int linux_level, linux_name, netbsd_name;
	enum kind kind;
} options[] = { { SOL_SOCKET, SO_DEBUG, 0x1, NUMBER },
		{ SOL_SOCKET, SO_REUSEADDR, 0x4, NUMBER },
		{ SOL_SOCKET, SO_TYPE, 0x1008, NUMBER },
		{ SOL_SOCKET, SO_ERROR, 0x1007, FAULT },
		{ SOL_SOCKET, SO_DONTROUTE, 0x10, NUMBER },
		{ SOL_SOCKET, SO_BROADCAST, 0x20, NUMBER },
		{ SOL_SOCKET, SO_SNDBUF, 0x1001, NUMBER },
		{ SOL_SOCKET, SO_RCVBUF, 0x1002, NUMBER },
		{ SOL_SOCKET, SO_KEEPALIVE, 0x8, NUMBER },
		{ SOL_SOCKET, SO_OOBINLINE, 0x100, NUMBER },
		{ SOL_SOCKET, SO_LINGER, 0x80, LINGER },
		{ SOL_SOCKET, SO_REUSEPORT, 0x200, NUMBER },
		{ SOL_SOCKET, SO_RCVLOWAT, 0x1004, NUMBER },
		{ SOL_SOCKET, SO_SNDLOWAT, 0x1003, NUMBER },
		{ SOL_SOCKET, SO_RCVTIMEO_OLD, 0x100c, TIME },
		{ SOL_SOCKET, SO_SNDTIMEO_OLD, 0x100b, TIME },
		{ SOL_SOCKET, SO_ACCEPTCONN, 0x2, NUMBER },
		{ SOL_IP, IP_TOS, 3, NUMBER },
		{ SOL_IP, IP_TTL, 4, NUMBER },
		{ SOL_IP, IP_MULTICAST_IF, 9, BYTES },
		{ SOL_IP, IP_MULTICAST_TTL, 10, NUMBER },
		{ SOL_IP, IP_MULTICAST_LOOP, 11, NUMBER },
		{ SOL_IP, IP_ADD_MEMBERSHIP, 12, BYTES },
		{ SOL_IP, IP_DROP_MEMBERSHIP, 13, BYTES },
		{ SOL_IPV6, IPV6_UNICAST_HOPS, 4, NUMBER },
		{ SOL_IPV6, IPV6_MULTICAST_IF, 9, NUMBER },
		{ SOL_IPV6, IPV6_MULTICAST_HOPS, 10, NUMBER },
		{ SOL_IPV6, IPV6_MULTICAST_LOOP, 11, NUMBER },
		{ SOL_IPV6, IPV6_ADD_MEMBERSHIP, 12, BYTES },
		{ SOL_IPV6, IPV6_DROP_MEMBERSHIP, 13, BYTES },
		{ SOL_IPV6, IPV6_V6ONLY, 27, NUMBER },
		{ SOL_TCP, TCP_NODELAY, 1, NUMBER },
		{ SOL_TCP, TCP_MAXSEG, 2, NUMBER },
		{ SOL_TCP, TCP_KEEPIDLE, 3, NUMBER },
		{ SOL_TCP, TCP_KEEPINTVL, 5, NUMBER },
		{ SOL_TCP, TCP_KEEPCNT, 6, NUMBER },
		{ SOL_TCP, TCP_CORK, 1, CORK } };

static const struct option *find_option(unsigned long level, unsigned long name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if ((unsigned long)options[i].linux_level == level &&
		    (unsigned long)options[i].linux_name == name)
			return &options[i];
	return NULL;
}

static unsigned long netbsd_level(const struct option *o)
{
	return o->linux_level == SOL_SOCKET ? NB_SOL_SOCKET : (unsigned long)o->linux_level;
}

long call_setsockopt(const unsigned long *a)
{
	const struct option *o = find_option(a[1], a[2]);
	int number;

	if (!o)
		return -ENOPROTOOPT;
	if (!a[3])
		return -EFAULT;
	if (o->kind != NUMBER && o->kind != CORK)
		return NB(NB_SETSOCKOPT, a[0], netbsd_level(o), (unsigned long)o->netbsd_name, a[3],
			  a[4]);
	/* A multicast option may be given as one byte. */
	if (a[4] < sizeof(int) && (a[4] < 1 || o->linux_level == SOL_SOCKET))
		return -EINVAL;
	number = a[4] < sizeof(int) ? *(const unsigned char *)a[3] : *(const int *)a[3];
	if (o->kind == CORK && !number)
		return 0;
	return NB(NB_SETSOCKOPT, a[0], netbsd_level(o), (unsigned long)o->netbsd_name, W(&number),
		  sizeof(number));
}

long call_getsockopt(const unsigned long *a)
{
	const struct option *o = find_option(a[1], a[2]);
	int *size = (int *)a[4];
	uint32_t room;
	long result;
	int number = 0;

	if (!o)
		return -ENOPROTOOPT;
	if (!size || !a[3])
		return -EFAULT;
	if (*size < 0)
		return -EINVAL;
	if (o->kind == BYTES || o->kind == TIME || o->kind == LINGER) {
		room = (uint32_t)*size;
		result = NB(NB_GETSOCKOPT, a[0], netbsd_level(o), (unsigned long)o->netbsd_name,
			    a[3], W(&room));
		*size = (int)room;
		return result;
	}
	room = sizeof(number);
	result = NB(NB_GETSOCKOPT, a[0], netbsd_level(o), (unsigned long)o->netbsd_name, W(&number),
		    W(&room));
	if (result)
		return result;
	if (o->kind == FAULT)
		number = errno_of(number);
	else if (o->linux_level == SOL_SOCKET && number && o->linux_name != SO_TYPE &&
		 o->netbsd_name < 0x1000)
		number = 1;		/* NetBSD tells the option's bit */
	if ((size_t)*size > sizeof(number))
		*size = sizeof(number);
	memcpy((void *)a[3], &number, (size_t)*size);
	return 0;
}

/* ------------------------------------------------------------------ interfaces */

/* NetBSD's ifreq has a sockaddr where Linux's has; its requests have the size in them. */
#define NB_IFREQ(direction, number)	((direction) << 28 | 144u << 16 | 'i' << 8 | (number))

struct nb_ifreq {
	char name[16];
	union {
		struct nb_address address;
		int number;
	} u;
};

/* Linux's (linux/if.h wants a C library). */
struct linux_ifreq {
	char name[16];
	union {
		char address[16];
		int number;
		short flags;
	} u;
};

long socket_ioctl(int fd, unsigned int request, void *argument)
{
	struct linux_ifreq *to = argument;
	struct nb_ifreq n = { { 0 }, { { 0 } } };
	unsigned int how;
	long result;
	int size = 16;

	switch (request) {
	case SIOCGIFADDR:
		how = NB_IFREQ(0xcu, 33);
		break;
	case SIOCGIFDSTADDR:
		how = NB_IFREQ(0xcu, 34);
		break;
	case SIOCGIFBRDADDR:
		how = NB_IFREQ(0xcu, 35);
		break;
	case SIOCGIFNETMASK:
		how = NB_IFREQ(0xcu, 37);
		break;
	case SIOCGIFFLAGS:
		how = NB_IFREQ(0xcu, 17);
		break;
	case SIOCGIFMTU:
		how = NB_IFREQ(0xcu, 126);
		break;
	default:
		return -ENOTTY;
	}
	if (!to)
		return -EFAULT;
	memcpy(n.name, to->name, sizeof(n.name));
	result = NB(NB_IOCTL, (unsigned long)fd, how, W(&n));
	if (result)
		return result;
	if (request == SIOCGIFMTU)
		to->u.number = n.u.number;
	else if (request == SIOCGIFFLAGS)
		to->u.flags = (short)n.u.number;
	else
		address_to_linux(to->u.address, &size, &n.u.address, 16);
	return 0;
}
