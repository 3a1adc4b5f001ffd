/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/* commands.h - the subcommands; each is in a file of its name. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "options.h"

extern const struct command command_bake, command_inspect, command_run;

#endif /* TOOLS_COMMANDS_H */
