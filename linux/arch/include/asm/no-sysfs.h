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
