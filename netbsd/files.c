// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * files.c - system calls of files and descriptors that NetBSD's Linux emulation does not have, or that have to
 * know which descriptors are ours.
 */
#include "calls.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/uio.h>

#define O_LARGEFILE_OF_ALL	0100000		/* what C libraries set of themselves */

static struct special **specials;
static unsigned int nr_specials;

struct special *special_of(int fd)
{
	return (unsigned int)fd < nr_specials ? specials[fd] : NULL;
}

long grow(void **table, unsigned int *nr, size_t size, unsigned int fd)
{
	unsigned int more = *nr ? *nr : 64;
	void *larger;

	while (more <= fd)
		more *= 2;
	if (more == *nr)
		return 0;
	larger = allocate(more * size);
	if (!larger)
		return -ENOMEM;
	memset(larger, 0, more * size);
	if (*nr) {
		memcpy(larger, *table, *nr * size);
		release(*table);
	}
	*table = larger;
	*nr = more;
	return 0;
}

long special_set(int fd, struct special *special)
{
	long error = grow((void **)&specials, &nr_specials, sizeof(*specials), (unsigned int)fd);

	if (error)
		return error;
	specials[fd] = special;
	special->references++;
	return 0;
}

static void special_drop(int fd)
{
	struct special *special = special_of(fd);

	events_forget(fd);
	if (!special)
		return;
	specials[fd] = NULL;
	if (!--special->references && special->end)
		special->end(special);
}

static struct special hidden = { .references = 1 };

/* Above what a program commonly counts up to, and not so far that NetBSD's table grows much. */
#define HIDDEN_FIRST		200

long hide(int fd)
{
	long moved = LX(fcntl, fd, F_DUPFD_CLOEXEC, HIDDEN_FIRST), error;

	NB(CLOSE, fd);
	error = moved < 0 ? moved : special_set((int)moved, &hidden);
	return error ? error : moved;
}

bool is_hidden(unsigned long fd)
{
	return special_of((int)fd) == &hidden;
}

long call_close(const unsigned long *a)
{
	long result = is_hidden(a[0]) ? -EBADF : NB(CLOSE, a[0]);

	if (result != -EBADF)
		special_drop((int)a[0]);
	return result;
}

long duplicated(unsigned long from, long to)
{
	struct special *special = special_of((int)from);
	long error;

	if (to < 0 || to == (int)from)
		return to;
	special_drop((int)to);
	error = special ? special_set((int)to, special) : 0;
	if (error)
		NB(CLOSE, (unsigned long)to);
	return error ? error : to;
}

long call_fcntl(const unsigned long *a)
{
	long result = LX(fcntl, a[0], a[1], a[2]);

	if (a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC)
		return duplicated(a[0], result);
	if (a[1] == F_GETFL && result >= 0)
		result |= O_LARGEFILE_OF_ALL;
	return result == -EOPNOTSUPP ? -EINVAL : result;
}

long call_read(const unsigned long *a)
{
	struct special *special = special_of((int)a[0]);

	if (special && special->read)
		return special->read(special, (int)a[0], (void *)a[1], a[2]);
	return NB(READ, a[0], a[1], a[2]);
}

long call_write(const unsigned long *a)
{
	struct special *special = special_of((int)a[0]);

	if (special && special->write)
		return special->write(special, (int)a[0], (const void *)a[1], a[2]);
	return NB(WRITE, a[0], a[1], a[2]);
}

long each(call *one, const unsigned long *a)
{
	const struct iovec *iov = (const struct iovec *)a[1];
	long all = 0;

	for (unsigned long i = 0; i < a[2]; i++) {
		long n = one(A(a[0], W(iov[i].iov_base), iov[i].iov_len));

		if (n < 0)
			return all ? all : n;
		all += n;
		if ((unsigned long)n < iov[i].iov_len)
			break;
	}
	return all;
}

#define SENDFILE_SIZE		(64 * 1024ul)
#define NB_FIONSPACE		0x40046678

/*
 * There is no way to send a file's own pages.  What a socket does not take at once would have to be read again, so it
 * is asked how much that is.
 */
long call_sendfile(const unsigned long *a)
{
	int64_t *offset = (int64_t *)a[2];
	unsigned long size = a[3], all = 0;
	void *buffer = allocate(SENDFILE_SIZE);
	long n = buffer ? 0 : -ENOMEM, got = 0;

	while (!n && size) {
		unsigned long want = size < SENDFILE_SIZE ? size : SENDFILE_SIZE;
		int space = 0;

		if (!NB(IOCTL, a[0], NB_FIONSPACE, W(&space)) && space > 0 &&
		    (unsigned long)space < want)
			want = (unsigned long)space;
		n = got = offset ? NB(PREAD, a[1], W(buffer), want, 0, *offset) :
				   NB(READ, a[1], W(buffer), want);
		if (got <= 0)
			break;
		n = call_write(A(a[0], W(buffer), (unsigned long)got));
		if (!offset && n < got)
			NB(LSEEK, a[1], 0, (n > 0 ? n : 0) - got, 1);
		if (n < 0)
			break;
		all += (unsigned long)n;
		size -= (unsigned long)n;
		if (offset)
			*offset += n;
		n = n < got;
	}
	if (buffer)
		release(buffer);
	return all ? (long)all : n;
}

