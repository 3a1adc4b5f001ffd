/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * unit.c - what a package's systemd unit says (systemd.service(5), systemd.exec(5)), as a shell script:
 * its user, environment, directories, commands.  What confines a service (namespaces, system calls,
 * capabilities taken away) is left out: it has the machine for itself.  And what has only a script of System V's
 * init, which starts a service in the background.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "origin.h"

#define STOP_TIMEOUT_DEFAULT	90		/* seconds: systemd's */
#define STOP_TIMEOUT_MAX	1000000

#define START_FILE		"/.haunch/start"
#define BUS_DAEMON		"/usr/bin/dbus-daemon"
#define BUS_SOCKET		"/run/dbus/system_bus_socket"

struct list {
	const char **items;
	unsigned int count;
};

/* Settings whose values are of interest, those of one word first. */
enum setting {
	TYPE,
	PID_FILE,
	BUS_NAME,
	USER,
	GROUP,
	DIRECTORY,
	UMASK,
	FILES,
	KILL_SIGNAL,
	STOP,
	STOP_TIMEOUT,
	TIMEOUT,
	PRIVILEGED_START,
	DYNAMIC_USER,
	RUNTIME_MODE,
	STATE_MODE,
	CACHE_MODE,
	LOGS_MODE,
	NR_WORDS,
	CONDITION = NR_WORDS,
	START_PRE,
	START,
	ENVIRONMENT,
	ENVIRONMENT_FILE,
	AMBIENT,
	RUNTIME,
	STATE,
	CACHE,
	LOGS,
	NR_SETTINGS
};

static const char *const names[NR_SETTINGS] = {
	[TYPE] = "Type",
	[PID_FILE] = "PIDFile",
	[BUS_NAME] = "BusName",
	[USER] = "User",
	[GROUP] = "Group",
	[DIRECTORY] = "WorkingDirectory",
	[UMASK] = "UMask",
	[FILES] = "LimitNOFILE",
	[KILL_SIGNAL] = "KillSignal",
	[STOP] = "ExecStop",
	[STOP_TIMEOUT] = "TimeoutStopSec",
	[TIMEOUT] = "TimeoutSec",
	[PRIVILEGED_START] = "PermissionsStartOnly",
	[DYNAMIC_USER] = "DynamicUser",
	[RUNTIME_MODE] = "RuntimeDirectoryMode",
	[STATE_MODE] = "StateDirectoryMode",
	[CACHE_MODE] = "CacheDirectoryMode",
	[LOGS_MODE] = "LogsDirectoryMode",
	[CONDITION] = "ExecCondition",
	[START_PRE] = "ExecStartPre",
	[START] = "ExecStart",
	[ENVIRONMENT] = "Environment",
	[ENVIRONMENT_FILE] = "EnvironmentFile",
	[AMBIENT] = "AmbientCapabilities",
	[RUNTIME] = "RuntimeDirectory",
	[STATE] = "StateDirectory",
	[CACHE] = "CacheDirectory",
	[LOGS] = "LogsDirectory",
};

struct unit {
	const char *name;		/* without ".service"; or a script's path */
	const char *user, *group;	/* NULL: not said; as one word of a shell's */
	struct list values[NR_SETTINGS];
};

static const char *last(const struct unit *u, enum setting which)
{
	const struct list *list = &u->values[which];

	return list->count ? list->items[list->count - 1] : NULL;
}

static bool is(const struct unit *u, enum setting which, const char *value)
{
	const char *text = last(u, which);

	return text && !strcasecmp(text, value);
}

/* systemd.syntax(7): a boolean. */
static bool is_true(const struct unit *u, enum setting which)
{
	return is(u, which, "yes") || is(u, which, "true") || is(u, which, "on") ||
	       is(u, which, "1");
}

/* ------------------------------------------------------------------ reading */

