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
	struct new_utsname *to = (struct new_utsname *)a[0];

	if (!to)
		return -EFAULT;
	*to = (struct new_utsname){
		"Linux", "", "6.1.0-haunch-netbsd", "NetBSD's rump kernel", "x86_64", "(none)"
	};
	memcpy(to->nodename, program_host, strlen(program_host));
	return 0;
}

long call_sysinfo(const unsigned long *a)
{
	struct sysinfo *to = (struct sysinfo *)a[0];

	if (!to)
		return -EFAULT;
	*to = (struct sysinfo){ .uptime = (long)(now() / NS_PER_SECOND),
				.procs = 1,
				.mem_unit = 1 };
	memory_tell(&to->totalram, &to->freeram);
	return 0;
}

static long limit(unsigned long resource, const struct rlimit64 *new, struct rlimit64 *old)
{
	long result = old ? LX(getrlimit, resource, W(old)) : 0;

	if (old && !result && resource == RLIMIT_STACK)
		old->rlim_cur = program_stack_size;
	if (!new || result)
		return result;
	return new->rlim_cur > new->rlim_max ? -EINVAL : LX(setrlimit, resource, W(new));
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
		fd = LX(open, W("/dev/urandom"));
		if (fd < 0)
			return fd == -ENOENT ? -ENOSYS : fd;
		fd = hide((int)fd);
	}
	return NB(READ, (unsigned long)fd, a[0], a[1] < 1ul << 20 ? a[1] : 1ul << 20);
}

/* A name is for debuggers; what would change how the process is treated is not there. */
long call_prctl(const unsigned long *a)
{
	static char name[16] = "program";

	if (a[0] == PR_GET_DUMPABLE)
		return 0;
	if (a[0] != PR_SET_NAME && a[0] != PR_GET_NAME)
		return -EINVAL;
	if (!a[1])
		return -EFAULT;
	if (a[0] == PR_GET_NAME)
		memcpy((void *)a[1], name, sizeof(name));
	for (size_t i = 0; a[0] == PR_SET_NAME && i < sizeof(name) - 1; i++) {
		name[i] = ((const char *)a[1])[i];
		if (!name[i])
			break;
	}
	return 0;
}

long call_getcpu(const unsigned long *a)
{
	if (a[0])
		*(unsigned int *)a[0] = 0;
	if (a[1])
		*(unsigned int *)a[1] = 0;
	return 0;
}
