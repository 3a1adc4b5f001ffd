// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * donor.c - the smallest donor there is: it exercises every hypercall and reports by lines of "ok"
 * and "not ok", then ends with status 0.
 *
 * The word test=NAME on the command line chooses what to do instead, mostly something fatal.
 */
/* As the core: what is not static is found without a table of addresses. */
#pragma GCC visibility push(hidden)

#include "../../hypercall/hypercall.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define MIB			(1024ul * 1024)
#define GIB			(1024 * MIB)
#define MS			1000000ul

typedef unsigned long u64;

void *memset(void *to, int value, unsigned long size);
void *memcpy(void *to, const void *from, unsigned long size);

void *memset(void *to, int value, unsigned long size)
{
	for (unsigned char *p = to; size--; p++)
		*(volatile unsigned char *)p = (unsigned char)value;
	return to;
}

void *memcpy(void *to, const void *from, unsigned long size)
{
	for (unsigned long i = 0; i < size; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}

/* ------------------------------------------------------------------ output */

/* All of it, however long the reader takes. */
static void put_bytes(const char *from, unsigned long size)
{
	while (size) {
		unsigned long taken = hc_console_write(from, size);

		from += taken;
		size -= taken;
	}
}

static void put(const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			put_bytes("\r", 1);
		put_bytes(s, 1);
	}
}

static void put_number(u64 x, unsigned int base)
{
	char text[24], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[x % base];
		x /= base;
	} while (x);
	put_bytes(p, (unsigned long)(text + sizeof(text) - p));
}

static void ok(int good, const char *name)
{
	put(good ? "ok - " : "not ok - ");
	put(name);
	put("\n");
}

/* The same, with the number that decided. */
static void ok_number(int good, const char *name, u64 value)
{
	put(good ? "ok - " : "not ok - ");
	put(name);
	put(" (");
	put_number(value, 10);
	put(", 0x");
	put_number(value, 16);
	put(")\n");
}

/* ------------------------------------------------------------------ what the core calls */

static const struct hc_start_info *start;
static volatile unsigned int timers, interrupts, faults;
static volatile unsigned int last_irq, last_vector;
static volatile u64 last_error, last_address, last_ip;
static void (*on_fault)(struct hc_frame *frame);
static volatile u64 timer_period;
static volatile u64 program_ticks;
static volatile int frame_wrong;
static volatile int echo_input, input_ended;
static volatile int button = -1, pressed;	/* the power button's interrupt */

extern char program_stack_top[];

void donor_timer(struct hc_frame *frame)
{
	timers++;
	if (frame->cs == HC_CS_PROGRAM)
		program_ticks++;
	else if (frame->cs != HC_CS_DONOR)
		frame_wrong = 1;
	if (timer_period)
		hc_timer_start(timer_period);
}

void donor_interrupt(unsigned int irq, struct hc_frame *frame)
{
	(void)frame;
	interrupts++;
	last_irq = irq;
	if ((int)irq == button && hc_power_button())
		pressed++;
	hc_irq_ack(irq);
	for (int c = 0; echo_input && c >= 0;) {
		c = hc_console_read();
		if (c >= 0)
			put_number((u64)c, 16);
		if (c == '.')
			input_ended = 1;
	}
}

int donor_fault(unsigned int vector, unsigned long error, unsigned long address,
		struct hc_frame *frame)
{
	if (!on_fault)
		return 0;
	faults++;
	last_vector = vector;
	last_error = error;
	last_address = address;
	last_ip = frame->ip;
	on_fault(frame);
	return 1;
}

/* ------------------------------------------------------------------ faults */

/* Each access is one function with a label behind the access, where a fault continues. */
int try_read(volatile void *p);
int try_write(volatile void *p);
int try_execute(void *p);
extern char try_failed[];
__asm__(".text\n"
	"try_read: mov (%rdi), %eax; xor %eax, %eax; ret\n"
	"try_write: movl $0, (%rdi); xor %eax, %eax; ret\n"
	"try_execute: call *%rdi; xor %eax, %eax; ret\n"
	"try_failed: mov $1, %eax; ret\n");

static void skip_access(struct hc_frame *frame)
{
	/* A failed call has pushed its return address already. */
	if (last_error & 16)
		frame->sp += 8;
	frame->ip = (u64)try_failed;
}

static int faulted(int result, void *address, u64 error)
{
	return result == 1 && last_vector == 14 && last_address == (u64)address &&
	       last_error == error;
}

static unsigned char spare[16 * 4096] __attribute__((aligned(4096)));
static const int constant = 1;
static const int *moved[] = { &constant, &constant };
static const void *const volatile moved_too = &constant;

/* The image's second mapping, in the direct map: what is not to be changed cannot be there either. */
static void test_direct_map(void)
{
	unsigned char *code = hc_va(hc_pa((const void *)try_read));
	unsigned char *data = hc_va(hc_pa(spare));
	int *number = hc_va(hc_pa(&constant));

	put("direct map: 0x");
	put_number(hc_direct_map, 16);
	put("\nimage: 0x");
	put_number(hc_image_map, 16);
	put("\n");
	ok(hc_direct_map >= -(u64)HC_PROGRAM_LIMIT && hc_direct_map < HC_DONOR_MAP &&
		   !(hc_direct_map % (2 * MIB)),
	   "the direct map's place");
	ok(hc_image_map >= HC_IMAGE_MAP && !(hc_image_map % (2 * MIB)), "the image's place");
	ok(hc_pa(hc_va(0x123456)) == 0x123456 && (u64)spare > hc_image_map &&
		   hc_pa(spare) == (u64)spare - hc_image_map,
	   "addresses convert");
	/* Words that the relocation has to find: in data, in constants, through a table. */
	ok(*moved[0] == 1 && moved[1] == &constant && *(const int *)moved_too == 1,
	   "addresses in data and constants have moved along");
	ok(faulted(try_write(code), code, 3) && faulted(try_execute(code), code, 17),
	   "code is only to be read in the direct map");
	ok(faulted(try_write(number), number, 3), "constants are not writable in the direct map");
	*(volatile unsigned char *)data = 0x5a;
	ok(*(volatile unsigned char *)spare == 0x5a, "data is the same in the direct map");
	ok(faulted(try_read((void *)hc_image_map), (void *)hc_image_map, 0) &&
		   faulted(try_read((void *)(hc_image_map + 1024 * MIB)),
			   (void *)(hc_image_map + 1024 * MIB), 0),
	   "around the image nothing is mapped");
}

