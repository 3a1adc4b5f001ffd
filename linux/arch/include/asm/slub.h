/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by force in SLUB's own files (linux.mk), which otherwise make some 2000 files about themselves at
 * each boot; those called ctor tell addresses of the kernel's code.  struct kmem_cache is another one then:
 * nobody else may look into it.
 */
#if defined(CONFIG_MEMCG) || defined(CONFIG_FAILSLAB) || defined(CONFIG_KASAN)
#error "a file that looks into struct kmem_cache is not compiled without CONFIG_SYSFS"
#endif
#undef CONFIG_SYSFS

#include <linux/prandom.h>

/*
 * The order of objects, 7000 of them at each boot, is by a generator with a random seed, as in Linux 6.1:
 * the cryptographic one would take a tenth of the boot.
 */
static inline u32 haunch_random_below(u32 limit)
{
	static struct rnd_state state;

	if (!state.s4) {
		get_random_bytes(&state, sizeof(state));
		state.s4 |= 128;	/* prandom_seed_state(): no smaller one */
	}
	return prandom_u32_state(&state) % limit;
}
#define get_random_u32_below	haunch_random_below
