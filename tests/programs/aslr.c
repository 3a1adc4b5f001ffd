/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * aslr.c - print where things are: code, data, heap, stack, a mapping, and the stack's canary.  The
 * only program here whose output must differ from run to run.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static int data = 1;

int main(void)
{
	int local = 0;
	uintptr_t canary;
	char *heap = malloc(100);

	__asm__ volatile("movq %%fs:40, %0" : "=r"(canary));
	printf("code %#lx\n", (unsigned long)(uintptr_t)main);
	printf("data %#lx\n", (unsigned long)(uintptr_t)&data);
	printf("heap %#lx\n", (unsigned long)(uintptr_t)heap);
	printf("stack %#lx\n", (unsigned long)(uintptr_t)&local);
	printf("mapping %#lx\n",
	       (unsigned long)(uintptr_t)mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
					      -1, 0));
	printf("canary %#lx\n", (unsigned long)canary);
	free(heap);
	return local;
}
