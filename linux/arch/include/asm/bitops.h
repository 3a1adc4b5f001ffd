/* SPDX-License-Identifier: GPL-2.0-only */
#include <asm/asm.h>
#include "arch/x86/include/asm/bitops.h"
