/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * haunch.c - the commands that are C.  The shell script `haunch` finds this
 * program and the others.
 *
 *	haunch COMMAND WORD...
 *	haunch help [--format=table] COMMAND...
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "recipe.h"

static const struct command *const commands[] = {
	&command_bake,	&command_run,	 &command_inspect, &command_ps,
	&command_logs,	&command_stop,	 &command_kill,	   &command_rm,
	&command_stats, &command_volume, &command_export,  &command_exec,
};

static const struct command *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	usage("unknown command '%s'", name);
}

const char *build_folder(void)
{
	const char *folder = getenv("HAUNCH_BUILD");
	char path[PATH_MAX];
	ssize_t n;

	if (folder && *folder)
		return folder;
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		die("cannot find my own folder: %s", strerror(errno));
	path[n] = '\0';
	/* BUILD/tools/haunch */
	for (unsigned int i = 0; i < 2; i++) {
		char *slash = strrchr(path, '/');

		if (slash)
			*slash = '\0';
	}
	return xstrdup(path);
}

static int help(int argc, const char **argv)
{
	static const struct poptOption options[] = {
		OPTION_VALUE("format", '\0', 'f', "text|table",
			     "as text, or a line for each option"),
		OPTION_END
	};
	bool table = false;
	struct words words;
	unsigned int i;
	char *value;
	int option;

	options_start(&words, argc, argv, options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option != 'f')
			continue;
		table = !strcmp(value, "table");
		if (!table && strcmp(value, "text"))
			usage("--format wants text or table, not '%s'", value);
	}
	if (!words.nr_operands && table)
		for (i = 0; i < ARRAY_SIZE(commands); i++)
			options_table(commands[i]);
	for (i = 0; i < words.nr_operands; i++)
		(table ? options_table : options_help)(find(words.operands[i]));
	return 0;
}

/* What was printed must have arrived. */
static int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "%s: cannot write standard output: %s\n", tool_name, strerror(errno));
	return status ? status : 1;
}

int main(int argc, char **argv)
{
	const char **words = (const char **)argv + 1;

	if (argc < 2)
		usage("which command? (see haunch help)");
	tool_name = xprintf("haunch %s", words[0]);
	if (!strcmp(words[0], "help"))
		return finish(help(argc - 1, words));
	return finish(find(words[0])->main(argc - 1, words));
}
