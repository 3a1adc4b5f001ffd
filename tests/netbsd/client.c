// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * client.c - in the place of a rump kernel: calls every function of rumpuser(3) and rumpcomp_pci_*, and checks
 * that it does what the manual page says.  PCI is tried with QEMU's educational device (docs/specs/edu.rst
 * there).  Reports by lines of "ok" and "not ok", and ends with status 0 by rumpuser_exit().
 */
#include "../../netbsd/donor.h"

/* As NetBSD numbers them (errno(2)): what the functions return. */
enum { NB_EPERM = 1 };

int rump_init(void);

/* pci.c's, which NetBSD's component declares for itself */
struct rumpcomp_pci_dmaseg {
	unsigned long ds_pa, ds_len, ds_vacookie;
};

int rumpcomp_pci_iospace_init(void);
void *rumpcomp_pci_map(unsigned long physical, unsigned long size);
int rumpcomp_pci_confread(unsigned int bus, unsigned int slot, unsigned int function, int offset,
			  unsigned int *value);
int rumpcomp_pci_confwrite(unsigned int bus, unsigned int slot, unsigned int function, int offset,
			   unsigned int value);
int rumpcomp_pci_irq_map(unsigned int bus, unsigned int slot, unsigned int function, int line,
			 unsigned int cookie);
void *rumpcomp_pci_irq_establish(unsigned int cookie, int (*function)(void *), void *argument);
int rumpcomp_pci_dmalloc(size_t size, size_t alignment, unsigned long *physical,
			 unsigned long *address);
void rumpcomp_pci_dmafree(unsigned long address, size_t size);
int rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *segments, size_t nr, size_t size,
			    void **address);
unsigned long rumpcomp_pci_virt_to_mach(void *address);

#define MS			1000000ul

static void ok(bool good, const char *what)
{
	print("%s - %s\n", good ? "ok" : "not ok", what);
}

/* ------------------------------------------------------------------ what a rump kernel has */

/* %s and %d are all that this test prints. */
int rumpns_vsnprintf(char *to, size_t size, const char *format, va_list arguments)
{
	char *at = to, digits[12];

	for (; *format && at < to + size - 1; format++) {
		const char *text = digits;

		if (*format != '%') {
			*at++ = *format;
			continue;
		}
		if (*++format == 's') {
			text = va_arg(arguments, const char *);
		} else {
			int number = va_arg(arguments, int);
			char *d = digits + sizeof(digits) - 1;

			*d = '\0';
			do {
				*--d = (char)('0' + number % 10);
			} while (number /= 10);
			text = d;
		}
		while (*text && at < to + size - 1)
			*at++ = *text++;
	}
	*at = '\0';
	return (int)(at - to);
}

