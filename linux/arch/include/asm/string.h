/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_STRING_H
#define _ASM_HAUNCH_STRING_H

#define __HAVE_ARCH_MEMCPY
#define __HAVE_ARCH_MEMMOVE
#define __HAVE_ARCH_MEMSET
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
#endif