static void test_memory(void)
{
	u64 ram = 0, large = 0, end = 0;
	/* Some 64 places in all; touching a page may cost the host a large one. */
	u64 step = (start->ram_total / 64 + HC_PAGE_SIZE) & ~(HC_PAGE_SIZE - 1ul);
	int sorted = 1, writable = 1, apart = 1, messages = 0;
	unsigned char *page = spare + 4096;

	for (unsigned int i = 0; i < start->nr_reserved; i++) {
		const struct hc_ram *r = &start->reserved[i];

		apart &= r->start >= end && r->size && r->start + r->size > r->start &&
			 !((r->start | r->size) % HC_PAGE_SIZE);
		end = r->start + r->size;
		messages |= r->start <= 0xfee00000 && end > 0xfee00000;
		for (unsigned int j = 0; j < start->nr_ram; j++)
			apart &= start->ram[j].start >= end ||
				 start->ram[j].start + start->ram[j].size <= r->start;
	}
	ok(apart && messages, "what is reserved is told, and is no RAM");
	end = 0;
	for (unsigned int i = 0; i < start->nr_ram; i++) {
		const struct hc_ram *r = &start->ram[i];

		sorted &= r->start >= end && r->size && !((r->start | r->size) % HC_PAGE_SIZE);
		end = r->start + r->size;
		ram += r->size;
		if (r->size > large)
			large = r->start;
		for (u64 p = r->start; p < end; p += step) {
			volatile u64 *word = hc_va(p);
			u64 old = *word;

			*word = ~p;
			writable &= *word == ~p;
			*word = old;
		}
		writable &= !hc_memory_protect(hc_va(end - HC_PAGE_SIZE), HC_PAGE_SIZE, 2);
	}
	ok(sorted, "the RAM ranges are sorted, disjoint, whole pages");
	ok(writable, "all RAM is mapped, writable");
	ok_number(ram <= start->ram_total &&
			  ram + 4 * MIB + start->ram_total / 64 > start->ram_total,
		  "little of the RAM is missing", ram);

	on_fault = skip_access;
	ok(faulted(try_read((void *)8), (void *)8, 0), "reading near NULL faults");
	ok(faulted(try_read((void *)0x100000), (void *)0x100000, 0),
	   "in the lower half nothing is mapped");
	ok(faulted(try_write((void *)try_read), (void *)try_read, 3), "code is not writable");
	ok(faulted(try_write((void *)&constant), (void *)&constant, 3),
	   "constants are not writable");
	ok(faulted(try_execute(spare), spare, 17), "data is not executable");
	ok(faulted(try_execute(hc_va(end - 4096)), hc_va(end - 4096), 17), "RAM is not executable");
	test_direct_map();

	hc_code_write(try_failed, "\xb8\x01\x00\x00\x00\xc3", 6);
	ok(faulted(try_write((void *)try_read), (void *)try_read, 3) &&
		   *(char *)try_failed == '\xb8',
	   "code is written by a call only");
	spare[0] = 0xc3;
	ok(!hc_memory_protect(spare, 4096, HC_PROT_READ | HC_PROT_EXEC) && !try_execute(spare) &&
		   faulted(try_write(spare), spare, 3),
	   "protect: executable");
	ok(!hc_memory_protect(spare, 4096, 0) && faulted(try_read(spare), spare, 0),
	   "protect: nothing");
	ok(!hc_memory_protect(spare, 8192, HC_PROT_WRITE) && spare[0] == 0xc3 && !try_write(page),
	   "protect: writable again");
	/* 40 pages, so that all translations are dropped at once. */
	page = hc_va((end - 3 * MIB) & ~(2 * MIB - 1));
	ok(!try_write(page) && !try_write(page + 39 * 4096) &&
		   !hc_memory_protect(page, 40 * 4096, HC_PROT_READ) &&
		   faulted(try_write(page), page, 3) &&
		   faulted(try_write(page + 39 * 4096), page + 39 * 4096, 3) &&
		   !try_write(page + 40 * 4096),
	   "protect: a part of a large page");
	ok(!hc_memory_protect(page, 2 * MIB, HC_PROT_WRITE) && !try_write(page), "protect: 2 MiB");
	ok(hc_memory_protect(page + 1, 4096, 1) == HC_EINVAL &&
		   hc_memory_protect((void *)0x1000, 4096, 1) == HC_EINVAL &&
		   hc_memory_protect((void *)HC_DONOR_MAP, 4096, 1) == HC_EINVAL &&
		   hc_memory_protect(hc_va(0x800000000000), 4096, 1) == HC_EINVAL,
	   "protect: bad ranges");

	ok(hc_memory_map_device(hc_pa(page), 4096, HC_CACHE_NONE) == HC_EINVAL,
	   "RAM is no device memory");
	ok(hc_memory_map_device(1ul << 60, 4096, HC_CACHE_NONE) == HC_EINVAL &&
		   hc_memory_map_device(118ul << 40, 4096, HC_CACHE_NONE) == HC_EINVAL,
	   "device memory beyond the CPU's reach, or the direct map's");
	ok(!hc_memory_map_device(0xfed00000, 1024, HC_CACHE_NONE) &&
		   !hc_memory_map_device(0xfed00000, 1024, HC_CACHE_NONE) &&
		   !try_read(hc_va(0xfed00000)),
	   "map the HPET");
	ok(!hc_memory_map_device(0xe0000000, 8 * MIB, HC_CACHE_COMBINE) &&
		   !try_read(hc_va(0xe0000000)),
	   "map 8 MiB write-combining");
	ok(!hc_memory_map_device(0xfffffff0, 8, HC_CACHE_BACK) && !try_read(hc_va(0xfffffff0)),
	   "map the firmware's ROM");
	/* More than there are tables for with small pages. */
	ok(!hc_memory_map_device(40 * GIB - 4096, 8 * GIB, HC_CACHE_BACK) &&
		   !try_read(hc_va(40 * GIB - 4096)) && !try_read(hc_va(41 * GIB)) &&
		   !try_read(hc_va(48 * GIB - 8192)),
	   "map 8 GiB of a device's memory");
	on_fault = 0;
}

