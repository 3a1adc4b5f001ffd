/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * coredump.c - the core that a process leaves which aborts: its notes have the registers, its
 * segments the memory.
 *
 * Where cores go is the whole system's business, so this is not among all_programs: it is of use
 * where /proc/sys/kernel/core_pattern is "core", as in an image.  The core takes some 4 MB.
 */
#include <elf.h>
#include <pthread.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/user.h>

#include "help.h"

static char directory[] = "coredump.XXXXXX";
static char *known;
static const Elf64_Ehdr *core;
static size_t core_size;

static void *wait_there(void *argument)
{
	tell(*(int *)argument);
	for (;;)
		pause();
	return NULL;
}

/* Known registers and memory, and one more thread; then an abort. */
static int dump(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	pthread_t thread;
	long pid = getpid();
	int ends[2];

	if (setrlimit(RLIMIT_CORE, &limit) || pipe(ends) ||
	    pthread_create(&thread, NULL, wait_there, &ends[1]))
		return 1;
	hear(ends[0]);
	memset(known, 'k', PAGE);
	strcpy(known, "what is in the core");
	__asm__ volatile("movq $0x1234567812345678, %%r12\n\tmovq $0x77, %%r13\n\t"
			 "movq %%r12, %%xmm9\n\tsyscall"
			 :
			 : "a"((long)SYS_kill), "D"(pid), "S"((long)SIGABRT)
			 : "rcx", "r11", "r12", "r13", "xmm9", "memory");
	pause();
	return 2;
}

static const Elf64_Phdr *segment(int number)
{
	return (const Elf64_Phdr *)((const char *)core + core->e_phoff) + number;
}

/* The content of note NUMBER of this type, NULL if there are not so many. */
static const void *note(unsigned int type, int number, size_t *size)
{
	for (int i = 0; i < core->e_phnum; i++) {
		const char *at = (const char *)core + segment(i)->p_offset;
		const char *end = at + segment(i)->p_filesz;

		if (segment(i)->p_type != PT_NOTE || end > (const char *)core + core_size)
			continue;
		while (at < end) {
			const Elf64_Nhdr *header = (const Elf64_Nhdr *)at;
			const char *content = at + sizeof(*header) + ((header->n_namesz + 3) & -4U);

			if (header->n_type == type && number-- == 0) {
				*size = header->n_descsz;
				return content;
			}
			at = content + ((header->n_descsz + 3) & -4U);
		}
	}
	return NULL;
}

static const char *in_core(const char *address)
{
	for (int i = 0; i < core->e_phnum; i++) {
		const Elf64_Phdr *s = segment(i);

		if (s->p_type == PT_LOAD && (uintptr_t)address >= s->p_vaddr &&
		    (uintptr_t)address - s->p_vaddr < s->p_filesz)
			return (const char *)core + s->p_offset + ((uintptr_t)address - s->p_vaddr);
	}
	return NULL;
}

static void content(pid_t pid)
{
	const struct elf_prstatus *status, *second;
	const struct elf_prpsinfo *info;
	const struct user_fpregs_struct *fp;
	const siginfo_t *signal_info;
	struct user_regs_struct regs;
	const char *memory;
	size_t size = 0;
	long xmm = 0;

	CHECK(core_size > sizeof(*core) && !memcmp(core->e_ident, ELFMAG, SELFMAG) &&
		      core->e_type == ET_CORE && core->e_machine == EM_X86_64,
	      "a core");
	status = note(NT_PRSTATUS, 0, &size);
	CHECK(status && size == sizeof(*status) && status->pr_pid == pid &&
		      status->pr_cursig == SIGABRT,
	      "NT_PRSTATUS tells process and signal");
	memcpy(&regs, &status->pr_reg, sizeof(regs));
	CHECK(regs.r12 == 0x1234567812345678 && regs.r13 == 0x77 && regs.rax == 0 &&
		      regs.orig_rax == SYS_kill && (pid_t)regs.rdi == pid && regs.rsi == SIGABRT,
	      "and the registers");
	CHECK(in_core((char *)regs.rsp) != NULL, "the stack is in the core");
	second = note(NT_PRSTATUS, 1, &size);
	CHECK(second && second->pr_pid != pid && !note(NT_PRSTATUS, 2, &size), "of two threads");
	fp = note(NT_FPREGSET, 0, &size);
	if (fp)
		memcpy(&xmm, (const char *)fp->xmm_space + 9 * 16, sizeof(xmm));
	CHECK(fp && size == sizeof(*fp) && xmm == 0x1234567812345678, "NT_FPREGSET");
	info = note(NT_PRPSINFO, 0, &size);
	CHECK(info && info->pr_pid == pid && !strcmp(info->pr_fname, "coredump"), "NT_PRPSINFO");
	signal_info = note(0x53494749 /* NT_SIGINFO */, 0, &size);
	CHECK(signal_info && signal_info->si_signo == SIGABRT && signal_info->si_code == SI_USER &&
		      signal_info->si_pid == pid,
	      "NT_SIGINFO");
	CHECK(note(NT_AUXV, 0, &size) && size % 16 == 0, "NT_AUXV");
	CHECK(note(0x46494c45 /* NT_FILE */, 0, &size) && size > 16, "NT_FILE");
	memory = in_core(known);
	CHECK(memory && !strcmp(memory, "what is in the core") && memory[PAGE - 1] == 'k',
	      "memory is in the core");
	memory = in_core(known + PAGE);
	CHECK(!memory || all(memory, PAGE, 0), "what was never touched is zeros");
}

int main(void)
{
	char name[64] = "core";
	struct stat status;
	int wait_status, fd;
	pid_t pid;

	slurp("/proc/sys/kernel/core_pattern", name, sizeof(name));
	CHECK(!strcmp(name, "core\n"), "cores are called core");
	CHECK(mkdtemp(directory) && !chdir(directory), "a directory of our own");
	known = map(NULL, 2 * PAGE, RW, MAP_PRIVATE);
	pid = start(dump);
	CHECK(waitpid(pid, &wait_status, 0) == pid && WIFSIGNALED(wait_status) &&
		      WTERMSIG(wait_status) == SIGABRT && WCOREDUMP(wait_status),
	      "an abort that leaves a core");
	strcpy(name, "core");
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		snprintf(name, sizeof(name), "core.%d", pid);
		fd = open(name, O_RDONLY);
	}
	CHECK(fd >= 0 && !fstat(fd, &status) && (status.st_mode & 0777) == 0600,
	      "for its owner only");
	core_size = fd < 0 ? 0 : (size_t)status.st_size;
	core = mmap(NULL, core_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (core != MAP_FAILED)
		content(pid);
	unlink(name);
	CHECK(!chdir("..") && !rmdir(directory), "nothing else");
	return CHECKS_STATUS();
}
