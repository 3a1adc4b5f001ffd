// SPDX-License-Identifier: GPL-2.0-only
#include "arch/x86/lib/csum-partial_64.c"