static void take_line(struct unit *u, char *line)
{
	char *value = strchr(line, '='), *end;
	unsigned int i;

	if (!value)
		return;
	end = value;
	*value++ = '\0';
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	value += strspn(value, " \t");
	for (end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = '\0';
	for (i = 0; i < NR_SETTINGS; i++) {
		struct list *list = &u->values[i];

		if (strcmp(line, names[i]))
			continue;
		/* An empty value takes back what was said before. */
		if (*value)
			list->items = append(list->items, &list->count, xstrdup(value));
		else
			list->count = 0;
	}
}

static void parse(struct unit *u, char *text)
{
	char *line, *rest = text, *from, *to;
	bool service = false;

	/* A line that ends with a backslash goes on, comments in between left out. */
	for (from = to = text; *from;) {
		if (from[0] == '\\' && from[1] == '\n') {
			*to++ = ' ';
			for (from += 2; *from == '#' || *from == ';'; from++)
				from += strcspn(from, "\n");
			continue;
		}
		*to++ = *from++;
	}
	*to = '\0';
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t\r");
		if (*line == '[')
			service = !strncmp(line, "[Service]", 9);
		else if (service && *line != '#' && *line != ';')
			take_line(u, line);
	}
}

bool unit_is_service(const char *text, bool *nameless)
{
	struct unit u = { .name = "" };
	char *copy = xstrdup(text);

	parse(&u, copy);
	free(copy);
	*nameless = is(&u, TYPE, "forking") && !last(&u, PID_FILE);
	return u.values[START].count && !is(&u, TYPE, "oneshot");
}

/* systemd.service(5), "Implicit Dependencies": such a service starts after D-Bus. */
static bool is_on_bus(const struct unit *u)
{
	return last(u, BUS_NAME) || is(u, TYPE, "dbus");
}

/* ------------------------------------------------------------------ writing */

static void quote(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	fputc('\'', out);
}

static char *specifier(const struct unit *u, char c)
{
	const char *at = strchr(u->name, '@');

	switch (c) {
	case 'n':
		return xprintf("%s.service", u->name);
	case 'N':
	case 'p':
		return xprintf("%.*s", (int)strcspn(u->name, "@"), u->name);
	case 'i':
	case 'I':
		return xstrdup(at ? at + 1 : "");
	case 't':
		return xstrdup("/run");
	case 'S':
		return xstrdup("/var/lib");
	case 'C':
		return xstrdup("/var/cache");
	case 'L':
		return xstrdup("/var/log");
	case 'E':
		return xstrdup("/etc");
	case 'T':
		return xstrdup("/tmp");
	case 'V':
		return xstrdup("/var/tmp");
	case '%':
		return xstrdup("%");
	default:
		return xstrdup("");
	}
}

static char *expand(const struct unit *u, const char *text)
{
	char *result = NULL;
	size_t size;
	FILE *out = open_memstream(&result, &size);

	if (!out)
		die("out of memory");
	for (; *text; text++) {
		if (*text == '%' && text[1]) {
			char *value = specifier(u, *++text);

			fputs(value, out);
			free(value);
		} else {
			fputc(*text, out);
		}
	}
	if (fclose(out))
		die("out of memory");
	return result;
}

/* The next word of a setting, quotes and escapes undone; the caller frees it. */
static char *next_word(const char **at)
{
	char quoted = 0, *word, *to;

	*at += strspn(*at, " \t");
	if (!**at)
		return NULL;
	word = to = xmalloc(strlen(*at) + 1);
	for (; **at && (quoted || !strchr(" \t", **at)); ++*at) {
		char c = **at;

		if (quoted ? c == quoted : c == '"' || c == '\'') {
			quoted = quoted ? 0 : c;
		} else if (c == '\\' && (*at)[1]) {
			c = *++*at;
			*to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 's' ? ' ' : c;
		} else {
			*to++ = c;
		}
	}
	*to = '\0';
	return word;
}

static size_t variable(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return *text >= '0' && *text <= '9' ? 0 : strspn(text, letters);
}

/* A word of a command.  $NAME alone becomes words, in quotes or not; ${NAME} within is a part of one. */
static void put_word(FILE *out, const char *word)
{
	size_t length;
	char *part;

	if (*word == '$' && (length = variable(word + 1)) && !word[1 + length]) {
		fprintf(out, " $%s", word + 1);
		return;
	}
	fputc(' ', out);
	if (!*word)
		fputs("''", out);
	while (*word) {
		if (word[0] == '$' && word[1] == '$') {
			fputs("'$'", out);
			word += 2;
		} else if (word[0] == '$' && word[1] == '{' && (length = variable(word + 2)) &&
			   word[2 + length] == '}') {
			fprintf(out, "\"${%.*s}\"", (int)length, word + 2);
			word += 3 + length;
		} else {
			length = 1 + strcspn(word + 1, "$");
			part = xprintf("%.*s", (int)length, word);
			quote(out, part);
			free(part);
			word += length;
		}
	}
}

