/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * fuzz.c - damaged container images, programs, kernels and baked images, given to the tools' own code, which is
 * linked in with sanitizers:
 *
 *	fuzz FOLDER FIRST COUNT
 *
 * FOLDER has what is damaged: layer.tar, layer.tar.gz, program, dynamic, kernel, image; HAUNCH_BUILD the kernels that
 * are not.  The number of a round is the seed of all that happens in it: `fuzz FOLDER NUMBER 1` does the same again, and
 * leaves what it made.  The status is 1 if in one of them the tool crashed, hung, or ended otherwise than by 0, 1 or 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/child.h"
#include "../../tools/commands.h"
#include "../../tools/recipe.h"

#define HANG_S		30
#define REPORTED	10	/* failures that are shown */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* What a sanitizer finds is a signal, and so none of the tools' own statuses. */
const char *__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* Nobody needs what is made here after the power has failed. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

const char *build_folder(void)
{
	return getenv("HAUNCH_BUILD");
}

/* ------------------------------------------------------------------ chance */

static uint64_t state;

/* splitmix64: a number below `limit`. */
static uint64_t below(uint64_t limit)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	z ^= z >> 31;
	return limit ? z % limit : 0;
}

/* ------------------------------------------------------------------ what is damaged */

struct bytes {
	uint8_t *data;
	size_t size, room;
};

static struct bytes layer, compressed, program, dynamic, kernel, image;

static struct bytes copy_of(const void *data, size_t size)
{
	struct bytes b = { .size = size, .room = size + 4096 };

	b.data = xmalloc(b.room);
	memcpy(b.data, data, size);
	return b;
}

static struct bytes load(const char *folder, const char *name)
{
	struct view file = view_open(xprintf("%s/%s", folder, name));

	return copy_of(file.data, file.size);
}

static void save(const char *path, const struct bytes *b, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0 || write(fd, b->data, b->size) != (ssize_t)b->size || close(fd))
		die("cannot write %s: %s", path, strerror(errno));
}

/* A place that matters more often than others: the head, or behind a magic word of ours. */
static size_t place(const struct bytes *b)
{
	static const char *const marks[] = { "HAUNCHPL", "HAUNCHTR", "070701", "ustar", "haunch" };
	const char *mark;
	uint8_t *at;

	switch (below(4)) {
	case 0:
		return below(b->size < 512 ? b->size : 512);
	case 1:
		mark = marks[below(ARRAY_SIZE(marks))];
		at = memmem(b->data, b->size, mark, strlen(mark));
		if (at)
			return (at - b->data + below(600)) % b->size;
		/* fallthrough */
	default:
		return below(b->size);
	}
}

static void damage(struct bytes *b)
{
	static const uint64_t numbers[] = {
		0,
		1,
		2,
		7,
		0x7f,
		0x80,
		0xff,
		0x1000,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		1ull << 32,
		1ull << 40,
		INT64_MAX,
		1ull << 63,
		UINT64_MAX,
		UINT64_MAX - 4095,
	};
	static const char *const words[] = {
		"..",	   "/",	      "\"",
		"{",	   "}",	      "[",
		"null",	   "-1",      "9999999999999999999",
		"../",	   "sha256:", "1e400",
		"\\u0000", ".wh.",
	};
	unsigned int times = 1 + below(6), length;
	const char *word;
	uint64_t number;
	size_t at, n;

	while (times-- && b->size) {
		at = place(b);
		switch (below(6)) {
		case 0:
			b->data[at] = below(256);
			break;
		case 1:
			b->data[at] ^= 1 << below(8);
			break;
		case 2:
			/* A number of 1, 2, 4 or 8 bytes, where such have their place. */
			length = 1 << below(4);
			at &= ~(size_t)(length - 1);
			number = below(3) ? numbers[below(ARRAY_SIZE(numbers))] :
					    b->size + below(3) - 1;
			if (at + length <= b->size)
				memcpy(b->data + at, &number, length);
			break;
		case 3:
			n = below(40);
			if (n > b->size - at)
				n = b->size - at;
			memmove(b->data + at, b->data + at + n, b->size - at - n);
			b->size -= n;
			break;
		case 4:
			word = words[below(ARRAY_SIZE(words))];
			n = strlen(word);
			if (b->size + n > b->room)
				break;
			memmove(b->data + at + n, b->data + at, b->size - at);
			memcpy(b->data + at, word, n);
			b->size += n;
			break;
		default:
			if (!below(4))
				b->size = at;
		}
	}
}

/* ------------------------------------------------------------------ a layout */

static struct bytes text(char *words)
{
	struct bytes b = copy_of(words, strlen(words));

	free(words);
	return b;
}

/* Put a blob into the layout; returns what names it in JSON. */
static char *put_blob(struct bytes *b)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], *path, *words;

	SHA256Data(b->data, b->size, digest);
	path = xprintf("layout/blobs/sha256/%s", digest);
	save(path, b, 0600);
	free(path);
	words = xprintf("\"digest\":\"sha256:%s\",\"size\":%zu", digest, b->size);
	free(b->data);
	return words;
}

