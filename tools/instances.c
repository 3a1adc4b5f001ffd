/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * instances.c - haunch ps, logs, stop, kill, rm, stats: what can be done with machines that have a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "machine.h"

#define LOOK_MS		100	/* how often what can only be looked at is looked at */

enum { OPTION_FORMAT = OPTION_OWN };

enum format { TABLE, JSON, PROMETHEUS };

struct options_of_all {
	enum format format;
	bool flag;			/* -f, -a */
	struct words words;
};

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Returns false if help was asked for. */
static bool parse(const struct command *command, int argc, const char **argv,
		  struct options_of_all *o, bool prometheus)
{
	char *value;
	int option;

	memset(o, 0, sizeof(*o));
	options_start(&o->words, argc, argv, command->options);
	while ((option = options_next(&o->words, &value)) != -1) {
		switch (option) {
		case 'h':
			options_help(command);
			return false;
		case OPTION_FORMAT:
			if (!strcmp(value, "json"))
				o->format = JSON;
			else if (prometheus && !strcmp(value, "prometheus"))
				o->format = PROMETHEUS;
			else if (strcmp(value, "table"))
				usage("--format wants table%s or json, not '%s'",
				      prometheus ? ", prometheus" : "", value);
			break;
		default:
			o->flag = true;
		}
	}
	return true;
}

static const char *text_of(const json_t *state, const char *name)
{
	const char *text = json_string_value(json_object_get(state, name));

	return text ? text : "";
}

static json_int_t number_of(const json_t *state, const char *name)
{
	return json_integer_value(json_object_get(state, name));
}

static const char *status_of(const json_t *state, bool running)
{
	if (running)
		return number_of(state, "started") ? "running" : "starting";
	if (json_object_get(state, "status"))
		return xprintf("ended (%" JSON_INTEGER_FORMAT ")", number_of(state, "status"));
	return "died";
}

static const char *age(json_int_t seconds)
{
	if (seconds < 120)
		return xprintf("%" JSON_INTEGER_FORMAT " s", seconds);
	if (seconds < 7200)
		return xprintf("%" JSON_INTEGER_FORMAT " min", seconds / 60);
	if (seconds < 172800)
		return xprintf("%" JSON_INTEGER_FORMAT " h", seconds / 3600);
	return xprintf("%" JSON_INTEGER_FORMAT " d", seconds / 86400);
}

static void print_json(json_t *all)
{
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

/* ------------------------------------------------------------------ ps */

struct listing {
	const struct options_of_all *options;
	json_t *all;
};

static void list_one(const char *name, void *argument)
{
	struct listing *l = argument;
	bool running;
	json_t *state = machine_state(name, &running);
	json_int_t from = number_of(state, "started");

	if (!state || (!running && !l->options->flag)) {
		json_decref(state);
		return;
	}
	if (l->options->format == JSON) {
		json_object_set_new(state, "running", json_boolean(running));
		json_array_append_new(l->all, state);
		return;
	}
	printf("%-20s %-12s %-8s %-24s %s\n", name, status_of(state, running),
	       !from ? "" : age((running ? time(NULL) : number_of(state, "ended")) - from),
	       text_of(state, "image"), text_of(state, "ports"));
	json_decref(state);
}

static int main_ps(int argc, const char **argv)
{
	struct options_of_all o;
	struct listing l = { &o, NULL };

	if (!parse(&command_ps, argc, argv, &o, false))
		return 0;
	if (o.words.nr_operands)
		usage("unexpected '%s'", o.words.operands[0]);
	l.all = json_array();
	if (o.format == TABLE)
		printf("%-20s %-12s %-8s %-24s %s\n", "NAME", "STATUS", "FOR", "IMAGE", "PORTS");
	machines_each(list_one, &l);
	if (o.format == JSON)
		print_json(l.all);
	return 0;
}

#define FORMAT_OPTION(formats) \
	OPTION_VALUE("format", '\0', OPTION_FORMAT, formats, "how it is printed (default: table)")

static const struct poptOption ps_options[] = { OPTION_FLAG("all", 'a', 'a',
							    "those that have ended, too"),
						FORMAT_OPTION("table|json"), OPTION_END };

const struct command command_ps = {
	.name = "ps",
	.main = main_ps,
	.usage = "usage: haunch ps [OPTION]...\n",
	.about =
		"List the machines that were started with a name (haunch run --name) or in the background "
		"(-d): how they are, since when, their images and ports.",
	.options = ps_options,
};

/* ------------------------------------------------------------------ logs */

/* From where a descriptor is to the file's end. */
static void copy_log(FILE *f)
{
	char buffer[65536];
	size_t n;

	clearerr(f);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		fwrite(buffer, 1, n, stdout);
	fflush(stdout);
}

/* What became log.1, from a place on. */
static void copy_older(const char *path, long from)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	if (!fseek(f, from, SEEK_SET))
		copy_log(f);
	fclose(f);
}