/* What the service may do besides, as a list behind an option of setpriv, which takes an option once. */
static void put_capabilities(FILE *out, const struct unit *u, const char *option)
{
	const char *at, *before = option;
	unsigned int i;
	char *word, *c;

	for (i = 0; i < u->values[AMBIENT].count; i++) {
		for (at = u->values[AMBIENT].items[i]; (word = next_word(&at)); free(word)) {
			if (strncasecmp(word, "CAP_", 4))
				continue;
			for (c = word; *c; c++)
				if (*c >= 'A' && *c <= 'Z')
					*c += 'a' - 'A';
			fprintf(out, "%s+%s", before, word + 4);
			before = ",";
		}
	}
}

/* Numbers or names of users and groups, for setpriv. */
static void put_user(FILE *out, const struct unit *u)
{
	if (!u->group)
		return;
	fputs("setpriv", out);
	if (u->user)
		fprintf(out, " --reuid=%s --regid=%s --init-groups", u->user, u->group);
	else
		fprintf(out, " --regid=%s --clear-groups", u->group);
	put_capabilities(out, u, " --inh-caps=");
	put_capabilities(out, u, " --ambient-caps=");
	fputs(" --", out);
}

/* A command, behind `before`.  "-" in front of it: its failure does not matter. */
static void put_command(FILE *out, const struct unit *u, const char *setting, bool main_one,
			const char *before)
{
	bool privileged = !main_one && is_true(u, PRIVILEGED_START), may_fail = false,
	     named = false;
	char *text = expand(u, setting), *word;
	const char *at;

	for (at = text; strchr("-+!:@", *at) && *at; at++) {
		privileged = privileged || *at == '+' || *at == '!';
		may_fail = may_fail || *at == '-';
		named = named || *at == '@';
	}
	fputs(before, out);
	if (!privileged)
		put_user(out, u);
	while ((word = next_word(&at))) {
		put_word(out, word);
		free(word);
		/* Its second word is what it is called by. */
		if (named) {
			free(next_word(&at));
			named = false;
		}
	}
	fputs(main_one ? "\n" : may_fail ? " || :\n" : " || exit\n", out);
	free(text);
}

static void put_directories(FILE *out, const struct unit *u, enum setting which, enum setting mode,
			    const char *parent)
{
	const char *at;
	char *text, *word;
	unsigned int i;

	for (i = 0; i < u->values[which].count; i++) {
		text = expand(u, u->values[which].items[i]);
		for (at = text; (word = next_word(&at)); free(word)) {
			fprintf(out, "install -d -m %s", last(u, mode) ? last(u, mode) : "0755");
			if (u->user)
				fprintf(out, " -o %s -g %s", u->user, u->group);
			fprintf(out, " %s/", parent);
			word[strcspn(word, ":")] = '\0';
			quote(out, word);
			fputc('\n', out);
		}
		free(text);
	}
}

static void put_environment(FILE *out, const struct unit *u)
{
	const char *at;
	char *text, *word, *value;
	unsigned int i;

	for (i = 0; i < u->values[ENVIRONMENT].count; i++) {
		text = expand(u, u->values[ENVIRONMENT].items[i]);
		for (at = text; (word = next_word(&at)); free(word)) {
			value = strchr(word, '=');
			if (!value || variable(word) != (size_t)(value - word))
				continue;
			fprintf(out, "export %.*s=", (int)(value - word), word);
			quote(out, value + 1);
			fputc('\n', out);
		}
		free(text);
	}
	for (i = 0; i < u->values[ENVIRONMENT_FILE].count; i++) {
		text = expand(u, u->values[ENVIRONMENT_FILE].items[i]);
		at = text + (*text == '-');
		fputs("set -a; [ ! -r ", out);
		quote(out, at);
		fputs(" ] || . ", out);
		quote(out, at);
		fputs("; set +a\n", out);
		free(text);
	}
}