/* ------------------------------------------------------------------ address spaces */

#define ENTRY_PRESENT		1ul
#define ENTRY_WRITABLE		2ul
#define ENTRY_PROGRAM		4ul		/* ring 3 may use it */
#define ENTRY_NO_EXECUTE	(1ul << 63)

/* Two spaces, the second for the comparison only; the tables below the roots are shared. */
static u64 root_a[512] __attribute__((aligned(4096)));
static u64 root_b[512] __attribute__((aligned(4096)));
static u64 tables[3][512] __attribute__((aligned(4096)));
static u64 donor_tables[2][512] __attribute__((aligned(4096)));
static u64 first_root;

static void space_use(const u64 *root)
{
	hc_space_switch(root ? hc_pa(root) : first_root);
}

/* Map a page of the low GiB in root_a. */
static void space_map(u64 address, const void *page, u64 flags)
{
	u64 upper = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_PROGRAM;

	root_a[0] = hc_pa(tables[0]) | upper;
	tables[0][0] = hc_pa(tables[1]) | upper;
	tables[1][address >> 21] = hc_pa(tables[2]) | upper;
	tables[2][address >> 12 & 511] = hc_pa(page) | ((ENTRY_PRESENT | flags) & hc_entry_mask);
	hc_space_flush_page(address);
}

static void test_spaces(void)
{
	volatile int *low = (volatile int *)0x401000, *own = (volatile int *)HC_DONOR_MAP;
	u64 slot = HC_DONOR_MAP >> 39 & 511, far = 1ul << 39;	/* more than some CPUs reach */
	u64 *next;
	int error;

	on_fault = skip_access;
	__asm__ volatile("mov %%cr3, %0" : "=r"(first_root));
	hc_space_init(root_a);
	hc_space_init(root_b);
	space_map((u64)low, spare, ENTRY_WRITABLE | ENTRY_NO_EXECUTE);
	space_use(root_a);
	*(volatile int *)spare = 4711;
	ok(*low == 4711 && !try_write(low) && *(volatile int *)spare == 0,
	   "memory that a space has");
	ok(faulted(try_execute((void *)low), (void *)low, 17), "protected as its entry says");
	space_use(root_b);
	ok(faulted(try_read(low), (void *)low, 0), "another space has not");

	/* What is below the donor's entry is in all of them. */
	next = hc_va(root_a[slot] & 0x000ffffffffff000);
	ok(root_a[slot] && root_a[slot] == root_b[slot] && !next[0], "the donor's part is shared");
	next[0] = hc_pa(donor_tables[0]) | ENTRY_PRESENT | ENTRY_WRITABLE;
	donor_tables[0][0] = hc_pa(donor_tables[1]) | ENTRY_PRESENT | ENTRY_WRITABLE;
	donor_tables[1][0] = hc_pa(spare) | ENTRY_PRESENT | ENTRY_WRITABLE;
	*(volatile int *)spare = 4712;
	ok(*own == 4712, "mapped there in one space");
	space_use(root_a);
	ok(*own == 4712, "found there in another");
	donor_tables[1][0] = 0;
	hc_space_flush_page((u64)own);
	ok(faulted(try_read(own), (void *)own, 0), "and gone again");
	space_use(0);
	ok(faulted(try_read(low), (void *)low, 0), "the first space is as it was");

	/* A space that is older than a mapping of the core's in a part that had none. */
	space_use(root_b);
	error = hc_memory_map_device(far, 4096, HC_CACHE_NONE);
	ok(error == HC_EINVAL || (!error && !try_read(hc_va(far))),
	   "device memory is in spaces that are older");
	space_use(0);
	hc_space_flush_global();
	on_fault = 0;
}

/* ------------------------------------------------------------------ time */

static void spin(u64 ns)
{
	u64 end = hc_time_monotonic() + ns;

	while (hc_time_monotonic() < end)
		__asm__ volatile("pause");
}

/* The time as a program would read it. */
static u64 clock_says(void)
{
	const volatile struct hc_clock_line *l = &hc_clock.lines[hc_clock.count % 2];
	unsigned int low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return l->start_ns +
	       (u64)((unsigned __int128)((low | (u64)high << 32) - l->start_tsc) * l->slope >> 32);
}

