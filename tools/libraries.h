/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * libraries.h - the interpreter and the shared libraries of a dynamic executable.
 */
#ifndef TOOLS_LIBRARIES_H
#define TOOLS_LIBRARIES_H

#include "elf64.h"
#include "tree.h"

/*
 * Put the interpreter of the program, and the libraries that it loads when it starts, where the
 * interpreter will look for them; what is there already stays, and if that is the interpreter, all
 * is left to the user.  Dies if one cannot be found.  Returns the memory that their segments take.
 */
uint64_t add_libraries(struct node *root, const char *program, const char *interpreter);

#endif /* TOOLS_LIBRARIES_H */