void *memset(void *to, int value, size_t size)
{
	for (char *at = to; size; size--)
		*at++ = (char)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	const char *source = from;

	for (char *at = to; size; size--)
		*at++ = *source++;
	return to;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

/* The one virtual CPU: who holds it, and how often it was given back to wait, and taken again. */
static struct thread *holder;
static int unscheduled, scheduled, taken_wrongly;

static void take_cpu(void)
{
	struct queue self;

	queue_init(&self);
	while (holder)
		block(&self, hc_time_monotonic() + MS);
	holder = running;
}

static void give_cpu(void)
{
	if (holder != running)
		taken_wrongly++;
	holder = NULL;
}

static void backend_unschedule(int nr, int *locks, void *interlock)
{
	(void)interlock;
	*locks = nr + 7;
	unscheduled++;
	give_cpu();
}

static void backend_schedule(int nr, void *interlock)
{
	(void)interlock;
	if (nr != 7)
		taken_wrongly++;
	scheduled++;
	take_cpu();
}

static int newlwp(pid_t process)
{
	(void)process;
	return 0;
}

static const struct rumpuser_hyperup upcalls = {
	.hyp_schedule = take_cpu,
	.hyp_unschedule = give_cpu,
	.hyp_backend_unschedule = backend_unschedule,
	.hyp_backend_schedule = backend_schedule,
	.hyp_lwproc_newlwp = newlwp,
};

/* ------------------------------------------------------------------ what programs would have */

/* None is run. */
void task_switch(struct task *to)
{
	(void)to;
}

void program_interrupted(struct hc_frame *frame)
{
	(void)frame;
}

bool service_interrupt(unsigned int irq)
{
	(void)irq;
	return false;
}

void signal_exception(unsigned int vector, unsigned long error, unsigned long address,
		      struct hc_frame *frame)
{
	(void)vector;
	(void)error;
	(void)address;
	(void)frame;
}

bool signal_waits(void)
{
	return false;
}

static int kernel_signal;

void signal_of_kernel(int number)
{
	kernel_signal = number;
}

int rump_init(void)
{
	ok(rumpuser_init(RUMPUSER_VERSION + 1, &upcalls),
	   "rumpuser_init: not with another version");
	return rumpuser_init(RUMPUSER_VERSION, &upcalls);
}

/* ------------------------------------------------------------------ memory */

static bool is_zero(const char *memory, size_t size)
{
	while (size--)
		if (*memory++)
			return false;
	return true;
}

static void test_memory(void)
{
	static const int alignments[] = { 0, 8, 64, 4096, 65536 };
	void *blocks[5], *other;
	bool good = true;

	for (unsigned int i = 0; i < 5; i++) {
		good = good && !rumpuser_malloc(1000 + 3000 * i, alignments[i], &blocks[i]);
		good = good && (!alignments[i] ||
				!((unsigned long)blocks[i] % (unsigned long)alignments[i]));
		memset(blocks[i], (int)i + 1, 1000 + 3000 * i);
	}
	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int at = 0; at < 1000 + 3000 * i; at++)
			good = good && ((char *)blocks[i])[at] == (char)(i + 1);
	ok(good, "rumpuser_malloc: aligned, and each its own");
	rumpuser_free(blocks[4], 13000);
	ok(!rumpuser_malloc(13000, 65536, &other) && other == blocks[4],
	   "rumpuser_free: what was freed is there again");
	ok(rumpuser_malloc(1ul << 40, 0, &other) == NB_ENOMEM, "more than there is: ENOMEM");
	rumpuser_free(blocks[4], 13000);
	ok(!rumpuser_anonmmap(NULL, 10000, 0, 0, &other) && is_zero(other, 10000) &&
		   !((unsigned long)other % 4096),
	   "rumpuser_anonmmap: whole pages of zeros");
	rumpuser_unmap(other, 10000);
	ok(rumpuser_anonmmap(blocks[0], 4096, 0, 0, &other) &&
		   rumpuser_anonmmap(NULL, 4096, 0, 1, &other),
	   "not at a place of the caller's, nor executable");
}

/* ------------------------------------------------------------------ clocks, parameters, random numbers */