static void test_time(void)
{
	u64 last = hc_time_monotonic(), began, took, wall;
	int forward = 1;
	unsigned int count;

	for (int i = 0; i < 20000; i++) {
		u64 now = hc_time_monotonic();

		forward &= now >= last;
		last = now;
	}
	ok(forward, "time never goes backwards");
	last = hc_time_monotonic();
	ok(clock_says() >= last && clock_says() < last + 1000 * MS,
	   "the clock's page says the same");
	ok_number(hc_time_monotonic() < 1000 * MS, "time starts at zero", hc_time_monotonic());
	wall = hc_time_wall();
	put("wall ");
	put_number(wall / (1000 * MS), 10);
	put("\n");

	count = timers;
	/* Before it is started: the host may take its time in between. */
	began = hc_time_monotonic();
	hc_timer_start(20 * MS);
	hc_irq_enable();
	while (timers == count && hc_time_monotonic() < began + 3000 * MS)
		;
	took = hc_time_monotonic() - began;
	ok_number(timers == count + 1 && took >= 19 * MS && took < 200 * MS, "a timer of 20 ms",
		  took);
	hc_irq_disable();

	count = timers;
	hc_timer_start(5 * MS);
	hc_timer_stop();
	hc_irq_enable();
	spin(30 * MS);
	hc_irq_disable();
	ok(timers == count, "a stopped timer does not go off");

	hc_timer_start(1000 * MS);
	began = hc_time_monotonic();
	hc_timer_start(10 * MS);
	hc_idle();
	took = hc_time_monotonic() - began;
	ok(hc_irq_flags() & HC_IRQ_FLAG, "idle returns with interrupts enabled");
	hc_irq_disable();
	ok_number(timers == count + 1 && took > 9 * MS && took < 500 * MS,
		  "idle wakes by the timer; the last start counts", took);
	hc_timer_start(0);
	hc_idle();
	hc_irq_disable();
	ok(timers == count + 2, "a timer of 0 goes off at once");

	/* More than the hardware can wait at once. */
	began = hc_time_monotonic();
	hc_timer_start(1300 * MS);
	while (timers == count + 2) {
		hc_idle();
		hc_irq_disable();
	}
	took = hc_time_monotonic() - began;
	ok_number(took > 1290 * MS && took < 1800 * MS, "a timer of 1.3 s", took);
	wall = hc_time_wall() - wall;
	ok_number(wall > 1300 * MS && wall < 4000 * MS, "the wall clock goes on", wall);
}

/* ------------------------------------------------------------------ interrupts */

/* Line 8: the clock chip's periodic interrupt, 1024 Hz. */
static void test_line(void)
{
	unsigned int count = interrupts;

	__asm__ volatile(
		"outb %b0, $0x70; inb $0x71, %%al; or $0x40, %%al; mov %%al, %%ah\n\t"
		"mov $0x0b, %%al; outb %%al, $0x70; mov %%ah, %%al; outb %%al, $0x71" ::"a"(0x0b));
	__asm__ volatile("outb %b0, $0x70; inb $0x71, %%al" :: "a"(0x0c) : "memory");
	hc_irq_enable();
	spin(5 * MS);
	ok(interrupts == count, "a masked line is quiet");
	hc_irq_unmask(8);
	spin(20 * MS);
	ok(interrupts > count && last_irq == 8, "line 8 (clock chip)");
	hc_irq_mask(8);
	hc_irq_disable();
}

static void test_interrupts(void)
{
	struct hc_message message, other;
	int first = hc_irq_allocate(0, &message), second = hc_irq_allocate(0, &other), last = 0,
	    n = 0;
	unsigned int count = interrupts;

	ok(first >= 0 && second > first && message.data != other.data &&
		   (message.address & 0xfff00000) == 0xfee00000,
	   "allocate two messages");
	/* The CPU's write to that address is not a message, so have the APIC send the interrupt. */
	*(volatile unsigned int *)hc_va(0xfee00300) = 0x40000 | message.data;
	hc_irq_enable();
	spin(MS);
	hc_irq_disable();
	ok(interrupts == count + 1 && last_irq == (unsigned int)first,
	   "a message's vector arrives");
	hc_irq_free((unsigned int)first);
	*(volatile unsigned int *)hc_va(0xfee00300) = 0x40000 | message.data;
	hc_irq_enable();
	spin(MS);
	hc_irq_disable();
	ok(interrupts == count + 1, "a freed one does not");
	ok(hc_irq_allocate(0, &message) == first, "it can be allocated again");
	while (last >= 0) {
		last = hc_irq_allocate(0, &other);
		n++;
	}
	ok_number(last == HC_ENOMEM && n > 50, "messages run out in time", (u64)n);
	for (int i = first; i < HC_NR_IRQS; i++)
		if (i != 0x80 - 0x20)
			hc_irq_free((unsigned int)i);

	test_line();
}

/* ------------------------------------------------------------------ contexts */

static unsigned char stack_a[8192] __attribute__((aligned(16)));
static unsigned char program_stack[8192] __attribute__((aligned(4096)));
static unsigned char donor_stack[16384] __attribute__((aligned(4096)));
static struct hc_context main_context, other_context;
static volatile int context_steps;
static void *boot_base, *boot_top;

static void other(void *argument)
{
	unsigned long sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	context_steps = argument == &context_steps && sp % 16 == 0 ? 1 : -1;
	for (;;) {
		hc_stack_set(boot_base, boot_top);
		hc_context_switch(&other_context, &main_context);
		context_steps++;
	}
}

static void switch_to_other(void)
{
	hc_stack_set(stack_a, stack_a + sizeof(stack_a));
	hc_context_switch(&main_context, &other_context);
}