static int main_logs(int argc, const char **argv)
{
	struct options_of_all o;
	const char *name;
	struct stat st;
	bool running;
	char *path, *older;
	FILE *f;

	if (!parse(&command_logs, argc, argv, &o, false))
		return 0;
	if (o.words.nr_operands != 1)
		usage("one machine is wanted (see haunch ps)");
	name = o.words.operands[0];
	json_decref(machine_need(name, &running));
	path = machine_file(name, "log");
	older = machine_file(name, "log.1");
	f = fopen(path, "re");
	if (!f)
		die("%s has no log: it was not started with -d", name);
	copy_older(older, 0);
	do {
		/* Looked at before the last words are read. */
		json_decref(machine_state(name, &running));
		/* It has begun anew: what was not read is in the copy. */
		if (!fstat(fileno(f), &st) && st.st_size < ftell(f)) {
			copy_older(older, ftell(f));
			rewind(f);
		}
		copy_log(f);
		if (o.flag && running)
			nap(LOOK_MS);
	} while (o.flag && running && !ferror(stdout));
	return 0;
}

static const struct poptOption logs_options[] = {
	OPTION_FLAG("follow", 'f', 'f', "go on until the machine has ended"), OPTION_END
};

const struct command command_logs = {
	.name = "logs",
	.main = main_logs,
	.usage = "usage: haunch logs [-f] NAME\n",
	.about =
		"Print what a machine in the background has written: its program, and the machine itself.  Of more "
		"than 8 MB the last 4 at least are kept.",
	.options = logs_options,
};

/* ------------------------------------------------------------------ stop, kill, rm */

/* The process is asked only while the machine's lock says that it is the one. */
static void signal_machine(const char *name, int number)
{
	bool running;
	json_t *state = machine_state(name, &running);
	pid_t pid = number_of(state, "pid");

	if (state && running && pid > 1 && kill(pid, number) && errno != ESRCH)
		die("cannot signal the machine %s: %s", name, strerror(errno));
	json_decref(state);
}

static void end_now(const char *name)
{
	bool running = true;

	/* The second signal does not wait for the program. */
	while (running) {
		signal_machine(name, SIGTERM);
		nap(LOOK_MS);
		json_decref(machine_state(name, &running));
	}
}

/* For each of the names that were given, after a look whether all are there. */
static int each_name(const struct command *command, int argc, const char **argv,
		     void (*act)(const char *name, bool running, bool flag))
{
	struct options_of_all o;
	unsigned int i;
	bool running;

	if (!parse(command, argc, argv, &o, false))
		return 0;
	if (!o.words.nr_operands)
		usage("which machine? (see haunch ps)");
	for (i = 0; i < o.words.nr_operands; i++)
		json_decref(machine_need(o.words.operands[i], &running));
	for (i = 0; i < o.words.nr_operands; i++) {
		json_decref(machine_state(o.words.operands[i], &running));
		act(o.words.operands[i], running, o.flag);
	}
	return 0;
}

static void stop_one(const char *name, bool running, bool flag)
{
	(void)flag;
	if (!running)
		return;
	signal_machine(name, SIGTERM);
	machine_wait(name);
}

static void kill_one(const char *name, bool running, bool flag)
{
	(void)flag;
	if (!running)
		die("the machine %s does not run", name);
	end_now(name);
}

static void remove_one(const char *name, bool running, bool force)
{
	if (running && !force)
		die("the machine %s is running: haunch stop %s, or rm -f", name, name);
	if (running)
		end_now(name);
	machine_remove(name);
}

static int main_stop(int argc, const char **argv)
{
	return each_name(&command_stop, argc, argv, stop_one);
}

static int main_kill(int argc, const char **argv)
{
	return each_name(&command_kill, argc, argv, kill_one);
}

static int main_rm(int argc, const char **argv)
{
	return each_name(&command_rm, argc, argv, remove_one);
}