static void test_rest(void)
{
	unsigned long before;
	int64_t seconds, later;
	long ns, later_ns;
	char text[32], random[64], more[64];
	size_t got, got_more;

	ok(!rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &seconds, &ns) &&
		   !rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &later, &later_ns) && ns >= 0 &&
		   ns < 1000000000 && (later > seconds || (later == seconds && later_ns >= ns)),
	   "rumpuser_clock_gettime: the monotonic clock goes on");
	ok(!rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &seconds, &ns) && seconds > 1700000000,
	   "the wall clock says that it is after 2023");
	ok(rumpuser_clock_gettime(2, &seconds, &ns) == NB_EINVAL, "a third clock: EINVAL");

	before = hc_time_monotonic();
	unscheduled = scheduled = 0;
	ok(!rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20 * MS) &&
		   hc_time_monotonic() - before >= 20 * MS,
	   "rumpuser_clock_sleep: for 20 ms");
	ok(unscheduled == 1 && scheduled == 1, "without the virtual CPU");
	before = hc_time_monotonic();
	ok(!rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, (int64_t)((before + 20 * MS) / 1000000000),
				 (long)((before + 20 * MS) % 1000000000)) &&
		   hc_time_monotonic() - before >= 20 * MS,
	   "until a time");
	ok(!rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, 0, 1) &&
		   hc_time_monotonic() - before < 1000 * MS,
	   "until a time that is over");

	ok(!rumpuser_getparam(RUMPUSER_PARAM_NCPU, text, sizeof(text)) && !strcmp(text, "1"),
	   "rumpuser_getparam: one CPU");
	ok(!rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, text, sizeof(text)) && text[0],
	   "the host's name");
	ok(!rumpuser_getparam("SOME_WORD", text, sizeof(text)) && !strcmp(text, "value"),
	   "a word of the command line");
	ok(rumpuser_getparam("SOME_WORD", text, 5) == NB_E2BIG, "without room: E2BIG");
	ok(rumpuser_getparam("NO_WORD", text, sizeof(text)) == NB_ENOENT, "none: ENOENT");

	got = got_more = 0;
	ok(!rumpuser_getrandom(random, sizeof(random), 0, &got) && got > 0 &&
		   got <= sizeof(random) &&
		   !rumpuser_getrandom(more, sizeof(more), RUMPUSER_RANDOM_HARD, &got_more) &&
		   got_more > 0 && !is_zero(random, got) &&
		   (random[0] != more[0] || random[1] != more[1] || random[2] != more[2] ||
		    random[3] != more[3]),
	   "rumpuser_getrandom: other bytes each time");

	rumpuser_dprintf("rumpuser_dprintf: %s, %d\n", "text", 42);
	rumpuser_putchar('!');
	rumpuser_putchar('\n');
	rumpuser_seterrno(1);
	ok(!rumpuser_kill(2, 13) && kernel_signal == 13,
	   "rumpuser_kill: the program gets the signal");
	/* More than one seed of the core's, where the CPU has no generator. */
	for (int i = 0; i < 40 && got_more; i++)
		if (rumpuser_getrandom(more, sizeof(more), 0, &got_more))
			got_more = 0;
	ok(got_more > 0, "rumpuser_getrandom: as many as one likes");
	ok(rumpuser_daemonize_begin() && rumpuser_daemonize_done(0),
	   "there is nothing to daemonize");
}

static int modules_seen, components_seen;

static void see_modules(const struct modinfo *const *modules, size_t nr)
{
	(void)modules;
	modules_seen += (int)nr;
}

static int see_symbols(void *symbols, uint64_t size, char *strings, uint64_t strings_size)
{
	(void)symbols;
	(void)size;
	(void)strings;
	(void)strings_size;
	return 0;
}

static void see_component(const struct rump_component *component)
{
	components_seen += component != NULL;
}

/* In the linker sets, as the components of the libraries have it. */
static const int module_a, module_b, component;
static const void *const in_modules[2]
	__attribute__((section("link_set_modules"), used)) = { &module_a, &module_b };
static const void *const in_components __attribute__((section("link_set_rump_components"), used)) =
	&component;

static int io_error = -1;

static void io_done(void *argument, size_t size, int error)
{
	(void)argument;
	(void)size;
	io_error = error;
}

static void test_files(void)
{
	struct rumpuser_iovec iov = { NULL, 0 };
	uint64_t length;
	size_t size;
	int fd, type;

	rumpuser_dl_bootstrap(see_modules, see_symbols, see_component);
	ok(modules_seen == 2 && components_seen == 1, "rumpuser_dl_bootstrap: the linker sets");
	ok(rumpuser_open("/etc/passwd", 0, &fd) == NB_ENXIO, "rumpuser_open: there is no host");
	ok(rumpuser_getfileinfo("/", &length, &type) == NB_ENXIO, "rumpuser_getfileinfo: no files");
	ok(rumpuser_close(3) == NB_ENXIO && rumpuser_iovread(3, &iov, 1, 0, &size) == NB_ENXIO &&
		   rumpuser_iovwrite(3, &iov, 1, 0, &size) == NB_ENXIO &&
		   rumpuser_syncfd(3, 1, 0, 0) == NB_ENXIO,
	   "and no descriptors: EBADF");
	rumpuser_bio(3, 1, NULL, 0, 0, io_done, NULL);
	ok(io_error == NB_ENXIO, "rumpuser_bio: it is told of that as well");
}

/* ------------------------------------------------------------------ threads */

/* What the threads of a test do, in order. */
static char events[64];
static unsigned int nr_events;

static void event(char what)
{
	if (nr_events < sizeof(events) - 1)
		events[nr_events++] = what;
	events[nr_events] = '\0';
}