static void make_layout(unsigned int which)
{
	bool packed = !below(4);
	struct bytes one = packed ? copy_of(compressed.data, compressed.size) :
				    copy_of(layer.data, layer.size),
		     json;
	char *first, *second, *configuration, *manifest;

	remove_tree("layout");
	if (mkdir("layout", 0700) || mkdir("layout/blobs", 0700) ||
	    mkdir("layout/blobs/sha256", 0700))
		die("cannot make a layout: %s", strerror(errno));
	first = put_blob(&one);
	one = copy_of(layer.data, layer.size);
	if (which == 0)
		damage(&one);
	second = put_blob(&one);
	json = text(xstrdup(
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Entrypoint\":[\"/bin/hello\"],"
		"\"Cmd\":[\"a\"],\"Env\":[\"A=b\"],\"User\":\"7:8\",\"WorkingDir\":\"/etc\",\"StopSignal\":\"SIGQUIT\","
		"\"ExposedPorts\":{\"80/tcp\":{}},\"Volumes\":{\"/data\":{}}}}"));
	if (which == 1)
		damage(&json);
	configuration = put_blob(&json);
	json = text(xprintf("{\"schemaVersion\":2,\"config\":{%s},\"layers\":[{%s},{%s}]}",
			    configuration, first, second));
	if (which == 2)
		damage(&json);
	manifest = put_blob(&json);
	json = text(xprintf(
		"{\"manifests\":[{%s,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"},"
		"\"annotations\":{\"org.opencontainers.image.ref.name\":\"web\"}}]}",
		manifest));
	if (which == 3)
		damage(&json);
	save("layout/index.json", &json, 0600);
	free(json.data);
	free(first);
	free(second);
	free(configuration);
	free(manifest);
}

/* ------------------------------------------------------------------ rounds */

static void damaged_copy(const char *path, const struct bytes *of, mode_t mode)
{
	struct bytes b = copy_of(of->data, of->size);

	damage(&b);
	save(path, &b, mode);
	free(b.data);
}

/* What a round does, by its number; in *command. */
static const char *const *prepare(uint64_t number, const struct command **command)
{
	static const char *const oci[] = { "bake", "-o", "made", "oci:layout", NULL };
	static const char *const tagged[] = { "bake", "-o", "made", "oci:layout:web", NULL };
	static const char *const of_program[] = { "bake", "-o", "made", "damaged", NULL };
	static const char *const of_kernel[] = {
		"bake", "-k", "generic", "-o", "made", "good", NULL
	};
	static const char *const look[] = { "inspect", "damaged", NULL };
	static const char *const field[] = { "inspect", "--field", "drivers", "damaged", NULL };

	state = number * 0x2545f4914f6cdd1d;
	*command = &command_bake;
	switch (number % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		make_layout(below(4));
		return below(2) ? oci : tagged;
	case 4:
		damaged_copy("damaged", &program, 0700);
		return of_program;
	case 5:
		/* The linker of this machine is asked for the libraries of some. */
		if (below(2)) {
			damaged_copy("damaged", &dynamic, 0700);
			return of_program;
		}
		damaged_copy(xprintf("%s/haunch-generic.elf", build_folder()), &kernel, 0600);
		return of_kernel;
	default:
		damaged_copy("damaged", &image, 0600);
		*command = &command_inspect;
		return below(2) ? look : field;
	}
}

/* Returns the tool's status, or -1 if it did not end as it should. */
static int run(const struct command *command, const char *const *words)
{
	int status, count = 0, fd;
	pid_t pid;

	while (words[count])
		count++;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid) {
		fd = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		alarm(HANG_S);
		exit(command->main(count, (const char **)words));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) <= 2 ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	uint64_t first, count, i, accepted = 0, failed = 0;
	const struct command *command;
	const char *const *words;
	int status;

	if (argc != 4)
		usage("fuzz FOLDER FIRST COUNT");
	first = strtoull(argv[2], NULL, 10);
	count = strtoull(argv[3], NULL, 10);
	if (chdir(argv[1]) || !build_folder())
		die("cannot use %s, or HAUNCH_BUILD is not set", argv[1]);
	layer = load(".", "layer.tar");
	compressed = load(".", "layer.tar.gz");
	program = load(".", "program");
	dynamic = load(".", "dynamic");
	kernel = load(".", "kernel");
	image = load(".", "image");
	save("good", &program, 0700);
	for (i = first; i < first + count; i++) {
		words = prepare(i, &command);
		status = run(command, words);
		accepted += !status;
		if (status >= 0)
			continue;
		if (failed++ < REPORTED) {
			printf("round %llu: %s fails\n", (unsigned long long)i, command->name);
			fflush(stdout);
			if (system("head -c 4000 said") < 0)
				return 1;
		}
	}
	printf("%llu rounds: %llu accepted, %llu refused, %llu failed\n", (unsigned long long)count,
	       (unsigned long long)accepted, (unsigned long long)(count - accepted - failed),
	       (unsigned long long)failed);
	return failed ? 1 : 0;
}
