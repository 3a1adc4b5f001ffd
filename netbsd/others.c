// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * others.c - calls that ask what the system is and has, and limits.
 */
#include "donor.h"
#include "calls.h"
#include "tasks.h"

#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

/* A program that asks wants to know what calls there are; the version says what answers them. */
long call_uname(const unsigned long *a)
{
	static const struct new_utsname names = {
		"Linux", "", "6.1.0-haunch-netbsd", "NetBSD's rump kernel", "x86_64", "(none)"
	};
	struct new_utsname *to = (struct new_utsname *)a[0];
	const char *name = "haunch";
	long size;

	if (!to)
		return -EFAULT;
	*to = names;
	size = word("haunch.hostname", &name);
	memcpy(to->nodename, name, size < 0 ? 6 : size < 64 ? (size_t)size : 64);
	return 0;
}

long call_sysinfo(const unsigned long *a)
{
	struct sysinfo *to = (struct sysinfo *)a[0];

	if (!to)
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	to->uptime = (long)(now() / NS_PER_SECOND);
	memory_tell(&to->totalram, &to->freeram);
	to->procs = 1;
	to->mem_unit = 1;
	return 0;
}

/* Linux's number of a limit as NetBSD's; -1: NetBSD has none. */
static const signed char limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = 0,	[RLIMIT_FSIZE] = 1, [RLIMIT_DATA] = 2,	  [RLIMIT_STACK] = 3,
	[RLIMIT_CORE] = 4,	[RLIMIT_RSS] = 5,   [RLIMIT_NPROC] = 7,	  [RLIMIT_NOFILE] = 8,
	[RLIMIT_MEMLOCK] = 6,	[RLIMIT_AS] = 10,   [RLIMIT_LOCKS] = -1,  [RLIMIT_SIGPENDING] = -1,
	[RLIMIT_MSGQUEUE] = -1, [RLIMIT_NICE] = -1, [RLIMIT_RTPRIO] = -1, [RLIMIT_RTTIME] = -1
};

#define NB_RLIM_INFINITY	(~0ul >> 1)

static long limit(unsigned long resource, const struct rlimit64 *new, struct rlimit64 *old)
{
	struct rlimit64 l = { RLIM64_INFINITY, RLIM64_INFINITY };
	long result = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (old && limits[resource] >= 0) {
		result = NB(NB_GETRLIMIT, (unsigned long)limits[resource], W(&l));
		if (l.rlim_cur == NB_RLIM_INFINITY)
			l.rlim_cur = RLIM64_INFINITY;
		if (l.rlim_max == NB_RLIM_INFINITY)
			l.rlim_max = RLIM64_INFINITY;
	}
	if (old && !result && resource == RLIMIT_STACK)
		l.rlim_cur = program_stack_size;
	if (old && !result)
		*old = l;
	if (!new || result)
		return result;
	if (new->rlim_cur > new->rlim_max || limits[resource] < 0)
		return -EINVAL;
	l.rlim_cur = new->rlim_cur < NB_RLIM_INFINITY ? new->rlim_cur : NB_RLIM_INFINITY;
	l.rlim_max = new->rlim_max < NB_RLIM_INFINITY ? new->rlim_max : NB_RLIM_INFINITY;
	return NB(NB_SETRLIMIT, (unsigned long)limits[resource], W(&l));
}

long call_prlimit64(const unsigned long *a)
{
	if (a[0] && (int)a[0] != process_number)
		return -ESRCH;
	return limit(a[1], (const struct rlimit64 *)a[2], (struct rlimit64 *)a[3]);
}

long call_getrlimit(const unsigned long *a)
{
	return a[1] ? limit(a[0], NULL, (struct rlimit64 *)a[1]) : -EFAULT;
}

long call_setrlimit(const unsigned long *a)
{
	return a[1] ? limit(a[0], (const struct rlimit64 *)a[1], NULL) : -EFAULT;
}

/* NetBSD's generator, which the core's entropy seeds. */
long call_getrandom(const unsigned long *a)
{
	static long fd = -1;

	if (a[2] & ~(unsigned long)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if (fd < 0) {
		fd = NB(NB_OPENAT, (unsigned long)-100, W("/dev/urandom"), 0, 0);
		if (fd < 0)
			return fd == -ENOENT ? -ENOSYS : fd;
		fd = hide((int)fd);
	}
	return NB(NB_READ, (unsigned long)fd, a[0], a[1] < 1ul << 20 ? a[1] : 1ul << 20);
}

/* A name is for debuggers; what would change how the process is treated is not there. */
long call_prctl(const unsigned long *a)
{
	static char name[16] = "program";

	switch (a[0]) {
	case PR_SET_NAME:
		if (!a[1])
			return -EFAULT;
		for (size_t i = 0; i < sizeof(name) - 1; i++) {
			name[i] = ((const char *)a[1])[i];
			if (!name[i])
				break;
		}
		return 0;
	case PR_GET_NAME:
		if (!a[1])
			return -EFAULT;
		memcpy((void *)a[1], name, sizeof(name));
		return 0;
	case PR_GET_DUMPABLE:
		return 0;
	default:
		return -EINVAL;
	}
}

long call_getcpu(const unsigned long *a)
{
	if (a[0])
		*(unsigned int *)a[0] = 0;
	if (a[1])
		*(unsigned int *)a[1] = 0;
	return 0;
}
