/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_SMAP_H
#define _ASM_HAUNCH_SMAP_H
#endif
