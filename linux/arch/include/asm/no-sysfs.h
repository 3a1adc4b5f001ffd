/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by force in SLUB's files (linux.mk): some 2000 files about itself at each boot, those that it calls
 * ctor with addresses of the kernel's code.
 */
#undef CONFIG_SYSFS
