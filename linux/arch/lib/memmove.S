/* SPDX-License-Identifier: GPL-2.0-only */
#include "arch/x86/lib/memmove_64.S"
