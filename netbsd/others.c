// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * others.c - calls that ask what the system is and has, and limits.
 */
#include "donor.h"

#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

/* A program that asks wants to know what calls there are; the version says what answers them. */
long call_uname(const unsigned long *a)
{
	struct new_utsname *to = (struct new_utsname *)a[0];

	*to = (struct new_utsname){
		"Linux", "", "6.1.0-haunch-netbsd", "NetBSD's rump kernel", "x86_64", "(none)"
	};
	memcpy(to->nodename, program_host, strlen(program_host));
	return 0;
}

long call_sysinfo(const unsigned long *a)
{
	struct sysinfo *to = (struct sysinfo *)a[0];

	*to = (struct sysinfo){ .uptime = (long)(now() / NS_PER_SECOND),
				.procs = 1,
				.mem_unit = 1 };
	memory_tell(&to->totalram, &to->freeram);
	return 0;
}

long limit(unsigned long resource, unsigned long new, unsigned long old)
{
	const struct rlimit64 *to = (const struct rlimit64 *)new;
	long result = old ? LX(getrlimit, resource, old) : 0;

	if (old && !result && resource == RLIMIT_STACK)
		((struct rlimit64 *)old)->rlim_cur = program_stack_size;
	if (!to || result)
		return result;
	return to->rlim_cur > to->rlim_max ? -EINVAL : LX(setrlimit, resource, new);
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
	const char *from = a[0] == PR_SET_NAME ? (const char *)a[1] : name;
	char *to = a[0] == PR_SET_NAME ? name : (char *)a[1];

	if (!a[1] || (a[0] != PR_SET_NAME && a[0] != PR_GET_NAME))
		return -EINVAL;
	to[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < sizeof(name) - 1 && (to[i] = from[i]); i++)
		;
	return 0;
}
