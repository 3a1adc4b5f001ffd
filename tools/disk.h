/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * disk.h - disks that boot by themselves, by BIOS and by UEFI.
 */
#ifndef TOOLS_DISK_H
#define TOOLS_DISK_H

#include <stdint.h>

#include "common.h"

/*
 * What GRUB says it on and reads from, before it boots: the serial port and the screen, neither of which
 * need be there.  dumb: the terminal that `haunch run` was typed at is not to be cleared.
 */
#define GRUB_TERMINALS                    \
	"serial --unit=0 --speed=115200\n" \
	"terminfo serial dumb\n"           \
	"terminal_input console serial\n"  \
	"terminal_output console serial\n"

/*
 * Write a raw disk with a baked image on it, and a file system of `writable` MiB (0: none) for what is written
 * there; dies if it cannot.
 */
void disk_make(const char *image, const char *disk, uint64_t writable);

/* What QEMU calls a disk's format, by its first bytes; NULL: it is none that bake makes. */
const char *disk_format(const struct view *file);

#endif /* TOOLS_DISK_H */