static void test_contexts(void)
{
	unsigned int es, gs;

	hc_context_init(&other_context, stack_a + sizeof(stack_a), other, (void *)&context_steps);
	switch_to_other();
	ok(context_steps == 1 || context_steps == -1, "a new context runs, with its argument");
	switch_to_other();
	switch_to_other();
	ok(context_steps == 3 || context_steps == 1, "and is resumed where it was");

	ok(!hc_thread_pointer_set(0x123456789000) && hc_thread_pointer_get() == 0x123456789000,
	   "FS base");
	ok(!hc_gs_set(0xffff800000000000) && hc_gs_get() == 0xffff800000000000, "GS base");
	ok(hc_thread_pointer_set(0x800000000000) == HC_EINVAL &&
		   hc_gs_set(0x7fff800000000000) == HC_EINVAL,
	   "addresses that are not canonical");
	__asm__ volatile("mov %0, %%es; mov %0, %%gs" :: "r"(3));
	hc_segments_clear();
	__asm__ volatile("mov %%es, %0; mov %%gs, %1" : "=r"(es), "=r"(gs));
	ok(!es && !gs, "null segments");
}

static unsigned char fpu_a[8192] __attribute__((aligned(64)));
static unsigned char fpu_b[8192] __attribute__((aligned(64)));

static void set_xmm7(u64 x)
{
	__asm__ volatile("movq %0, %%xmm7" :: "r"(x));
}

static u64 get_xmm7(void)
{
	u64 x;

	__asm__ volatile("movq %%xmm7, %0" : "=r"(x));
	return x;
}

static unsigned int get_mxcsr(void)
{
	unsigned int x;

	__asm__ volatile("stmxcsr %0" : "=m"(x));
	return x;
}

static void test_fpu(void)
{
	u64 size = hc_fpu_size();

	ok_number(size >= 512 && size <= sizeof(fpu_a), "size of the FPU's state", size);
	put("features 0x");
	put_number(hc_fpu_features(), 16);
	put("\n");
	hc_fpu_init(fpu_a);
	hc_fpu_init(fpu_b);
	set_xmm7(42);
	hc_fpu_save(fpu_a);
	ok(!hc_fpu_restore(fpu_b) && get_xmm7() == 0 && get_mxcsr() == 0x1f80, "the initial state");
	ok(!hc_fpu_restore(fpu_a) && get_xmm7() == 42, "save and restore");
	*(unsigned int *)(fpu_a + 24) = 0xffffffff;	/* MXCSR with reserved bits */
	ok(hc_fpu_restore(fpu_a) == HC_EINVAL && get_xmm7() == 0, "a bad area is refused");
}

/* ------------------------------------------------------------------ a program */

/*
 * A program: it makes system calls without end, keeps a pattern in its red zone and in all registers,
 * and checks both.  Without a wall it runs where it is, in the donor's text; else in a space, of its
 * page and its stack.
 */
#define PROGRAM_TEXT		0x400000ul
#define PROGRAM_STACK		0x500000ul

void program(void);
extern char program_page[], program_syscall_return[];
__asm__(".text\n"
	".balign 4096\n"
	"program_page:\n"
	"program:\n"
	"	mov $0x1111, %rbx; mov $0x2222, %rbp; mov $0x3333, %r12; mov $0x4444, %r13\n"
	"	mov $0x5555, %r14; mov $0x6666, %r15; mov $0x7777, %r9; mov $0x8888, %r8\n"
	"	mov $0x9999, %r10\n"
	"1:	movq $0x5a5a, -8(%rsp); movq $0xa5a5, -128(%rsp); movq $0x1234, -64(%rsp)\n"
	"	mov $1, %edi; mov $2, %esi; mov $3, %edx; mov $0x777, %eax\n"
	"	syscall\n"
	"	.globl program_syscall_return\n"
	"program_syscall_return:\n"
	"	cmp $0x888, %eax; jne 2f\n"
	"	cmp $1, %edi; jne 2f; cmp $2, %esi; jne 2f; cmp $3, %edx; jne 2f\n"
	"	cmp $0x7777, %r9; jne 2f; cmp $0x8888, %r8; jne 2f; cmp $0x9999, %r10; jne 2f\n"
	"	mov $2000, %ecx\n"
	"3:	dec %ecx; jnz 3b\n"
	"	cmpq $0x5a5a, -8(%rsp); jne 2f; cmpq $0xa5a5, -128(%rsp); jne 2f\n"
	"	cmpq $0x1234, -64(%rsp); jne 2f\n"
	"	cmp $0x1111, %rbx; jne 2f; cmp $0x2222, %rbp; jne 2f; cmp $0x3333, %r12; jne 2f\n"
	"	cmp $0x4444, %r13; jne 2f; cmp $0x5555, %r14; jne 2f; cmp $0x6666, %r15; jne 2f\n"
	"	jmp 1b\n"
	"2:	mov $0x999, %eax\n"
	"	syscall\n"
	"	ud2\n");

static int flat;			/* no wall, and no space of its own */

/* Where something of program_page is for the program. */
static u64 for_program(const void *address)
{
	return flat ? (u64)address : (u64)address - (u64)program_page + PROGRAM_TEXT;
}

static u64 program_stack_end(void)
{
	return flat ? (u64)program_stack + sizeof(program_stack) :
		      PROGRAM_STACK + sizeof(program_stack);
}

static volatile u64 calls, wrong_calls;
static volatile int program_failed;
static struct hc_context program_context;
static volatile u64 program_end;	/* time */
static unsigned int timers_before;
static volatile int slow_exits;

/* A host may give the machine little time: what is looked for has been seen. */
static int program_seen(void)
{
	return calls > 100 && slow_exits > 10 && timers > timers_before + 100 &&
	       program_ticks > 20 && timers - timers_before > program_ticks;
}

