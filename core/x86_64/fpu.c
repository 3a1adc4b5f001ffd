// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * fpu.c - the state of x87, SSE and AVX, which programs own and the donor saves and restores.
 *
 * Neither the core nor the donor computes with it, so it is touched nowhere else.
 */
#include "cpu.h"

/* XCR0 (SDM vol. 1, 13.3): x87, SSE, AVX, AVX-512 (three parts). */
#define STATE_X87		(1 << 0)
#define STATE_SSE		(1 << 1)
#define STATE_AVX		(1 << 2)
#define STATE_AVX512		(7 << 5)
#define STATE_USED		(STATE_X87 | STATE_SSE | STATE_AVX | STATE_AVX512)

#define FXSAVE_SIZE		512
#define HEADER_SIZE		64
#define INITIAL_CONTROL		0x37f	/* x87: all exceptions masked, 64-bit precision */
#define INITIAL_MXCSR		0x1f80	/* SSE: all exceptions masked */

static uint32_t mxcsr_mask = 0xffbf;	/* if the CPU does not say (SDM vol. 1, 11.6.6) */
static unsigned long area_size = FXSAVE_SIZE;
static uint32_t features;		/* the low half of XCR0; the high one is 0 */

/* Bytes 0-511, the legacy region (SDM vol. 1, table 10-2). */
struct legacy_region {
	uint16_t control, status;
	uint8_t rest[20];
	uint32_t mxcsr, mxcsr_mask;
};

static unsigned char initial_area[FXSAVE_SIZE + HEADER_SIZE] __attribute__((aligned(64)));

static void make_initial(void *area, unsigned long size)
{
	struct legacy_region *legacy = area;

	memset(area, 0, size);
	legacy->control = INITIAL_CONTROL;
	legacy->mxcsr = INITIAL_MXCSR;
}

void fpu_init(void)
{
	struct legacy_region *legacy = (void *)initial_area;
	unsigned long cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (cpu.xsave && cpu.max_leaf >= 0xd) {
		write_cr4(cr4 | CR4_OSXSAVE);
		features = cpuid(0xd, 0).eax & STATE_USED;
		/* The parts of AVX-512 go together and need AVX (SDM vol. 1, 13.3). */
		if ((features & STATE_AVX512) != STATE_AVX512 || !(features & STATE_AVX))
			features &= ~(uint32_t)STATE_AVX512;
		__asm__ volatile("xsetbv" :: "c"(0), "a"(features), "d"(0));
		area_size = cpuid(0xd, 0).ebx;
	} else {
		write_cr4(cr4);
	}
	__asm__ volatile("fxsave64 %0" : "=m"(initial_area));
	if (legacy->mxcsr_mask)
		mxcsr_mask = legacy->mxcsr_mask;
	make_initial(initial_area, sizeof(initial_area));
	fpu_restore(initial_area, features);
}

unsigned long hc_fpu_size(void)
{
	return area_size;
}

unsigned long hc_fpu_features(void)
{
	return features;
}

void hc_fpu_init(void *area)
{
	make_initial(area, area_size);
}

void hc_fpu_save(void *area)
{
	if (features)
		__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(features), "d"(0) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory");
}

int hc_fpu_restore(const void *area)
{
	const struct legacy_region *legacy = area;
	int error = HC_EINVAL;

	/* Emulators forget to refuse this. */
	if (!(legacy->mxcsr & ~mxcsr_mask))
		error = fpu_restore(area, features);
	if (error)
		fpu_restore(initial_area, features);
	return error;
}
