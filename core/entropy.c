// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * entropy.c - the seed that the donor's random number generator starts from.
 *
 * The state only has to preserve the entropy of what is mixed in: the donor hashes the seed.  So
 * every step is a bijection of the state, followed by xor of the input.
 *
 * What is credited: RDSEED and RDRAND fully, for what they deliver.  Timing jitter by a quarter of
 * what its own distribution shows, and nothing if it shows too little; what the loader passes is
 * mixed in but not credited, since anyone may have written it.
 */
#include "core.h"

#define SAMPLES			512
#define ROUNDS_MAX		8	/* of so many samples, until there is enough to credit */
#define SAMPLES_FOR_A_WORD	128
#define BUCKETS			64

static uint64_t state[HC_ENTROPY_SIZE / 8] = {
	0x6a09e667f3bcc908,
	0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1,
};

static uint64_t rotate(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static void mix(uint64_t input)
{
	state[0] ^= input;
	for (unsigned int round = 0; round < 2; round++) {
		state[0] += state[1];
		state[3] = rotate(state[3] ^ state[0], 32);
		state[2] += state[3];
		state[1] = rotate(state[1] ^ state[2], 24);
		state[0] += state[1];
		state[3] = rotate(state[3] ^ state[0], 16);
		state[2] += state[3];
		state[1] = rotate(state[1] ^ state[2], 63);
	}
}

void entropy_add(const void *data, size_t size)
{
	const unsigned char *p = data;

	for (; size >= 8; size -= 8, p += 8) {
		uint64_t input;

		memcpy(&input, p, sizeof(input));
		mix(input);
	}
	while (size--)
		mix(*p++);
}

static uint64_t fourth(uint64_t x)
{
	return x * x * x * x;
}

/*
 * Mix in how long accesses to a slow device take; `samples` is a power of 2 below 2^15.  Returns the
 * bits to credit: the min-entropy of a sample is -log2 of the share that the most frequent value has
 * (NIST SP 800-90B, 6.3.1), here of the durations in 64 classes, in quarters of a bit and rounded
 * down, and divided by four, for samples depend on each other.
 */
static unsigned int jitter(unsigned int samples)
{
	unsigned short count[BUCKETS] = { 0 };
	unsigned long last = hc_cycles();
	unsigned int most = 0, quarters = 0;

	for (unsigned int i = 0; i < samples; i++) {
		unsigned long now, delta;

		timing_sample();
		now = hc_cycles();
		delta = now - last;
		last = now;
		state[i % ARRAY_SIZE(state)] ^= rotate(delta, i * 7 % 64);
		/* Any function of the duration will do; the multiplication has all of its bits count. */
		count[delta * 0x9e3779b97f4a7c15 / (~0ul / BUCKETS + 1)]++;
	}
	mix(last);
	for (unsigned int i = 0; i < BUCKETS; i++)
		if (count[i] > most)
			most = count[i];
	/* The fourth power of the share, so that doublings are quarters. */
	for (uint64_t share = fourth(most); share <= fourth(samples) / 2;)
		share *= 2, quarters++;
	return quarters * samples / 16;
}

uint64_t entropy_word(void)
{
	uint64_t random;

	if (hc_random(&random, sizeof(random)) == sizeof(random))
		mix(random);
	else
		jitter(SAMPLES_FOR_A_WORD);
	mix(hc_cycles());
	for (unsigned int i = 0; i < 4; i++)
		mix(0);
	return state[0] ^ state[2];
}

unsigned int entropy_collect(unsigned char seed[HC_ENTROPY_SIZE])
{
	uint64_t random[HC_ENTROPY_SIZE / 8];
	unsigned int bits = (unsigned int)hc_random(random, sizeof(random)) * 8;

	entropy_add(random, bits / 8);
	mix(hc_cycles());
	mix(hc_time_wall());
	/*
	 * With a generator in the CPU the jitter is a bonus, and would only take time.  Without one, a
	 * donor whose generator is not ready works for each random number longer than this takes.
	 */
	for (unsigned int n = 0; bits < HC_ENTROPY_SIZE * 8 && n < ROUNDS_MAX; n++)
		bits += jitter(SAMPLES);
	for (unsigned int i = 0; i < 4; i++)
		mix(0);
	memcpy(seed, state, HC_ENTROPY_SIZE);
	/* What was handed out must not be found again in here. */
	mix(hc_cycles());
	return bits < HC_ENTROPY_SIZE * 8 ? bits : HC_ENTROPY_SIZE * 8;
}

unsigned int hc_entropy(unsigned char seed[HC_ENTROPY_SIZE])
{
	unsigned long flags = hc_irq_flags();
	unsigned int bits;

	hc_irq_disable();
	bits = entropy_collect(seed);
	if (flags & HC_IRQ_FLAG)
		hc_irq_enable();
	return bits;
}
