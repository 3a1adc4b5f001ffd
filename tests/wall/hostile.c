/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * hostile.c - programs that attack the wall with the CPU's own means.
 *
 *	hostile SEED [KIND[,KIND]...|all [PERCENT [FIRST]]]
 *
 * Of each kind of attack (or of some) children are made, PERCENT as many as usual, the first of
 * them number FIRST.  All of a child follows from seed, kind and its number.  A child is an
 * ordinary user of its own, unless the kind wants more; it may end in any way, but within a time.
 * What must not happen: that the machine stops (there is nothing here that notices), that a check
 * of the child's own fails, that registers are not what they must be.
 *
 * An attempt is a state of all registers, and code.  It ends by a signal, whose handler goes home.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "wall.h"

#define LIMIT_MS	8000
#define STATUS_FAILED	77	/* of a child, one of whose checks failed */
#define FIRST_USER	1000

#define FLAG_TF		0x100ul
#define FLAG_DF		0x400ul
#define FLAG_AC		0x40000ul

static uint64_t seed;
static const char *program;

int main(int argc, char **argv);

static bool umip, fsgsbase;

/* ------------------------------------------------------------------ attempts */

struct state {
	unsigned long r[16];		/* in the order of the instructions' encoding */
	unsigned long ip, cs, flags, sp, ss;	/* as `iretq` takes them */
	unsigned long fs, gs;
	/*
	 * load: bit 0 ds, 1 es, 2 fs, 3 gs; 4: go there by `iretq`, 5: by a far jump, else by a
	 * near one
	 */
	unsigned char set_fs, set_gs, load;
	unsigned short ds, es, fs_selector, gs_selector;
};

/* Where the handler goes when an attempt is over, as whoever called attempt() left the stack. */
unsigned long home_sp;
extern char home[];

void attempt(const struct state *state);

__asm__(
"	.text\n"
"	.globl	attempt, home\n"
"attempt:\n"
"	push	%rbx\n"
"	push	%rbp\n"
"	push	%r12\n"
"	push	%r13\n"
"	push	%r14\n"
"	push	%r15\n"
"	mov	%rsp, home_sp(%rip)\n"
"	testb	$1, 186(%rdi)\n"
"	jz	1f\n"
"	movw	188(%rdi), %ds\n"
"1:	testb	$2, 186(%rdi)\n"
"	jz	1f\n"
"	movw	190(%rdi), %es\n"
"1:	testb	$4, 186(%rdi)\n"
"	jz	1f\n"
"	movw	192(%rdi), %fs\n"
"1:	testb	$8, 186(%rdi)\n"
"	jz	1f\n"
"	movw	194(%rdi), %gs\n"
"1:	mov	168(%rdi), %rax\n"
"	testb	$1, 184(%rdi)\n"
"	jz	1f\n"
"	wrfsbase %rax\n"
"1:	mov	176(%rdi), %rax\n"
"	testb	$1, 185(%rdi)\n"
"	jz	1f\n"
"	wrgsbase %rax\n"
"	.macro	registers\n"
"	mov	(%rdi), %rax\n"
"	mov	8(%rdi), %rcx\n"
"	mov	16(%rdi), %rdx\n"
"	mov	24(%rdi), %rbx\n"
"	mov	40(%rdi), %rbp\n"
"	mov	48(%rdi), %rsi\n"
"	mov	64(%rdi), %r8\n"
"	mov	72(%rdi), %r9\n"
"	mov	80(%rdi), %r10\n"
"	mov	88(%rdi), %r11\n"
"	mov	96(%rdi), %r12\n"
"	mov	104(%rdi), %r13\n"
"	mov	112(%rdi), %r14\n"
"	mov	120(%rdi), %r15\n"
"	mov	56(%rdi), %rdi\n"
"	.endm\n"
"1:	testb	$16, 186(%rdi)\n"
"	jz	1f\n"
"	push	160(%rdi)\n"
"	push	152(%rdi)\n"
"	push	144(%rdi)\n"
"	push	136(%rdi)\n"
"	push	128(%rdi)\n"
"	registers\n"
"	iretq\n"
"1:	mov	128(%rdi), %rax\n"
"	mov	%rax, go_ip(%rip)\n"
"	mov	136(%rdi), %rax\n"
"	mov	%rax, go_cs(%rip)\n"
"	mov	152(%rdi), %rax\n"
"	mov	%rax, go_sp(%rip)\n"
"	testb	$32, 186(%rdi)\n"
"	jz	1f\n"
"	movw	160(%rdi), %ss\n"
"	push	144(%rdi)\n"
"	registers\n"
"	popfq\n"
"	mov	go_sp(%rip), %rsp\n"
"	rex.W ljmp *go_ip(%rip)\n"
"1:	push	144(%rdi)\n"
"	registers\n"
"	popfq\n"
"	mov	go_sp(%rip), %rsp\n"
"	jmp	*go_ip(%rip)\n"
"home:	pop	%r15\n"
"	pop	%r14\n"
"	pop	%r13\n"
"	pop	%r12\n"
"	pop	%rbp\n"
"	pop	%rbx\n"
"	fninit\n"
"	ldmxcsr	default_mxcsr(%rip)\n"
"	cld\n"
"	ret\n"
"	.section .rodata\n"
"default_mxcsr:\n"
"	.long	0x1f80\n"
"	.bss\n"
"	.balign	16\n"
"go_ip:	.quad	0\n"
"go_cs:	.quad	0\n"
"go_sp:	.quad	0\n"
"	.text\n"
);

_Static_assert(offsetof(struct state, fs) == 168, "the assembly knows");
_Static_assert(offsetof(struct state, set_fs) == 184, "the assembly knows");
_Static_assert(offsetof(struct state, ds) == 188, "the assembly knows");

/* What the kernel has, without a C library in between. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

#define RESTORER	0x04000000ul

extern char restorer[];
__asm__(
"	.text\n"
"restorer:\n"
"	mov	$15, %eax\n"
"	syscall\n"
);

static unsigned long own_fs;
static unsigned char *alternate;
static volatile unsigned int steps_left, ticks, ticks_limit;
static volatile unsigned int seen[65];
static volatile bool in_attempt;
static void (*scribble)(ucontext_t *context);
static siginfo_t last_info;
static ucontext_t last_context;

#define ALTERNATE_SIZE	(32 * PAGE)

static void restore_segments(void)
{
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" :: "r"(0));
	CALL(SYS_arch_prctl, 0x1002, own_fs, 0, 0);	/* ARCH_SET_FS */
}

static void go_home(ucontext_t *context)
{
	restore_segments();
	in_attempt = false;
	context->uc_mcontext.gregs[REG_RIP] = (long)home;
	context->uc_mcontext.gregs[REG_RSP] = home_sp;
	context->uc_mcontext.gregs[REG_EFL] = 0x202;
	context->uc_sigmask.__bits[0] = 0;
}

/*
 * Nothing in here may use the thread pointer before the attempt's is replaced.
 */
static void on_signal(int signal, siginfo_t *info, void *argument)
{
	ucontext_t *context = argument;

	seen[signal & 63]++;
	if (!in_attempt) {
		if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL)
			_exit(3);
		return;
	}
	if (signal == SIGALRM && ++ticks < ticks_limit)
		return;
	if (signal == SIGTRAP) {
		unsigned long ip = context->uc_mcontext.gregs[REG_RIP];

		/* The trap flag is set, and the attempt has not begun yet. */
		if (ip >= (unsigned long)attempt && ip < (unsigned long)home)
			return;
		if (steps_left) {
			steps_left--;
			return;
		}
	}
	if (signal == SIGUSR1 && scribble) {
		scribble(context);
		return;
	}
	last_info = *info;
	memcpy(&last_context, context, offsetof(ucontext_t, __fpregs_mem));
	go_home(context);
}

static void handle(int signal, unsigned long flags)
{
	struct kernel_action action = {
		.handler = on_signal,
		.flags = SA_SIGINFO | SA_NODEFER | RESTORER | flags,
		.restorer = restorer,
	};

	CALL(SYS_rt_sigaction, signal, &action, NULL, 8);
}

