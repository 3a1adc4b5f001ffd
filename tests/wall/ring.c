// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/* ring.c - says in which ring of the CPU it runs. */
#include <stdio.h>

int main(void)
{
	unsigned short cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	printf("ring %d\n", cs & 3);
	return 0;
}
