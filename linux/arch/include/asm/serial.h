/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_SERIAL_H
#define _ASM_HAUNCH_SERIAL_H
#define BASE_BAUD	(1843200 / 16)
#endif