static bool happened(const char *what)
{
	bool same = !strcmp(events, what);

	if (!same)
		print("# happened: %s, expected: %s\n", events, what);
	nr_events = 0;
	return same;
}

static void nap(unsigned long ms)
{
	rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, (long)(ms * MS));
}

/* Give the virtual CPU to who waits for it: a little sleep is the only way to. */
static void let_others(void)
{
	nap(3);
}

static void *spawn(void *(*function)(void *), void *argument)
{
	void *cookie = NULL;

	if (rumpuser_thread_create(function, argument, "test", 1, 0, -1, &cookie))
		ok(false, "rumpuser_thread_create");
	return cookie;
}

static void *simple(void *argument)
{
	take_cpu();
	event(*(char *)argument);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, argument);
	let_others();
	if (rumpuser_curlwp() != argument)
		event('!');
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, argument);
	if (rumpuser_curlwp())
		event('?');
	event('.');
	give_cpu();
	return NULL;
}

static void *ends_itself(void *argument)
{
	(void)argument;
	take_cpu();
	event('e');
	give_cpu();
	rumpuser_thread_exit();
}

static void test_threads(void)
{
	static char a = 'a', b = 'b';
	void *first, *second, *unused = NULL;

	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, (struct lwp *)&a);
	first = spawn(simple, &a);
	second = spawn(simple, &b);
	ok(!nr_events, "rumpuser_thread_create: it does not run before its creator waits");
	unscheduled = 0;
	ok(!rumpuser_thread_join(first) && !rumpuser_thread_join(second) && happened("ab..") &&
		   unscheduled,
	   "rumpuser_thread_join: both ran in turn, each with its own lwp (rumpuser_curlwpop)");
	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, (struct lwp *)&a);
	ok(!rumpuser_thread_create(ends_itself, NULL, "detached", 0, 0, -1, &unused) && !unused,
	   "one that nobody waits for");
	let_others();
	ok(happened("e"), "rumpuser_thread_exit");
}

/* ------------------------------------------------------------------ mutexes */

static struct rumpuser_mtx *mutex;

static void *enters(void *argument)
{
	take_cpu();
	rumpuser_mutex_enter(mutex);
	event(*(char *)argument);
	let_others();
	rumpuser_mutex_exit(mutex);
	give_cpu();
	return NULL;
}

static void test_mutexes(void)
{
	static char names[] = "abc", lwp;
	struct lwp *owner;
	void *threads[3];

	unscheduled = scheduled = 0;
	rumpuser_mutex_init(&mutex, 0);
	rumpuser_mutex_enter(mutex);
	for (unsigned int i = 0; i < 3; i++)
		threads[i] = spawn(enters, &names[i]);
	let_others();
	ok(!nr_events, "rumpuser_mutex_enter: who comes later waits");
	event('1');
	rumpuser_mutex_exit(mutex);
	rumpuser_mutex_enter(mutex);
	event('2');
	rumpuser_mutex_exit(mutex);
	ok(happened("1abc2"),
	   "rumpuser_mutex_exit: who waits longest gets it, and not who gave it");
	for (unsigned int i = 0; i < 3; i++)
		rumpuser_thread_join(threads[i]);
	ok(unscheduled > 3 && unscheduled == scheduled, "who waits has given the virtual CPU back");
	ok(!rumpuser_mutex_tryenter(mutex), "rumpuser_mutex_tryenter: a free one");
	ok(rumpuser_mutex_tryenter(mutex) == NB_EBUSY, "one that is held: EBUSY");
	rumpuser_mutex_exit(mutex);
	rumpuser_mutex_destroy(mutex);

	rumpuser_mutex_init(&mutex, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, (struct lwp *)&lwp);
	unscheduled = 0;
	rumpuser_mutex_enter_nowrap(mutex);
	rumpuser_mutex_owner(mutex, &owner);
	ok(owner == (struct lwp *)&lwp && !unscheduled, "rumpuser_mutex_enter_nowrap and _owner");
	rumpuser_mutex_exit(mutex);
	rumpuser_mutex_owner(mutex, &owner);
	ok(!owner, "a free one has no owner");
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, (struct lwp *)&lwp);
	rumpuser_mutex_destroy(mutex);
}