/* All that a child needs before its first attempt. */
static void prepare(void)
{
	static const int handled[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM,
				       SIGUSR1 };
	struct itimerval often = { { 0, 4000 }, { 0, 4000 } };
	stack_t stack;

	own_memory();
	alternate = guarded(ALTERNATE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	stack = (stack_t){ .ss_sp = alternate, .ss_size = ALTERNATE_SIZE };
	CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
	CALL(SYS_arch_prctl, 0x1003, &own_fs, 0, 0);	/* ARCH_GET_FS */
	for (size_t i = 0; i < sizeof(handled) / sizeof(*handled); i++)
		handle(handled[i], SA_ONSTACK);
	setitimer(ITIMER_REAL, &often, NULL);
}

static const unsigned short selectors[] = {
	0, 1, 2, 3, 0x08, 0x0b, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x23, 0x28, 0x2b, 0x30, 0x33, 0x38,
	0x3b,
	0x40, 0x43, 0x48, 0x4b, 0x50, 0x53, 0x58, 0x5b, 0x04, 0x07, 0x0c, 0x0f, 0x2c, 0x2f, 0x34,
	0x37,
	0x44, 0x47, 0xfff8, 0xfffb, 0xffff,
};

static unsigned int any_selector(void)
{
	if (one_in(8))
		return (uint16_t)chance();
	return selectors[below(sizeof(selectors) / sizeof(*selectors))];
}

static unsigned long any_flags(void)
{
	switch (below(4)) {
	case 0:
		return 0x202;
	case 1:
		return (chance() & 0x247fd5) | 0x202;	/* all there are, but VM, VIF and VIP */
	case 2:
		return 0x202 | (one_in(2) ? FLAG_TF : 0) | (one_in(2) ? FLAG_DF : 0) |
		       (one_in(2) ? FLAG_AC : 0) | (one_in(2) ? 0x4000 : 0);
	default:
		return chance() & 0x3fffff;
	}
}

static void any_state(struct state *state, const void *code)
{
	memset(state, 0, sizeof(*state));
	for (unsigned int i = 0; i < 16; i++)
		state->r[i] = one_in(2) ? any_address() : any_number();
	if (one_in(3))
		state->r[0] = below(470);
	state->ip = (unsigned long)code;
	state->cs = one_in(40) ? any_selector() : one_in(10) ? 0x43 : 0x33;
	state->ss = one_in(40) ? any_selector() : 0x2b;
	state->flags = any_flags();
	state->sp = one_in(4) ? (unsigned long)own_data + below(OWN_SIZE) : any_address();
	if (one_in(8)) {
		state->load = chance() & 15;
		state->ds = one_in(2) ? 0x2b : any_selector();
		state->es = one_in(2) ? 0x2b : any_selector();
		state->fs_selector = one_in(2) ? 0x2b : any_selector();
		state->gs_selector = one_in(2) ? 0x2b : any_selector();
	}
	if (state->cs != 0x33 || state->ss != 0x2b || one_in(10))
		state->load |= 32;
	/*
	 * QEMU's TCG reads an `iretq` frame as the kernel would, also in ring 3: with SMAP that
	 * faults for ever, and uses up the time.
	 */
	if (one_in(10))
		state->load |= 16;
	if (fsgsbase) {
		state->set_fs = one_in(3);
		state->set_gs = one_in(3);
		state->fs = any_address();
		state->gs = any_address();
	}
}

static void run(const struct state *state)
{
	steps_left = one_in(2) ? 0 : below(40);
	ticks = 0;
	ticks_limit = 2 + below(3);
	in_attempt = true;
	attempt(state);
	in_attempt = false;
}

/* ------------------------------------------------------------------ instructions */

#define CODE(bytes)	{ bytes, sizeof(bytes) - 1 }

/* A byte that is 0xEE here is random in the code that runs. */
static const struct code {
	const char *bytes;
	unsigned int size;
} codes[] = {
	/* System calls, and the ways to make them that are not supported. */
	CODE("\x0f\x05"), CODE("\x0f\x05\x0f\x05"), CODE("\x0f\x05\xcc"), CODE("\x0f\x34"),
	CODE("\x0f\x35"), CODE("\x0f\x07"), CODE("\x48\x0f\x07"), CODE("\x48\x0f\x35"),
	CODE("\xcd\x80"), CODE("\xb8\xee\x00\x00\x00\x0f\x05"),
	CODE("\xb8\x0f\x00\x00\x00\x0f\x05"),
	CODE("\xb8\x9e\x00\x00\x00\xbf\x02\x10\x00\x00\x0f\x05"),
	CODE("\xb8\x9e\x00\x00\x00\xbf\x01\x10\x00\x00\x0f\x05"),
	/* Interrupts by instruction. */
	CODE("\xcd\xee"), CODE("\xcd\x01"), CODE("\xcd\x02"), CODE("\xcd\x03"), CODE("\xcd\x04"),
	CODE("\xcd\x08"), CODE("\xcd\x0e"), CODE("\xcd\x12"), CODE("\xcd\x20"), CODE("\xcd\xf0"),
	CODE("\xcd\xff"), CODE("\xcc"), CODE("\xce"), CODE("\xf1"), CODE("\x0f\x0b"),
	CODE("\x0f\xff\xc0"), CODE("\x0f\xb9\xc0"),
	/* The machine's. */
	CODE("\xf4"), CODE("\xfa"), CODE("\xfb"), CODE("\xec"), CODE("\xed"), CODE("\xee\xee"),
	CODE("\xef"), CODE("\x66\xef"), CODE("\xe4\xee"), CODE("\xe6\xee"), CODE("\x6c"),
	CODE("\xf3\x6c"), CODE("\x6e"), CODE("\xf3\x6f"), CODE("\x0f\x32"), CODE("\x0f\x30"),
	CODE("\x0f\x33"), CODE("\x0f\x20\xc0"), CODE("\x0f\x20\xd0"), CODE("\x0f\x20\xd8"),
	CODE("\x0f\x20\xe0"), CODE("\x44\x0f\x20\xc0"), CODE("\x0f\x22\xc0"), CODE("\x0f\x22\xd8"),
	CODE("\x0f\x22\xe0"), CODE("\x44\x0f\x22\xc0"), CODE("\x0f\x21\xc0"), CODE("\x0f\x23\xf8"),
	CODE("\x0f\x23\xc0"), CODE("\x0f\x01\x00"), CODE("\x0f\x01\x08"), CODE("\x0f\x01\x10"),
	CODE("\x0f\x01\x18"), CODE("\x0f\x01\xe0"), CODE("\x0f\x01\x20"), CODE("\x0f\x01\xf0"),
	CODE("\x0f\x01\x38"), CODE("\x0f\x01\xf8"), CODE("\x0f\x01\xf9"), CODE("\x0f\x01\xc8"),
	CODE("\x0f\x01\xc9"), CODE("\x0f\x01\xca"), CODE("\x0f\x01\xcb"), CODE("\x0f\x01\xd0"),
	CODE("\x0f\x01\xd1"), CODE("\x0f\x01\xc1"), CODE("\x0f\x01\xc2"), CODE("\x0f\x01\xd8"),
	CODE("\x0f\x01\xd9"), CODE("\x0f\x01\xda"), CODE("\x0f\x01\xdb"), CODE("\x0f\x01\xdc"),
	CODE("\x0f\x01\xdd"), CODE("\x0f\x01\xde"), CODE("\x0f\x01\xdf"), CODE("\x0f\x01\xee"),
	CODE("\x0f\x01\xef"), CODE("\x0f\x00\xc0"), CODE("\x0f\x00\xc8"), CODE("\x0f\x00\xd0"),
	CODE("\x0f\x00\xd8"), CODE("\x0f\x00\xe0"), CODE("\x0f\x00\xe8"), CODE("\x0f\x00\x00"),
	CODE("\x0f\x02\xc0"), CODE("\x0f\x03\xc0"), CODE("\x0f\x06"), CODE("\x0f\x08"),
	CODE("\x0f\x09"), CODE("\x0f\xaa"), CODE("\x0f\xae\x38"), CODE("\xf3\x0f\x1e\xfa"),
	CODE("\xf3\x0f\xc7\xf8"), CODE("\x66\x0f\x38\x82\x00"),
	/* Far transfers, by what the stack or memory holds. */
	CODE("\x48\xcf"), CODE("\xcf"), CODE("\x66\xcf"), CODE("\x48\xcb"), CODE("\xcb"),
	CODE("\x66\xcb"),
	CODE("\xca\x08\x00"), CODE("\x48\xff\x28"), CODE("\xff\x28"), CODE("\x48\xff\x18"),
	CODE("\xff\x18"), CODE("\xc3"), CODE("\xc2\xee\xee"), CODE("\xff\xd0"), CODE("\xff\xe0"),
	CODE("\xff\xe1"), CODE("\xff\x20"), CODE("\xff\x10"), CODE("\xe8\xee\xee\xee\xee"),
	CODE("\xe9\xee\xee\xee\xee"), CODE("\x50\xc3"),
	/* Segments and flags. */
	CODE("\x9d"), CODE("\x66\x9d"), CODE("\x9c"), CODE("\x50\x9d"), CODE("\x50\x9d\x0f\x05"),
	CODE("\x50\x9d\xcc"), CODE("\x50\x9d\x9d"), CODE("\x8e\xd0"), CODE("\x8e\xd8"),
	CODE("\x8e\xc0"), CODE("\x8e\xe0"), CODE("\x8e\xe8"), CODE("\x0f\xa1"), CODE("\x0f\xa9"),
	CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\x0f\x05"), CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\xcc"),
	CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\xcd\xee"), CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\xf1"),
	CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\x0f\x0b"), CODE("\xb8\x2b\x00\x00\x00\x8e\xd0\x8e\xd0"),
	CODE("\x0f\xb2\x20"), CODE("\x48\x0f\xb2\x20"), CODE("\x0f\xb4\x00"), CODE("\x0f\xb5\x00"),
	CODE("\xf3\x48\x0f\xae\xc0"), CODE("\xf3\x48\x0f\xae\xc8"), CODE("\xf3\x48\x0f\xae\xd0"),
	CODE("\xf3\x48\x0f\xae\xd8"), CODE("\xf3\x48\x0f\xae\xd0\x0f\x05"),
	CODE("\xf3\x48\x0f\xae\xd8\x0f\x05"), CODE("\x64\x48\x8b\x00"), CODE("\x65\x48\x8b\x00"),
	CODE("\x64\x48\x89\x04\x25\x00\x00\x00\x00"), CODE("\x65\x48\x89\x04\x25\x00\x00\x00\x00"),
	CODE("\xfd\x0f\x05"), CODE("\xfd\xcc"),
	/* Arithmetic that traps, and floating point. */
	CODE("\x48\xf7\xf1"), CODE("\x48\xf7\xf9"), CODE("\xf6\xf1"), CODE("\x31\xc9\xf7\xf1"),
	CODE("\xd4\x00"), CODE("\xdb\xe3\xd9\x28\xd9\xee\xd8\xf0\x9b"), CODE("\xd9\x28\x9b"),
	CODE("\xdd\x20\x9b"), CODE("\xdd\x30"), CODE("\x0f\xae\x00"), CODE("\x0f\xae\x08"),
	CODE("\x48\x0f\xae\x08\x9b\x0f\x05"), CODE("\x0f\xae\x10"),
	CODE("\x0f\xae\x10\x0f\x5e\xc0"),
	CODE("\x0f\xae\x20"), CODE("\x0f\xae\x28"), CODE("\x48\x0f\xae\x28\x0f\x05"),
	CODE("\x0f\xae\x30"), CODE("\x0f\xc7\x20"), CODE("\x0f\xc7\x18"), CODE("\x0f\xc7\x28"),
	CODE("\x0f\x77"), CODE("\x9b"), CODE("\xdb\x28"), CODE("\x0f\x28\x00"),
	CODE("\xc5\xfc\x28\x00"),
	CODE("\xc5\xfc\x77\x0f\x05"), CODE("\x0f\x5e\xc1"), CODE("\x0f\x51\xc0"),
	/* Memory. */
	CODE("\x48\x8b\x00"), CODE("\x48\x89\x00"), CODE("\x48\x89\x03"), CODE("\x48\x8b\x06"),
	CODE("\xf0\x48\x0f\xb1\x0f"), CODE("\x48\x0f\xc7\x0e"), CODE("\x48\x87\x07"),
	CODE("\xf3\xa4"),
	CODE("\xf3\x48\xa5"), CODE("\xf3\xaa"), CODE("\xf3\x48\xab"), CODE("\xf2\xae"),
	CODE("\xf3\xa6"),
	CODE("\xf3\xac"), CODE("\x50"), CODE("\x58"), CODE("\x54"), CODE("\x5c"),
	CODE("\xc8\xee\xee\xee"), CODE("\xc9"), CODE("\xd7"), CODE("\x0f\x18\x00"),
	CODE("\x0f\xae\x38"),
	CODE("\x66\x0f\xf7\xc1"), CODE("\x66\x0f\xae\x38"), CODE("\x0f\x0d\x08"), CODE("\xff\x30"),
	CODE("\x8f\x00"), CODE("\xff\x34\x24"), CODE("\x48\xa1\xee\xee\xee\xee\xee\xee\xee\xee"),
	/* Code that changes itself. */
	CODE("\xc6\x05\x00\x00\x00\x00\xf4"), CODE("\x66\xc7\x05\x00\x00\x00\x00\x0f\x05"),
	CODE("\xc6\x05\xee\xff\xff\xff\xee"),
	/* The rest. */
	CODE("\x0f\xa2"), CODE("\x0f\x31"), CODE("\x0f\xc7\xf0"), CODE("\x0f\xc7\xf8"),
	CODE("\xc7\xf8\x00\x00\x00\x00"), CODE("\x0f\x01\xd5"), CODE("\xeb\xfe"), CODE("\xf3\x90"),
	CODE("\x0f\x1f\x00"), CODE("\xf0\x0f\x0b"), CODE("\x67\x8b\x00"), CODE("\xe3\xfe"),
};

