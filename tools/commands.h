/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/* commands.h - the subcommands; each is in a file of its name. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "options.h"

extern const struct command command_bake, command_inspect, command_run;
/* instances.c, volumes.c */
extern const struct command command_ps, command_logs, command_stop, command_kill, command_rm,
	command_stats;
/* exec.c */
extern const struct command command_exec;
extern const struct command command_export, command_volume;

#endif /* TOOLS_COMMANDS_H */
