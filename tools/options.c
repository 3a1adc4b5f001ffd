/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * options.c - parsing and explaining options (see options.h).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options.h"

#define HELP_COLUMN		27	/* where an option's text begins */
#define HELP_WIDTH		98

/* ------------------------------------------------------------------ words */

void options_start(struct words *words, int argc, const char **argv,
		   const struct poptOption *options)
{
	int i;

	memset(words, 0, sizeof(*words));
	words->command = argv[0];
	/* popt does not tell on which side of "--" an operand was. */
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		;
	if (i < argc) {
		words->rest = argv + i + 1;
		words->nr_rest = argc - i - 1;
	}
	words->context = poptGetContext(argv[0], i, argv, options, 0);
	if (!words->context)
		die("out of memory");
}

int options_next(struct words *words, char **value)
{
	int option = poptGetNextOpt(words->context);
	const char *bad;

	*value = NULL;
	if (option >= 0) {
		*value = poptGetOptArg(words->context);
		if (*value && strchr(*value, '\n'))
			usage("a line break in the value of %s", poptBadOption(words->context, 0));
		return option;
	}
	if (option == -1) {
		words->operands = poptGetArgs(words->context);
		while (words->operands && words->operands[words->nr_operands])
			words->nr_operands++;
		return -1;
	}
	bad = poptBadOption(words->context, POPT_BADOPTION_NOALIAS);
	switch (option) {
	case POPT_ERROR_NOARG:
		usage("option '%s' wants a value (see haunch help %s)", bad, words->command);
	case POPT_ERROR_UNWANTEDARG:
		usage("option '%s' has no value (see haunch help %s)", bad, words->command);
	case POPT_ERROR_BADOPT:
		usage("unknown option '%s' (see haunch help %s)", bad, words->command);
	default:
		usage("%s: %s (see haunch help %s)", bad, poptStrerror(option), words->command);
	}
}

const char **append(const char **list, unsigned int *count, const char *item)
{
	list = xrealloc(list, (*count + 1) * sizeof(*list));
	list[(*count)++] = item;
	return list;
}

/* ------------------------------------------------------------------ help */