static const struct poptOption no_options[] = { OPTION_END };

static const struct poptOption rm_options[] = {
	OPTION_FLAG("force", 'f', 'f', "kill it first if it is running"), OPTION_END
};

const struct command command_stop = {
	.name = "stop",
	.main = main_stop,
	.usage = "usage: haunch stop NAME...\n",
	.about =
		"Press the power button of machines, and wait until they have ended: the program is asked to "
		"end (--stop-signal, --stop-timeout), disks are unmounted.",
	.options = no_options,
};

const struct command command_kill = {
	.name = "kill",
	.main = main_kill,
	.usage = "usage: haunch kill NAME...\n",
	.about = "End machines at once, as if the power had failed.",
	.options = no_options,
};

const struct command command_rm = {
	.name = "rm",
	.main = main_rm,
	.usage = "usage: haunch rm [-f] NAME...\n",
	.about = "Forget machines that have ended, with their logs.  Volumes stay.",
	.options = rm_options,
};

/* ------------------------------------------------------------------ stats */

/* What QEMU returns to one command; NULL if nothing. */
static json_t *ask(const char *name, const char *command)
{
	json_t *answer = machine_ask(name, command, -1),
	       *result = json_incref(json_object_get(answer, "return"));

	json_decref(answer);
	return result;
}

/* A number in a line "NAME: NUMBER kB" of a file of /proc; in bytes. */
static json_int_t from_proc(pid_t pid, const char *file, const char *name)
{
	char *path = xprintf("/proc/%d/%s", pid, file), line[256];
	FILE *f = fopen(path, "re");
	unsigned long long kilobytes = 0;

	free(path);
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) &&
		    sscanf(line + strlen(name), ": %llu", &kilobytes) == 1)
			break;
	if (f)
		fclose(f);
	return kilobytes << 10;
}

/* Seconds of the CPU that a process has taken. */
static double cpu_time(pid_t pid)
{
	char *path = xprintf("/proc/%d/stat", pid), text[1024] = "", *at;
	unsigned long user = 0, system = 0;
	FILE *f = fopen(path, "re");

	free(path);
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	/* Behind the name, which may have anything in it: proc(5). */
	at = strrchr(text, ')');
	if (at)
		sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		       &system);
	return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

static json_t *figures(const char *name, const json_t *state)
{
	pid_t qemu = number_of(state, "qemu");
	json_t *blocks = ask(name, "{\"execute\":\"query-blockstats\"}"), *block, *guest;
	json_int_t read_bytes = 0, written = 0, pss;
	const json_t *stats;
	json_t *result;
	size_t i;

	json_array_foreach(blocks, i, block)
	{
		stats = json_object_get(block, "stats");
		read_bytes += number_of(stats, "rd_bytes");
		written += number_of(stats, "wr_bytes");
	}
	json_decref(blocks);
	pss = from_proc(qemu, "smaps_rollup", "Pss");
	result = json_pack("{s:s,s:f,s:I,s:I,s:I,s:I}", "name", name, "cpu_seconds", cpu_time(qemu),
			   "memory_limit", number_of(state, "memory") << 20, "host_memory",
			   pss ? pss : from_proc(qemu, "status", "VmRSS"), "disk_read", read_bytes,
			   "disk_written", written);
	/* What the guest's kernel tells through the balloon, if it has a driver for it. */
	guest = ask(
		name,
		"{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/machine/peripheral/balloon\","
		"\"property\":\"guest-stats\"}}");
	stats = json_object_get(guest, "stats");
	if (number_of(stats, "stat-total-memory") > 0)
		json_object_set_new(result, "guest_memory_used",
				    json_integer(number_of(stats, "stat-total-memory") -
						 number_of(stats, "stat-available-memory")));
	json_decref(guest);
	return result;
}

struct survey {
	json_t *all;
	const struct words *words;
};

static void survey_one(const char *name, void *argument)
{
	struct survey *s = argument;
	bool running, wanted = !s->words->nr_operands;
	json_t *state = machine_state(name, &running);
	unsigned int i;

	for (i = 0; i < s->words->nr_operands; i++)
		wanted = wanted || !strcmp(s->words->operands[i], name);
	if (state && running && wanted && number_of(state, "qemu"))
		json_array_append_new(s->all, figures(name, state));
	json_decref(state);
}

