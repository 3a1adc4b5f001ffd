/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * exec.c - execve and its relatives: what a program is given, what it keeps of the process that
 * called, how scripts are run, what goes wrong, and what becomes of the other threads.
 *
 * It starts itself, with an argument that says what to do.  A few megabytes are enough.
 */
#include <pthread.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "help.h"

#define OWN_SYS_execveat 322
#define OWN_EMPTY_PATH	 0x1000

extern char **environ;

static char self[PAGE], directory[] = "exec.XXXXXX";

/* Exit statuses of what was started; 127 if it was not. */
enum { GOOD = 40, BAD = 41 };

static int closed(const char *number)
{
	return fcntl(atoi(number), F_GETFD) < 0 && errno == EBADF;
}

/* What is kept: dispositions that ignore, the mask, what is pending, limits, the directory. */
static int kept(void)
{
	struct sigaction ignored, handled;
	struct rlimit limit;
	sigset_t mask, pending;
	stack_t stack;
	char name[17] = "";

	sigaction(SIGUSR1, NULL, &ignored);
	sigaction(SIGUSR2, NULL, &handled);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	sigaltstack(NULL, &stack);
	getrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_GET_NAME, name);
	if (ignored.sa_handler != SIG_IGN || handled.sa_handler != SIG_DFL)
		return 1;
	if (!sigismember(&mask, SIGHUP) || !sigismember(&pending, SIGHUP))
		return 2;
	if (!(stack.ss_flags & SS_DISABLE))
		return 3;
	if (limit.rlim_cur != 77 || access("marker", F_OK))
		return 4;
	return strcmp(name, "program") ? 5 : GOOD;
}

static int started(int argc, char **argv)
{
	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "closed"))
		return closed(argv[2]) && !closed(argv[3]) ? GOOD : BAD;
	if (!strcmp(argv[1], "kept"))
		return kept();
	if (!strcmp(argv[1], "count"))
		return argc == atoi(argv[2]) && strlen(argv[argc - 1]) == strlen(argv[3]) ? GOOD :
											    BAD;
	if (!strcmp(argv[1], "variable"))
		return environ[0] && !strcmp(environ[0], argv[2]) && !environ[1] ? GOOD : BAD;
	if (!strcmp(argv[1], "pid"))
		return getpid() == atoi(argv[2]) && syscall(SYS_gettid) == atoi(argv[2]) ? GOOD :
											   BAD;
	if (!strcmp(argv[1], "again") && atoi(argv[2])) {
		char number[16];

		snprintf(number, sizeof(number), "%d", atoi(argv[2]) - 1);
		execl(self, "program", "again", number, NULL);
		return BAD;
	}
	if (!strcmp(argv[1], "again"))
		return GOOD;
	/* A script's interpreter: the arguments, each in <>, the folder of ours cut off. */
	for (int i = 1; i < argc; i++)
		printf("  %d: <%s>\n", i,
		       strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
	return GOOD;
}

/* Run in a child; its status, or 200 + the error of exec. */
static int run(const char *path, char **argv, char **environment)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execve(path, argv, environment ? environment : environ);
		_exit(200 + errno);
	}
	return end_of(pid);
}

#define RUN(path, ...) run(path, (char *[]){ __VA_ARGS__, NULL }, NULL)

static void text_file(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		CHECK(0, "a file %s", path);
	close(fd);
}

static void arguments(void)
{
	static char *many[30003];
	static char longest[131073], word[] = "0123456789012345678901234567890";
	char *two[] = { "KEPT=yes", NULL }, *none[] = { NULL };
	struct rlimit limit, old;
	int i;

	CHECK(RUN(self, "program", "exit", "5") == 5, "execve()");
	CHECK(run(self, (char *[]){ "program", "variable", "KEPT=yes", NULL }, two) == GOOD,
	      "an environment");
	setenv("EXEC_TEST", "from the environment", 1);
	CHECK(run(self, (char *[]){ "program", "exit", "3", NULL }, none) == 3, "none");
	CHECK(RUN(self, "program", "again", "30") == GOOD, "thirty programs, one after the other");

	memset(longest, 'x', sizeof(longest) - 1);
	CHECK(RUN(self, "program", "exit", "6", longest) == 200 + E2BIG,
	      "an argument of 128 KiB: E2BIG");
	longest[131071] = 0;
	CHECK(RUN(self, "program", "count", "5", longest, longest) == GOOD, "one byte less does");
	many[0] = "program";
	many[1] = "count";
	many[2] = "30002";
	for (i = 3; i < 30002; i++)
		many[i] = word;
	CHECK(run(self, many, NULL) == GOOD, "30000 arguments, 1 MB");
	/* A quarter of the stack's limit is what arguments may take. */
	getrlimit(RLIMIT_STACK, &old);
	limit = old;
	limit.rlim_cur = 2 * MIB;
	setrlimit(RLIMIT_STACK, &limit);
	CHECK(run(self, many, NULL) == 200 + E2BIG, "too many for a smaller stack: E2BIG");
	setrlimit(RLIMIT_STACK, &old);
}