static void leave_program(void)
{
	hc_stack_set(boot_base, boot_top);
	hc_context_switch(&program_context, &main_context);
}

unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	struct hc_frame *frame = (struct hc_frame *)(donor_stack + sizeof(donor_stack)) - 1;

	calls++;
	if (number != 0x777)
		program_failed = 1;
	if (a0 != 1 || a1 != 2 || a2 != 3 || a3 != 0x9999 || a4 != 0x8888 || a5 != 0x7777 ||
	    frame->orig_ax != 0x777 || frame->ax != -38ul || frame->cs != HC_CS_SYSCALL ||
	    frame->bx != 0x1111 || frame->r15 != 0x6666 ||
	    frame->ip != for_program(program_syscall_return) || hc_irq_flags() & HC_IRQ_FLAG ||
	    frame->sp != program_stack_end() - 256 || !(frame->flags & HC_IRQ_FLAG))
		wrong_calls++;
	if (calls % 3 == 0) {		/* the slow way out */
		frame->ax = 0x999;	/* a debugger has written here, say: it does not count */
		frame->cs = HC_CS_PROGRAM;
		slow_exits++;
	}
	if (calls % 7 == 0) {		/* interrupts within a system call */
		hc_irq_enable();
		for (volatile int i = 0; i < 500; i++)
			;
		hc_irq_disable();
	}
	if (program_failed || (program_seen() && hc_time_monotonic() > program_end) ||
	    hc_time_monotonic() > program_end + 20000 * MS)
		leave_program();
	return 0x888;
}

static u64 program_argument;

static void run_program(void *argument)
{
	struct hc_frame *frame = (struct hc_frame *)(donor_stack + sizeof(donor_stack)) - 1;

	memset(frame, 0, sizeof(*frame));
	frame->ip = (u64)argument;
	frame->cs = HC_CS_PROGRAM;
	frame->flags = HC_IRQ_FLAG | 2;
	frame->di = program_argument;
	frame->sp = program_stack_end() - 256;
	frame->ss = HC_SS_PROGRAM;
	hc_program_continue(frame);
}

/*
 * Run a program until it makes its last system call or faults.  The context starts on a stack of
 * its own, as a frame at the donor stack's top would be overwritten by what runs there.
 */
static void enter_program(u64 entry)
{
	hc_context_init(&program_context,
			donor_stack + sizeof(donor_stack) - sizeof(struct hc_frame) - 8,
			run_program, (void *)entry);
	hc_stack_set(donor_stack, donor_stack + sizeof(donor_stack));
	hc_context_switch(&main_context, &program_context);
}

static void end_program(struct hc_frame *frame)
{
	(void)frame;
	leave_program();
}

static void test_program(void)
{
	timers_before = timers;
	program_end = hc_time_monotonic() + 300 * MS;
	timer_period = 100000;
	hc_timer_start(timer_period);
	enter_program(for_program((void *)program));
	timer_period = 0;
	hc_timer_stop();
	/* The first lines tell what program_seen() has waited for in vain. */
	ok_number(calls > 100, "a program makes system calls", calls);
	ok_number(!wrong_calls, "their arguments and frames are right", wrong_calls);
	ok(!program_failed, "registers and red zone stay intact");
	ok_number(slow_exits > 10, "through iretq as well", (u64)slow_exits);
	ok_number(timers > timers_before + 100, "while the timer goes off", timers - timers_before);
	ok_number(program_ticks > 20, "in the program", program_ticks);
	ok_number(timers - timers_before > program_ticks, "and in the donor",
		  timers - timers_before - program_ticks);
	ok(!frame_wrong, "every frame says whose it is");
}

/*
 * Programs that fail, one a line: name, instructions before the one that fails, that one, the vector.
 * The second part is of programs behind a wall.
 */
#define FAILING_PROGRAMS(P)						\
	P(null, "xor %eax, %eax", "mov (%rax), %eax", 14)		\
	P(invalid, "", "ud2", 6)					\
	P(int80, "", "int $0x80", 13)					\
	P(divide, "xor %eax, %eax", "div %al", 0)			\
	P(non_canonical, "movabs $0x800000000000, %rcx", "mov (%rcx), %eax", 13)
#define FAILING_PROGRAMS_IN_RING_3(P)					\
	P(hlt, "", "hlt", 13)						\
	P(cli, "", "cli", 13)						\
	P(sti, "", "sti", 13)						\
	P(in, "", "in $0x61, %al", 13)					\
	P(out, "", "outb %al, $0x80", 13)				\
	P(rdmsr, "mov $0xc0000082, %ecx", "rdmsr", 13)			\
	P(wrmsr, "mov $0xc0000082, %ecx", "wrmsr", 13)			\
	P(read_cr3, "", "mov %cr3, %rax", 13)				\
	P(write_cr4, "", "mov %rax, %cr4", 13)				\
	P(invlpg, "", "invlpg (%rsp)", 13)				\
	P(lgdt, "", "lgdt (%rsp)", 13)					\
	P(lidt, "", "lidt (%rsp)", 13)					\
	P(ltr, "mov $0x48, %eax", "ltr %ax", 13)			\
	P(swapgs, "", "swapgs", 13)					\
	P(sysret, "", "sysretq", 13)					\
	P(int_divide, "", "int $0", 13)					\
	P(int_nmi, "", "int $2", 13)					\
	P(int_timer, "", "int $0xf0", 13)				\
	P(ldt, "mov $0x0f, %eax", "mov %eax, %es; mov %es, %eax", 13)	\
	P(segment, "mov $0x10, %eax", "mov %eax, %ss", 13)		\
	P(far, "mov $0x08, %eax", "mov %eax, %ds; mov %ds, %eax", 13)	\
	P(bad_stack, "movabs $0xffffffffffff0000, %rsp", "push %rax", 14)