#define NR_CODES	(sizeof(codes) / sizeof(*codes))

static const unsigned char prefixes[] = {
	0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x48, 0x41, 0x44, 0x4f,
};

static unsigned char *put_code(unsigned char *to, const struct code *code)
{
	while (one_in(6))
		*to++ = prefixes[below(sizeof(prefixes))];
	for (unsigned int i = 0; i < code->size; i++) {
		unsigned char byte = code->bytes[i];

		*to++ = byte == 0xee && code->size > 1 ? chance() : byte;
	}
	return to;
}

/* Words that far returns, `iretq` and far jumps may find. */
static void put_words(unsigned char *to, unsigned int words)
{
	unsigned long *word = (unsigned long *)to;

	for (unsigned int i = 0; i < words; i++) {
		switch (below(5)) {
		case 0:
			word[i] = any_selector();
			break;
		case 1:
			word[i] = any_flags();
			break;
		case 2:
			word[i] = (unsigned long)own_code + below(64);
			break;
		default:
			word[i] = any_address();
		}
	}
	/* An `iretq` or a far return that goes somewhere, more often than chance has it. */
	if (one_in(2)) {
		word[0] = one_in(3) ? any_address() : (unsigned long)own_code + below(64);
		word[1] = one_in(2) ? 0x33 : any_selector();
		word[2] = any_flags();
		word[3] = any_address();
		word[4] = one_in(2) ? 0x2b : any_selector();
	}
}

static void attempt_codes(unsigned int count)
{
	struct state state;
	unsigned char *at;

	prepare();
	for (unsigned int i = 0; i < count; i++) {
		put_words(own_data, OWN_SIZE / 8 / 16);
		at = own_code + (one_in(4) ? PAGE - 1 - below(8) : below(64));
		any_state(&state, at);
		for (unsigned int n = 1 + below(3); n; n--)
			at = put_code(at, &codes[below(NR_CODES)]);
		memcpy(at, "\x0f\x0b\xeb\xfe", 4);
		if (one_in(2)) {
			state.sp = (unsigned long)own_data + below(64) * 8;
			state.r[0] = (unsigned long)own_data + below(64) * 8;
		}
		run(&state);
	}
}

/* Each of the codes, alone, with a sane stack, stepped and not. */
static void attempt_each(unsigned int count)
{
	struct state state;
	unsigned char *at;

	prepare();
	for (unsigned int i = 0; i < NR_CODES * 2; i++) {
		put_words(own_data, OWN_SIZE / 8);
		any_state(&state, own_code);
		state.cs = 0x33;
		state.ss = 0x2b;
		state.load = state.set_fs = state.set_gs = 0;
		state.sp = (unsigned long)own_data + OWN_SIZE / 2;
		state.flags = i & 1 ? 0x302 : 0x202;
		at = put_code(own_code, &codes[(i / 2 + count) % NR_CODES]);
		memcpy(at, "\x0f\x0b\xeb\xfe", 4);
		run(&state);
	}
}

static void attempt_random(unsigned int count)
{
	struct state state;

	prepare();
	for (unsigned int i = 0; i < count; i++) {
		unsigned char *at = own_code + below(PAGE);

		for (unsigned int n = 0; n < 64; n++)
			at[n] = chance();
		/* Code that exists begins with these more often than chance has it. */
		if (one_in(3))
			at[0] = 0x0f;
		memcpy(at + 64, "\x0f\x0b\xeb\xfe", 4);
		any_state(&state, at);
		if (one_in(2))
			state.sp = (unsigned long)own_data + OWN_SIZE / 2;
		run(&state);
	}
}

/* ------------------------------------------------------------------ signal frames */

static unsigned long xsave_size;

static void scribble_context(ucontext_t *context)
{
	mcontext_t *m = &context->uc_mcontext;
	unsigned char *fpu = (unsigned char *)m->fpregs;
	unsigned char *copy = own_data + below(4) * 64;

	for (unsigned int n = 1 + below(4); n; n--) {
		switch (below(16)) {
		case 0:
			m->gregs[REG_RIP] = any_address();
			break;
		case 1:
			m->gregs[REG_RSP] = any_address();
			break;
		case 2:
			m->gregs[REG_EFL] = chance();
			break;
		case 3:
			m->gregs[REG_CSGSFS] = any_selector() |
			       (unsigned long)any_selector() << 48 |
					       chance() << 16;
			break;
		case 4:
			m->fpregs = NULL;
			break;
		case 5:
			m->fpregs = (void *)any_address();
			break;
		case 6:
			*(uint32_t *)(fpu + 24) = chance();	/* mxcsr */
			break;
		case 7:
			if (xsave_size > 512)		/* XSAVE's header */
				for (unsigned int i = 0; i < 64; i += 8)
					*(uint64_t *)(fpu + 512 + i) = one_in(2) ? 0 : chance();
			break;
		case 8:
			if (xsave_size > 512)
				*(uint64_t *)(fpu + 520) = 1ul << 63 | (chance() & 0xff);
			break;
		case 9:
			*(uint64_t *)(fpu + 464 + 8 * below(6)) = chance();
			break;
		case 10:
			for (unsigned int i = 0; i < 16; i++)
				fpu[below(512)] = chance();
			break;
		case 11:				/* aligned or not, at its end or not */
			memcpy(copy, fpu, xsave_size);
			m->fpregs = (void *)(one_in(2) ? copy + below(64) :
					     own_data + OWN_SIZE - below(xsave_size));
			break;
		case 12:
			context->uc_stack.ss_sp = (void *)any_address();
			context->uc_stack.ss_flags = one_in(2) ? 0 : (int)chance();
			context->uc_stack.ss_size = any_number();
			break;
		case 13:
			context->uc_flags = chance();
			context->uc_link = (void *)any_address();
			break;
		case 14:
			m->gregs[below(23)] = any_number();
			break;
		default:
			for (unsigned int i = 0; i < 23; i++)
				m->gregs[i] = any_number();
		}
	}
}

static void attempt_frames(unsigned int count)
{
	stack_t stack;
	struct state state;
	pid_t pid = getpid();

	prepare();
	scribble = scribble_context;
	for (unsigned int i = 0; i < count; i++) {
		stack = (stack_t){ .ss_sp = alternate, .ss_size = ALTERNATE_SIZE };
		CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
		any_state(&state, own_code);
		state.cs = 0x33;
		state.ss = 0x2b;
		/* kill(pid, SIGUSR1), the handler spoils the frame, and this goes on somewhere. */
		state.r[0] = SYS_kill;
		state.r[7] = pid;
		state.r[6] = SIGUSR1;
		memcpy(own_code, "\x0f\x05\x90\x90\x0f\x0b\xeb\xfe", 8);
		handle(SIGUSR1, one_in(3) ? 0 : SA_ONSTACK);
		run(&state);
	}
}

static void attempt_sigreturn(unsigned int count)
{
	struct state state;

	prepare();
	for (unsigned int i = 0; i < count; i++) {
		unsigned long at = below(OWN_SIZE);

		for (unsigned int n = 0; n < OWN_SIZE; n += 8)
			*(uint64_t *)(own_data + n) = one_in(2) ? any_number() : any_address();
		any_state(&state, own_code);
		state.cs = 0x33;
		state.ss = 0x2b;
		state.r[0] = 15;
		state.sp = (unsigned long)own_data + at;
		if (one_in(4))
			state.sp = any_address();
		else if (one_in(4))
			state.sp = (unsigned long)own_data + OWN_SIZE - below(2048);
		memcpy(own_code, "\x0f\x05\x0f\x0b\xeb\xfe", 6);
		run(&state);
	}
}

/* ------------------------------------------------------------------ stacks */

static volatile unsigned int sink;

__attribute__((noinline)) static void overflow(unsigned int depth)
{
	volatile unsigned char room[1024];

	room[depth % sizeof(room)] = depth;
	overflow(depth + 1);
	sink += room[0];
}

static void attempt_stacks(unsigned int number)
{
	static const unsigned long sizes[] = { 0, 1, 1024, 2047, 2048, 2049, 3072, 4096, 8192,
					       65536,
					       -1ul, 1ul << 40 };
	stack_t stack = { 0 };

	prepare();
	switch (number % 6) {
	case 0:			/* no other stack: the signal cannot be delivered */
		for (int signal = 1; signal < 32; signal++)
			handle(signal, 0);
		overflow(0);
		break;
	case 1:			/* the handler ends the child */
		in_attempt = false;
		overflow(0);
		break;
	case 2:			/* the other stack is a bad one */
		stack.ss_sp = (void *)any_address();
		stack.ss_size = sizes[below(sizeof(sizes) / sizeof(*sizes))];
		stack.ss_flags = one_in(4) ? (int)chance() : 0;
		CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
		overflow(0);
		break;
	case 3:			/* too small, at the end of a page behind which nothing is */
		stack.ss_sp = own_data + OWN_SIZE - 4096;
		stack.ss_size = sizes[below(9)];
		CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
		mprotect(own_data, OWN_SIZE - PAGE, PROT_NONE);
		raise(SIGUSR1);
		overflow(0);
		break;
	case 4:			/* it goes away under the handler */
		munmap(alternate, ALTERNATE_SIZE);
		raise(SIGUSR1);
		break;
	default:		/* signals of which each interrupts the one before */
		for (int signal = 34; signal < 64; signal++)
			handle(signal, SA_NODEFER);
		for (unsigned int i = 0; i < 2000; i++)
			CALL(SYS_kill, getpid(), 34 + below(30), 0, 0);
	}
}

/* ------------------------------------------------------------------ single steps */

extern char step_code[], step_end[];
__asm__(
"	.text\n"
"step_code:\n"
"	pushfq\n"
"	orq	$0x100, (%rsp)\n"
"	popfq\n"
"	nop\n"
"	mov	$39, %eax\n"
"	syscall\n"
"	nop\n"
"	mov	%ss, %eax\n"
"	mov	%eax, %ss\n"
"	nop\n"
"	pushfq\n"
"	popfq\n"
"	cmpb	$0, step_iretq(%rip)\n"
"	jz	1f\n"
"	mov	%rsp, %rcx\n"
"	mov	%ss, %eax\n"
"	push	%rax\n"
"	push	%rcx\n"
"	pushfq\n"
"	mov	%cs, %eax\n"
"	push	%rax\n"
"	lea	1f(%rip), %rax\n"
"	push	%rax\n"
"	iretq\n"
"1:	nop\n"
"	rdtsc\n"
"	cpuid\n"
"	pushfq\n"
"	andq	$~0x100, (%rsp)\n"
"	popfq\n"
"	nop\n"
"step_end:\n"
"	ret\n"
);

