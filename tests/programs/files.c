/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * files.c - files and directories, in a directory of its own below the first argument or /tmp.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the current directory, sorted, with commas between them. */
static const char *names(void)
{
	static char text[4096];
	char *list[64];
	DIR *dir = opendir(".");
	struct dirent *entry;
	int n = 0;

	text[0] = '\0';
	if (!dir)
		return "(cannot read)";
	while (n < 64 && (entry = readdir(dir)))
		list[n++] = strdup(entry->d_name);
	closedir(dir);
	qsort(list, n, sizeof(*list), compare);
	for (int i = 0; i < n; i++) {
		strcat(text, i ? "," : "");
		strcat(text, list[i]);
		free(list[i]);
	}
	return text;
}

int main(int argc, char **argv)
{
	char directory[200], buffer[8192], link[64] = "";
	struct iovec vector[2] = { { "12345", 5 }, { "6789", 4 } };
	struct stat status, other;
	struct statvfs space;
	struct timespec times[2] = { { 1000000000, 0 }, { 1234567890, 500000000 } };
	char *map;
	int fd, fd2, good = 1;

	snprintf(directory, sizeof(directory), "%s/files-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	CHECK(mkdtemp(directory) && !chdir(directory), "a directory of our own");
	umask(022);

	fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
	CHECK(fd >= 0, "create");
	CHECK(open("a", O_RDWR | O_CREAT | O_EXCL, 0666) < 0 && errno == EEXIST, "only once");
	CHECK(write(fd, "hello, world\n", 13) == 13 && lseek(fd, 0, SEEK_CUR) == 13, "write");
	CHECK(lseek(fd, 7, SEEK_SET) == 7 && read(fd, buffer, 100) == 6 &&
		      !memcmp(buffer, "world\n", 6),
	      "seek and read");
	CHECK(read(fd, buffer, 100) == 0, "the end");
	CHECK(pwrite(fd, "W", 1, 7) == 1 && pread(fd, buffer, 5, 7) == 5 &&
		      !memcmp(buffer, "World", 5),
	      "pwrite and pread");
	CHECK(!fstat(fd, &status) && S_ISREG(status.st_mode) && (status.st_mode & 07777) == 0644 &&
		      status.st_size == 13 && status.st_nlink == 1,
	      "fstat");
	CHECK(!ftruncate(fd, 5000) && !fstat(fd, &status) && status.st_size == 5000, "grow");
	CHECK(pread(fd, buffer, 8192, 0) == 5000 && buffer[13] == 0 && buffer[4999] == 0,
	      "the new part is zero");
	CHECK(lseek(fd, 100000, SEEK_SET) == 100000 && write(fd, "end", 3) == 3 &&
		      pread(fd, buffer, 10, 99998) == 5 && !memcmp(buffer, "\0\0end", 5),
	      "a hole");
	CHECK(!ftruncate(fd, 13), "shrink");
	CHECK(lseek(fd, 0, SEEK_END) == 13 && writev(fd, vector, 2) == 9 &&
		      pread(fd, buffer, 100, 13) == 9 && !memcmp(buffer, "123456789", 9),
	      "writev");

	map = mmap(NULL, 22, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED && !memcmp(map, "hello, World\n123456789", 22), "map it");
	for (int i = 22; i < 4096; i++)
		good &= !map[i];
	CHECK(good, "behind its end the page is zero");
	munmap(map, 22);
	map = mmap(NULL, 22, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED, "map it again");
	map[0] = 'J';
	CHECK(pread(fd, buffer, 1, 0) == 1 && buffer[0] == 'h', "a private map is private");
	munmap(map, 22);
	CHECK(!fsync(fd) && !close(fd), "close");
	CHECK(read(fd, buffer, 1) < 0 && errno == EBADF, "closed");

	fd = open("a", O_WRONLY | O_APPEND);
	CHECK(write(fd, "+", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 23, "append");
	CHECK(read(fd, buffer, 1) < 0 && errno == EBADF, "not opened for reading");
	close(fd);

	CHECK(!rename("a", "b") && access("a", F_OK) < 0 && errno == ENOENT && !access("b", R_OK),
	      "rename");
	CHECK(!link[0] && !symlink("b", "soft") && readlink("soft", link, sizeof(link)) == 1 &&
		      link[0] == 'b',
	      "symlink");
	CHECK(!lstat("soft", &status) && S_ISLNK(status.st_mode) && !stat("soft", &status) &&
		      S_ISREG(status.st_mode),
	      "lstat and stat");
	CHECK(!symlink("nowhere", "broken") && open("broken", O_RDONLY) < 0 && errno == ENOENT,
	      "a broken one");
	CHECK(!symlink("loop", "loop") && open("loop", O_RDONLY) < 0 && errno == ELOOP, "a loop");
	CHECK(!(linkat)(AT_FDCWD, "b", AT_FDCWD, "hard", 0) && !stat("b", &status) &&
		      !stat("hard", &other) && status.st_ino == other.st_ino && other.st_nlink == 2,
	      "a hard link");
	CHECK(!mkdir("dir", 0700) && mkdir("dir", 0700) < 0 && errno == EEXIST, "mkdir");
	CHECK(!chmod("b", 0600) && !stat("b", &status) && (status.st_mode & 07777) == 0600,
	      "chmod");
	CHECK(!utimensat(AT_FDCWD, "b", times, 0) && !stat("b", &status) &&
		      status.st_mtim.tv_sec == 1234567890,
	      "utimensat");
	CHECK(open("b/c", O_RDONLY) < 0 && errno == ENOTDIR, "a file is no directory");
	CHECK(open("dir", O_WRONLY) < 0 && errno == EISDIR, "a directory is no file");
	fd = open("dir", O_RDONLY | O_DIRECTORY);
	fd2 = openat(fd, "inside", O_CREAT | O_WRONLY, 0644);
	CHECK(fd >= 0 && fd2 >= 0 && !access("dir/inside", F_OK), "openat");
	CHECK(rmdir("dir") < 0 && errno == ENOTEMPTY, "the directory is not empty");
	CHECK(!unlinkat(fd, "inside", 0) && write(fd2, "ghost", 5) == 5, "a file without a name");
	close(fd);
	close(fd2);
	printf("names: %s\n", names());
	CHECK(!rename("b", "dir/b") && rename("dir/b", "dir") < 0, "rename into a directory");
	CHECK(!unlink("dir/b") && !unlink("hard") && !unlink("soft") && !unlink("broken") &&
		      !unlink("loop") && !rmdir("dir"),
	      "remove everything");
	printf("names: %s\n", names());

	/* Many files, and a large one. */
	for (int i = 0; i < 200; i++) {
		snprintf(buffer, sizeof(buffer), "many-%03d", i);
		fd = open(buffer, O_CREAT | O_WRONLY, 0644);
		good &= fd >= 0 && write(fd, buffer, 8) == 8 && !close(fd);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(buffer, sizeof(buffer), "many-%03d", i);
		good &= !stat(buffer, &status) && status.st_size == 8 && !unlink(buffer);
	}
	CHECK(good, "200 files came and went");
	fd = open("large", O_CREAT | O_RDWR, 0644);
	for (int i = 0; i < 1024; i++) {
		memset(buffer, i, sizeof(buffer));
		good &= write(fd, buffer, 4096) == 4096;
	}
	lseek(fd, 0, SEEK_SET);
	for (int i = 0; i < 1024; i++)
		good &= read(fd, buffer, 4096) == 4096 && buffer[0] == (char)i &&
			buffer[4095] == (char)i;
	CHECK(good, "a file of 4 MiB");
	CHECK(!flock(fd, LOCK_EX | LOCK_NB) && !flock(fd, LOCK_UN), "flock");
	close(fd);
	unlink("large");

	CHECK(!statvfs(".", &space) && space.f_bsize > 0, "statvfs");
	CHECK(getcwd(buffer, sizeof(buffer)) && !strcmp(buffer, directory), "getcwd");
	CHECK(getcwd(buffer, 3) == NULL && errno == ERANGE, "too small a buffer");
	CHECK(!chdir("/") && !rmdir(directory), "the directory is gone");
	memset(buffer, 'n', 300);
	buffer[300] = '\0';
	CHECK(open(buffer, O_RDONLY) < 0 && errno == ENAMETOOLONG, "too long a name");
	CHECK(open("/proc/nothing-here", O_RDONLY) < 0 && errno == ENOENT, "no such file");
	fd = open("/dev/null", O_RDWR);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && read(fd, buffer, 1) == 0, "/dev/null");
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	buffer[0] = 1;
	CHECK(fd >= 0 && read(fd, buffer, 100) == 100 && buffer[0] == 0, "/dev/zero");
	close(fd);
	return CHECKS_STATUS();
}
