/* SPDX-License-Identifier: GPL-2.0-only */
/* What the generic ELF loader and core dumps want to know of x86-64. */
#ifndef _ASM_HAUNCH_ELF_H
#define _ASM_HAUNCH_ELF_H

#include <asm/auxvec.h>
#include <asm/ptrace.h>
#include <asm/user.h>

typedef unsigned long elf_greg_t;
#define ELF_NGREG	(sizeof(struct user_regs_struct) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct user_i387_struct elf_fpregset_t;

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64
#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)
#define ELF_EXEC_PAGESIZE	4096
#define ELF_HWCAP	(start_info->cpu_capabilities[0])
#define ELF_HWCAP2	(start_info->cpu_capabilities[1])
#define ELF_PLATFORM	("x86_64")
/* Where a position-independent program is, before randomization. */
#define ELF_ET_DYN_BASE	(TASK_SIZE / 3 * 2)
#define CORE_DUMP_USE_REGSET

#define ARCH_HAS_SETUP_ADDITIONAL_PAGES	1
#define ARCH_DLINFO								\
do {										\
	NEW_AUX_ENT(AT_SYSINFO_EHDR, (unsigned long)current->mm->context.vdso);	\
	NEW_AUX_ENT(AT_MINSIGSTKSZ, signal_frame_size());			\
} while (0)

struct linux_binprm;
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp);

/* What the core says of the machine. */
extern const struct hc_start_info *start_info;

/* The C library's own code returns from a signal. */
static inline bool arch_syscall_is_vdso_sigreturn(struct pt_regs *regs) { return false; }

unsigned long signal_frame_size(void);

#endif