static void errors(void)
{
	char long_name[300];
	int fd;

	CHECK(RUN("missing", "x") == 200 + ENOENT, "a program that is missing: ENOENT");
	CHECK(RUN("", "x") == 200 + ENOENT, "no name: ENOENT");
	CHECK(RUN("/", "x") == 200 + EACCES, "a directory: EACCES");
	CHECK(RUN("marker/x", "x") == 200 + ENOTDIR, "a file as a directory: ENOTDIR");
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[299] = 0;
	CHECK(RUN(long_name, "x") == 200 + ENAMETOOLONG, "a long name: ENAMETOOLONG");
	symlink("loop", "loop");
	CHECK(RUN("loop", "x") == 200 + ELOOP, "a link to itself: ELOOP");
	text_file("plain", 0600, "#!/x\n");
	CHECK(RUN("plain", "x") == 200 + EACCES, "a file that is not executable: EACCES");
	text_file("text", 0700, "some text\n");
	CHECK(RUN("text", "x") == 200 + ENOEXEC, "a file that is no program: ENOEXEC");
	text_file("empty", 0700, "");
	CHECK(RUN("empty", "x") == 200 + ENOEXEC, "an empty one: ENOEXEC");
	text_file("elf", 0700, "\177ELF\2\1\1");
	CHECK(RUN("elf", "x") == 200 + ENOEXEC, "a bad ELF header: ENOEXEC");
	text_file("busy", 0700, "#!/x\n");
	fd = open("busy", O_WRONLY | O_CLOEXEC);
	CHECK(RUN("busy", "x") == 200 + ETXTBSY, "a file that is being written: ETXTBSY");
	close(fd);
	CHECK(syscall(SYS_execve, "text", (void *)16, environ) < 0 && errno == EFAULT,
	      "arguments from nowhere: EFAULT");
	CHECK(syscall(SYS_execve, (void *)16, environ, environ) < 0 && errno == EFAULT,
	      "a name from nowhere: EFAULT");
	CHECK(getppid() != 0, "the process is still here");
}

static void scripts(void)
{
	char text[PAGE + 100];

	snprintf(text, sizeof(text), "#!%s\nnothing\n", self);
	text_file("script", 0700, text);
	CHECK(RUN("./script", "replaced", "one", "two words") == GOOD, "a script");
	snprintf(text, sizeof(text), "#! \t%s  script  with spaces  \nnothing\n", self);
	text_file("spaces", 0700, text);
	CHECK(RUN("./spaces", "replaced", "one") == GOOD, "with an argument for its interpreter");
	snprintf(text, sizeof(text), "#!./script outer\n");
	text_file("outer", 0700, text);
	CHECK(RUN("./outer", "replaced", "one") == GOOD, "with a script as its interpreter");
	text_file("recursive", 0700, "#!./recursive\n");
	CHECK(RUN("./recursive", "x") == 200 + ELOOP, "with itself: ELOOP");
	text_file("lost", 0700, "#!/missing/interpreter\n");
	CHECK(RUN("./lost", "x") == 200 + ENOENT, "with one that is missing: ENOENT");
	text_file("refused", 0700, "#!./plain\n");
	CHECK(RUN("./refused", "x") == 200 + EACCES, "with one that is not executable: EACCES");
	text_file("bare", 0700, "#!\n");
	CHECK(RUN("./bare", "x") == 200 + ENOEXEC, "with none: ENOEXEC");
	/* The limit is 256 bytes; an interpreter's name that is cut is not run. */
	memset(text, 'y', sizeof(text));
	memcpy(text, "#!/", 3);
	memcpy(text + 400, "\n", 2);
	text_file("cut", 0700, text);
	CHECK(RUN("./cut", "x") == 200 + ENOEXEC, "with one of 400 characters: ENOEXEC");
}