/* ------------------------------------------------------------------ read/write locks */

static struct rumpuser_rw *rw;

static void *reads(void *argument)
{
	take_cpu();
	rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
	event(*(char *)argument);
	let_others();
	event(*(char *)argument);
	rumpuser_rw_exit(rw);
	give_cpu();
	return NULL;
}

static void *writes(void *argument)
{
	int held;

	take_cpu();
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
	rumpuser_rw_held(RUMPUSER_RW_WRITER, rw, &held);
	event(held ? *(char *)argument : '!');
	let_others();
	event(*(char *)argument);
	rumpuser_rw_exit(rw);
	give_cpu();
	return NULL;
}

static void test_rwlocks(void)
{
	static char names[] = "rsW";
	void *threads[3];
	int held, other;

	rumpuser_rw_init(&rw);
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
	threads[0] = spawn(reads, &names[0]);
	threads[1] = spawn(reads, &names[1]);
	let_others();
	ok(!nr_events, "rumpuser_rw_enter: readers wait for a writer");
	ok(rumpuser_rw_tryenter(RUMPUSER_RW_READER, rw) == NB_EBUSY &&
		   rumpuser_rw_tryenter(RUMPUSER_RW_WRITER, rw) == NB_EBUSY,
	   "rumpuser_rw_tryenter: EBUSY");
	rumpuser_rw_exit(rw);
	let_others();
	threads[2] = spawn(writes, &names[2]);
	for (unsigned int i = 0; i < 3; i++)
		rumpuser_thread_join(threads[i]);
	ok(happened("rsrsWW"), "readers share it, a writer has it alone");

	rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
	rumpuser_rw_held(RUMPUSER_RW_READER, rw, &held);
	rumpuser_rw_held(RUMPUSER_RW_WRITER, rw, &other);
	ok(held && !other, "rumpuser_rw_held");
	ok(!rumpuser_rw_tryupgrade(rw), "rumpuser_rw_tryupgrade: the only reader");
	rumpuser_rw_held(RUMPUSER_RW_WRITER, rw, &other);
	ok(other, "is the writer then");
	rumpuser_rw_downgrade(rw);
	ok(!rumpuser_rw_tryenter(RUMPUSER_RW_READER, rw), "rumpuser_rw_downgrade: others can read");
	ok(rumpuser_rw_tryupgrade(rw) == NB_EBUSY, "one of two readers: EBUSY");
	/* A writer that waits comes before readers that come after it. */
	threads[2] = spawn(writes, &names[2]);
	let_others();
	threads[0] = spawn(reads, &names[0]);
	let_others();
	rumpuser_rw_exit(rw);
	rumpuser_rw_exit(rw);
	rumpuser_thread_join(threads[0]);
	rumpuser_thread_join(threads[2]);
	ok(happened("WWrr"), "readers do not keep a writer waiting for ever");
	rumpuser_rw_destroy(rw);
}

/* ------------------------------------------------------------------ condition variables */

static struct rumpuser_cv *cv;

static void *waits(void *argument)
{
	struct lwp *owner;

	take_cpu();
	rumpuser_curlwpop(RUMPUSER_LWP_SET, argument);
	rumpuser_mutex_enter(mutex);
	rumpuser_cv_wait(cv, mutex);
	rumpuser_mutex_owner(mutex, &owner);
	event(owner == argument ? *(char *)argument : '!');
	rumpuser_mutex_exit(mutex);
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, argument);
	give_cpu();
	return NULL;
}

static void *waits_nowrap(void *argument)
{
	take_cpu();
	rumpuser_mutex_enter(mutex);
	event('(');
	/* The virtual CPU is its own all the time, so the one who wakes it must not need it. */
	give_cpu();
	rumpuser_cv_wait_nowrap(cv, mutex);
	take_cpu();
	event(*(char *)argument);
	rumpuser_mutex_exit(mutex);
	give_cpu();
	return NULL;
}