char *account_field(struct node *root, const char *file, const char *name, unsigned int field)
{
	char *text = tree_text(root, file), *rest = text, *line, *found = NULL;
	size_t length = strlen(name);
	unsigned int i;

	while (text && !found && (line = strsep(&rest, "\n"))) {
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		for (i = 0; i < field; i++)
			strsep(&line, ":");
		found = line ? xprintf("%.*s", (int)strcspn(line, ":"), line) : NULL;
	}
	free(text);
	return found;
}

/* A service that goes into the background: whoever it names by its file is who counts. */
static void put_forking(FILE *out, const struct unit *u)
{
	const char *signal = last(u, KILL_SIGNAL) ? last(u, KILL_SIGNAL) : "SIGTERM";
	char *file = last(u, PID_FILE) ? expand(u, last(u, PID_FILE)) : NULL;

	if (!file)
		die("the unit %s goes into the background and does not say which process counts: say what "
		    "is to be run, behind --",
		    u->name);
	put_command(out, u, last(u, START), false, "");
	fputs("file=", out);
	quote(out, file);
	fprintf(out,
		"\n"
		"tries=0\n"
		"while [ ! -s \"$file\" ] && [ $((tries += 1)) -le 180 ]; do sleep 0.5; done\n"
		"read -r main rest <\"$file\"\n"
		"[ -n \"$main\" ] || exit\n"
		"trap 'kill -%s \"$main\"' TERM\n"
		"while kill -0 \"$main\" 2>/dev/null; do sleep 0.5 & wait $!; done\n",
		!strncmp(signal, "SIG", 3) ? signal + 3 : signal);
	free(file);
}

/* Whom it runs as.  A user that systemd would make for as long as it runs is nobody, if there is none of its name. */
static void find_user(struct unit *u, struct node *root)
{
	char *id;

	u->user = last(u, USER);
	u->group = last(u, GROUP);
	if (is_true(u, DYNAMIC_USER)) {
		id = u->user ? account_field(root, "/etc/passwd", u->user, 2) : NULL;
		if (!id) {
			u->user = "nobody";
			u->group = NULL;
		}
		free(id);
	}
	if (u->user && !u->group)
		u->group = xprintf("\"$(id -g %s)\"", u->user);
}

/* wait: for D-Bus, before all that the unit starts. */
static void put_unit(FILE *out, struct node *root, const struct unit *u, bool wait)
{
	const char *user = u->user, *directory = last(u, DIRECTORY);
	char *home = user ? account_field(root, "/etc/passwd", user, 5) : NULL;
	unsigned int i;

	fprintf(out, "# %s\n", u->name);
	if (home) {
		fputs("export HOME=", out);
		quote(out, home);
		fprintf(out, " USER=%s LOGNAME=%s\n", user, user);
	}
	put_environment(out, u);
	put_directories(out, u, RUNTIME, RUNTIME_MODE, "/run");
	put_directories(out, u, STATE, STATE_MODE, "/var/lib");
	put_directories(out, u, CACHE, CACHE_MODE, "/var/cache");
	put_directories(out, u, LOGS, LOGS_MODE, "/var/log");
	if (last(u, FILES) && strspn(last(u, FILES), "0123456789") == strlen(last(u, FILES)))
		fprintf(out, "ulimit -n %s 2>/dev/null || :\n", last(u, FILES));
	if (last(u, UMASK))
		fprintf(out, "umask %s\n", last(u, UMASK));
	if (directory) {
		bool may_fail = *directory == '-';
		char *path = expand(u, directory + may_fail);

		fputs("cd ", out);
		if (!strcmp(path, "~"))
			fputs("~", out);
		else
			quote(out, path);
		fputs(may_fail ? " 2>/dev/null || :\n" : " || exit\n", out);
		free(path);
	}
	if (wait)
		fputs("tries=0\n"
		      "until [ -S " BUS_SOCKET
		      " ] || [ $((tries += 1)) -gt 180 ]; do sleep 0.5; done\n",
		      out);
	for (i = 0; i < u->values[CONDITION].count; i++) {
		put_command(out, u, u->values[CONDITION].items[i], true, "if ! ");
		fprintf(out,
			"then echo '%s is not started: its ExecCondition= is not met' >&2; exit 0; fi\n",
			u->name);
	}
	for (i = 0; i < u->values[START_PRE].count; i++)
		put_command(out, u, u->values[START_PRE].items[i], false, "");
	if (is(u, TYPE, "forking")) {
		put_forking(out, u);
	} else {
		for (i = 0; i + 1 < u->values[START].count; i++)
			put_command(out, u, u->values[START].items[i], false, "");
		put_command(out, u, last(u, START), true, "exec ");
	}
	free(home);
}