#define DEFINE_PROGRAM(name, before, failing, vector)			\
	extern char program_##name[], program_##name##_fails[];		\
	__asm__(".text\nprogram_" #name ": " before "\n"		\
		"program_" #name "_fails: " failing "\n ud2\n");
FAILING_PROGRAMS(DEFINE_PROGRAM)
FAILING_PROGRAMS_IN_RING_3(DEFINE_PROGRAM)

/* Traps: the frame's ip is behind the instruction. */
extern char program_int3[], program_int3_end[], program_step[], program_step_end[];
extern char program_sysenter[], program_read_donor[], program_write_donor[], program_jump_donor[];
__asm__(".text\n"
	"program_int3: int3\nprogram_int3_end: ud2\n"
	/* The trap flag: the trap comes after the next instruction; `syscall` would clear it. */
	"program_step: pushf; orl $0x100, (%rsp); popf; nop\nprogram_step_end: ud2\n"
	"program_sysenter: sysenter\n ud2\n"
	/* rdi: an address of the donor's */
	"program_read_donor: mov (%rdi), %al; ud2\n"
	"program_write_donor: mov %al, (%rdi); ud2\n"
	"program_jump_donor: jmp *%rdi\n");

static void fault_in_program(u64 entry, const char *name, unsigned int vector, u64 ip)
{
	last_vector = 99;
	on_fault = end_program;
	enter_program(entry);
	on_fault = 0;
	ok_number(last_vector == vector && last_ip == ip, name, last_vector);
}

/* An instruction that only some CPUs have for 64-bit code. */
static void test_sysenter(void)
{
	last_vector = 99;
	on_fault = end_program;
	enter_program(for_program(program_sysenter));
	on_fault = 0;
	ok_number((last_vector == 13 || last_vector == 6) &&
			  last_ip == for_program(program_sysenter),
		  "a program: sysenter", last_vector);
}

static void test_program_faults(void)
{
#define RUN_PROGRAM(name, before, failing, vector)					\
	fault_in_program(for_program(program_##name), "a program: " failing, vector,	\
			 for_program(program_##name##_fails));
	FAILING_PROGRAMS(RUN_PROGRAM)
	fault_in_program(for_program(program_int3), "int3", 3, for_program(program_int3_end));
	fault_in_program(for_program(program_step), "the trap flag", 1,
			 for_program(program_step_end));
	fault_in_program(0x8000, "a jump to nowhere", 14, 0x8000);
	fault_in_program(0x800000000000, "a start where no address is", 13, 0x800000000000);
	if (flat)
		return;
	FAILING_PROGRAMS_IN_RING_3(RUN_PROGRAM)
	test_sysenter();
	program_argument = (u64)spare;
	fault_in_program(for_program(program_read_donor), "the donor's data, to read", 14,
			 for_program(program_read_donor));
	ok(last_error == 5 && last_address == (u64)spare, "is the donor's alone");
	fault_in_program(for_program(program_write_donor), "the donor's data, to write", 14,
			 for_program(program_write_donor));
	program_argument = (u64)hc_va(hc_pa(spare));
	fault_in_program(for_program(program_read_donor), "the direct map", 14,
			 for_program(program_read_donor));
	program_argument = (u64)donor_start;
	fault_in_program(for_program(program_jump_donor), "the donor's code", 14, (u64)donor_start);
}

/* ------------------------------------------------------------------ the rest */

static void test_devices(void)
{
	unsigned int host = hc_pci_read(0, 0, 4), functions = 0;
	int good = 1;
	unsigned char random[64], seed[HC_ENTROPY_SIZE], other[HC_ENTROPY_SIZE];
	u64 n;

	ok_number((host & 0xffff) == 0x8086, "PCI: the host bridge", host);
	ok(hc_pci_read(0, 0, 2) == (host & 0xffff) && hc_pci_read(0, 2, 2) == host >> 16 &&
		   hc_pci_read(0, 1, 1) == (host >> 8 & 0xff),
	   "PCI: sizes");
	for (unsigned int device = 0; device < 256; device++)
		functions += hc_pci_read(device, 0, 4) != ~0u;
	ok_number(functions >= 2, "PCI: functions on bus 0", functions);
	ok(hc_pci_read(0xff00, 0, 4) == ~0u, "PCI: what is not there reads as ones");
	for (unsigned int device = 0; device < 256; device++) {
		unsigned int wired = hc_pci_read(device, 0x3c, 2);
		int line = hc_irq_line(device);

		good &= wired >> 8 && wired != 0xffff && wired & 0xff && (wired & 0xff) < 16 ?
				line == (int)(wired & 0xff) :
				line == HC_EINVAL;
	}
	ok(good && hc_irq_line(0) == HC_EINVAL, "PCI: the interrupts that pins are wired to");
	hc_pci_write(0, 0x3c, 1, 0x5);
	for (unsigned int device = 0; device < 256; device++) {
		unsigned int extended = hc_pci_read(device, 256, 4);

		if (extended != ~0u) {
			ok_number((extended & 0xffff) == 1, "PCI: advanced error reporting",
				  extended);
			break;
		}
	}

	n = hc_random(random, sizeof(random));
	put("random ");
	put_number(n, 10);
	put(" entropy ");
	put_number(start->entropy_bits, 10);
	put("\n");
	ok(n == 0 || n == sizeof(random), "random numbers, all or none");
	n = 0;
	for (unsigned int i = 0; i < HC_ENTROPY_SIZE; i++)
		n += start->entropy[i] == 0;
	ok_number(n < 8, "the seed is no zeros", n);
	n = hc_entropy(seed);
	/* From a generator all of it; how long things take says less while the host has other work. */
	good = hc_random(random, sizeof(random)) ? n == 8 * HC_ENTROPY_SIZE :
						   n && n <= 8 * HC_ENTROPY_SIZE;
	ok_number(good, "another seed, with bits to credit", n);
	hc_entropy(other);
	n = 0;
	for (unsigned int i = 0; i < HC_ENTROPY_SIZE; i++)
		n += seed[i] == other[i] || seed[i] == start->entropy[i];
	ok_number(n < 8, "no two seeds are the same", n);
	ok(hc_console_irq() == 4 || hc_console_irq() == -1, "the console's interrupt");
	ok(hc_console_read() == -1, "no input waits");
}

/* ------------------------------------------------------------------ what ends the machine */

static int depth_limit = 1 << 30;

static int __attribute__((noinline)) recurse(volatile int *p)
{
	volatile int here[16];

	here[0] = *p + 1;
	if (here[0] > depth_limit)
		return 0;
	return recurse(here) + here[0];
}

static void __attribute__((noinline)) crash(void)
{
	volatile int *p = (volatile int *)16;

	__asm__ volatile("" : "+r"(p));
	*p = 1;
}

/* The value of a word name=value on the command line. */
static int has_word(const char *word)
{
	const char *line = start->command_line;

	for (; *line; line++) {
		unsigned long i = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (!word[i] && (!line[i] || line[i] == ' '))
			return 1;
	}
	return 0;
}

static int canary = 0x600d;
#ifdef LARGE
static volatile int zeros[16 * MIB];
#else
static volatile int zeros[1000];
#endif

void donor_start(const struct hc_start_info *info)
{
	unsigned long sp;
	int zero = 1;
	int n = 0;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	start = info;
	boot_top = (void *)((sp + 4095) & ~4095ul);
	boot_base = (char *)boot_top - 16384;
	put("donor: ");
	put(info->command_line);
	put("\n");
	for (unsigned long i = 0; i < ARRAY_SIZE(zeros); i += 10)
		zero &= !zeros[i];
	ok(!(hc_irq_flags() & HC_IRQ_FLAG), "interrupts are disabled at first");
	ok(zero && canary == 0x600d, "data and bss are as they should");

	if (has_word("test=exit42"))
		hc_power_off(42);
	if (has_word("test=direct-map")) {
		on_fault = skip_access;
		test_direct_map();
		put("done\n");
		hc_power_off(0);
	}
	if (has_word("test=panic"))
		crash();
	if (has_word("test=overflow"))
		recurse(&n);
	if (has_word("test=divide"))
		__asm__ volatile("xor %%eax, %%eax; div %%al" ::: "eax");
	if (has_word("test=bug"))
		hc_irq_mask(1000);
	if (has_word("test=reboot"))
		hc_reboot();
	if (has_word("test=stack")) {
		/* The stack to which the exception would go is not mapped. */
		hc_stack_set((void *)0x1000, (void *)0x2000);
		__asm__ volatile("ud2");
	}
	if (has_word("test=backtrace"))
		hc_console_backtrace(0);
	if (has_word("test=initrd")) {
		ok(info->initrd && !((u64)info->initrd % 4096), "an initrd, page aligned");
		put("initrd: ");
		put_bytes((const char *)info->initrd, info->initrd_size);
		put("\n");
	}
	if (has_word("test=scroll")) {
		/* Beyond the 204 lines of the card's memory; the last two lines are not blank. */
		for (int i = 0; i < 250; i++)
			put("a line\n");
		for (int i = 0; i < 23; i++)
			put("\n");
		put("the last but one\nscrolled");
		for (;;)
			hc_idle();
	}
	if (has_word("test=flood")) {
		char bytes[256];

		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)i;
		for (unsigned int i = 0; i < 1024; i++)
			put_bytes(bytes, sizeof(bytes));
		hc_power_off(0);
	}
	if (has_word("test=button")) {
		int irq = hc_power_button_irq();

		ok(irq >= 0 && irq < HC_NR_IRQS && !hc_power_button(), "a power button");
		button = irq;
		hc_irq_unmask((unsigned int)irq);
		put("press\n");
		while (!pressed) {
			hc_idle();
			hc_irq_disable();
		}
		ok(pressed == 1 && !hc_power_button(), "it is pressed once");
		put("pressed\n");
		hc_power_off(0);
	}
	if (has_word("test=input")) {
		echo_input = 1;
		hc_irq_unmask((unsigned int)hc_console_irq());
		put("type\n");
		while (!input_ended) {
			hc_idle();
			hc_irq_disable();
		}
		put(" done\n");
		hc_power_off(0);
	}
	if (has_word("test=echo"))
		for (;;) {
			int c = hc_console_read();

			if (c == '.')
				hc_power_off(0);
			if (c >= 0)
				put_number((u64)c, 16);
		}
	test_memory();
	test_devices();
	test_interrupts();
	test_time();
	test_contexts();
	test_fpu();
	test_spaces();
	flat = has_word("wall=off");
	if (!flat) {
		space_map(PROGRAM_TEXT, program_page, ENTRY_PROGRAM);
		for (u64 at = 0; at < sizeof(program_stack); at += HC_PAGE_SIZE)
			space_map(PROGRAM_STACK + at, program_stack + at,
				  ENTRY_PROGRAM | ENTRY_WRITABLE | ENTRY_NO_EXECUTE);
		space_use(root_a);
	}
	test_program();
	test_program_faults();
	space_use(0);
	put("done\n");
	hc_power_off(0);
}
