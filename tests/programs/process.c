/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * process.c - what a program is given: arguments, environment, auxiliary vector, ids, limits,
 * random bytes; and how it ends.
 *
 *	process			check these
 *	process exit STATUS	end with this status
 *	process show ARGUMENT...	print arguments and the variable HAUNCH_TEST
 *	process cat		copy standard input to standard output
 */
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

static void at_exit_1(void)
{
	printf("atexit: 1\n");
}

static void at_exit_2(void)
{
	printf("atexit: 2\n");
}

__attribute__((constructor)) static void before_main(void)
{
	setenv("CONSTRUCTED", "1", 1);
}

static int copy(void)
{
	char buffer[4096];
	ssize_t got;

	while ((got = read(0, buffer, sizeof(buffer))) > 0)
		if (write(1, buffer, got) != got)
			return 1;
	return got < 0;
}

int main(int argc, char **argv)
{
	unsigned char random[64], more[64];
	const unsigned char *at_random;
	struct rlimit limit;
	struct utsname name;
	struct sysinfo info;
	struct rusage usage;
	cpu_set_t cpus;
	char text[100];
	char *end;

	if (argc == 3 && !strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "show")) {
		for (int i = 1; i < argc; i++)
			printf("%d: <%s>\n", i, argv[i]);
		printf("HAUNCH_TEST: %s\n",
		       getenv("HAUNCH_TEST") ? getenv("HAUNCH_TEST") : "(not set)");
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "cat"))
		return copy();

	CHECK(argc == 1 && argv[0] && !argv[1], "one argument");
	CHECK(getenv("CONSTRUCTED"), "constructors ran before main()");
	CHECK(!setenv("NEW", "value", 1) && !strcmp(getenv("NEW"), "value") && !unsetenv("NEW") &&
		      !getenv("NEW"),
	      "the environment can be changed");
	CHECK(environ && *environ, "it is not empty");

	CHECK(getauxval(AT_PAGESZ) == 4096 && sysconf(_SC_PAGESIZE) == 4096, "AT_PAGESZ");
	at_random = (const unsigned char *)getauxval(AT_RANDOM);
	CHECK(at_random != NULL, "AT_RANDOM");
	memset(random, 0, 16);
	CHECK(memcmp(at_random, random, 16), "is not zero");
	CHECK(getauxval(AT_HWCAP), "AT_HWCAP");
	CHECK(getauxval(AT_PHDR) && getauxval(AT_PHNUM) &&
		      getauxval(AT_PHENT) == sizeof(Elf64_Phdr),
	      "the program headers");
	CHECK(getauxval(AT_ENTRY), "AT_ENTRY");
	CHECK(getauxval(AT_CLKTCK) == 100, "AT_CLKTCK");
	CHECK(getauxval(AT_SECURE) == 0, "AT_SECURE");
	CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid(), "ids");
	CHECK(getauxval(AT_EXECFN) && strlen((char *)getauxval(AT_EXECFN)), "AT_EXECFN");

	CHECK(getrandom(random, 64, 0) == 64 && getrandom(more, 64, 0) == 64 &&
		      memcmp(random, more, 64),
	      "getrandom() differs each time");
	CHECK(getpid() > 0 && getpid() == (pid_t)syscall(SYS_gettid), "process and thread id");
	CHECK(getppid() >= 0 && getpgrp() >= 0, "parent and group");
	CHECK(!uname(&name) && !strcmp(name.sysname, "Linux") && !strcmp(name.machine, "x86_64"),
	      "uname() says Linux on x86_64");
	CHECK(strtol(name.release, &end, 10) >= 4 && *end == '.', "with a version");
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur >= 256, "enough descriptors");
	CHECK(!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur >= 65536, "and stack");
	CHECK(!sysinfo(&info) && info.totalram > 0, "sysinfo()");
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1, "processors");
	CHECK(!sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) >= 1, "affinity");
	CHECK(!getrusage(RUSAGE_SELF, &usage), "getrusage()");
	CHECK(!prctl(PR_SET_NAME, "a-name") && !prctl(PR_GET_NAME, text) && !strcmp(text, "a-name"),
	      "a name");
	CHECK(syscall(SYS_getpid) == getpid(), "system calls by number");
	CHECK(syscall(100000) < 0 && errno == ENOSYS, "one that does not exist: ENOSYS");
	CHECK(syscall(-5) < 0, "a negative one");
	CHECK(!sched_yield(), "sched_yield()");
	CHECK(isatty(100) == 0 && errno == EBADF, "isatty() of nothing");
	atexit(at_exit_1);
	atexit(at_exit_2);
	return CHECKS_STATUS();
}