static void handler(int signal)
{
	(void)signal;
}

static int prepare(void)
{
	struct sigaction action = { .sa_handler = handler };
	struct rlimit limit = { 77, 77 };
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	sigaction(SIGUSR2, &action, NULL);
	sigaltstack(&stack, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	setrlimit(RLIMIT_NOFILE, &limit);
	execl("./program", "another name", "kept", NULL);
	return BAD;
}

static int by_descriptor(int fd, const char *what, const char *argument)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { "program", (char *)what, (char *)argument, NULL };

		syscall(OWN_SYS_execveat, fd, "", argv, environ, OWN_EMPTY_PATH);
		_exit(200 + errno);
	}
	return end_of(pid);
}

static void descriptors(void)
{
	char one[16], other[16], text[PAGE + 4];
	int fd = open("marker", O_RDONLY | O_CLOEXEC), kept_fd = open("marker", O_RDONLY), memory;
	ssize_t got, good = 1;
	char *argv[] = { "program", "exit", "9", NULL };
	pid_t pid;

	snprintf(one, sizeof(one), "%d", fd);
	snprintf(other, sizeof(other), "%d", kept_fd);
	CHECK(RUN(self, "program", "closed", one, other) == GOOD, "O_CLOEXEC closes");
	CHECK(RUN("/missing", "x") == 200 + ENOENT && fcntl(fd, F_GETFD) == FD_CLOEXEC,
	      "not if exec fails");
	close(fd);
	close(kept_fd);

	fd = open(self, O_RDONLY | O_CLOEXEC);
	CHECK(by_descriptor(fd, "exit", "8") == 8, "execveat() of a descriptor");
	pid = fork();
	if (pid == 0) {
		fexecve(fd, argv, environ);
		_exit(200 + errno);
	}
	CHECK(end_of(pid) == 9, "fexecve()");
	memory = (int)syscall(SYS_memfd_create, "program", 1 /* MFD_CLOEXEC */);
	while ((got = read(fd, text, PAGE)) > 0)
		good &= write(memory, text, got) == got;
	close(fd);
	CHECK(good && by_descriptor(memory, "exit", "7") == 7, "a program in a memfd");
	close(memory);
	fd = open("script", O_RDONLY | O_CLOEXEC);
	CHECK(by_descriptor(fd, "exit", "7") == 200 + ENOENT,
	      "a script's descriptor that closes: ENOENT");
	close(fd);
	CHECK(by_descriptor(999, "exit", "7") == 200 + EBADF, "no descriptor: EBADF");

	text_file("program", 0700, "");
	unlink("program");
	CHECK(!symlink(self, "program") && in_child(prepare) == GOOD,
	      "signals that are ignored, blocked and pending, limits and directory are kept");
}

static void *spin(void *argument)
{
	for (;;)
		if (argument)
			pause();
	return NULL;
}

static void *exec_here(void *argument)
{
	char number[16];

	(void)argument;
	snprintf(number, sizeof(number), "%d", getpid());
	execl(self, "program", "pid", number, NULL);
	_exit(BAD);
}

/* With other threads, some of which run and some of which sleep; from the first or from another. */
static int with_threads(int from_first)
{
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 6; i++)
			if (pthread_create(&thread, NULL, spin, i % 2 ? self : NULL))
				_exit(99);
		nap(5);
		if (from_first)
			exec_here(NULL);
		pthread_create(&thread, NULL, exec_here, NULL);
		spin(self);
	}
	return end_of(pid);
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "marker", "loop",	    "plain", "text",
					     "empty",  "elf",	    "busy",  "script",
					     "spaces", "outer",	    "lost",  "refused",
					     "bare",   "recursive", "cut",   "program" };
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int good = 1;

	if (argc > 1)
		return started(argc, argv);
	CHECK(length > 0 && self[0] == '/', "/proc/self/exe");
	CHECK(mkdtemp(directory) && !chdir(directory), "a directory of our own");
	text_file("marker", 0600, "");
	arguments();
	errors();
	scripts();
	descriptors();
	CHECK(with_threads(1) == GOOD, "exec with six other threads");
	CHECK(with_threads(0) == GOOD, "from one of them: the process's id stays");
	for (int i = 0; i < 20; i++)
		good &= with_threads(i % 2) == GOOD;
	CHECK(good, "twenty times");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		good &= !unlink(files[i]);
	CHECK(good && !chdir("..") && !rmdir(directory), "all files removed");
	return CHECKS_STATUS();
}
