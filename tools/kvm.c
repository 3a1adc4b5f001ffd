/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * kvm.c - does KVM here run what a Haunch image does?
 *
 * That /dev/kvm can be opened proves little: some hosts run only guests that know them.  So a guest
 * of a few instructions does in a hundredth of a second what the core relies on: 64-bit code at
 * 1 GiB and up, a stack, an interrupt gate and its return, saving the FPU, `syscall` from ring 0,
 * and port I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hypercall/hypercall.h"
#include "kvm.h"

/* Physical pages of the guest; it sees them at GUEST_MAP. */
#define GUEST_MAP	0x40000000ull
enum {
	PML4 = 0x1000,
	PDPT = 0x2000,
	GDT = 0x3000,
	IDT = 0x4000,
	CODE = 0x5000,
	PD = 0x6000,
	STACK = 0x9000,
	MEMORY = 0x9000
};

#define PORT		0xe9
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084

/* The guest's code; position independent, for it is copied. */
extern const char guest[], guest_gate[], guest_syscall[], guest_end[];
__asm__(".pushsection .rodata\n"
	"guest:\n"
	"	int3\n"			/* the gate sets %ebx to 1 */
	"	sub $512, %rsp\n"
	"	fxsave64 (%rsp)\n"
	"	syscall\n"		/* sets %ebp to 2, goes on behind */
	"	sti\n"
	"	lea (%rbx, %rbp), %eax\n"
	"	cli\n"
	"	outb %al, $0xe9\n"
	"1:	hlt\n"
	"	jmp 1b\n"
	"guest_gate:\n"
	"	mov $1, %ebx\n"
	"	iretq\n"
	"guest_syscall:\n"
	"	mov $2, %ebp\n"
	"	jmp *%rcx\n"
	"guest_end:\n"
	".popsection\n");

/* Where the guest has one of its labels. */
static uint64_t address_of(const char *label)
{
	return GUEST_MAP + CODE + ((uintptr_t)label - (uintptr_t)guest);
}

static void fail(const char *what) __attribute__((noreturn));

static void fail(const char *what)
{
	/* To the process that waits for us. */
	dprintf(1, "%s: %s", what, strerror(errno));
	_exit(1);
}

static int check(int result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static void fill_memory(uint8_t *memory)
{
	uint64_t *pml4 = (uint64_t *)(memory + PML4), *pdpt = (uint64_t *)(memory + PDPT);
	uint64_t *pd = (uint64_t *)(memory + PD);
	uint64_t *gdt = (uint64_t *)(memory + GDT), *idt = (uint64_t *)(memory + IDT);
	uint64_t gate = address_of(guest_gate);

	pml4[0] = PDPT | 3;				/* present, writable */
	pdpt[GUEST_MAP >> 30] = PD | 3;
	pd[0] = 0 | 0x83;				/* a page of 2 MiB */
	gdt[HC_CS_DONOR >> 3] = 0x00209b0000000000;	/* 64-bit code, ring 0 */
	gdt[(HC_CS_DONOR >> 3) + 1] = 0x0000930000000000;	/* data */
	idt[3 * 2] =
		(gate & 0xffff) | HC_CS_DONOR << 16 | 0x8e00ull << 32 | (gate >> 16 & 0xffff) << 48;
	idt[3 * 2 + 1] = gate >> 32;
	memcpy(memory + CODE, guest, address_of(guest_end) - address_of(guest));
}

static void set_registers(int vcpu)
{
	struct kvm_regs regs = { .rip = GUEST_MAP + CODE,
				 .rsp = GUEST_MAP + STACK - 16,
				 .rflags = 2 };
	struct kvm_segment code = { .selector = HC_CS_DONOR,
				    .type = 11,
				    .present = 1,
				    .s = 1,
				    .l = 1,
				    .g = 1,
				    .limit = 0xffffffff };
	struct kvm_segment data = code;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[3];
	} msrs = {
		.head.nmsrs = 3,
		.entries = {
			{ .index = MSR_STAR, .data = (uint64_t)HC_CS_DONOR << 32 },
			{ .index = MSR_LSTAR, .data = address_of(guest_syscall) },
			{ .index = MSR_SFMASK, .data = HC_IRQ_FLAG },
		},
	};
	struct kvm_sregs sregs;

	check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "reading registers");
	data.selector += 8;
	data.type = 3;
	data.l = 0;
	data.db = 1;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.ss = data;
	sregs.gdt.base = GUEST_MAP + GDT;
	sregs.gdt.limit = 23;
	sregs.idt.base = GUEST_MAP + IDT;
	sregs.idt.limit = 4 * 16 - 1;
	sregs.cr3 = PML4;
	sregs.cr4 = 1 << 5 | 1 << 9;		/* PAE, OSFXSR */
	sregs.cr0 = 0x80000001 | 1 << 16;	/* paging, protected mode, write protect */
	sregs.efer = 1 << 0 | 1 << 8 | 1 << 10;	/* SCE, LME, LMA */
	check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "entering 64-bit mode");
	check(ioctl(vcpu, KVM_SET_MSRS, &msrs) == 3 ? 0 : -1, "setting up system calls");
	check(ioctl(vcpu, KVM_SET_REGS, &regs), "setting registers");
}

/* The instructions that the guest needs must be known to its CPU: give it the host's CPUID. */
static void set_cpuid(int kvm, int vcpu)
{
	enum { ENTRIES = 256 };
	struct kvm_cpuid2 *cpuid = xmalloc(sizeof(*cpuid) + ENTRIES * sizeof(cpuid->entries[0]));

	memset(cpuid, 0, sizeof(*cpuid));
	cpuid->nent = ENTRIES;
	check(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "reading CPUID");
	check(ioctl(vcpu, KVM_SET_CPUID2, cpuid), "setting CPUID");
	free(cpuid);
}

static void probe(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	struct kvm_run *run;
	uint8_t *memory, value;
	int kvm, vm, vcpu, size;

	alarm(2);	/* a guest that hangs: death by SIGALRM is a failure, too */
	kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "making a machine");
	vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "making a CPU");
	size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "the CPU's size");
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (memory == MAP_FAILED || run == MAP_FAILED)
		fail("memory");
	region.userspace_addr = (uintptr_t)memory;
	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "giving memory");
	fill_memory(memory);
	set_cpuid(kvm, vcpu);
	set_registers(vcpu);
	check(ioctl(vcpu, KVM_RUN, 0), "running");
	value = *((uint8_t *)run + run->io.data_offset);
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT || value != 3) {
		dprintf(1, "it does not run 64-bit guests (exit reason %u)", run->exit_reason);
		_exit(1);
	}
}

const char *kvm_problem(void)
{
	static char words[128];
	ssize_t n;
	int ends[2], status;
	pid_t pid;

	if (access("/dev/kvm", R_OK | W_OK)) {
		snprintf(words, sizeof(words), "/dev/kvm: %s", strerror(errno));
		return words;
	}
	/* In a process of its own, which a guest that hangs may take with it. */
	if (pipe2(ends, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid) {
		dup2(ends[1], 1);
		probe();
		_exit(0);
	}
	close(ends[1]);
	n = read(ends[0], words, sizeof(words) - 1);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return NULL;
	words[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		strcpy(words, "a guest hangs");
	return words;
}
