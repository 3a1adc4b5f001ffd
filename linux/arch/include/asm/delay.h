/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_DELAY_H
#define _ASM_HAUNCH_DELAY_H
void __ndelay(unsigned long nanoseconds);
void __delay(unsigned long loops);
#define udelay(n)	__ndelay((n) * 1000UL)
#define ndelay(n)	__ndelay(n)
#endif