/* By what it is to end: the signal that its command for that, a kill(1), sends, else what systemd sends. */
static const char *stop_signal_of(const struct unit *u)
{
	const char *at = last(u, STOP), *kill;
	char *word, *option, *name = NULL;

	at = at ? at + strspn(at, "-+!:@") : "";
	word = next_word(&at);
	kill = word ? strrchr(word, '/') : NULL;
	option = kill && !strcmp(kill, "/kill") ? next_word(&at) : NULL;
	if (option && !strcmp(option, "-s"))
		name = next_word(&at);
	else if (option && *option == '-')
		name = xstrdup(option + 1);
	free(option);
	free(word);
	/* Nobody ends by SIGSTOP (Debian's transmission-daemon has it): what systemd sends next does it. */
	return name && strcmp(name, "STOP") && strcmp(name, "SIGSTOP") ? name :
									 last(u, KILL_SIGNAL);
}

/* How long that may take, in seconds: a span of time (systemd.time(7)). */
static unsigned long stop_timeout_of(const struct unit *u)
{
	static const struct {
		const char *name;
		double seconds;
	} scales[] = {
		{ "", 1 },	   { "s", 1 },	      { "sec", 1 },   { "second", 1 },
		{ "seconds", 1 },  { "m", 60 },	      { "min", 60 },  { "minute", 60 },
		{ "minutes", 60 }, { "ms", 0.001 },   { "h", 3600 },  { "hr", 3600 },
		{ "hour", 3600 },  { "hours", 3600 }, { "us", 1e-6 },
	};
	const char *at = last(u, STOP_TIMEOUT) ? last(u, STOP_TIMEOUT) : last(u, TIMEOUT);
	double seconds = 0, number;
	size_t length;
	unsigned int i;
	char *end;

	if (!at)
		return STOP_TIMEOUT_DEFAULT;
	while (*at) {
		number = strtod(at, &end);
		if (end == at)
			return STOP_TIMEOUT_MAX;	/* "infinity" */
		at = end + strspn(end, " \t");
		length = strcspn(at, " \t0123456789.");
		for (i = 0; i < ARRAY_SIZE(scales); i++)
			if (strlen(scales[i].name) == length &&
			    !strncmp(at, scales[i].name, length))
				seconds += number * scales[i].seconds;
		at += length;
		at += strspn(at, " \t");
	}
	return seconds > 0 && seconds < STOP_TIMEOUT_MAX ? (unsigned long)(seconds + 0.999) :
							   STOP_TIMEOUT_MAX;
}

static void read_unit(struct unit *u, struct node *root, const struct unit_file *file)
{
	const char *slash = strrchr(file->path, '/');
	struct view view;
	char *text;

	u->name = xprintf("%.*s", (int)(strlen(slash + 1) - strlen(".service")), slash + 1);
	if (file->on_host) {
		view = view_open(file->path);
		text = xprintf("%.*s", (int)view.size, (const char *)view.data);
		view_close(&view);
	} else {
		text = tree_text(root, file->path);
	}
	if (!text)
		die("%s cannot be read in the root", file->path);
	parse(u, text);
	free(text);
	find_user(u, root);
	if (!u->values[START].count)
		die("the unit %s starts nothing", u->name);
}

/* Which process counts it does not say, but whether the service runs (Linux Standard Base, "Init Script Actions"). */
static void put_init_script(FILE *out, const char *path)
{
	fprintf(out,
		"script=%s\n"
		"trap '\"$script\" stop; exit $?' TERM\n"
		"\"$script\" start || exit\n"
		"while \"$script\" status >/dev/null 2>&1; do sleep 5 & wait $!; done\n"
		"echo \"$script: the service does not run; /etc/default may say why\" >&2\n"
		"exit 1\n",
		path);
}