static volatile unsigned int trap_count, wrong_traps;
bool step_iretq;		/* not with SMAP: see any_state() */

static void on_trap(int signal, siginfo_t *info, void *argument)
{
	ucontext_t *context = argument;
	unsigned long ip = context->uc_mcontext.gregs[REG_RIP];

	(void)signal;
	trap_count++;
	if (!(context->uc_mcontext.gregs[REG_EFL] & FLAG_TF) && ip != (unsigned long)step_end &&
	    ip != (unsigned long)step_end - 1)
		wrong_traps++;
	if (info->si_code != TRAP_TRACE && info->si_code != TRAP_BRKPT)
		wrong_traps++;
}

static void attempt_steps(unsigned int count)
{
	struct kernel_action action = {
		.handler = on_trap, .flags = SA_SIGINFO | RESTORER, .restorer = restorer,
	};
	struct timespec time;
	unsigned int first = 0;

	step_iretq = !(cpuid(7, 0).b & 1u << 20);
	CALL(SYS_rt_sigaction, SIGTRAP, &action, NULL, 8);
	for (unsigned int i = 0; i < count; i++) {
		trap_count = wrong_traps = 0;
		__asm__ volatile("call step_code"
				 ::: "rax", "rbx", "rcx", "rdx", "r11", "memory", "cc");
		if (!i)
			first = trap_count;
		if (trap_count != first || trap_count < 14 || wrong_traps) {
			failed("stepping: %u traps, %u at first, %u wrong", trap_count, first,
			       wrong_traps);
			break;
		}
	}
	/* Through a system call's way in and out, the vDSO, and a whole fork. */
	for (unsigned int i = 0; i < count / 4 + 1; i++) {
		pid_t child;

		trap_count = 0;
		__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
		clock_gettime(CLOCK_MONOTONIC, &time);
		child = CALL(SYS_fork, 0, 0, 0, 0);
		if (!child)
			_exit(0);
		CALL(SYS_wait4, child, NULL, 0, 0);
		CALL(SYS_getppid, 0, 0, 0, 0);
		CALL(SYS_rt_sigprocmask, 0, any_address(), 0, 8);
		__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
		if (trap_count < 20)
			failed("stepping through calls: %u traps", trap_count);
	}
}

/* ------------------------------------------------------------------ what each instruction does */

/*
 * What ring 3 may not do must be the one signal, with the registers as they were.  Those that may
 * be done without UMIP are left to chance above.  No signal (0) is asked for where QEMU 7 and QEMU 10 differ: the newer
 * one's TCG, which has no caches, lets everybody flush them.
 */
static const struct forbidden {
	const char *name, *bytes;
	unsigned int size;
	int signal;
	bool umip;
} forbidden[] = {
#define F(name, bytes, signal)	{ name, bytes, sizeof(bytes) - 1, signal, false }
#define U(name, bytes)		{ name, bytes, sizeof(bytes) - 1, SIGSEGV, true }
	F("hlt", "\xf4", SIGSEGV), F("cli", "\xfa", SIGSEGV), F("sti", "\xfb", SIGSEGV),
	F("in", "\xec", SIGSEGV), F("out", "\xee", SIGSEGV), F("ins", "\x6c", SIGSEGV),
	F("outs", "\x6e", SIGSEGV), F("rdmsr", "\x0f\x32", SIGSEGV),
	F("wrmsr", "\x0f\x30", SIGSEGV), F("rdpmc", "\x0f\x33", SIGSEGV),
	F("mov from cr0", "\x0f\x20\xc0", SIGSEGV), F("mov from cr3", "\x0f\x20\xd8", SIGSEGV),
	F("mov to cr3", "\x0f\x22\xd8", SIGSEGV), F("mov to cr4", "\x0f\x22\xe0", SIGSEGV),
	F("mov to cr8", "\x44\x0f\x22\xc0", SIGSEGV), F("mov from dr7", "\x0f\x21\xf8", SIGSEGV),
	F("mov to dr7", "\x0f\x23\xf8", SIGSEGV), F("lgdt", "\x0f\x01\x10", SIGSEGV),
	F("lidt", "\x0f\x01\x18", SIGSEGV), F("lldt", "\x0f\x00\xd0", SIGSEGV),
	F("ltr", "\x0f\x00\xd8", SIGSEGV), F("lmsw", "\x0f\x01\xf0", SIGSEGV),
	F("clts", "\x0f\x06", SIGSEGV), F("invd", "\x0f\x08", 0),
	F("wbinvd", "\x0f\x09", 0), F("invlpg", "\x0f\x01\x38", SIGSEGV),
	F("swapgs", "\x0f\x01\xf8", SIGSEGV), F("sysretq", "\x48\x0f\x07", SIGSEGV),
	F("xsetbv", "\x0f\x01\xd1", 0), F("int 0x80", "\xcd\x80", SIGSEGV),
	F("int 0", "\xcd\x00", SIGSEGV), F("int 1", "\xcd\x01", SIGSEGV),
	F("int 2", "\xcd\x02", SIGSEGV), F("int 8", "\xcd\x08", SIGSEGV),
	F("int 14", "\xcd\x0e", SIGSEGV), F("int 18", "\xcd\x12", SIGSEGV),
	F("int 32", "\xcd\x20", SIGSEGV), F("int 0xf0", "\xcd\xf0", SIGSEGV),
	F("int 0xff", "\xcd\xff", SIGSEGV), F("int3", "\xcc", SIGTRAP), F("int1", "\xf1", 0),
	F("int 4", "\xcd\x04", SIGSEGV), F("ud2", "\x0f\x0b", SIGILL),
	F("mov to cs", "\x8e\xc8", SIGILL), F("rsm", "\x0f\xaa", SIGILL),
	U("sgdt", "\x0f\x01\x03"), U("sidt", "\x0f\x01\x0b"), U("sldt", "\x0f\x00\xc0"),
	U("str", "\x0f\x00\xc8"), U("smsw", "\x0f\x01\xe0"),
};

static void attempt_forbidden(unsigned int number)
{
	struct state state = { .cs = 0x33, .ss = 0x2b, .flags = 0x202 };

	(void)number;
	prepare();
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		const struct forbidden *f = &forbidden[i];
		greg_t *regs = last_context.uc_mcontext.gregs;

		if (f->umip && !umip)
			continue;
		for (unsigned int r = 0; r < 16; r++)
			state.r[r] = (unsigned long)own_data + 512 + 8 * r;
		state.r[1] = 0;
		state.sp = (unsigned long)own_data + 2048;
		state.ip = (unsigned long)own_code;
		memcpy(own_code, f->bytes, f->size);
		memcpy(own_code + f->size, "\x0f\x0b\xeb\xfe", 4);
		steps_left = ticks = 0;
		ticks_limit = 100;
		last_info.si_signo = 0;
		in_attempt = true;
		attempt(&state);
		if (f->signal && last_info.si_signo != f->signal) {
			failed("%s is signal %d, not %d, at +%ld", f->name, last_info.si_signo,
			       f->signal, regs[REG_RIP] - (long)own_code);
			continue;
		}
		if (regs[REG_RAX] != (long)state.r[0] || regs[REG_RSP] != (long)state.sp ||
		    regs[REG_R15] != (long)state.r[15] || regs[REG_RDI] != (long)state.r[7] ||
		    (regs[REG_CSGSFS] & 0xffff) != 0x33)
			failed("%s changes registers", f->name);
	}
}

/*
 * Wherever a program jumps to in the kernel's half, it learns the same.  With `nokaslr` the core's
 * code is at the beginning of this range, so this looks at all its instructions.
 */
#define PROBED		0x60000ul

static void attempt_jumps(unsigned int number)
{
	unsigned long start = IMAGE_MAP + 0x100000 + number % 4 * (PROBED / 4), mark = 0x5a5a0000;
	struct state state = { .cs = 0x33, .ss = 0x2b, .flags = 0x202 };
	greg_t *regs = last_context.uc_mcontext.gregs;

	prepare();
	for (unsigned long at = start; at < start + PROBED / 4; at++) {
		for (unsigned int r = 0; r < 16; r++)
			state.r[r] = mark + r;
		state.r[0] = at;
		state.sp = mark + 4;
		state.ip = (unsigned long)own_code;
		memcpy(own_code, "\xff\xe0", 2);	/* jmp *%rax */
		steps_left = ticks = 0;
		ticks_limit = 100;
		in_attempt = true;
		attempt(&state);
		if (regs[REG_RIP] != (long)at || regs[REG_RSP] != (long)mark + 4 ||
		    regs[REG_RCX] != (long)mark + 1 || regs[REG_R11] != (long)mark + 11 ||
		    regs[REG_ERR] != 0x15 || regs[REG_TRAPNO] != 14 || regs[REG_CR2] != (long)at ||
		    last_info.si_code != SEGV_MAPERR || last_info.si_addr != (void *)at)
			failed("jump to %lx: ip %llx cx %llx sp %llx error %llx trap %llx cr2 %llx",
			       at, regs[REG_RIP], regs[REG_RCX], regs[REG_RSP], regs[REG_ERR],
			       regs[REG_TRAPNO], regs[REG_CR2]);
	}
}

/* The same for reading and writing: what is mapped must look like what is not. */
static void attempt_touches(unsigned int count)
{
	struct state state = { .cs = 0x33, .ss = 0x2b, .flags = 0x202 };
	greg_t *regs = last_context.uc_mcontext.gregs;

	prepare();
	for (unsigned int i = 0; i < count; i++) {
		bool write = one_in(2);
		unsigned long at = kernel_address();

		state.r[0] = at;
		state.sp = (unsigned long)own_data + 2048;
		state.ip = (unsigned long)own_code;
		memcpy(own_code, write ? "\x88\x08\x0f\x0b" : "\x8a\x08\x0f\x0b", 4);
		steps_left = ticks = 0;
		ticks_limit = 100;
		in_attempt = true;
		attempt(&state);
		if (last_info.si_signo != SIGSEGV || last_info.si_code != SEGV_MAPERR ||
		    regs[REG_ERR] != (write ? 7 : 5) || regs[REG_CR2] != (long)at)
			failed("touching %lx: signal %d code %d error %llx cr2 %llx", at,
			       last_info.si_signo, last_info.si_code, regs[REG_ERR], regs[REG_CR2]);
	}
}

/* ------------------------------------------------------------------ registers that must be kept */

