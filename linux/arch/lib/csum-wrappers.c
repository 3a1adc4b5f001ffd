// SPDX-License-Identifier: GPL-2.0-only
#include "arch/x86/lib/csum-wrappers_64.c"