static void print_prometheus(const json_t *all)
{
	static const struct {
		const char *field, *name, *type, *help;
	} metrics[] = {
		{ "cpu_seconds", "haunch_cpu_seconds_total", "counter",
		  "CPU time that the machine has taken." },
		{ "memory_limit", "haunch_memory_limit_bytes", "gauge",
		  "Memory that the machine has." },
		{ "host_memory", "haunch_host_memory_bytes", "gauge",
		  "Memory of the host that it takes, shared pages in parts." },
		{ "guest_memory_used", "haunch_guest_memory_used_bytes", "gauge",
		  "Memory that its kernel could not give to programs." },
		{ "disk_read", "haunch_disk_read_bytes_total", "counter",
		  "Bytes read from its disks." },
		{ "disk_written", "haunch_disk_written_bytes_total", "counter",
		  "Bytes written to them." },
	};
	const json_t *one, *value;
	unsigned int m;
	size_t i;

	for (m = 0; m < ARRAY_SIZE(metrics); m++) {
		printf("# HELP %s %s\n# TYPE %s %s\n", metrics[m].name, metrics[m].help,
		       metrics[m].name, metrics[m].type);
		json_array_foreach(all, i, one)
		{
			value = json_object_get(one, metrics[m].field);
			if (value)
				printf("%s{name=\"%s\"} %.15g\n", metrics[m].name,
				       text_of(one, "name"), json_number_value(value));
		}
	}
}

static int main_stats(int argc, const char **argv)
{
	struct options_of_all o;
	struct survey s = { NULL, &o.words };
	double *before;
	json_t *one;
	unsigned int i;
	bool running;
	size_t n;

	if (!parse(&command_stats, argc, argv, &o, true))
		return 0;
	for (i = 0; i < o.words.nr_operands; i++) {
		json_decref(machine_need(o.words.operands[i], &running));
		if (!running)
			die("the machine %s does not run", o.words.operands[i]);
	}
	s.all = json_array();
	machines_each(survey_one, &s);
	if (o.format == PROMETHEUS) {
		print_prometheus(s.all);
		json_decref(s.all);
		return 0;
	}
	/* How busy it is now takes two looks. */
	before = xmalloc(json_array_size(s.all) * sizeof(*before));
	json_array_foreach(s.all, n, one) before[n] =
		json_real_value(json_object_get(one, "cpu_seconds"));
	if (json_array_size(s.all))
		nap(1000);
	if (o.format == TABLE)
		printf("%-20s %6s %10s %10s %10s %12s %12s\n", "NAME", "CPU %", "HOST MB",
		       "GUEST MB", "OF MB", "READ KB", "WRITTEN KB");
	json_array_foreach(s.all, n, one)
	{
		json_t *state = machine_state(text_of(one, "name"), &running);
		double percent = 100 * (cpu_time(number_of(state, "qemu")) - before[n]);

		json_decref(state);
		json_object_set_new(one, "cpu_percent", json_real(percent > 0 ? percent : 0));
		if (o.format != TABLE)
			continue;
		printf("%-20s %6.1f %10.1f %10s %10" JSON_INTEGER_FORMAT " %12" JSON_INTEGER_FORMAT
		       " %12" JSON_INTEGER_FORMAT "\n",
		       text_of(one, "name"), percent > 0 ? percent : 0,
		       (double)number_of(one, "host_memory") / (1 << 20),
		       !json_object_get(one, "guest_memory_used") ?
			       "-" :
			       xprintf("%" JSON_INTEGER_FORMAT,
				       number_of(one, "guest_memory_used") >> 20),
		       number_of(one, "memory_limit") >> 20, number_of(one, "disk_read") >> 10,
		       number_of(one, "disk_written") >> 10);
	}
	free(before);
	if (o.format == JSON)
		print_json(s.all);
	else
		json_decref(s.all);
	return 0;
}

static const struct poptOption stats_options[] = { FORMAT_OPTION("table|json|prometheus"),
						   OPTION_END };

const struct command command_stats = {
	.name = "stats",
	.main = main_stats,
	.usage = "usage: haunch stats [OPTION]... [NAME]...\n",
	.about =
		"Show what running machines take: of the CPU in the second that this lasts, of this "
		"machine's memory (what several share is counted in parts), of the memory that they have "
		"(where the kernel has a driver for the balloon), and what their disks have read and written.",
	.options = stats_options,
	.notes =
		"--format prometheus is the text format of Prometheus, for its node exporter's textfile "
		"collector or anything that serves a file.",
};