struct kept {
	unsigned long before[16], after[16];	/* in the order of the encoding */
	unsigned long flags_before, flags_after, number, spins;
	unsigned char x_before[16][32], x_after[16][32] __attribute__((aligned(32)));
	unsigned int mxcsr_before, mxcsr_after;
	unsigned short cw_before, cw_after, segments[4];
};

void keep(struct kept *kept, bool avx);

/* The one thing that can be addressed afterwards is the stack. */
__asm__(
"	.text\n"
"keep:	push	%rbx\n"
"	push	%rbp\n"
"	push	%r12\n"
"	push	%r13\n"
"	push	%r14\n"
"	push	%r15\n"
"	push	%rsi\n"
"	push	%rdi\n"
"	ldmxcsr	1312(%rdi)\n"
"	fldcw	1320(%rdi)\n"
"	test	%sil, %sil\n"
"	jz	1f\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	vmovups	288 + 32 * \\n(%rdi), %ymm\\n\n"
"	.endr\n"
"	jmp	2f\n"
"1:\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	movups	288 + 32 * \\n(%rdi), %xmm\\n\n"
"	.endr\n"
"2:	mov	280(%rdi), %rcx\n"		/* spins */
"	mov	272(%rdi), %rax\n"		/* number */
"	push	256(%rdi)\n"
"	mov	16(%rdi), %rdx\n"
"	mov	24(%rdi), %rbx\n"
"	mov	40(%rdi), %rbp\n"
"	mov	48(%rdi), %rsi\n"
"	mov	64(%rdi), %r8\n"
"	mov	72(%rdi), %r9\n"
"	mov	80(%rdi), %r10\n"
"	mov	88(%rdi), %r11\n"
"	mov	96(%rdi), %r12\n"
"	mov	104(%rdi), %r13\n"
"	mov	112(%rdi), %r14\n"
"	mov	120(%rdi), %r15\n"
"	mov	56(%rdi), %rdi\n"
"	test	%rcx, %rcx\n"
"	jz	4f\n"
"	popf\n"
"3:	lea	-1(%rcx), %rcx\n"		/* leaves the flags alone, as `jrcxz` does */
"	jrcxz	5f\n"
"	jmp	3b\n"
"4:	popf\n"
"	syscall\n"
"5:	pushfq\n"
"	cld\n"
"	push	%rdi\n"
"	mov	16(%rsp), %rdi\n"
"	mov	%rax, 128(%rdi)\n"
"	mov	%rcx, 136(%rdi)\n"
"	mov	%rdx, 144(%rdi)\n"
"	mov	%rbx, 152(%rdi)\n"
"	mov	%rbp, 168(%rdi)\n"
"	mov	%rsi, 176(%rdi)\n"
"	mov	%r8, 192(%rdi)\n"
"	mov	%r9, 200(%rdi)\n"
"	mov	%r10, 208(%rdi)\n"
"	mov	%r11, 216(%rdi)\n"
"	mov	%r12, 224(%rdi)\n"
"	mov	%r13, 232(%rdi)\n"
"	mov	%r14, 240(%rdi)\n"
"	mov	%r15, 248(%rdi)\n"
"	pop	184(%rdi)\n"
"	pop	264(%rdi)\n"
"	movw	%ds, 1324(%rdi)\n"
"	movw	%es, 1326(%rdi)\n"
"	movw	%fs, 1328(%rdi)\n"
"	movw	%gs, 1330(%rdi)\n"
"	stmxcsr	1316(%rdi)\n"
"	fnstcw	1322(%rdi)\n"
"	mov	8(%rsp), %rsi\n"
"	test	%sil, %sil\n"
"	jz	1f\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	vmovups	%ymm\\n, 800 + 32 * \\n(%rdi)\n"
"	.endr\n"
"	vzeroupper\n"
"	jmp	2f\n"
"1:\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	movups	%xmm\\n, 800 + 32 * \\n(%rdi)\n"
"	.endr\n"
"2:	ldmxcsr	default_mxcsr(%rip)\n"
"	fninit\n"
"	pop	%rdi\n"
"	pop	%rsi\n"
"	pop	%r15\n"
"	pop	%r14\n"
"	pop	%r13\n"
"	pop	%r12\n"
"	pop	%rbp\n"
"	pop	%rbx\n"
"	ret\n"
);

_Static_assert(offsetof(struct kept, flags_before) == 256, "the assembly knows");
_Static_assert(offsetof(struct kept, x_before) == 288, "the assembly knows");
_Static_assert(offsetof(struct kept, x_after) == 800, "the assembly knows");
_Static_assert(offsetof(struct kept, mxcsr_before) == 1312, "the assembly knows");
_Static_assert(offsetof(struct kept, cw_before) == 1320, "the assembly knows");
_Static_assert(offsetof(struct kept, segments) == 1324, "the assembly knows");

/* One of several that run at a time, each with values of its own in all registers. */
static void keep_registers(unsigned int self, unsigned int rounds)
{
	static struct kept kept;
	static const unsigned short own[4][4] = {
		{ 0, 0, 0, 0 }, { 0x2b, 0x2b, 0x2b, 0x2b }, { 3, 2, 1, 0 }, { 0x2b, 0, 0, 0x2b },
	};
	static const long calls[] = { SYS_getppid, SYS_sched_yield, SYS_read, 1000, SYS_nanosleep,
				      SYS_write, SYS_kill };
	const unsigned short *segments = own[self % 4];
	bool avx = (cpuid(1, 0).c >> 27 & 3) == 3;
	uint64_t pattern = 0x1111111111111111 * (self + 1);

	CALL(SYS_arch_prctl, 0x1003, &own_fs, 0, 0);
	for (unsigned int round = 0; round < rounds; round++) {
		bool others = false;

		for (unsigned int i = 0; i < 16; i++) {
			kept.before[i] = kept.after[i] = pattern ^ i;
			for (unsigned int n = 0; n < 32; n++)
				kept.x_before[i][n] = 16 * self + i;
		}
		memset(kept.x_after, 0, sizeof(kept.x_after));
		kept.number = calls[below(sizeof(calls) / sizeof(*calls))];
		kept.spins = one_in(3) ? 20000 + below(1000000) : 0;
		kept.flags_before = (chance() & 0xcd5) | 0x202;
		kept.mxcsr_before = 0x1f80 | self % 4 << 13;
		kept.cw_before = 0x37f | self % 4 << 10;
		/* Arguments that all of these calls refuse or do nothing with. */
		kept.before[7] = kept.number == SYS_kill ? (unsigned long)getpid() : pattern;
		if (kept.number == SYS_kill)
			kept.before[6] = 0;
		__asm__ volatile("mov %0, %%fs; mov %1, %%gs"
				 :: "r"(segments[2]), "r"(segments[3]));
		CALL(SYS_arch_prctl, 0x1002, own_fs, 0, 0);
		__asm__ volatile("mov %0, %%ds; mov %1, %%es"
				 :: "r"(segments[0]), "r"(segments[1]));
		keep(&kept, avx);
		for (unsigned int i = 0; i < 16; i++) {
			if (i == 4 || i == 0 || (i == 1) || (i == 11 && !kept.spins))
				continue;
			if (kept.after[i] != kept.before[i])
				failed("call %lu, register %u: %lx, not %lx", kept.number, i,
				       kept.after[i], kept.before[i]);
		}
		if (!kept.spins && (kept.after[11] & 0xcd5) != (kept.flags_before & 0xcd5))
			failed("call %lu, r11: %lx, not %lx", kept.number, kept.after[11],
			       kept.flags_before);
		if ((kept.flags_after & 0x3f7fd5) != (kept.flags_before & 0x3f7fd5))
			failed("call %lu, flags: %lx, not %lx", kept.number, kept.flags_after,
			       kept.flags_before);
		for (unsigned int i = 0; i < 16; i++)
			if (memcmp(kept.x_before[i], kept.x_after[i], avx ? 32 : 16))
				failed("call %lu, vector register %u: %02x, not %02x (or in part)",
				       kept.number, i, kept.x_after[i][0], kept.x_before[i][0]);
		if (kept.mxcsr_before != kept.mxcsr_after || kept.cw_before != kept.cw_after)
			failed("call %lu, mxcsr %x, not %x, or control word %x, not %x",
			       kept.number, kept.mxcsr_after, kept.mxcsr_before, kept.cw_after,
			       kept.cw_before);
		/* What is not kept must be null, not another's. */
		for (unsigned int i = 0; i < 4; i++)
			others |= kept.segments[i] && kept.segments[i] != segments[i];
		if (others)
			failed("call %lu, ds es fs gs: %x %x %x %x, not %x %x %x %x", kept.number,
			       kept.segments[0], kept.segments[1], kept.segments[2],
			       kept.segments[3], segments[0], segments[1], segments[2],
			       segments[3]);
		if (failures > 10)
			break;
	}
	_exit(failures ? STATUS_FAILED : 0);
}

static void attempt_keep(unsigned int rounds)
{
	pid_t children[4];
	int status;

	for (unsigned int i = 0; i < 4; i++) {
		children[i] = fork();
		if (!children[i]) {
			failures = 0;
			chance_seed(seed, rounds, i);
			keep_registers(i, rounds);
		}
	}
	for (unsigned int i = 0; i < 4; i++)
		if (waitpid(children[i], &status, 0) < 0 || status)
			failures++;
}

/* A new program finds nothing of the old one's in the registers. */
static void attempt_fresh(unsigned int number)
{
	char *const arguments[] = { (char *)program, "fresh", NULL };
	unsigned char dirt[16];

	memset(dirt, 0xa5, sizeof(dirt));
	(void)number;
	__asm__ volatile("movups (%0), %%xmm0; movups (%0), %%xmm7; movups (%0), %%xmm15"
			 :: "r"(dirt) : "xmm0", "xmm7", "xmm15");
	execv("/proc/self/exe", arguments);
	_exit(2);
}

/* ------------------------------------------------------------------ programs that are not */

static unsigned char *image;
static long image_size;

static void load_image(void)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	image_size = lseek(file, 0, SEEK_END);
	image = malloc(image_size + 4096);
	if (pread(file, image, image_size, 0) != image_size)
		exit(2);
	close(file);
}