static void test_cvs(int flags, const char *what)
{
	static char names[] = "abc";
	unsigned long before;
	void *threads[3];
	int waiting;

	print("# %s\n", what);
	rumpuser_mutex_init(&mutex, flags);
	rumpuser_cv_init(&cv);
	for (unsigned int i = 0; i < 3; i++)
		threads[i] = spawn(waits, &names[i]);
	rumpuser_cv_has_waiters(cv, &waiting);
	ok(!waiting, "rumpuser_cv_has_waiters: none yet");
	let_others();
	let_others();
	rumpuser_cv_has_waiters(cv, &waiting);
	ok(waiting && !nr_events, "rumpuser_cv_wait: there are");
	rumpuser_mutex_enter(mutex);
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mutex);
	let_others();
	ok(happened("a"), "rumpuser_cv_signal: one of them, with the mutex");
	rumpuser_cv_broadcast(cv);
	for (unsigned int i = 0; i < 3; i++)
		rumpuser_thread_join(threads[i]);
	ok(happened("bc"), "rumpuser_cv_broadcast: all");
	rumpuser_cv_has_waiters(cv, &waiting);
	ok(!waiting, "none waits any more");

	rumpuser_mutex_enter(mutex);
	before = hc_time_monotonic();
	ok(rumpuser_cv_timedwait(cv, mutex, 0, 20 * MS) == NB_ETIMEDOUT &&
		   hc_time_monotonic() - before >= 20 * MS,
	   "rumpuser_cv_timedwait: 20 ms, ETIMEDOUT");
	ok(rumpuser_mutex_tryenter(mutex) == NB_EBUSY, "with the mutex held again");
	rumpuser_mutex_exit(mutex);
	if (!flags) {
		threads[0] = spawn(waits_nowrap, &names[0]);
		let_others();
		rumpuser_cv_signal(cv);
		rumpuser_thread_join(threads[0]);
		ok(happened("(a"), "rumpuser_cv_wait_nowrap");
	}
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mutex);
}

static void *signals_late(void *argument)
{
	(void)argument;
	take_cpu();
	nap(10);
	rumpuser_mutex_enter(mutex);
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mutex);
	give_cpu();
	return NULL;
}

static void test_timedwait(void)
{
	void *thread;

	rumpuser_mutex_init(&mutex, 0);
	rumpuser_cv_init(&cv);
	thread = spawn(signals_late, NULL);
	rumpuser_mutex_enter(mutex);
	ok(!rumpuser_cv_timedwait(cv, mutex, 10, 0), "rumpuser_cv_timedwait: woken in time");
	rumpuser_mutex_exit(mutex);
	rumpuser_thread_join(thread);
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mutex);
}

/* ------------------------------------------------------------------ PCI */

#define EDU_ID			0x11e81234u
#define EDU_IDENTITY		0x00
#define EDU_LIVE		0x04
#define EDU_STATUS		0x24
#define EDU_RAISE		0x60
#define EDU_ACK			0x64
#define EDU_FROM		0x80
#define EDU_TO			0x88
#define EDU_COUNT		0x90
#define EDU_COMMAND		0x98
#define EDU_BUFFER		0x40000

static volatile unsigned int *edu;
static volatile int handled, handled_without;
static struct rumpuser_cv *edu_cv;

static unsigned int edu_read(unsigned int at)
{
	return edu[at / 4];
}

static int handler(void *argument)
{
	unsigned int status = edu_read(EDU_STATUS);

	if (!status)
		return 0;
	edu[EDU_ACK / 4] = status;
	handled += argument == &handled;
	handled_without += holder != running;
	rumpuser_cv_signal(edu_cv);
	return 1;
}

static void edu_copy(unsigned long from, unsigned long to, unsigned long size, unsigned int command)
{
	*(volatile unsigned long *)&edu[EDU_FROM / 4] = from;
	*(volatile unsigned long *)&edu[EDU_TO / 4] = to;
	*(volatile unsigned long *)&edu[EDU_COUNT / 4] = size;
	edu[EDU_COMMAND / 4] = command;
	while (edu_read(EDU_COMMAND) & 1)
		let_others();
}

