/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * mount.c - what a POSIX program expects to be mounted, the root, and the disks.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "init.h"

/* What /tmp and /dev/shm may each take. */
#define SHARE_OF_MEMORY		"mode=1777,size=30%"

#define OVER			"/.haunch/over"	/* what is written */

#define DEVICE_WAIT_MS		10000	/* for a disk that is still being found */

bool may_mount;
static bool on_partition;		/* what is written */

void mount_system(void)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;

	/* A kernel without one of them can still run many programs. */
	may_mount = !mount("proc", "/proc", "proc", flags, NULL) || errno != EPERM;
	mount("sysfs", "/sys", "sysfs", flags, NULL);
	if (!mount("dev", "/dev", "devtmpfs", MS_NOSUID, NULL)) {
		mkdir("/dev/shm", 01777);
		mkdir("/dev/pts", 0755);
		symlink("/proc/self/fd", "/dev/fd");
		symlink("/proc/self/fd/0", "/dev/stdin");
		symlink("/proc/self/fd/1", "/dev/stdout");
		symlink("/proc/self/fd/2", "/dev/stderr");
		mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, SHARE_OF_MEMORY);
	}
	mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=666,mode=620");
}

static void write_pages(const char *path, unsigned long long pages)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", pages);
	write_file(path, text);
}

/*
 * What is in memory and can be filled by everybody has a limit, so that no user takes all of it.  A
 * /tmp with files of the image in it is left as it is.
 */
void limit_memory(bool on_disk, bool read_only)
{
	struct sysinfo info;

	/* The machine is somebody else's: its settings are not ours to change. */
	if (!may_mount)
		return;
	if (on_disk ? read_only : !rmdir("/tmp")) {
		if ((!on_disk && mkdir("/tmp", 01777)) ||
		    mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, SHARE_OF_MEMORY))
			say("/tmp has no limit: %s", strerror(errno));
	}
	if (sysinfo(&info))
		return;
	write_pages("/proc/sys/kernel/shmall", info.totalram * info.mem_unit / PAGE / 4);
	write_pages("/proc/sys/fs/pipe-user-pages-soft", info.totalram * info.mem_unit / PAGE / 16);
}

static void make_directories(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	mkdir(path, 0755);
}

/* Try every file system of the kernel that lives on a device; sets errno. */
static int mount_any(const char *device, const char *dir, unsigned long flags)
{
	char types[2048], *at = types, *line;
	int error = ENODEV;

	if (read_file("/proc/filesystems", types, sizeof(types)) < 0)
		return -1;
	while ((line = at) && *line) {
		at = strchr(line, '\n');
		if (at)
			*at++ = '\0';
		if (*line++ != '\t')
			continue;	/* "nodev\tNAME" */
		if (!mount(device, dir, line, flags | MS_SILENT, NULL))
			return 0;
		if (errno != EINVAL)
			error = errno;
		if (errno == EACCES || errno == EROFS || errno == EBUSY || errno == ENOENT)
			break;
	}
	errno = error;
	return -1;
}

static int mount_device(const char *device, const char *dir, const char *type, bool read_only)
{
	unsigned long flags;
	unsigned int waited;
	int fd, is_read_only = 0;

	for (waited = 0; device[0] == '/'; waited += 10) {
		fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0) {
			/* A disk that cannot be written, such as a CD, is mounted as it can be. */
			ioctl(fd, BLKROGET, &is_read_only);
			close(fd);
			break;
		}
		if (waited >= DEVICE_WAIT_MS)
			return -1;
		sleep_ms(10);
	}
	flags = read_only || is_read_only ? MS_RDONLY : 0;
	return type && *type ? mount(device, dir, type, flags, NULL) :
			       mount_any(device, dir, flags);
}

/* DEVICE:DIRECTORY[:FSTYPE[:ro]] */
void mount_disk(char *word)
{
	char *device = word, *dir, *type = NULL, *option = NULL;

	dir = strchr(device, ':');
	if (!dir)
		fail("haunch.mount= wants DEVICE:DIRECTORY[:FSTYPE[:ro]], not %s", word);
	*dir++ = '\0';
	type = strchr(dir, ':');
	if (type)
		*type++ = '\0';
	if (type && (option = strchr(type, ':')))
		*option++ = '\0';
	make_directories(dir);
	if (mount_device(device, dir, type, option && !strcmp(option, "ro")))
		fail("cannot mount %s on %s: %s", device, dir, strerror(errno));
}

/*
 * TAG:DIRECTORY[:ro]: a folder of the host's.  What is mapped into memory there can be written, too.
 * TAG/FILE:PLACE:ro: of that folder only a file, at its place.
 */
