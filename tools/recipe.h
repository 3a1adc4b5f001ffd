/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * recipe.h - what an image is made of.
 */
#ifndef TOOLS_RECIPE_H
#define TOOLS_RECIPE_H

#include "options.h"

struct recipe {
	const struct settings *settings;
	const char *build;		/* the folder that has kernels and init */
	const char *kernel;		/* "virtio" or "generic"; NULL: what fits */
	bool one_part;			/* the image has to have all of its files in memory */
	const char *program;		/* a file, or an origin (origin.h) */
	const char **arguments;
	unsigned int nr_arguments;
	uint64_t writable;		/* MiB of a partition for what is written; 0: it is in memory */
	uint64_t memory;		/* MiB that the machine must have at least; 0: computed */
};

/*
 * Make the image.  Without a name it is a file that only its descriptor leads to: that is returned.
 * Dies if something is wrong, and then leaves what was there before.
 */
int recipe_bake(const struct recipe *recipe, const char *image);

/* The folder of what was built: $HAUNCH_BUILD, or where this command is. */
const char *build_folder(void);

#endif /* TOOLS_RECIPE_H */