/* Print a text from the column on, in lines that fit. */
static void put_wrapped(const char *text, unsigned int column)
{
	unsigned int at = column;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (at > column && at + 1 + length > HELP_WIDTH) {
			printf("\n%*s", (int)column, "");
			at = column;
		}
		at += printf("%s%.*s", at > column ? " " : "", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void help_rows(const struct poptOption *row)
{
	char left[80];
	int n;

	for (; row->longName || row->shortName || row->arg; row++) {
		if ((row->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			if (row->descrip)
				printf("\n%s\n", row->descrip);
			help_rows(row->arg);
			continue;
		}
		if (row->argInfo & POPT_ARGFLAG_DOC_HIDDEN)
			continue;
		n = row->shortName ? snprintf(left, sizeof(left), "  -%c, --%s", row->shortName,
					      row->longName) :
				     snprintf(left, sizeof(left), "  --%s", row->longName);
		if (row->argDescrip)
			snprintf(left + n, sizeof(left) - n, " %s", row->argDescrip);
		if (strlen(left) + 2 > HELP_COLUMN)
			printf("%s\n%*s", left, HELP_COLUMN, "");
		else
			printf("%-*s", HELP_COLUMN, left);
		put_wrapped(row->descrip, HELP_COLUMN);
	}
}

void options_help(const struct command *command)
{
	char *about = xstrdup(command->about), *paragraph, *rest = about;

	printf("%s\n", command->usage);
	while ((paragraph = strsep(&rest, "\n"))) {
		put_wrapped(paragraph, 0);
		putchar('\n');
	}
	free(about);
	help_rows(command->options);
	if (command->notes) {
		putchar('\n');
		put_wrapped(command->notes, 0);
	}
}

static void table_rows(const char *command, const struct poptOption *row)
{
	for (; row->longName || row->shortName || row->arg; row++) {
		if ((row->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			table_rows(command, row->arg);
			continue;
		}
		if (row->argInfo & POPT_ARGFLAG_DOC_HIDDEN)
			continue;
		printf("%s\t--%s\t", command, row->longName);
		if (row->shortName)
			printf("-%c", row->shortName);
		printf("\t%s\t%s\n", row->argDescrip ? row->argDescrip : "", row->descrip);
	}
}

void options_table(const struct command *command)
{
	table_rows(command->name, command->options);
}

/* ------------------------------------------------------------------ settings */

const struct poptOption settings_options[] = {
	OPTION_VALUE("env", 'e', 'e', "NAME=VALUE",
		     "set an environment variable; NAME alone: as it is here; any number"),
	OPTION_VALUE("env-file", '\0', OPTION_ENV_FILE, "FILE", "such variables, one a line"),
	OPTION_VALUE("user", 'u', 'u', "USER[:GROUP]",
		     "run the program as a user, by name or number (default: root)"),
	OPTION_VALUE("workdir", 'w', 'w', "DIRECTORY", "where it runs (default: /)"),
	OPTION_VALUE("hostname", '\0', OPTION_HOSTNAME, "NAME", "the machine's name"),
	OPTION_FLAG("read-only", '\0', OPTION_READ_ONLY,
		    "nothing can be written but /tmp, /dev/shm, disks and volumes"),
	OPTION_VALUE("append", 'c', 'c', "WORDS", "more words for the kernel's command line"),
	OPTION_VALUE("mount", '\0', OPTION_MOUNT, "DEVICE:DIRECTORY[:FSTYPE[:ro]]",
		     "mount a disk before the program starts, as in /dev/vda:/srv/www:ext4; any "
		     "number"),
	OPTION_VALUE(
		"ip", '\0', OPTION_IP, "IP",
		"dhcp (default), wait (dhcp, and the program starts only with an address), off, "
		"or a static address as the kernel's ip= has it: "
		"ADDRESS::GATEWAY:NETMASK:HOSTNAME::off:DNS"),
	OPTION_VALUE("restart", '\0', OPTION_RESTART, "off|reboot|again",
		     "what happens when the program ends or the kernel panics: the machine is "
		     "switched off (default), or reboots; again: the program is started once more, "
		     "after a pause that grows, and a panic reboots"),
	OPTION_VALUE("stop-signal", '\0', OPTION_STOP_SIGNAL, "SIGNAL",
		     "what the program gets when the machine is to stop (default: SIGTERM)"),
	OPTION_VALUE("stop-timeout", '\0', OPTION_STOP_TIMEOUT, "SECONDS",
		     "how long it then has until it is killed (default: 10)"),
	OPTION_VALUE("open-files", '\0', OPTION_OPEN_FILES, "NUMBER",
		     "how many files a process may have open (default: 16384, and 65536 if it "
		     "asks)"),
	POPT_TABLEEND
};

const struct poptOption recipe_options[] = {
	OPTION_FLAG(
		"bare", '\0', OPTION_BARE,
		"leave out what is taken along from this machine beside libraries: its time zone, "
		"and the certificates of authorities if PROGRAM speaks TLS"),
	OPTION_FLAG("full", '\0', OPTION_FULL,
		    "of deb: all that was installed, with documentation and package manager"),
	OPTION_FLAG("pull", '\0', OPTION_PULL,
		    "make a root of packages, or fetch a container image, anew"),
	OPTION_FLAG(
		"in-memory", '\0', OPTION_IN_MEMORY,
		"all files are in memory, also many; otherwise those stay on a disk, which is the "
		"image itself"),
	OPTION_FLAG(
		"trace-libraries", '\0', OPTION_TRACE_LIBRARIES,
		"run PROGRAM here first, until it ends or Ctrl-C ends it, and take along the libraries "
		"that it opens (plugins, modules), which nothing else tells"),
	OPTION_FLAG("strace", '\0', OPTION_STRACE,
		    "have every system call of the program printed, on its standard error, by this "
		    "machine's strace"),
	OPTION_VALUE(
		"kernel", 'k', 'k', "virtio|generic|netbsd",
		"virtio: small, for virtual machines; generic: has all drivers (e1000, vmxnet3, "
		"AHCI, NVMe...); netbsd: NetBSD's rump kernel (haunch build --netbsd); default: "
		"virtio, but run takes generic where its devices want that"),
	POPT_TABLEEND
};

void add_words(char **line, const char *words)
{
	char *longer =
		xprintf("%s%s%s", *line ? *line : "", *line && **line && *words ? " " : "", words);

	free(*line);
	*line = longer;
}

unsigned long parse_number(const char *option, const char *text, unsigned long min,
			   unsigned long max, const char *wants)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < min || value > max)
		usage("%s wants %s, not '%s'", option, wants, text);
	return value;
}

uint64_t parse_memory(const char *option, const char *text)
{
	static const char wants[] = "a size such as 64M or 1G (a number alone is MB, 1 at least)";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits, *more = *unit ? unit + 1 : unit;
	char *number = xprintf("%.*s", (int)digits, text);
	unsigned int shift = 0;
	unsigned long value;

	if (*unit && strchr("GgTt", *unit))
		shift = strchr("Gg", *unit) ? 10 : 20;
	if (!digits || (*unit && !strchr("MmGgTt", *unit)) ||
	    (*more && strcasecmp(more, "B") && strcasecmp(more, "iB")))
		usage("%s wants %s, not '%s'", option, wants, text);
	errno = 0;
	value = strtoul(number, NULL, 10);
	free(number);
	if (errno || !value || value > (1ul << 30) >> shift)
		usage("%s wants %s, not '%s'", option, wants, text);
	return (uint64_t)value << shift;
}

/* A signal's number, by its name with or without SIG. */
int parse_signal(const char *text)
{
	const char *bare = strncasecmp(text, "SIG", 3) ? text : text + 3, *name;
	int i;

	for (i = 1; i < SIGRTMIN; i++) {
		name = sigabbrev_np(i);
		if (name && !strcasecmp(name, bare))
			return i;
	}
	if (!strncasecmp(bare, "RTMIN+", 6))
		return SIGRTMIN +
		       parse_number("--stop-signal", bare + 6, 0, SIGRTMAX - SIGRTMIN, "a signal");
	return parse_number("--stop-signal", text, 1, SIGRTMAX, "a signal's name or number");
}

static void check_mount(const char *mount)
{
	const char *dir = strchr(mount, ':');

	if (mount[0] != '/' || !dir || dir[1] != '/' || strpbrk(mount, " \t\""))
		usage("--mount wants DEVICE:DIRECTORY[:FSTYPE[:ro]], as in /dev/vda:/srv/www:ext4, "
		      "not '%s'",
		      mount);
}

/* What a boot loader, the kernel or init would take apart is a "%" and two digits (RFC 3986, 2.1). */
void add_setting(char **words, const char *name, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:,=@+-";
	char *word = xmalloc(strlen(name) + 3 * strlen(value) + 10), *to;

	to = word + sprintf(word, "haunch.%s=", name);
	for (; *value; value++)
		to += strchr(plain, *value) ? sprintf(to, "%c", *value) :
					      sprintf(to, "%%%02X", (unsigned char)*value);
	add_words(words, word);
	free(word);
}

static void take_setting(struct settings *s, const char *name, const char *value)
{
	add_setting(&s->kernel_words, name, value);
}

static void take_environment(struct settings *s, const char *text)
{
	const char *value;

	if (*text && !strchr(text, '=')) {
		value = getenv(text);
		if (!value)
			return;
		text = xprintf("%s=%s", text, value);
	}
	if (!*text || *text == '=')
		usage("-e wants NAME=VALUE, not '%s'", text);
	s->environment = append(s->environment, &s->nr_environment, text);
}

static void take_environment_file(struct settings *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *at;
	size_t size = 0;

	if (!f)
		die("cannot read %s: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		at = line + strspn(line, " \t");
		if (*at && *at != '#')
			take_environment(s, xstrdup(at));
	}
	free(line);
	fclose(f);
}

static void take_ip(struct settings *s, const char *value)
{
	free(s->network_words);
	if (!*value || strpbrk(value, " \t\""))
		usage("--ip wants one word, as the kernel's ip= has it, not '%s'", value);
	if (!strcmp(value, "dhcp") || !strcmp(value, "wait") || !strcmp(value, "off"))
		s->network_words = xprintf("haunch.network=%s", value);
	else
		s->network_words = xprintf("ip=%s haunch.network=static", value);
}

bool settings_take(struct settings *s, int option, const char *value)
{
	char number[16];

	switch (option) {
	case 'm':
		s->memory = parse_memory("-m", value);
		return true;
	case 'c':
		add_words(&s->kernel_words, value);
		return true;
	case OPTION_DIR:
		s->trees = append(s->trees, &s->nr_trees, value);
		return true;
	case 'e':
		take_environment(s, value);
		return true;
	case OPTION_ENV_FILE:
		take_environment_file(s, value);
		return true;
	case 'u':
		if (!*value || *value == ':')
			usage("-u wants USER[:GROUP], not '%s'", value);
		add_setting(&s->kernel_words, "user", value);
		return true;
	case 'w':
		if (*value != '/')
			usage("-w wants an absolute path, not '%s'", value);
		add_setting(&s->kernel_words, "directory", value);
		return true;
	case OPTION_HOSTNAME:
		if (!*value || strlen(value) > 64 || value[strcspn(value, " .\"/\t")])
			usage("--hostname wants a name without a domain, not '%s'", value);
		add_setting(&s->kernel_words, "hostname", value);
		return true;
	case OPTION_READ_ONLY:
		add_words(&s->kernel_words, "haunch.read-only");
		return true;
	case OPTION_FULL:
		s->full = true;
		return true;
	case OPTION_PULL:
		s->pull = true;
		return true;
	case OPTION_STRACE:
		s->strace = true;
		return true;
	case OPTION_TRACE_LIBRARIES:
		s->trace_libraries = true;
		return true;
	case OPTION_IN_MEMORY:
		s->in_memory = true;
		return true;
	case 'k':
		if (strcmp(value, "virtio") && strcmp(value, "generic") && strcmp(value, "netbsd"))
			usage("-k wants virtio, generic or netbsd, not '%s'", value);
		s->kernel = value;
		return true;
	case OPTION_BARE:
		s->bare = true;
		return true;
	case OPTION_IP:
		take_ip(s, value);
		return true;
	case OPTION_MOUNT:
		check_mount(value);
		take_setting(s, "mount", value);
		return true;
	case OPTION_RESTART:
		if (strcmp(value, "off") && strcmp(value, "reboot") && strcmp(value, "again"))
			usage("--restart wants off, reboot or again, not '%s'", value);
		take_setting(s, "restart", value);
		return true;
	case OPTION_STOP_SIGNAL:
		snprintf(number, sizeof(number), "%d", parse_signal(value));
		take_setting(s, "stop", number);
		return true;
	case OPTION_STOP_TIMEOUT:
		parse_number("--stop-timeout", value, 0, 1000000, "a number of seconds");
		take_setting(s, "stop-timeout", value);
		return true;
	case OPTION_OPEN_FILES:
		parse_number("--open-files", value, 16, 1048576, "a number from 16 to 1048576");
		take_setting(s, "files", value);
		return true;
	default:
		return false;
	}
}