void mount_share(char *word)
{
	static const char whole[] = "/dev/.share";
	char *dir = strchr(word, ':'), *option, *file, *slash, path[PATH_MAX];

	if (!dir || dir[1] != '/')
		fail("haunch.share= wants TAG[/FILE]:/DIRECTORY[:ro], not %s", word);
	*dir++ = '\0';
	option = strrchr(dir, ':');
	if (option)
		*option++ = '\0';
	file = strchr(word, '/');
	if (file) {
		*file++ = '\0';
		slash = strrchr(dir, '/');
		*slash = '\0';
		make_directories(dir);
		*slash = '/';
		mknod(dir, S_IFREG | 0644, 0);
		mkdir(whole, 0700);
	} else {
		make_directories(dir);
	}
	if (mount(word, file ? whole : dir, "9p", option ? MS_RDONLY : 0,
		  "trans=virtio,version=9p2000.L,msize=262144,cache=mmap"))
		fail("cannot mount the host's folder on %s: %s", dir,
		     errno == ENODEV ? "the kernel has no 9P: bake with -k generic" :
				       strerror(errno));
	if (!file)
		return;
	snprintf(path, sizeof(path), "%s/%s", whole, file);
	if (mount(path, dir, NULL, MS_BIND, NULL))
		fail("cannot put the host's file on %s: %s", dir, strerror(errno));
	umount2(whole, MNT_DETACH);
	rmdir(whole);
}

static bool copy_contents(const char *from, const char *to)
{
	static char buffer[32768];
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = in < 0 || out < 0 ? -1 : 1;

	while (n > 0 && (n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, n) != n)
			n = -1;
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out))
		n = -1;
	return !n;
}

/*
 * A folder with all that is in it, into one that is there, perhaps with a part of it from a time when the power
 * failed; what is no file has no place in an image.
 */
static bool copy(const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX], text[PATH_MAX];
	struct timespec times[2];
	struct dirent *entry;
	DIR *dir = opendir(from);
	bool good = dir;
	struct stat st;
	ssize_t n;

	while (good && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(source, sizeof(source), "%s/%s", from, entry->d_name);
		snprintf(target, sizeof(target), "%s/%s", to, entry->d_name);
		good = !lstat(source, &st);
		if (good && S_ISDIR(st.st_mode)) {
			good = (!mkdir(target, 0700) || errno == EEXIST) && copy(source, target);
		} else if (good && S_ISREG(st.st_mode)) {
			good = copy_contents(source, target);
		} else if (good && S_ISLNK(st.st_mode)) {
			n = readlink(source, text, sizeof(text) - 1);
			text[n < 0 ? 0 : n] = '\0';
			good = (!symlink(text, target) || errno == EEXIST) &&
			       !lchown(target, st.st_uid, st.st_gid);
			continue;
		} else {
			continue;
		}
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		good = good && !chown(target, st.st_uid, st.st_gid) &&
		       !chmod(target, st.st_mode & 07777) && !utimensat(AT_FDCWD, target, times, 0);
	}
	if (dir)
		closedir(dir);
	return good;
}

/* Nothing is in it but what mke2fs makes. */
static bool is_empty(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	bool empty = dir;

	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			!strcmp(entry->d_name, "lost+found");
	if (dir)
		closedir(dir);
	return empty;
}

/*
 * DEVICE:DIRECTORY[:ro]: a volume.  A new one gets what the image has at its place, with owner and mode.  As long
 * as it has not got all of that, and on the disk, it has a file that says so.
 */
void mount_volume(char *word)
{
	static const char new[] = "/dev/.volume", unfinished[] = "/dev/.volume/.haunch-unfinished";
	char *dir = strchr(word, ':'), *option;
	struct stat st;

	if (!dir)
		fail("haunch.volume= wants DEVICE:DIRECTORY[:ro], not %s", word);
	*dir++ = '\0';
	option = strrchr(dir, ':');
	if (option)
		*option++ = '\0';
	make_directories(dir);
	mkdir(new, 0700);
	if (mount_device(word, new, "ext4", option))
		fail("cannot mount the volume for %s: %s", dir, strerror(errno));
	if (!option && !stat(dir, &st) && (is_empty(new) || !access(unfinished, F_OK))) {
		if ((mknod(unfinished, S_IFREG | 0600, 0) && errno != EEXIST) || !copy(dir, new) ||
		    chown(new, st.st_uid, st.st_gid) || chmod(new, st.st_mode & 07777))
			fail("cannot copy %s of the image into the new volume: %s", dir,
			     strerror(errno));
		sync();
		unlink(unfinished);
	}
	if (mount(new, dir, NULL, MS_MOVE, NULL))
		fail("cannot mount the volume on %s: %s", dir, strerror(errno));
	rmdir(new);
}

