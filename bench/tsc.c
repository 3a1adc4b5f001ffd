/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tsc.c - print this machine's time stamp counter's frequency in kHz, which is that of QEMU's TCG as well.
 *
 * Linux often fails to measure it where others use the host's processors; then its scheduler's clock stands still
 * from tick to tick, and its benchmarks are of another kernel.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(void)
{
	struct timespec pause = { 0, 200000000 };
	double start = now_ms();
	unsigned long long counter = __rdtsc();

	nanosleep(&pause, NULL);
	printf("%.0f\n", (__rdtsc() - counter) / (now_ms() - start));
	return 0;
}
