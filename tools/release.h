/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * release.h - of which donor a kernel was made, and whether a newer one is installed.
 */
#ifndef TOOLS_RELEASE_H
#define TOOLS_RELEASE_H

#include "image.h"

/*
 * Say so in one line, a warning, if the donor's package is installed in a later version than the
 * kernel was made of.  `name` is what has that kernel.
 */
void release_check(const struct image_note *of, const char *name);

#endif /* TOOLS_RELEASE_H */