/* Make what is mounted at a folder the root, with the system's mounts moved there. */
static void change_root(const char *dir)
{
	static const char *const moved[] = { "/proc", "/sys", "/dev" };
	unsigned int i;

	if (chdir(dir))
		fail("%s: %s", dir, strerror(errno));
	for (i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		mkdir(moved[i] + 1, 0755);
		mount(moved[i], moved[i] + 1, NULL, MS_MOVE, NULL);
	}
	if (mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("cannot change the root: %s", strerror(errno));
}

void mount_root(void)
{
	mkdir("/.haunch/root", 0755);
	if (mount_device(root, "/.haunch/root", root_type, root_read_only))
		fail("cannot mount %s as the root: %s", root, strerror(errno));
	change_root("/.haunch/root");
	/* Where nothing else is said, names are asked of whom DHCP or ip= told the kernel of. */
	symlink("/proc/net/pnp", "/etc/resolv.conf");
}

/* FNV-1a, 64 bits, of an EROFS's first block, without what may be ahead of the superblock (tools/base.c). */
static bool is_base(const char *device, unsigned long long wanted)
{
	static unsigned char block[4096];
	unsigned long long sum = 0xcbf29ce484222325;
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	size_t i;
	bool whole;

	if (fd < 0)
		return false;
	whole = read(fd, block, sizeof(block)) == sizeof(block);
	close(fd);
	for (i = 1024; whole && i < sizeof(block); i++)
		sum = (sum ^ block[i]) * 0x100000001b3;
	return whole && sum == wanted;
}

/* Which disk, or part of one, it is, the hypervisor decides. */
static char *find_base(const char *checksum)
{
	static char device[64] = "/dev/";
	unsigned long long wanted = strtoull(checksum, NULL, 16);
	char partitions[4096], *line, *name;
	unsigned int waited;

	for (waited = 0; waited < DEVICE_WAIT_MS; waited += 10) {
		/* "major minor blocks NAME"; the last one first, for that is where it is in `haunch run`. */
		if (read_file("/proc/partitions", partitions, sizeof(partitions)) < 0)
			break;
		while ((line = strrchr(partitions, '\n'))) {
			*line = '\0';
			name = strrchr(partitions, ' ');
			if (!name || strchr(name, '\n'))
				continue;
			snprintf(device + 5, sizeof(device) - 5, "%s", name + 1);
			if (is_base(device, wanted))
				return device;
		}
		sleep_ms(10);
	}
	fail("the disk with the image's files is not there: attach the image as a disk, too");
}

/* The image's files on a disk, below what is written, which is in memory or on the partition behind them. */
void mount_base(const char *checksum, bool read_only, bool writable)
{
	char *device = find_base(checksum);

	mkdir("/.haunch/base", 0755);
	/* In memory, a file's pages are mapped where they are. */
	if (mount(device, "/.haunch/base", "erofs", MS_RDONLY,
		  strstr(device, "pmem") ? "dax=always" : NULL))
		fail("cannot mount the image's files on %s: %s", device, strerror(errno));
	if (read_only) {
		change_root("/.haunch/base");
		return;
	}
	mkdir(OVER, 0755);
	mkdir("/.haunch/root", 0755);
	if (writable)
		device[strlen(device) - 1]++;
	if (writable ? mount_device(device, OVER, "ext4", false) :
		       mount("over", OVER, "tmpfs", 0, NULL))
		fail("cannot mount %s for what is written: %s", writable ? device : "memory",
		     strerror(errno));
	on_partition = writable;
	if ((mkdir(OVER "/upper", 0755) && errno != EEXIST) ||
	    (mkdir(OVER "/work", 0755) && errno != EEXIST) ||
	    mount("root", "/.haunch/root", "overlay", 0,
		  "lowerdir=/.haunch/base,upperdir=" OVER "/upper,workdir=" OVER "/work"))
		fail("cannot make the image's files writable: %s",
		     errno == ENODEV ? "the kernel has no overlayfs: bake with -k generic" :
				       strerror(errno));
	/* Where it can be seen, to be ended in order. */
	if (writable && ((mkdir("/.haunch/root/.haunch", 0700) && errno != EEXIST) ||
			 (mkdir("/.haunch/root" OVER, 0700) && errno != EEXIST) ||
			 mount(OVER, "/.haunch/root" OVER, NULL, MS_MOVE, NULL)))
		fail("cannot move what is written: %s", strerror(errno));
	change_root("/.haunch/root");
}

/* The root in memory, too. */
void protect_root(void)
{
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL))
		fail("cannot make the root read-only: %s", strerror(errno));
}

/* The file systems on disks, whoever mounted them, the last one first; / becomes read-only. */
void unmount_all(void)
{
	char mounts[8192], *line, *directory;
	bool disks = false;

	if (!may_mount || read_file("/proc/self/mounts", mounts, sizeof(mounts)) < 0)
		return;
	while (*mounts) {
		/* "DEVICE DIRECTORY TYPE OPTIONS 0 0" */
		line = strrchr(mounts, '\n');
		if (line && !line[1]) {
			*line = '\0';
			continue;
		}
		line = line ? line + 1 : mounts;
		directory = strchr(line, ' ');
		/* What is below the root comes last. */
		if (directory && line[0] == '/' &&
		    strncmp(directory, " " OVER " ", sizeof(OVER) + 1)) {
			*directory++ = '\0';
			directory[strcspn(directory, " ")] = '\0';
			if (!disks)
				sync();
			disks = true;
			if (umount2(directory, 0) &&
			    mount(NULL, directory, NULL, MS_REMOUNT | MS_RDONLY, NULL))
				say("cannot unmount %s: %s", directory, strerror(errno));
		}
		*line = '\0';
	}
	if (on_partition && (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) ||
			     mount(NULL, OVER, NULL, MS_REMOUNT | MS_RDONLY, NULL)))
		say("cannot end what is written in order: %s", strerror(errno));
}
