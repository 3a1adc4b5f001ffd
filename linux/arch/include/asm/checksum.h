/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_CHECKSUM_H
#define _ASM_HAUNCH_CHECKSUM_H
#define _HAVE_ARCH_COPY_AND_CSUM_FROM_USER 1
#define HAVE_CSUM_COPY_USER
#define _HAVE_ARCH_CSUM_AND_COPY
#include "arch/x86/include/asm/checksum_64.h"
#endif
