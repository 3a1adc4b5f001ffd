// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * translate.c - a call of NetBSD's, with its errors in Linux's numbers; and flags.
 */
#include "calls.h"

int rump_syscall(int number, void *arguments, size_t size, long *result);

/* ------------------------------------------------------------------ NetBSD's calls */

/* From 35 on the two number errors otherwise (EDEADLK and EAGAIN change places). */
static const unsigned char errors[] = { [11] = EDEADLK,	 [35] = EAGAIN,	  EINPROGRESS,
					EALREADY,	 ENOTSOCK,	  EDESTADDRREQ,
					EMSGSIZE,	 EPROTOTYPE,	  ENOPROTOOPT,
					EPROTONOSUPPORT, ESOCKTNOSUPPORT, EOPNOTSUPP,
					EPFNOSUPPORT,	 EAFNOSUPPORT,	  EADDRINUSE,
					EADDRNOTAVAIL,	 ENETDOWN,	  ENETUNREACH,
					ENETRESET,	 ECONNABORTED,	  ECONNRESET,
					ENOBUFS,	 EISCONN,	  ENOTCONN,
					ESHUTDOWN,	 ETOOMANYREFS,	  ETIMEDOUT,
					ECONNREFUSED,	 ELOOP,		  ENAMETOOLONG,
					EHOSTDOWN,	 EHOSTUNREACH,	  ENOTEMPTY,
					EUSERS,		 EUSERS,	  EDQUOT,
					ESTALE,		 EREMOTE,	  [77] = ENOLCK,
					ENOSYS,		 [82] = EIDRM,	  ENOMSG,
					EOVERFLOW,	 EILSEQ,	  EOPNOTSUPP,
					ECANCELED,	 EBADMSG,	  ENODATA,
					ENOSR,		 ENOSTR,	  ETIME,
					ENODATA,	 EMULTIHOP,	  ENOLINK,
					EPROTO };

int errno_of(int netbsd)
{
	/* ERESTART and its like: a call that was interrupted. */
	if (netbsd < 0)
		return EINTR;
	if (netbsd < 35 && netbsd != 11)
		return netbsd;
	return (size_t)netbsd < sizeof(errors) && errors[netbsd] ? errors[netbsd] : EINVAL;
}

long nb(unsigned int number, const unsigned long *arguments)
{
	long result[2] = { 0, 0 };
	int error = rump_syscall((int)number, (void *)arguments, 8 * sizeof(*arguments), result);

	return error ? -errno_of(error) : result[0];
}

unsigned int bits_to_netbsd(const struct bits *table, size_t nr, unsigned int bits,
			    unsigned int *rest)
{
	unsigned int to = 0;

	for (size_t i = 0; i < nr; i++)
		if (bits & table[i].linux_bits) {
			to |= table[i].netbsd_bits;
			bits &= ~table[i].linux_bits;
		}
	if (rest)
		*rest = bits;
	return to;
}

unsigned int bits_to_linux(const struct bits *table, size_t nr, unsigned int bits)
{
	unsigned int to = 0;

	for (size_t i = 0; i < nr; i++)
		if (bits & table[i].netbsd_bits)
			to |= table[i].linux_bits;
	return to;
}
