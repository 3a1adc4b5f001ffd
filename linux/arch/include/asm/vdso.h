/* SPDX-License-Identifier: GPL-2.0-only */
/* What the linker script of x86's vDSO wants. */
#include <asm/page.h>