static void mutate_program(void)
{
	Elf64_Ehdr *header = (void *)image;
	Elf64_Phdr *phdr = (void *)(image + header->e_phoff);
	unsigned int n = header->e_phnum;

	for (unsigned int changes = 1 + below(3); changes; changes--) {
		Elf64_Phdr *p = &phdr[below(n)];

		switch (below(20)) {
		case 0:
			p->p_vaddr = any_address();
			break;
		case 1:
			p->p_vaddr = any_address() & -PAGE;
			break;
		case 2:
			p->p_memsz = one_in(2) ? any_number() : 1ul << (20 + below(28));
			break;
		case 3:
			p->p_filesz = any_number();
			break;
		case 4:
			p->p_offset = any_number();
			break;
		case 5:
			p->p_flags = chance();
			break;
		case 6:
			p->p_type = one_in(2) ? below(8) : PT_GNU_EH_FRAME + below(4);
			break;
		case 7:
			p->p_align = any_number();
			break;
		case 8:
			header->e_entry = any_address();
			break;
		case 9:
			header->e_phnum = one_in(2) ? chance() : below(20);
			break;
		case 10:
			header->e_phoff = any_number();
			break;
		case 11:
			header->e_type = one_in(2) ? below(6) : (uint16_t)chance();
			break;
		case 12:
			header->e_phentsize = chance();
			break;
		case 13:
			header->e_machine = one_in(2) ? EM_386 : chance();
			break;
		case 14:			/* an interpreter: itself, a folder, nothing */
			p->p_type = PT_INTERP;
			p->p_offset = image_size;
			strcpy((char *)image + image_size,
			       one_in(3) ? "/proc/self/exe" : one_in(2) ? "/dev/zero" : "/");
			p->p_filesz = p->p_memsz = strlen((char *)image + image_size) + 1;
			break;
		case 15:			/* a fixed address, where something is already */
			header->e_type = ET_EXEC;
			p->p_vaddr = one_in(2) ? LOWER_END - below(64) * PAGE : below(4) * PAGE;
			break;
		case 16:
			p->p_vaddr = phdr[below(n)].p_vaddr;	/* one over the other */
			break;
		case 17:
			memcpy(p, &phdr[below(n)], sizeof(*p));
			break;
		case 18:
			for (unsigned int i = 0; i < 8; i++)
				image[below(4096)] = chance();
			break;
		default:
			image[below(sizeof(*header))] = chance();
		}
	}
}

static void mutate_script(void)
{
	image_size = sprintf((char *)image, "#!%s%s\n",
			     one_in(3) ? "/proc/self/exe" : one_in(2) ? "/proc/self/fd/3" :
			     "/dev/null",
			     one_in(2) ? " an argument" : "");
	if (one_in(3)) {
		memset(image + 2, one_in(2) ? 'a' : ' ', 4000);
		image_size = 4002;
	}
}

static void attempt_exec(unsigned int number)
{
	static char *pointers[70000], text[140000];
	char *name[] = { "none", "nothing", NULL };
	char **arguments = name, **environment = name + 2;
	int file;

	load_image();
	own_memory();
	dup2(0, 3);
	close(3);
	file = memfd_create("program", 0);
	memset(text, 'x', sizeof(text) - 1);
	if (number % 4 == 3) {
		/* A good program, but arguments that are too many, too long, or nowhere. */
		unsigned int n = one_in(2) ? below(70000) : below(64);

		for (unsigned int i = 0; i < n; i++)
			pointers[i] = text + (one_in(2) ? sizeof(text) - 1 - below(64) :
					      below(sizeof(text)));
		pointers[n] = NULL;
		if (one_in(3) && n)
			pointers[below(n)] = (char *)any_address();
		if (one_in(2))
			arguments = one_in(4) ? (char **)any_address() : pointers;
		else
			environment = one_in(4) ? (char **)any_address() : pointers;
	} else if (one_in(10)) {
		mutate_script();
	} else {
		mutate_program();
	}
	if (write(file, image, image_size + 64) < 0)
		_exit(2);
	CALL(SYS_execveat, file, "", arguments, environment);
	call6(SYS_execveat, file, (unsigned long)"", (unsigned long)arguments,
	      (unsigned long)environment, 0x1000 /* AT_EMPTY_PATH */, 0);
	_exit(0);
}

/* ------------------------------------------------------------------ debuggers */

static void any_debugger(pid_t child)
{
	static unsigned char area[8192];
	struct user_regs_struct regs;
	struct iovec vector = { area, sizeof(area) };
	static const long types[] = { 1, 2, 0x202, 4, 0x200, 0x201, 0x300, 0x1234 };
	unsigned long *word = (unsigned long *)&regs;
	long type = types[below(8)];

	switch (below(10)) {
	case 0:
	case 1:
		CALL(SYS_ptrace, PTRACE_GETREGS, child, 0, &regs);
		for (unsigned int n = 1 + below(6); n; n--)
			word[below(sizeof(regs) / 8)] = one_in(2) ? any_address() : any_number();
		if (one_in(2))
			regs.eflags = one_in(2) ? any_flags() : chance();
		CALL(SYS_ptrace, PTRACE_SETREGS, child, 0, &regs);
		break;
	case 2:
		CALL(SYS_ptrace, PTRACE_GETREGS, child, 0, &regs);
		regs.rip = any_address();
		CALL(SYS_ptrace, PTRACE_SETREGS, child, 0, &regs);
		break;
	case 3:
		CALL(SYS_ptrace, PTRACE_POKEUSER, child, one_in(4) ? any_number() : below(128) * 8,
		     one_in(2) ? any_address() : any_number());
		break;
	case 4:
	case 5:
		CALL(SYS_ptrace, 0x4204 /* PTRACE_GETREGSET */, child, type, &vector);
		for (unsigned int n = below(30); n; n--)
			area[one_in(2) ? below(700) : below(sizeof(area))] = chance();
		if (one_in(3))
			vector.iov_len = any_number();
		if (one_in(10))
			vector.iov_base = (void *)any_address();
		CALL(SYS_ptrace, 0x4205 /* PTRACE_SETREGSET */, child, type, &vector);
		break;
	case 6:
		CALL(SYS_ptrace, one_in(2) ? PTRACE_SETFPREGS : PTRACE_GETFPREGS, child, 0,
		     one_in(4) ? any_address() : (unsigned long)area);
		break;
	case 7:
		CALL(SYS_ptrace, one_in(2) ? PTRACE_POKETEXT : PTRACE_PEEKTEXT, child,
		     any_address(),
		     one_in(2) ? (unsigned long)area : any_number());
		break;
	case 8:
		/* But PTRACE_TRACEME, 0, is of the caller. */
		CALL(SYS_ptrace, one_in(2) ? 1 + below(63) : 0x4200 + below(20), child,
		     any_number(),
		     one_in(2) ? (unsigned long)area : any_number());
		break;
	default:
		CALL(SYS_ptrace, 0x4200 /* PTRACE_SETOPTIONS */, child, 0, chance() & 0x3000ff);
	}
}

static void attempt_ptrace(unsigned int count)
{
	static const long resume[] = { PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL, 31, 32, 33 };

	prepare();
	for (unsigned int i = 0; i < count; i++) {
		pid_t child = fork();
		int status;

		if (!child) {
			CALL(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
			for (int signal = 1; signal < 32; signal++)
				CALL(SYS_rt_sigaction, signal, &(struct kernel_action){ 0 }, NULL,
				     8);
			alarm(2);
			CALL(SYS_kill, getpid(), SIGSTOP, 0, 0);
			for (;;)
				CALL(below(2) ? SYS_getppid : SYS_sched_yield, 0, 0, 0, 0);
		}
		for (unsigned int n = 0; n < 20; n++) {
			struct timespec nap = { 0, 100000 };
			unsigned int tries = 40;

			while (CALL(SYS_wait4, child, &status, WNOHANG | __WALL, 0) == 0 && tries--)
				nanosleep(&nap, NULL);
			if (WIFEXITED(status) || WIFSIGNALED(status))
				break;
			for (unsigned int m = 1 + below(3); m; m--)
				any_debugger(child);
			CALL(SYS_ptrace, resume[below(6)], child, 0, one_in(4) ? below(65) : 0);
		}
		kill(child, SIGKILL);
		CALL(SYS_wait4, child, &status, __WALL, 0);
	}
}

/* ------------------------------------------------------------------ new tasks */

/* The child's thread pointer goes to *seen_fs if it can write there; it needs no stack. */
static long any_clone(unsigned long flags, unsigned long stack, unsigned long *parent,
		      unsigned long *child_tid, unsigned long tls, unsigned long *seen_fs)
{
	register unsigned long r10 __asm__("r10") = (unsigned long)child_tid;
	register unsigned long r8 __asm__("r8") = tls;
	register unsigned long *r12 __asm__("r12") = seen_fs;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %%r12, %%rsi\n\t"
			 "mov $0x1003, %%edi\n\t"
			 "mov $158, %%eax\n\t"
			 "syscall\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(result)
			 : "0"(SYS_clone), "D"(flags), "S"(stack), "d"(parent), "r"(r10), "r"(r8),
			   "r"(r12)
			 : "rcx", "r11", "memory");
	return result;
}

static void attempt_clone(unsigned int count)
{
	unsigned long *shared;
	int status;

	prepare();
	signal(SIGCHLD, SIG_DFL);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned int i = 0; i < count; i++) {
		unsigned long flags = one_in(2) ? SIGCHLD : chance() & 0x7fffffff;
		unsigned long tls = any_address(), fs = 0;
		bool checked = i % 2;
		long result;

		if (checked)
			flags = SIGCHLD | CLONE_SETTLS;
		/*
		 * Not stopped for a debugger that there is none of; and no vfork that nobody ends.
		 */
		flags &= ~(unsigned long)CLONE_PTRACE;
		*shared = 0;
		result = any_clone(flags, one_in(2) ? any_address() : 0,
				   one_in(2) ? NULL : (void *)any_address(),
				   one_in(2) ? NULL : (void *)any_address(), tls, shared);
		while (result > 0 && CALL(SYS_wait4, result, &status, __WALL, 0) == -EINTR)
			;
		fs = *shared;
		if (checked && tls >= LOWER_END - PAGE && result != -EPERM)
			failed("clone with thread pointer %lx: %ld, child's %lx, parent's %lx",
			       tls, result, fs, own_fs);
		if (checked && tls < LOWER_END - PAGE && result > 0 && fs != tls)
			failed("clone with thread pointer %lx: the child's is %lx", tls, fs);
	}
	while (CALL(SYS_wait4, -1, &status, __WALL | WNOHANG, 0) > 0)
		;
}

/* ------------------------------------------------------------------ pages that others bring */

static int fault_file;
static unsigned char *fault_pages;
#define FAULT_PAGES	8

static void *bring_pages(void *argument)
{
	struct uffd_msg message;

	(void)argument;
	while (read(fault_file, &message, sizeof(message)) == sizeof(message)) {
		unsigned long at = message.arg.pagefault.address & -PAGE;
		struct uffdio_copy copy = { .dst = at, .src = (unsigned long)own_data,
					    .len = PAGE };
		struct uffdio_range range = { at, PAGE };

		if (message.event != UFFD_EVENT_PAGEFAULT)
			continue;
		switch (below(6)) {
		case 0:
			munmap((void *)at, PAGE);
			ioctl(fault_file, UFFDIO_WAKE, &range);
			break;
		case 1:
			mprotect((void *)at, PAGE, PROT_NONE);
			ioctl(fault_file, UFFDIO_WAKE, &range);
			break;
		case 2:
			ioctl(fault_file, UFFDIO_UNREGISTER, &range);
			break;
		case 3:
			copy.src = any_address();
			ioctl(fault_file, UFFDIO_COPY, &copy);
			copy.src = (unsigned long)own_data;
			/* Fall through. */
		default:
			ioctl(fault_file, UFFDIO_COPY, &copy);
		}
	}
	return NULL;
}

