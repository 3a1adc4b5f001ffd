/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * faults.c - die in the way that the argument says: what is reported, and the exit status, must be
 * what Linux makes of it.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static const unsigned char return_42[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
static unsigned char data[16];
static volatile int zero;

static int recurse(volatile char *before)
{
	volatile char here[4096];

	/* It ends in theory only. */
	here[0] = before[0];
	return here[0] == 77 ? 0 : recurse(here) + here[0];
}

static void call(const void *code)
{
	((void (*)(void))(uintptr_t)code)();
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	unsigned char stack[16];
	char *reserved;

	printf("about to die: %s\n", how);
	fflush(stdout);
	memcpy(data, return_42, sizeof(return_42));
	memcpy(stack, return_42, sizeof(return_42));

	if (!strcmp(how, "null")) {
		*(volatile int *)(uintptr_t)zero = 1;
	} else if (!strcmp(how, "null-read")) {
		return *(volatile int *)(uintptr_t)(zero + 64);
	} else if (!strcmp(how, "null-call")) {
		call((void *)(uintptr_t)zero);
	} else if (!strcmp(how, "wild")) {
		*(volatile int *)0x123456789000 = 1;
	} else if (!strcmp(how, "non-canonical")) {
		*(volatile int *)0x1234567890abcdef = 1;
	} else if (!strcmp(how, "kill-segv")) {
		kill(getpid(), SIGSEGV);
	} else if (!strcmp(how, "write-code")) {
		*(volatile unsigned char *)(uintptr_t)main = 0xc3;
	} else if (!strcmp(how, "write-constant")) {
		*(volatile unsigned char *)(uintptr_t)return_42 = 0xc3;
	} else if (!strcmp(how, "execute-data")) {
		call(data);
	} else if (!strcmp(how, "execute-stack")) {
		call(stack);
	} else if (!strcmp(how, "execute-heap")) {
		unsigned char *heap = malloc(16);

		memcpy(heap, return_42, sizeof(return_42));
		call(heap);
	} else if (!strcmp(how, "divide")) {
		return 100 / zero;
	} else if (!strcmp(how, "illegal")) {
		__asm__ volatile("ud2");
	} else if (!strcmp(how, "privileged")) {
		/* Ring 0 or not, a program must not stop the machine. */
		__asm__ volatile("int3");
	} else if (!strcmp(how, "abort")) {
		abort();
	} else if (!strcmp(how, "stack-overflow")) {
		return recurse((char *)stack);
	} else if (!strcmp(how, "none")) {
		reserved = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return *(volatile char *)reserved;
	} else if (!strcmp(how, "term")) {
		raise(SIGTERM);
	} else if (!strcmp(how, "pipe")) {
		int fds[2];

		if (!pipe(fds) && !close(fds[0]) && write(fds[1], "x", 1) == 1)
			return 98;
	} else {
		printf("unknown\n");
		return 97;
	}
	printf("still alive\n");
	return 96;
}