/* The bus that services find each other by, without systemd's socket; it ends after them. */
static void put_bus(FILE *out)
{
	fputs("install -d /run/dbus\n" BUS_DAEMON " --system --nofork --nopidfile --syslog-only &\n"
	      "trap \"kill $!; wait $!\" EXIT\n",
	      out);
}

void units_add(struct node *root, const struct unit_file *files, unsigned int count,
	       struct origin *origin)
{
	struct unit *units = xmalloc(count * sizeof(*units));
	unsigned int nr_units = 0, i;
	const char *signal, *shell;
	bool bus = false, several;
	char *script = NULL;
	size_t size;
	FILE *out = open_memstream(&script, &size);

	if (!out)
		die("out of memory");
	for (i = 0; i < count; i++) {
		struct unit *u = &units[nr_units++];

		*u = (struct unit){ .name = files[i].path };
		if (strstr(files[i].path, ".service"))
			read_unit(u, root, &files[i]);
		if (is_on_bus(u) && tree_find(root, BUS_DAEMON, true))
			bus = true;
		/* D-Bus's own unit has systemd's socket. */
		if (count > 1 && !strcmp(u->name, "dbus")) {
			bus = true;
			nr_units--;
		}
	}
	several = nr_units > 1 || bus;
	/* Only bash waits for one of several. */
	shell = several ? "/bin/bash" : "/bin/sh";
	fprintf(out,
		"#!%s\n# What systemd would do, made by haunch from the packages' units.\nset -f\n",
		shell);
	if (several)
		fputs("stop()\n"
		      "{\n"
		      "\tstopping=1\n"
		      "\tfor one in \"${!names[@]}\"; do kill -${signals[one]} \"$one\" 2>/dev/null; done\n"
		      "}\n"
		      "trap stop TERM\n",
		      out);
	if (bus)
		put_bus(out);
	for (i = 0; i < nr_units; i++) {
		const struct unit *u = &units[i];
		unsigned long timeout = stop_timeout_of(u);

		if (timeout > origin->stop_timeout)
			origin->stop_timeout = timeout;
		signal = NULL;
		if (several)
			fputs("(\n", out);
		if (!u->values[START].count) {
			put_init_script(out, u->name);
		} else {
			put_unit(out, root, u, bus && is_on_bus(u));
			/* The shell itself becomes a service, but for one in the background. */
			if (!is(u, TYPE, "forking"))
				signal = stop_signal_of(u);
		}
		if (several)
			fprintf(out, ") &\nnames[$!]=%s signals[$!]=%d\n", u->name,
				signal ? parse_signal(signal) : SIGTERM);
		else
			origin->stop_signal = signal;
	}
	/* Each tells when it ends, and the first that fails gives the machine's status.  A signal ends wait, too. */
	if (several)
		fputs("[ -z \"$stopping\" ] || stop\n"
		      "result=0\n"
		      "while [ ${#names[@]} -gt 0 ]; do\n"
		      "\twait -n -p one \"${!names[@]}\"\n"
		      "\tstatus=$?\n"
		      "\t[ -n \"$one\" ] || [ $status -gt 128 ] || break\n"
		      "\t! kill -0 \"$one\" 2>/dev/null || continue\n"
		      "\t[ \"$stopping\" ] || echo \"${names[one]} has ended with status $status\" >&2\n"
		      "\t[ $result -ne 0 ] || result=$status\n"
		      "\tunset \"names[one]\"\n"
		      "done\n"
		      "exit $result\n",
		      out);
	if (fclose(out))
		die("out of memory");
	free(units);
	tree_add(root, "/.haunch", S_IFDIR | 0755, NULL, 0);
	tree_add(root, START_FILE, S_IFREG | 0755, script, strlen(script));
	free(script);
	origin->arguments = append(origin->arguments, &origin->nr_arguments, shell);
	origin->arguments = append(origin->arguments, &origin->nr_arguments, START_FILE);
}
