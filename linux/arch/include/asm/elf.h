/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_ELF_H
#define _ASM_HAUNCH_ELF_H

#include <asm/ptrace.h>
#include <asm/user.h>

typedef unsigned long elf_greg_t;
#define ELF_NGREG	27
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct { unsigned char space[512]; } elf_fpregset_t;

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64
#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)
#define ELF_EXEC_PAGESIZE	4096
#define ELF_HWCAP	(elf_hwcap)
#define ELF_HWCAP2	(0)
#define ELF_PLATFORM	("x86_64")
#define CORE_DUMP_USE_REGSET

extern unsigned int elf_hwcap;

#endif