static void test_pci(void)
{
	struct rumpcomp_pci_dmaseg segments[2] = { { 0, 4096, 0 }, { 0, 4096, 0 } };
	unsigned int slot, value, command;
	unsigned long physical, address;
	void *mapped;
	char *data;

	ok(!rumpcomp_pci_iospace_init(), "rumpcomp_pci_iospace_init");
	for (slot = 0; slot < 32; slot++)
		if (!rumpcomp_pci_confread(0, slot, 0, 0, &value) && value == EDU_ID)
			break;
	ok(slot < 32, "rumpcomp_pci_confread: the device is found");
	if (slot == 32)
		return;
	rumpcomp_pci_confread(0, slot, 0, 4, &command);
	ok(!rumpcomp_pci_confwrite(0, slot, 0, 4, command | 6) &&
		   !rumpcomp_pci_confread(0, slot, 0, 4, &value) && (value & 6) == 6,
	   "rumpcomp_pci_confwrite: it may use the bus");
	rumpcomp_pci_confread(0, slot, 0, 0x10, &value);
	edu = rumpcomp_pci_map(value & ~15u, 1 << 20);
	ok(edu && (edu_read(EDU_IDENTITY) & 0xff) == 0xed, "rumpcomp_pci_map: its registers");
	edu[EDU_LIVE / 4] = 0x12345678;
	ok(edu_read(EDU_LIVE) == ~0x12345678u, "which can be written");
	ok(!rumpcomp_pci_map(4096, 4096), "RAM is no device");

	ok(rumpcomp_pci_irq_map(0, slot, 0, 0, 1000) == NB_EINVAL, "rumpcomp_pci_irq_map: EINVAL");
	ok(!rumpcomp_pci_irq_establish(5, handler, NULL), "_establish: not before it is mapped");
	rumpuser_mutex_init(&mutex, RUMPUSER_MTX_SPIN);
	rumpuser_cv_init(&edu_cv);
	ok(!rumpcomp_pci_irq_map(0, slot, 0, 0, 5) &&
		   rumpcomp_pci_irq_establish(5, handler, (void *)&handled),
	   "rumpcomp_pci_irq_establish");
	for (int i = 1; i <= 3; i++) {
		rumpuser_mutex_enter(mutex);
		edu[EDU_RAISE / 4] = 1u << i;
		if (handled < i)
			rumpuser_cv_timedwait(edu_cv, mutex, 5, 0);
		rumpuser_mutex_exit(mutex);
	}
	ok(handled == 3 && !edu_read(EDU_STATUS), "its interrupts come, one after the other");
	ok(!handled_without, "the handler has the virtual CPU");

	ok(!rumpcomp_pci_dmalloc(8192, 8192, &physical, &address) && !(physical % 8192) &&
		   rumpcomp_pci_virt_to_mach((void *)address) == physical,
	   "rumpcomp_pci_dmalloc and _virt_to_mach");
	segments[0] = (struct rumpcomp_pci_dmaseg){ physical, 8192, address };
	ok(!rumpcomp_pci_dmamem_map(segments, 1, 8192, &mapped) && mapped == (void *)address,
	   "rumpcomp_pci_dmamem_map: one piece");
	ok(rumpcomp_pci_dmamem_map(segments, 2, 8192, &mapped) == NB_EINVAL, "two: EINVAL");
	data = (char *)address;
	for (int i = 0; i < 512; i++)
		data[i] = (char)(i * 7);
	edu_copy(physical, EDU_BUFFER, 512, 1);
	edu_copy(EDU_BUFFER, physical + 4096, 512, 3);
	for (int i = 0; i < 512; i++)
		if (data[4096 + i] != (char)(i * 7)) {
			print("# byte %d\n", i);
			data = NULL;
			break;
		}
	ok(data != NULL, "the device has read and written it");
	rumpcomp_pci_dmafree(address, 8192);
	rumpuser_mutex_destroy(mutex);
}

void program_run(const struct hc_start_info *info)
{
	(void)info;
	take_cpu();
	test_memory();
	test_rest();
	test_files();
	test_threads();
	test_mutexes();
	test_rwlocks();
	test_cvs(RUMPUSER_MTX_KMUTEX, "an adaptive mutex");
	test_cvs(RUMPUSER_MTX_KMUTEX | RUMPUSER_MTX_SPIN, "a spin mutex");
	test_timedwait();
	test_pci();
	ok(!taken_wrongly, "only who held the virtual CPU has given it back, with what it got");
	print("done\n");
	rumpuser_exit(0);
}
