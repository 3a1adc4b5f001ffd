/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * icount.c - a QEMU TCG plugin that counts guest instructions, and can tell the count at any time.
 *
 *	qemu-system-x86_64 -smp 1 -plugin build/bench/icount.so,control=SOCKET[,profile=on]
 *		[,dump=FILE][,marks=FILE] ...
 *
 * Every translated block adds its number of instructions to a counter as it is entered, by code
 * that is part of the block, so the count is free of noise: it depends on nothing but what the
 * guest did. (A block that a fault leaves in its middle counts in full; `rep` counts each step.)
 *
 * SOCKET is a Unix socket that takes commands, one a line, and answers each with one line:
 *
 *	count		how many instructions were executed since QEMU started
 *	reset		profile: from now on
 *	dump FILE	profile: write what was executed since the last reset (see bench/profile)
 *
 * profile=on keeps a counter for each block.  A dump has a line for each block that was executed:
 * its address, its instructions, how often it was entered.  dump=FILE writes one when QEMU ends.
 * marks=FILE gets a line "NUMBER COUNT" whenever the guest passes a mark of icount.h.
 *
 * The counters are read by the socket's thread while the vCPU adds to them: an aligned 64-bit word
 * is read in one piece.  Only the vCPU ever writes them, so that nothing is lost: `reset` notes
 * their value.  One vCPU only.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "icount.h"
#include "qemu-plugin-api.h"

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;

struct block {
	struct block *next; /* in its bucket */
	uint64_t pc;
	uint64_t insns;
	uint64_t entered; /* written by translated code */
	uint64_t entered_at_reset;
};

#define BUCKETS 65536

static uint64_t total; /* written by translated code; unused when profiling */
static bool profiling;
static struct block *buckets[BUCKETS];
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *dump_path;
static FILE *marks;

static uint64_t read_counter(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static uint64_t count(void)
{
	uint64_t sum = 0;

	if (!profiling)
		return read_counter(&total);
	pthread_mutex_lock(&blocks_lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *block = buckets[i]; block; block = block->next)
			sum += read_counter(&block->entered) * block->insns;
	pthread_mutex_unlock(&blocks_lock);
	return sum;
}

static void reset(void)
{
	pthread_mutex_lock(&blocks_lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *block = buckets[i]; block; block = block->next)
			block->entered_at_reset = read_counter(&block->entered);
	pthread_mutex_unlock(&blocks_lock);
}

static int dump(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -1;
	pthread_mutex_lock(&blocks_lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct block *block = buckets[i]; block; block = block->next) {
			uint64_t entered = read_counter(&block->entered) - block->entered_at_reset;

			if (entered)
				fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", block->pc,
					block->insns, entered);
		}
	}
	pthread_mutex_unlock(&blocks_lock);
	return fclose(file);
}

/* The counter of a block.  A block that QEMU translates again gets the one it had. */
static struct block *find_block(uint64_t pc, uint64_t insns)
{
	struct block **bucket = &buckets[(pc ^ pc >> 16) % BUCKETS];
	struct block *block;

	pthread_mutex_lock(&blocks_lock);
	for (block = *bucket; block; block = block->next)
		if (block->pc == pc && block->insns == insns)
			break;
	if (!block) {
		block = calloc(1, sizeof(*block));
		if (!block) {
			fprintf(stderr, "icount: out of memory\n");
			abort();
		}
		block->pc = pc;
		block->insns = insns;
		block->next = *bucket;
		*bucket = block;
	}
	pthread_mutex_unlock(&blocks_lock);
	return block;
}

static void mark_passed(unsigned int vcpu, void *number)
{
	(void)vcpu;
	fprintf(marks, "%" PRIuPTR " %" PRIu64 "\n", (uintptr_t)number, count());
	fflush(marks);
}

static void find_marks(struct qemu_plugin_tb *tb)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		uint32_t displacement;

		if (qemu_plugin_insn_size(insn) != ICOUNT_NOP_SIZE || memcmp(code, ICOUNT_NOP, 3))
			continue;
		memcpy(&displacement, code + 3, sizeof(displacement));
		if (displacement >> 16 == ICOUNT_MAGIC)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_passed, PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(displacement &
										   0xffff));
	}
}

static void block_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t insns = qemu_plugin_tb_n_insns(tb);

	(void)id;
	if (profiling) {
		struct block *block = find_block(qemu_plugin_tb_vaddr(tb), insns);

		qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_INLINE_ADD_U64, &block->entered,
							 1);
	} else {
		qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_INLINE_ADD_U64, &total, insns);
	}
	if (marks)
		find_marks(tb);
}

static void obey(int client, char *command)
{
	command[strcspn(command, "\r\n")] = '\0';
	if (!strcmp(command, "count")) {
		dprintf(client, "%" PRIu64 "\n", count());
	} else if (!strcmp(command, "reset") && profiling) {
		reset();
		dprintf(client, "ok\n");
	} else if (!strncmp(command, "dump ", 5) && profiling) {
		if (dump(command + 5))
			dprintf(client, "cannot write %s: %s\n", command + 5, strerror(errno));
		else
			dprintf(client, "ok\n");
	} else {
		dprintf(client, "unknown command (or profile=on is missing): %s\n", command);
	}
}

static void *serve(void *listener)
{
	char line[4096];

	for (;;) {
		int client = accept((int)(intptr_t)listener, NULL, NULL);
		FILE *commands;

		if (client < 0)
			continue;
		commands = fdopen(client, "r");
		if (!commands) {
			close(client);
			continue;
		}
		while (fgets(line, sizeof(line), commands))
			obey(client, line);
		fclose(commands);
	}
	return NULL;
}

static int start_server(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sigset_t all, old;
	pthread_t thread;
	int error, fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "icount: the socket's name is too long: %s\n", path);
		return -1;
	}
	strcpy(address.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4)) {
		fprintf(stderr, "icount: cannot listen at %s: %s\n", path, strerror(errno));
		return -1;
	}

	/* Signals are QEMU's business, not this thread's; a client that leaves early is none. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error) {
		fprintf(stderr, "icount: cannot start a thread: %s\n", strerror(error));
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

static void qemu_ends(uint64_t id, void *data)
{
	(void)id;
	(void)data;
	if (dump_path && dump(dump_path))
		fprintf(stderr, "icount: cannot write %s: %s\n", dump_path, strerror(errno));
}

/* option: is `argument` NAME=VALUE with this name?  Its value, or NULL. */
static const char *option(const char *argument, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(argument, name, length) && argument[length] == '=' ? argument + length + 1 :
									     NULL;
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	const char *control = NULL, *value;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if ((value = option(argv[i], "control"))) {
			control = value;
		} else if ((value = option(argv[i], "profile"))) {
			profiling = !strcmp(value, "on");
		} else if ((value = option(argv[i], "dump"))) {
			dump_path = strdup(value);
			profiling = true;
		} else if ((value = option(argv[i], "marks"))) {
			marks = fopen(value, "w");
			if (!marks) {
				fprintf(stderr, "icount: cannot write %s: %s\n", value,
					strerror(errno));
				return -1;
			}
		} else {
			fprintf(stderr, "icount: unknown option: %s\n", argv[i]);
			return -1;
		}
	}
	if (control && start_server(control))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	qemu_plugin_register_atexit_cb(id, qemu_ends, NULL);
	return 0;
}