static void attempt_userfault(unsigned int count)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	struct kernel_action action = {
		.handler = on_signal, .flags = SA_SIGINFO | RESTORER | SA_ONSTACK | SA_RESTART,
		.restorer = restorer,
	};
	static char path[PAGE];
	pthread_t thread;
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

	prepare();
	setitimer(ITIMER_REAL, &often, NULL);
	CALL(SYS_rt_sigaction, SIGALRM, &action, NULL, 8);
	/* A fault that cannot be dealt with: leave the instruction out that made it. */
	fault_file = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fault_file < 0 || ioctl(fault_file, UFFDIO_API, &api)) {
		failed("userfaultfd: %s", strerror(errno));
		return;
	}
	memset(path, 'a', sizeof(path));
	pthread_create(&thread, NULL, bring_pages, NULL);
	for (unsigned int i = 0; i < count; i++) {
		struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
		unsigned char *at;
		stack_t stack;

		fault_pages = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		range.range.start = (unsigned long)fault_pages;
		range.range.len = FAULT_PAGES * PAGE;
		ioctl(fault_file, UFFDIO_REGISTER, &range);
		at = fault_pages + below(FAULT_PAGES * PAGE - 600);
		switch (below(10)) {
		case 0:
			CALL(SYS_read, zero, fault_pages, FAULT_PAGES * PAGE, 0);
			break;
		case 1:
			CALL(SYS_write, null, at, 500, 0);
			break;
		case 2:
			CALL(SYS_open, at, O_RDONLY, 0, 0);
			break;
		case 3:
			CALL(SYS_clock_gettime, 1, at, 0, 0);
			break;
		case 4:
			CALL(SYS_getrandom, fault_pages, FAULT_PAGES * PAGE, 0, 0);
			break;
		case 5:				/* a signal's frame goes there; not for long */
			if (!one_in(10))
				break;
			stack = (stack_t){ .ss_sp = fault_pages, .ss_size = FAULT_PAGES * PAGE };
			CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
			CALL(SYS_kill, getpid(), SIGALRM, 0, 0);
			stack = (stack_t){ .ss_sp = alternate, .ss_size = ALTERNATE_SIZE };
			CALL(SYS_sigaltstack, &stack, NULL, 0, 0);
			break;
		case 6:
			CALL(SYS_futex, (unsigned long)at & -4ul, 0, 1, NULL);
			break;
		case 7:
			CALL(SYS_execve, at, NULL, NULL, 0);
			break;
		case 8:
			CALL(SYS_poll, (unsigned long)at & -8ul, 3, 0, 0);
			break;
		default:
			CALL(SYS_stat, "/", at, 0, 0);
		}
		munmap(fault_pages, FAULT_PAGES * PAGE);
	}
	_exit(failures ? STATUS_FAILED : 0);
}

/* ------------------------------------------------------------------ crowds */

/* Many processes at a time, all of which do something hostile and die. */
static void attempt_crowd(unsigned int number)
{
	unsigned int n = 24;
	int status;

	for (unsigned int i = 0; i < n; i++) {
		if (fork())
			continue;
		chance_seed(seed, number, i + 1);
		switch (below(4)) {
		case 0:
			attempt_codes(10);
			break;
		case 1:
			attempt_random(10);
			break;
		case 2:
			attempt_frames(10);
			break;
		default:
			prepare();
			overflow(0);
		}
		_exit(0);
	}
	for (unsigned int i = 0; i < 40; i++) {
		usleep(5000);
		while (waitpid(-1, &status, WNOHANG | __WALL) > 0)
			n--;
		if (!n)
			break;
	}
}

/* ------------------------------------------------------------------ tables of one's own */

/*
 * After reset the local descriptor table is at address 0, with room for 64 KiB: unless the kernel
 * gives it up, a program that maps memory there makes descriptors for itself.  None of them may
 * work.
 */
#define TABLE		((uint64_t *)0x1000)
#define TABLE_SIZE	0xf000

static void attempt_ldt(unsigned int number)
{
	static const uint64_t descriptors[] = {
		0x00cffb000000ffff,	/* 32-bit code, DPL 3 */
		0x00affb000000ffff,	/* 64-bit code, DPL 3 */
		0x00af9b000000ffff,	/* 64-bit code, DPL 0 */
		0x00af9f000000ffff,	/* the same, conforming */
		0x000ff3000000ffff,	/* 16-bit data, DPL 3 */
		0x0020ec0000080000,	/* a call gate to the kernel's code, at 2 MiB */
		0x00cf93000000ffff,	/* data, DPL 0 */
	};
	struct state state = { .cs = 0x33, .ss = 0x2b, .flags = 0x202 };
	unsigned char *low;

	prepare();
	if (mmap(TABLE, TABLE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		failed("no memory at %p", (void *)TABLE);
		return;
	}
	low = mmap((void *)0x200000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (unsigned int i = 0; i < TABLE_SIZE / 8; i++)
		TABLE[i] = descriptors[number % (sizeof(descriptors) / sizeof(*descriptors))];
	for (unsigned int i = 0; i < 6; i++) {
		static const char *const there[] = { "\x0f\x05\xf4", "\xf4", "\xcd\x80\xf4", };
		static const char *const here[] = { "\x48\xff\x28", "\x48\xff\x18" };

		memcpy(low, there[i % 3], 4);
		memcpy(own_code, here[i / 3], 3);
		memset(own_data, 0, 64);
		*(uint64_t *)own_data = 0x200000;
		own_data[8] = 0x07;
		own_data[9] = 0x20;
		state.r[0] = (unsigned long)own_data;
		state.ip = (unsigned long)own_code;
		state.sp = (unsigned long)own_data + OWN_SIZE / 2;
		steps_left = ticks = 0;
		ticks_limit = 20;
		in_attempt = true;
		attempt(&state);
		if (last_info.si_signo != SIGSEGV ||
		    last_context.uc_mcontext.gregs[REG_RIP] != (long)own_code)
			failed("descriptor %016lx of a table of one's own: signal %d at %llx",
			       TABLE[0],
			       last_info.si_signo, last_context.uc_mcontext.gregs[REG_RIP]);
	}
}

/* --------------------------------------------------------------- the edge of what programs have */

static void attempt_edge(unsigned int number)
{
	struct state state = { .cs = 0x33, .ss = 0x2b, .flags = 0x202 };
	unsigned char *last = (unsigned char *)LOWER_END - 2 * PAGE;

	(void)number;
	prepare();
	if (mmap(last + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	    MAP_FAILED)
		failed("the last page below the hole can be mapped");
	if (mmap(last, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		failed("the last but one page below the hole cannot be mapped");
		return;
	}
	for (unsigned int i = 0; i < 6; i++) {
		static const char codes_there[6][3] = { "\x0f\x05", "\x90\xcc", "\xcd\x80",
							"\x90\xf4",
							"\x90\x90", "\x90\x48" };

		memcpy(last + PAGE - 2, codes_there[i], 2);
		for (unsigned int step = 0; step < 2; step++) {
			state.flags = step ? 0x302 : 0x202;
			state.r[0] = SYS_getppid;
			state.ip = (unsigned long)last + PAGE - 2;
			state.sp = (unsigned long)last + PAGE;
			steps_left = step * 3;
			ticks = 0;
			ticks_limit = 20;
			in_attempt = true;
			attempt(&state);
		}
	}
}

/* ---------------------------------------------------------------- pages that all programs share */

static unsigned long sum_of(const unsigned char *at, unsigned long size)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < size; i++)
		sum = sum * 31 + at[i];
	return sum;
}

#define VDSO_SIZE	PAGE
#define VVAR_SIZE	(2 * PAGE)

static void attempt_vdso(unsigned int number)
{
	unsigned char *code = (void *)getauxval(AT_SYSINFO_EHDR), *data = code - VVAR_SIZE;
	unsigned long sum = sum_of(code, VDSO_SIZE);
	int memory = open("/proc/self/mem", O_RDWR), status;
	static const int advices[] = { MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_HUGEPAGE,
				       MADV_COLD,
				       MADV_PAGEOUT, MADV_WILLNEED, MADV_DONTFORK, MADV_MERGEABLE,
				       22, 23 };
	char byte = '!';

	(void)number;
	if (!mprotect(data, VVAR_SIZE, PROT_READ | PROT_WRITE))
		failed("the kernel's data can be made writable");
	if (pwrite(memory, &byte, 1, (long)data) == 1 ||
	    pwrite(memory, &byte, 1, (long)data + PAGE) == 1)
		failed("the kernel's data can be written");
	/* A child may spoil its own copy of the code, but no one else's. */
	if (!fork()) {
		int pipes[2];

		prepare();
		memory = open("/proc/self/mem", O_RDWR);
		if (pwrite(memory, &byte, 1, (long)code + 64) != 1 ||
		    mprotect(code, VDSO_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC))
			_exit(1);
		memset(code + 128, '!', VDSO_SIZE - 128);
		if (!pipe2(pipes, O_NONBLOCK)) {
			struct iovec vector = { data, VVAR_SIZE + VDSO_SIZE };

			CALL(SYS_vmsplice, pipes[1], &vector, 1, 8 /* SPLICE_F_GIFT */);
		}
		for (unsigned int i = 0; i < 60; i++) {
			unsigned char *at = (one_in(2) ? data : code) + below(2) * PAGE;
			unsigned long size = (1 + below(3)) * PAGE;

			switch (below(6)) {
			case 0:
			case 1:
				madvise(at, size, advices[below(11)]);
				break;
			case 2:
				mprotect(at, size, below(8));
				break;
			case 3:
				mremap(at, size, (1 + below(4)) * PAGE, 1 + 2 * below(2),
				       own_guard + PAGE * below(8));
				break;
			case 4:
				mlock(at, size);
				break;
			default:
				if (one_in(8))
					munmap(at, size);
				else
					CALL(SYS_write, pipes[1], at, size, 0);
			}
		}
		_exit(0);
	}
	wait(&status);
	if (sum_of(code, VDSO_SIZE) != sum)
		failed("a child has changed its parent's vDSO");
}

/* ------------------------------------------------------------------ what files say */

static unsigned int files_read;

/* An address of the kernel in the text of a file. */
static void look_for_addresses(const char *path, const char *text, size_t size)
{
	for (size_t i = 0; i + 16 <= size; i++) {
		size_t n = 0;

		if (memcmp(text + i, "ffff", 4) || (i && strchr("0123456789abcdef", text[i - 1])))
			continue;
		while (i + n < size && text[i + n] && strchr("0123456789abcdef", text[i + n]))
			n++;
		if (n == 16 && strchr("89abcdef", text[i + 4]) &&
		    memcmp(text + i, "ffffffffff", 10))
			failed("%s has %.16s", path, text + i);
	}
}

static void read_below(const char *folder, unsigned int depth)
{
	static char text[65536];
	struct dirent *entry;
	DIR *list = opendir(folder);

	while (list && depth < 12 && (entry = readdir(list))) {
		char path[512];
		ssize_t n;
		int file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, "task") &&
		    strcmp(entry->d_name, "map_files"))
			read_below(path, depth + 1);
		/* The last two are for root only, and say what root may know. */
		if (entry->d_type != DT_REG || !strcmp(entry->d_name, "kmsg") ||
		    !strcmp(entry->d_name, "timer_list") || !strcmp(entry->d_name, "vmallocinfo"))
			continue;
		file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
		n = file < 0 ? -1 : read(file, text, sizeof(text));
		close(file);
		files_read += n >= 0;
		if (n > 0)
			look_for_addresses(path, text, n);
	}
	if (list)
		closedir(list);
}

