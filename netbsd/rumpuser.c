// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * rumpuser.c - the rest of rumpuser(3): start, clocks, parameters, random numbers, the linker sets,
 * and an answer to what does not exist here (a host's files, signals, remote clients).
 */
#include "donor.h"

int rump_init(void);
int rumpuser_none(void);

static const struct hc_start_info *start;

int rumpuser_init(int version, const struct rumpuser_hyperup *upcalls)
{
	if (version != RUMPUSER_VERSION) {
		print("haunch: netbsd: the rump libraries want rumpuser version %d, this is %d\n",
		      version, RUMPUSER_VERSION);
		return 1;
	}
	hyp = *upcalls;
	return 0;
}

static void boot(void *argument)
{
	int error;

	error = rump_init();
	if (error)
		fail("rump_init() failed with error %d", error);
	program_run(start);
}

void donor_start(const struct hc_start_info *info)
{
	static struct hc_context here, there;
	const unsigned long size = 64 * 1024;
	char *stack;

	start = info;
	memory_start(info);
	/* The boot stack has 16 KiB and no guard; rump_init() gets a larger one. */
	stack = memory_allocate(size, size);
	if (!stack || hc_memory_protect(stack, HC_PAGE_SIZE, 0))
		fail("out of memory: no stack of %lu bytes", size);
	sched_start(stack, stack + size);
	hc_context_init(&there, stack + size, boot, NULL);
	hc_stack_set(stack, stack + size);
	hc_context_switch(&here, &there);
	fail("the boot stack is in use again");
}

void donor_interrupt(unsigned int irq, struct hc_frame *frame)
{
	if (!service_interrupt(irq))
		pci_interrupt(irq);
	if (frame->cs != HC_CS_DONOR)
		program_interrupted(frame);
}

/* A program's is a signal.  None of the donor's is expected: the core reports it. */
int donor_fault(unsigned int vector, unsigned long error, unsigned long address,
		struct hc_frame *frame)
{
	if (frame->cs == HC_CS_DONOR)
		return 0;
	signal_exception(vector, error, address, frame);
	return 1;
}

/* ------------------------------------------------------------------ clocks, parameters, entropy */

int rumpuser_clock_gettime(int clock, int64_t *seconds, long *nanoseconds)
{
	unsigned long time;

	if (clock == RUMPUSER_CLOCK_RELWALL)
		time = hc_time_wall();
	else if (clock == RUMPUSER_CLOCK_ABSMONO)
		time = hc_time_monotonic();
	else
		return NB_EINVAL;
	*seconds = (int64_t)(time / NS_PER_SECOND);
	*nanoseconds = (long)(time % NS_PER_SECOND);
	return 0;
}

long word(const char *name, const char **value)
{
	size_t size = strlen(name);
	const char *p = start->command_line;
	long length = -1;

	while (*p) {
		const char *at = p;

		while (*p && *p != ' ')
			p++;
		if (!strncmp(at, name, size) && at[size] == '=') {
			*value = at + size + 1;
			length = p - *value;
		}
		while (*p == ' ')
			p++;
	}
	return length;
}

/* What is not here by nature is a word of the command line, as in RUMP_MEMLIMIT=16m. */
int rumpuser_getparam(const char *name, void *buffer, size_t size)
{
	const char *value = NULL;
	long length;

	if (!strcmp(name, RUMPUSER_PARAM_NCPU))
		value = "1";
	else if (!strcmp(name, RUMPUSER_PARAM_HOSTNAME))
		value = "haunch";
	else if (!strcmp(name, "RUMP_VERBOSE") && word("loglevel", &value) > 0)
		value = "1";		/* haunch run -v */
	length = value ? (long)strlen(value) : word(name, &value);
	if (length < 0)
		return NB_ENOENT;
	if ((size_t)length >= size)
		return NB_E2BIG;
	memcpy(buffer, value, (size_t)length);
	((char *)buffer)[length] = '\0';
	return 0;
}

#define RANDOM_PAUSE_NS		10000000ul

/*
 * From the CPU's generator; where it has none, from seeds of the core's, each of whose bits is credited.  A caller who
 * does not wait is told when there is nothing random to be had; no caller gets what is not random.
 */
int rumpuser_getrandom(void *buffer, size_t size, int flags, size_t *got)
{
	unsigned char seed[HC_ENTROPY_SIZE];
	struct queue waiters;
	int locks;

	*got = hc_random(buffer, size);
	if (*got || !size)
		return 0;
	queue_init(&waiters);
	while (hc_entropy(seed) < 8 * sizeof(seed)) {
		if (flags & RUMPUSER_RANDOM_NOWAIT)
			return NB_EAGAIN;
		hyp.hyp_backend_unschedule(0, &locks, NULL);
		block(&waiters, hc_time_monotonic() + RANDOM_PAUSE_NS);
		hyp.hyp_backend_schedule(locks, NULL);
	}
	*got = size < sizeof(seed) ? size : sizeof(seed);
	memcpy(buffer, seed, *got);
	memset(seed, 0, sizeof(seed));
	return 0;
}

/* netbsd.lds gathers what the components have put into these. */
extern const struct modinfo *const __start_link_set_modules[];
extern const struct modinfo *const __stop_link_set_modules[];
extern const struct rump_component *const __start_link_set_rump_components[];
extern const struct rump_component *const __stop_link_set_rump_components[];

void rumpuser_dl_bootstrap(rump_modinit_fn modules, rump_symload_fn symbols,
			   rump_compload_fn component)
{
	size_t nr = (size_t)(__stop_link_set_modules - __start_link_set_modules);
	const struct rump_component *const *c;

	if (nr)
		modules(__start_link_set_modules, nr);
	for (c = __start_link_set_rump_components; c < __stop_link_set_rump_components; c++)
		component(*c);
}

void rumpuser_exit(int status)
{
	if (status == RUMPUSER_PANIC)
		fail("the rump kernel panicked");
	hc_power_off((unsigned int)status & 255);
}

/* The kernel's own signals are for the program: SIGPIPE, SIGIO and SIGURG. */
int rumpuser_kill(int64_t process, int signal)
{
	if (process == RUMPUSER_PID_SELF)
		fail("the rump kernel ends by signal %d", signal);
	signal_of_kernel(signal);
	return 0;
}

/* ------------------------------------------------------------------ what does not exist here */

/* The files of a host, and what else netbsd.lds names. */
int rumpuser_none(void)
{
	return NB_ENXIO;
}

void rumpuser_bio(int fd, int operation, void *data, size_t size, int64_t offset,
		  rump_biodone_fn done, void *argument)
{
	done(argument, 0, NB_ENXIO);
}
