/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * network.c - networks of this host's machines (see network.h).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "machine.h"
#include "network.h"

#define NETWORKS	".networks"	/* no machine's name begins like that */
#define FIRST		2u
#define LAST		254u
#define PREFIX		"10.0.3"	/* QEMU's own network is 10.0.2 */

static char *own_folder, *own_file;

static char *path_of(const char *network)
{
	return xprintf("%s/" NETWORKS "/%s", machines_folder(), network);
}

static char *make_folder(const char *network)
{
	char *all = xprintf("%s/" NETWORKS, machines_folder()), *folder;

	if (mkdir(all, 0700) && errno != EEXIST)
		die("cannot make %s: %s", all, strerror(errno));
	folder = path_of(network);
	if (mkdir(folder, 0700) && errno != EEXIST)
		die("cannot make %s: %s", folder, strerror(errno));
	free(all);
	return folder;
}

/* The name of the machine that has a number, if that runs; the caller frees it. */
static char *member(unsigned int number)
{
	char *path = xprintf("%s/%u", own_folder, number), name[80] = "";
	FILE *f = fopen(path, "re");
	bool running = false;

	free(path);
	if (!f)
		return NULL;
	if (fgets(name, sizeof(name), f))
		json_decref(machine_state(name, &running));
	fclose(f);
	return running ? xstrdup(name) : NULL;
}

unsigned int network_join(const char *network, const char *machine)
{
	unsigned int number;
	char *other, *new;
	bool taken;
	FILE *f;
	int fd;

	own_folder = make_folder(network);
	fd = open(own_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX))
		die("cannot lock %s: %s", own_folder, strerror(errno));
	/* What has the own name is of a machine that had it before. */
	for (number = FIRST; number <= LAST; number++) {
		other = member(number);
		taken = other && strcmp(other, machine);
		free(other);
		if (!taken)
			break;
	}
	if (number > LAST)
		die("the network %s is full: %u machines at most", network, LAST - FIRST + 1);
	own_file = xprintf("%s/%u", own_folder, number);
	new = xprintf("%s.new", own_file);
	f = fopen(new, "we");
	if (!f || fputs(machine, f) < 0 || fclose(f) || rename(new, own_file))
		die("cannot write %s: %s", own_file, strerror(errno));
	clean_up_by(network_leave);
	free(new);
	close(fd);
	return number;
}

void network_leave(void)
{
	if (own_file)
		unlink(own_file);
	own_file = NULL;
}

char *network_device(const char *network, const char *id)
{
	char *path = path_of(network);
	/* A group and a port of its own for each user's each network. */
	unsigned long sum = crc32_z(0, (const uint8_t *)path, strlen(path));

	free(path);
	return xprintf("socket,id=%s,mcast=239.195.%lu.%lu:%lu,localaddr=127.0.0.1", id, sum >> 24,
		       sum >> 16 & 255, 20000 + (sum & 0x3fff));
}

char *network_address(unsigned int number)
{
	return xprintf(PREFIX ".%u", number);
}

/* An address that is locally administered, as QEMU's own are. */
char *network_card(unsigned int number)
{
	return xprintf("52:54:00:0a:03:%02x", number);
}

char *network_hosts(size_t most)
{
	char *all = xstrdup(""), *name, *longer;
	unsigned int number;

	for (number = FIRST; number <= LAST; number++) {
		name = member(number);
		if (!name)
			continue;
		longer = xprintf("%s%s" PREFIX ".%u:%s", all, *all ? "," : "", number, name);
		free(name);
		if (strlen(longer) > most) {
			free(longer);
			break;
		}
		free(all);
		all = longer;
	}
	return all;
}

int network_watch(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, own_folder, IN_MOVED_TO | IN_DELETE) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		note("the machine does not hear of others that join the network later: %s",
		     strerror(errno));
	return fd;
}