long stat_at(unsigned long fd, unsigned long path, unsigned long flags, struct stat *st)
{
	if (!(flags & AT_EMPTY_PATH) || (path && *(const char *)path))
		return LX(fstatat64, fd, path, W(st), flags);
	return (int)fd == AT_FDCWD ? LX(stat64, W("."), W(st)) : LX(fstat64, fd, W(st));
}

bool is_pipe(int fd)
{
	struct stat st;

	return !LX(fstat64, (unsigned long)fd, W(&st)) && (st.st_mode & 0170000) == 0010000;
}

static struct statx_timestamp to_timestamp(unsigned long seconds, unsigned long ns)
{
	return (struct statx_timestamp){ .tv_sec = (int64_t)seconds, .tv_nsec = (uint32_t)ns };
}

long call_statx(const unsigned long *a)
{
	struct statx *to = (struct statx *)a[4];
	struct stat st;
	long result = stat_at(a[0], a[1], a[2], &st);

	if (result)
		return result;
	memset(to, 0, sizeof(*to));
	to->stx_mask = STATX_BASIC_STATS;
	to->stx_blksize = (uint32_t)st.st_blksize;
	to->stx_nlink = (uint32_t)st.st_nlink;
	to->stx_uid = st.st_uid;
	to->stx_gid = st.st_gid;
	to->stx_mode = (uint16_t)st.st_mode;
	to->stx_ino = st.st_ino;
	to->stx_size = (uint64_t)st.st_size;
	to->stx_blocks = (uint64_t)st.st_blocks;
	to->stx_atime = to_timestamp(st.st_atime, st.st_atime_nsec);
	to->stx_mtime = to_timestamp(st.st_mtime, st.st_mtime_nsec);
	to->stx_ctime = to_timestamp(st.st_ctime, st.st_ctime_nsec);
	/* Both kernels number devices alike: 12 bits of the major number from bit 8 on. */
	to->stx_rdev_major = (uint32_t)(st.st_rdev >> 8) & 0xfff;
	to->stx_rdev_minor = (uint32_t)(st.st_rdev & 0xff) | (uint32_t)(st.st_rdev >> 12 & 0xfff00);
	to->stx_dev_major = (uint32_t)(st.st_dev >> 8) & 0xfff;
	to->stx_dev_minor = (uint32_t)(st.st_dev & 0xff) | (uint32_t)(st.st_dev >> 12 & 0xfff00);
	return 0;
}

static struct {
	struct special special;
	bool terminal;
	struct winsize size;
} console;

static long console_ioctl(unsigned long request, void *argument)
{
	if (!console.terminal || (request != TIOCGWINSZ && request != TCGETS))
		return -ENOTTY;
	if (!argument)
		return -EFAULT;
	if (request == TIOCGWINSZ)
		memcpy(argument, &console.size, sizeof(console.size));
	else
		*(struct termios *)argument =
			(struct termios){ .c_iflag = ICRNL,
					  .c_oflag = OPOST | ONLCR,
					  .c_cflag = B115200 | CS8 | CREAD | CLOCAL,
					  .c_cc[VMIN] = 1 };
	return 0;
}

/* What the emulation leaves to a kernel with options that a rump kernel is made without; NetBSD's ifreq is larger. */
#define NB_SIOCGIFFLAGS		0xc0906911
#define NB_SIOCGIFMTU		0xc090697e

static long interface_ioctl(unsigned long fd, unsigned long request, char *to)
{
	char ifreq[144] = "";
	long result;

	if (!to)
		return -EFAULT;
	memcpy(ifreq, to, 16);
	result = NB(IOCTL, fd, request == SIOCGIFMTU ? NB_SIOCGIFMTU : NB_SIOCGIFFLAGS, W(ifreq));
	if (!result)
		memcpy(to + 16, ifreq + 16, sizeof(int));
	return result;
}

long call_ioctl(const unsigned long *a)
{
	long result;

	if (a[1] == FIOCLEX || a[1] == FIONCLEX)
		return LX(fcntl, a[0], F_SETFD, a[1] == FIOCLEX);
	if (special_of((int)a[0]) == &console.special && a[1] != FIONBIO)
		return console_ioctl(a[1], (void *)a[2]);
	if (a[1] == SIOCGIFFLAGS || a[1] == SIOCGIFMTU)
		return interface_ioctl(a[0], a[1], (char *)a[2]);
	result = LX(ioctl, a[0], a[1], a[2]);
	return result == -EINVAL ? -ENOTTY : result;
}

static long console_write(struct special *special, int fd, const void *buffer, size_t size)
{
	console_put(buffer, size);
	return (long)size;
}

static long console_read(struct special *special, int fd, void *buffer, size_t size)
{
	long flags = LX(fcntl, (unsigned long)fd, F_GETFL);

	return size ? console_get(buffer, size, flags < 0 || !(flags & O_NONBLOCK)) : 0;
}

void console_open(bool terminal, unsigned int rows, unsigned int columns)
{
	console.special = (struct special){ .read = console_read, .write = console_write };
	console.terminal = terminal;
	console.size.ws_row = (unsigned short)rows;
	console.size.ws_col = (unsigned short)columns;
	for (int fd = 0; fd < 3; fd++)
		special_set(fd, &console.special);
}
