// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * calls.c - from a program's `syscall` instruction to the function that answers, or right to NetBSD
 * where the arguments are the same.
 */
#include "donor.h"

struct entry {
	call *function;
	kernel_call *emulation;
	unsigned short netbsd, pointers;
	bool missed;			/* it was said that there is none */
};

#define OURS(name, ptr, ...)	[__NR_##name] = { .function = call_##name, .pointers = ptr },
#define LINUX(name, ptr, to) \
	[__NR_##name] = { .emulation = rumpns_linux_sys_##to, .pointers = ptr },
#define NETBSD(name, ptr, to)	[__NR_##name] = { .netbsd = to, .pointers = ptr },
/* C libraries try them and know another way. */
#define TRIED(name)		[__NR_##name] = { .missed = true },

/* clang-format off */
static struct entry table[] = {
	CALLS(OURS, OURS, LINUX, NETBSD)
	TRIED(set_robust_list) TRIED(rseq) TRIED(clone3) TRIED(membarrier) TRIED(io_setup)
	TRIED(close_range) TRIED(epoll_pwait2)
};
/* clang-format on */

static const char *const names[] = {
#include "names.h"
};

static long missing(unsigned long number)
{
	static struct entry unknown;
	struct entry *e = number < ARRAY_SIZE(table) ? &table[number] : &unknown;

	/* Once is enough: who asks again and again would drown what else is said. */
	if (e->missed)
		return -ENOSYS;
	e->missed = true;
	if (number < ARRAY_SIZE(names) && names[number])
		say("netbsd: there is no system call %s here (ENOSYS)", names[number]);
	else
		say("netbsd: there is no system call %lu here (ENOSYS)", number);
	return -ENOSYS;
}

/*
 * A pointer is of a page of the program's, or null where it may be: else it would be the kernel that faults.
 * (What lies behind the page, and what is pointed to from there, is the program's own risk.)
 */
static bool pointers_good(unsigned int pointers, const unsigned long *a)
{
	for (; pointers; pointers = (pointers & 0xfefe) >> 1, a++)
		if (*a ? pointers & 1 && !memory_page((const void *)*a) : pointers & 0x100)
			return false;
	return true;
}

unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	const unsigned long a[8] = { a0, a1, a2, a3, a4, a5 };
	const struct entry *e = number < ARRAY_SIZE(table) ? &table[number] : NULL;
	unsigned long result;

	if (e && !pointers_good(e->pointers, a))
		result = (unsigned long)-EFAULT;
	else if (e && e->function)
		result = (unsigned long)e->function(a);
	else if (e && e->emulation)
		result = (unsigned long)lx(e->emulation, a);
	else if (e && e->netbsd)
		result = (unsigned long)nb(e->netbsd, a);
	else
		result = (unsigned long)missing(number);
	/* What the call has woken, such as the thread that sends a packet. */
	sched_yield();
	if (signal_waits())
		signal_deliver(thread_frame(running), &result);
	return result;
}

void program_interrupted(struct hc_frame *frame)
{
	sched_preempt();
	if (signal_waits())
		signal_deliver(frame, NULL);
}