/* As an ordinary user, and as root. */
static void attempt_leaks(unsigned int number)
{
	static char text[65536];
	long n;

	if (number % 2 && (setgid(FIRST_USER) || setuid(FIRST_USER)))
		_exit(2);
	signal(SIGALRM, SIG_IGN);
	read_below("/proc", 0);
	read_below("/sys", 0);
	n = CALL(SYS_syslog, 3, text, sizeof(text), 0);
	if (n > 0)
		look_for_addresses("the log", text, n);
	if (files_read < 20)
		failed("only %u files can be read", files_read);
}

/* A core dump of a program that has odd memory. */
static void attempt_core(unsigned int number)
{
	unsigned long fs = any_address();
	int status;

	if (chdir("/tmp"))
		return;
	if (!fork()) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 4 << 20, 4 << 20 });
		own_memory();
		mmap((void *)(LOWER_END - 2 * PAGE), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
		CALL(SYS_arch_prctl, 0x1001, fs, 0, 0);
		if (number % 2)
			munmap((void *)(getauxval(AT_SYSINFO_EHDR) - PAGE), PAGE);
		__asm__ volatile("mov %0, %%rsp; hlt" :: "r"(any_address()));
	}
	wait(&status);
	if (!WIFSIGNALED(status))
		failed("no signal: %x", status);
	unlink("/tmp/core");
}

/* ------------------------------------------------------------------ all there is */

static void fill_file(const char *path)
{
	static char text[65536];
	int file = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);

	memset(text, 'x', sizeof(text));
	while (file >= 0 && write(file, text, sizeof(text)) > 0)
		;
}

/* As much as can be had of one thing.  What outlives a process, the parent takes away. */
static void attempt_fill(unsigned int number)
{
	static char text[65536];
	int pair[2];

	alarm(6);
	switch (number % 7) {
	case 0:
		fill_file("/tmp/hostile");
		break;
	case 1:
		fill_file("/dev/shm/hostile");
		break;
	case 2:
		for (;;) {
			int id = shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600);
			char *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

			if (at == (void *)-1)
				break;
			memset(at, 1, 1 << 20);
			shmdt(at);
		}
		break;
	case 3:
		for (;;) {
			char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (at == MAP_FAILED)
				break;
			memset(at, 1, 1 << 20);
		}
		break;
	case 4:
		while (!pipe2(pair, O_NONBLOCK)) {
			fcntl(pair[1], 1031 /* F_SETPIPE_SZ */, 1 << 20);
			while (write(pair[1], text, sizeof(text)) > 0)
				;
		}
		break;
	case 5:
		while (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
			while (write(pair[1], text, sizeof(text)) > 0)
				;
		break;
	default:
		for (unsigned int i = 0; i < 10000; i++)
			fork();
	}
}

static void empty(void)
{
	struct shmid_ds shm;
	struct shminfo info;
	int last = shmctl(0, SHM_INFO, (void *)&info);

	for (int i = 0; i <= last; i++) {
		int id = shmctl(i, SHM_STAT, &shm);

		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
	unlink("/tmp/hostile");
	unlink("/dev/shm/hostile");
}

/* ------------------------------------------------------------------ to be looked at */

/* Be there, with memory of all kinds, for as long as somebody looks at the machine. */
static void attempt_hold(unsigned int number)
{
	unsigned long end = now_ms() + 6000;
	unsigned char *large;

	(void)number;
	own_memory();
	large = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(large, 8 << 20, MADV_HUGEPAGE);
	memset(large, 1, 8 << 20);
	own_data[0] = 1;
	sink = own_constant[0];
	printf("program at: code %p mapping %p stack %p heap %p vdso %p\n", (void *)main,
	       (void *)large,
	       (void *)&end, malloc(1), (void *)getauxval(AT_SYSINFO_EHDR));
	printf("holding\n");
	fflush(stdout);
	while (now_ms() < end)
		;
}

/* ------------------------------------------------------------------ main */

static const struct kind {
	const char *name;
	void (*run)(unsigned int argument);
	unsigned int children, argument;	/* 0: the child's number */
	bool root;
} kinds[] = {
	{ "forbidden", attempt_forbidden, 1, 0, false },
	{ "each", attempt_each, 6, 0, false },
	{ "codes", attempt_codes, 60, 150, false },
	{ "random", attempt_random, 60, 150, false },
	{ "frames", attempt_frames, 50, 60, false },
	{ "sigreturn", attempt_sigreturn, 20, 30, false },
	{ "stacks", attempt_stacks, 36, 0, false },
	{ "steps", attempt_steps, 4, 30, false },
	{ "touches", attempt_touches, 4, 1500, false },
	{ "keep", attempt_keep, 3, 150, false },
	{ "fresh", attempt_fresh, 2, 0, false },
	{ "exec", attempt_exec, 150, 0, false },
	{ "ptrace", attempt_ptrace, 8, 12, false },
	{ "clone", attempt_clone, 20, 30, false },
	{ "userfault", attempt_userfault, 10, 60, true },
	{ "crowd", attempt_crowd, 4, 0, false },
	{ "ldt", attempt_ldt, 7, 0, false },
	{ "edge", attempt_edge, 2, 0, false },
	{ "vdso", attempt_vdso, 6, 0, false },
	{ "leaks", attempt_leaks, 2, 0, true },
	{ "core", attempt_core, 8, 0, true },
	/* Only if they are named: */
	{ "fill", attempt_fill, 0, 0, false },
	{ "jumps", attempt_jumps, 0, 0, false },	/* wants `nokaslr` */
	{ "hold", attempt_hold, 0, 0, false },
};

#define NR_KINDS	(sizeof(kinds) / sizeof(*kinds))

static void run_kind(const struct kind *kind, unsigned int first, unsigned int children)
{
	unsigned int exited = 0, bad = 0, lates = 0, signals[65] = { 0 };
	unsigned long start = now_ms();

	for (unsigned int i = first; i < first + children; i++) {
		int status;
		bool late;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (child < 0) {
			failed("fork: %s", strerror(errno));
			return;
		}
		if (!child) {
			struct rlimit limit = { 64, 64 }, small = { 0, 0 };

			failures = 0;
			chance_seed(seed, kind - kinds, i);
			setpgid(0, 0);
			setrlimit(RLIMIT_CORE, &small);
			if (!kind->root) {
				setrlimit(RLIMIT_NPROC, &limit);
				if (setgid(FIRST_USER + i) || setuid(FIRST_USER + i))
					_exit(2);
				prctl(PR_SET_DUMPABLE, 1);
			}
			kind->run(kind->argument ? kind->argument : i);
			fflush(stdout);
			_exit(failures ? STATUS_FAILED : 0);
		}
		status = await_child(child, LIMIT_MS, &late);
		lates += late;
		if (WIFEXITED(status)) {
			exited++;
			if (WEXITSTATUS(status) == STATUS_FAILED) {
				failed("kind %s, number %u", kind->name, i);
				bad++;
			}
		} else {
			signals[WTERMSIG(status) & 63]++;
		}
		end_orphans();
		empty();
	}
	printf("%-10s %4u children in %5lu ms: %u ended", kind->name, children, now_ms() - start,
	       exited);
	for (unsigned int i = 1; i < 64; i++)
		if (signals[i])
			printf(", %u by signal %u", signals[i], i);
	if (lates)
		printf(" (%u were too late)", lates);
	if (bad)
		printf(", %u FAILED", bad);
	printf("\n");
	fflush(stdout);
}

/* What exec leaves in the registers of a new program: no vector register, no segment of before. */
static int check_fresh(void)
{
	unsigned char x[3][16];
	unsigned short ds, es;
	static const unsigned char zero[16];

	__asm__ volatile("mov %%ds, %0; mov %%es, %1" : "=r"(ds), "=r"(es));
	__asm__ volatile("movups %%xmm15, (%0)" :: "r"(x[0]) : "memory");
	if (memcmp(x[0], zero, 16))
		failed("xmm15 is not 0 in a new program");
	if (ds || es)
		failed("ds is %x, es is %x in a new program", ds, es);
	return failures ? STATUS_FAILED : 0;
}

static bool is_named(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	char path[64] = "", *end;
	unsigned int percent = argc > 3 ? (unsigned int)atoi(argv[3]) : 100;
	unsigned int first = argc > 4 ? (unsigned int)atoi(argv[4]) : 0;

	/* What attempt_exec() has made runs, after all. */
	if (readlink("/proc/self/exe", path, sizeof(path)) >= 6 && !memcmp(path, "/memfd", 6))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "fresh"))
		return check_fresh();
	if (argc < 2)
		return 0;
	seed = strtoull(argv[1], &end, 0);
	if (*end)
		return 0;
	program = argv[0];
	umip = has_umip();
	fsgsbase = has_fsgsbase();
	xsave_size = cpuid(1, 0).c & 1u << 27 ? cpuid(13, 0).b : 512;
	learn_addresses();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("hostile: seed %lu, umip %d, fsgsbase %d, xsave %lu\n", seed, umip, fsgsbase,
	       xsave_size);
	for (size_t i = 0; i < NR_KINDS; i++) {
		unsigned int children = kinds[i].children * percent / 100;

		if (only && strcmp(only, "all") && !is_named(only, kinds[i].name))
			continue;
		if (only && is_named(only, kinds[i].name) && !children)
			children = percent / 25;
		if (!children)
			continue;
		run_kind(&kinds[i], first, children);
	}
	printf("hostile: %u failed\n", failures);
	return failures != 0;
}
