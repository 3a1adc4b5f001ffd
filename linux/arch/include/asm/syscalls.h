/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls that the generic kernel does not declare. */
#ifndef _ASM_HAUNCH_SYSCALLS_H
#define _ASM_HAUNCH_SYSCALLS_H

#include <asm-generic/syscalls.h>

asmlinkage long sys_arch_prctl(int option, unsigned long address);
asmlinkage long sys_modify_ldt(int function, void __user *pointer, unsigned long count);
asmlinkage long sys_iopl(unsigned int level);

#endif
