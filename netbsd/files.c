// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * files.c - system calls of files, folders and descriptors.
 */
#include "calls.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/uio.h>

#define O_LARGEFILE_OF_ALL	0100000		/* what C libraries set of themselves */

/* NetBSD's stat(2), of sys/stat.h. */
struct nb_stat {
	uint64_t st_dev;
	uint32_t st_mode;
	uint64_t st_ino;
	uint32_t st_nlink, st_uid, st_gid;
	uint64_t st_rdev;
	struct __kernel_timespec st_atim, st_mtim, st_ctim, st_birthtim;
	int64_t st_size, st_blocks;
	int32_t st_blksize;
	uint32_t st_flags, st_gen, st_spare[2];
};

struct nb_dirent {
	uint64_t fileno;
	uint16_t reclen, namlen;
	uint8_t type;
	char name[];
};

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* The beginning of NetBSD's statvfs(2); its end has three names. */
struct nb_statvfs {
	unsigned long f_flag, f_bsize, f_frsize, f_iosize;
	uint64_t f_blocks, f_bfree, f_bavail, f_bresvd, f_files, f_ffree, f_favail, f_fresvd;
	uint64_t f_counts[4];
	int32_t f_fsidx[2];
	unsigned long f_fsid, f_namemax;
	uint32_t f_owner, f_spare[4];
	char f_fstypename[32], f_names[2][1024];
};

#define NB_AT_EACCESS		0x100
#define NB_AT_NOFOLLOW		0x200
#define NB_AT_FOLLOW		0x400
#define NB_AT_REMOVEDIR		0x800
#define NB_O_NONBLOCK		0x4
#define NB_O_CLOEXEC		0x400000
#define NB_S_IFIFO		0010000

/* ------------------------------------------------------------------ flags */

static const struct bits open_bits[] = { { O_WRONLY, 1 },	{ O_RDWR, 2 },
					 { O_CREAT, 0x200 },	{ O_EXCL, 0x800 },
					 { O_NOCTTY, 0x8000 },	{ O_TRUNC, 0x400 },
					 { O_APPEND, 0x8 },	{ O_NONBLOCK, NB_O_NONBLOCK },
					 { O_DSYNC, 0x10000 },	{ FASYNC, 0x40 },
					 { O_DIRECT, 0x80000 }, { O_DIRECTORY, 0x200000 },
					 { O_NOFOLLOW, 0x100 }, { O_CLOEXEC, NB_O_CLOEXEC },
					 { __O_SYNC, 0x80 } };

static unsigned int open_flags(unsigned int flags)
{
	return bits_to_netbsd(open_bits, ARRAY_SIZE(open_bits), flags, NULL);
}

/* Linux's AT_REMOVEDIR and AT_EACCESS are one number. */
static unsigned int at_flags(unsigned int flags, unsigned int meaning_of_0x200)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? NB_AT_NOFOLLOW : 0) |
	       (flags & AT_SYMLINK_FOLLOW ? NB_AT_FOLLOW : 0) |
	       (flags & 0x200 ? meaning_of_0x200 : 0);
}

/* ------------------------------------------------------------------ descriptors */

static struct special **specials;
static unsigned int nr_specials;

struct special *special_of(int fd)
{
	return (unsigned int)fd < nr_specials ? specials[fd] : NULL;
}

static long special_room(int fd)
{
	unsigned int nr = nr_specials ? nr_specials : 64;
	struct special **more;

	if (fd < 0)
		return -EBADF;
	while (nr <= (unsigned int)fd)
		nr *= 2;
	if (nr == nr_specials)
		return 0;
	more = allocate(nr * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more, 0, nr * sizeof(*more));
	if (specials) {
		memcpy(more, specials, nr_specials * sizeof(*more));
		release(specials);
	}
	specials = more;
	nr_specials = nr;
	return 0;
}

long special_set(int fd, struct special *special)
{
	long error = special_room(fd);

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
	if (!--special->references && special->release)
		special->release(special);
}

static struct special hidden = { .references = 1, .hidden = true };

/* Above what a program commonly counts up to, and not so far that NetBSD's table grows much. */
#define HIDDEN_FIRST		200
#define NB_F_DUPFD_CLOEXEC	12

long hide(int fd)
{
	long moved = NB(NB_FCNTL, fd, NB_F_DUPFD_CLOEXEC, HIDDEN_FIRST), error;

	NB(NB_CLOSE, fd);
	if (moved < 0)
		return moved;
	error = special_set((int)moved, &hidden);
	return error ? error : moved;
}

static bool is_hidden(int fd)
{
	struct special *special = special_of(fd);

	return special && special->hidden;
}

long call_close(const unsigned long *a)
{
	int fd = (int)a[0];
	long result;

	if (is_hidden(fd))
		return -EBADF;
	result = NB(NB_CLOSE, fd);
	if (result != -EBADF)
		special_drop(fd);
	return result;
}

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC	(1u << 2)
#endif

long call_close_range(const unsigned long *a)
{
	unsigned int last = (unsigned int)a[1];

	if (a[2] & ~(unsigned long)CLOSE_RANGE_CLOEXEC || (unsigned int)a[0] > last)
		return -EINVAL;
	if (a[2])
		return 0;		/* there is no exec */
	/* No process has more, whatever its limit. */
	if (last > 65536)
		last = 65536;
	for (unsigned int fd = (unsigned int)a[0]; fd <= last; fd++)
		call_close(&(const unsigned long){ fd });
	return 0;
}

/* The new descriptor is what the old one is. */
static long duplicated(int from, long to)
{
	struct special *special = special_of(from);
	long error;

	if (to < 0 || to == from)
		return to;
	special_drop((int)to);
	error = special ? special_set((int)to, special) : 0;
	if (!error)
		return to;
	NB(NB_CLOSE, to);
	return error;
}

long call_dup(const unsigned long *a)
{
	return is_hidden((int)a[0]) ? -EBADF : duplicated((int)a[0], NB(NB_DUP, a[0]));
}

static bool may_duplicate(int from, int to)
{
	return !is_hidden(from) && !is_hidden(to);
}

long call_dup2(const unsigned long *a)
{
	if (!may_duplicate((int)a[0], (int)a[1]))
		return -EBADF;
	return duplicated((int)a[0], NB(NB_DUP2, a[0], a[1]));
}

long call_dup3(const unsigned long *a)
{
	if (!may_duplicate((int)a[0], (int)a[1]))
		return -EBADF;
	if (a[0] == a[1] || a[2] & ~(unsigned long)O_CLOEXEC)
		return -EINVAL;
	return duplicated((int)a[0], NB(NB_DUP3, a[0], a[1], open_flags((unsigned int)a[2])));
}

long call_pipe2(const unsigned long *a)
{
	int *fds = (int *)a[0];

	if (!fds)
		return -EFAULT;
	if (a[1] & ~(unsigned long)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	return NB(NB_PIPE2, W(fds), open_flags((unsigned int)a[1] & (O_CLOEXEC | O_NONBLOCK)));
}

long call_pipe(const unsigned long *a)
{
	return call_pipe2((const unsigned long[]){ a[0], 0 });
}

struct nb_flock {
	int64_t l_start, l_len;
	int32_t l_pid;
	int16_t l_type, l_whence;
};

/* F_RDLCK, F_WRLCK, F_UNLCK */
static const short lock_types[] = { 1, 3, 2 };

static long lock(int fd, int how, struct flock *l)
{
	struct nb_flock n = {
		.l_start = l->l_start, .l_len = l->l_len, .l_pid = l->l_pid, .l_whence = l->l_whence
	};
	long result;

	if ((unsigned short)l->l_type > 2)
		return -EINVAL;
	n.l_type = lock_types[l->l_type];
	result = NB(NB_FCNTL, fd, how, W(&n));
	if (result || how != 7)
		return result;
	l->l_type = n.l_type == 1 ? F_RDLCK : n.l_type == 3 ? F_WRLCK : F_UNLCK;
	l->l_whence = n.l_whence;
	l->l_start = n.l_start;
	l->l_len = n.l_len;
	l->l_pid = n.l_pid;
	return 0;
}

long call_fcntl(const unsigned long *a)
{
	int fd = (int)a[0];
	long result;

	if (is_hidden(fd))
		return -EBADF;
	switch (a[1]) {
	case F_DUPFD:
		return duplicated(fd, NB(NB_FCNTL, fd, 0, a[2]));
	case F_DUPFD_CLOEXEC:
		return duplicated(fd, NB(NB_FCNTL, fd, NB_F_DUPFD_CLOEXEC, a[2]));
	case F_GETFD:
	case F_SETFD:
		return NB(NB_FCNTL, fd, a[1], a[2]);
	case F_GETFL:
		result = NB(NB_FCNTL, fd, 3);
		if (result < 0)
			return result;
		return (long)bits_to_linux(open_bits, ARRAY_SIZE(open_bits), (unsigned int)result) |
		       O_LARGEFILE_OF_ALL;
	case F_SETFL:
		/* What was said at open() stays. */
		return NB(NB_FCNTL, fd, 4,
			  open_flags((unsigned int)a[2] &
				     (O_APPEND | O_NONBLOCK | FASYNC | O_DIRECT)));
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return a[2] ? lock(fd, (int)a[1] - F_GETLK + 7, (struct flock *)a[2]) : -EFAULT;
	case F_GETOWN:
		return NB(NB_FCNTL, fd, 5);
	case F_SETOWN:
		return NB(NB_FCNTL, fd, 6, a[2]);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------------------------ reading and writing */

long call_read(const unsigned long *a)
{
	struct special *special = special_of((int)a[0]);

	if (special && special->hidden)
		return -EBADF;
	if (special && special->read)
		return special->read(special, (int)a[0], (void *)a[1], a[2]);
	return NB(NB_READ, a[0], a[1], a[2]);
}

long call_write(const unsigned long *a)
{
	struct special *special = special_of((int)a[0]);

	if (special && special->hidden)
		return -EBADF;
	if (special && special->write)
		return special->write(special, (int)a[0], (const void *)a[1], a[2]);
	return NB(NB_WRITE, a[0], a[1], a[2]);
}

/* One piece after the other, for what is not NetBSD's. */
static long each(call *one, const unsigned long *a)
{
	const struct iovec *iov = (const struct iovec *)a[1];
	long all = 0;

	for (unsigned long i = 0; i < a[2]; i++) {
		long n = one((const unsigned long[]){ a[0], W(iov[i].iov_base), iov[i].iov_len });

		if (n < 0)
			return all ? all : n;
		all += n;
		if ((unsigned long)n < iov[i].iov_len)
			break;
	}
	return all;
}

long call_readv(const unsigned long *a)
{
	return special_of((int)a[0]) ? each(call_read, a) : NB(NB_READV, a[0], a[1], a[2]);
}

long call_writev(const unsigned long *a)
{
	return special_of((int)a[0]) ? each(call_write, a) : NB(NB_WRITEV, a[0], a[1], a[2]);
}

/* NetBSD has a word of padding before an offset. */
long call_pread64(const unsigned long *a)
{
	return NB(NB_PREAD, a[0], a[1], a[2], 0, a[3]);
}

long call_pwrite64(const unsigned long *a)
{
	return NB(NB_PWRITE, a[0], a[1], a[2], 0, a[3]);
}

long call_preadv(const unsigned long *a)
{
	return NB(NB_PREADV, a[0], a[1], a[2], 0, a[3]);
}

long call_pwritev(const unsigned long *a)
{
	return NB(NB_PWRITEV, a[0], a[1], a[2], 0, a[3]);
}

long call_lseek(const unsigned long *a)
{
	return a[2] > 2 ? -EINVAL : NB(NB_LSEEK, a[0], 0, a[1], a[2]);
}

long call_truncate(const unsigned long *a)
{
	return NB(NB_TRUNCATE, a[0], 0, a[1]);
}

long call_ftruncate(const unsigned long *a)
{
	return NB(NB_FTRUNCATE, a[0], 0, a[1]);
}

/* Advice may be taken or not. */
long call_fadvise64(const unsigned long *a)
{
	return a[3] > 5 ? -EINVAL : 0;
}

long call_fallocate(const unsigned long *a)
{
	long result;

	if (a[1])
		return -EOPNOTSUPP;
	result = NB(NB_FALLOCATE, a[0], 0, a[2], a[3]);
	return result > 0 ? -errno_of((int)result) : result;
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
	static void *buffer;		/* taken while in use */
	void *mine = buffer ? buffer : allocate(SENDFILE_SIZE);
	long n = 0;

	buffer = NULL;
	if (!mine)
		return -ENOMEM;
	while (size) {
		unsigned long want = size < SENDFILE_SIZE ? size : SENDFILE_SIZE;
		int space = 0;
		long got;

		if (!NB(NB_IOCTL, a[0], NB_FIONSPACE, W(&space)) && space > 0 &&
		    (unsigned long)space < want)
			want = (unsigned long)space;
		got = offset ? NB(NB_PREAD, a[1], W(mine), want, 0, *offset) :
			       NB(NB_READ, a[1], W(mine), want);

		if (got <= 0) {
			n = got;
			break;
		}
		n = call_write((const unsigned long[]){ a[0], W(mine), (unsigned long)got });
		if (!offset && n < got)
			NB(NB_LSEEK, a[1], 0, (n > 0 ? n : 0) - got, 1);
		if (n < 0)
			break;
		all += (unsigned long)n;
		size -= (unsigned long)n;
		if (offset)
			*offset += n;
		if (n < got)
			break;
	}
	if (buffer)
		release(mine);
	else
		buffer = mine;
	return all ? (long)all : n;
}

/* ------------------------------------------------------------------ names */

long call_openat(const unsigned long *a)
{
	unsigned int flags = open_flags((unsigned int)a[2]);

	if (!a[1])
		return -EFAULT;
	return NB(NB_OPENAT, a[0], a[1], flags, a[3]);
}

long call_open(const unsigned long *a)
{
	return call_openat((const unsigned long[]){ (unsigned long)AT_FDCWD, a[0], a[1], a[2] });
}

long call_creat(const unsigned long *a)
{
	return call_openat((const unsigned long[]){ (unsigned long)AT_FDCWD, a[0],
						    O_CREAT | O_WRONLY | O_TRUNC, a[1] });
}

long call_access(const unsigned long *a)
{
	return NB(NB_ACCESS, a[0], a[1]);
}

long call_faccessat(const unsigned long *a)
{
	return NB(NB_FACCESSAT, a[0], a[1], a[2], 0);
}

long call_faccessat2(const unsigned long *a)
{
	return NB(NB_FACCESSAT, a[0], a[1], a[2], at_flags((unsigned int)a[3], NB_AT_EACCESS));
}

long call_mkdirat(const unsigned long *a)
{
	return NB(NB_MKDIRAT, a[0], a[1], a[2]);
}

long call_unlinkat(const unsigned long *a)
{
	if (a[2] & ~(unsigned long)AT_REMOVEDIR)
		return -EINVAL;
	return NB(NB_UNLINKAT, a[0], a[1], at_flags((unsigned int)a[2], NB_AT_REMOVEDIR));
}

long call_linkat(const unsigned long *a)
{
	return NB(NB_LINKAT, a[0], a[1], a[2], a[3], at_flags((unsigned int)a[4], 0));
}

long call_renameat2(const unsigned long *a)
{
	return a[4] ? -EINVAL : NB(NB_RENAMEAT, a[0], a[1], a[2], a[3]);
}

long call_mknodat(const unsigned long *a)
{
	if ((a[2] & 0170000) == NB_S_IFIFO)
		return NB(NB_MKFIFOAT, a[0], a[1], a[2] & 07777);
	/* mknod() of a plain file makes one. */
	if (!(a[2] & 0170000) || (a[2] & 0170000) == 0100000) {
		long fd = NB(NB_OPENAT, a[0], a[1], open_flags(O_CREAT | O_EXCL | O_WRONLY),
			     a[2] & 07777);

		return fd < 0 ? fd : NB(NB_CLOSE, fd);
	}
	return NB(NB_MKNODAT, a[0], a[1], a[2], 0, a[3]);
}

long call_mknod(const unsigned long *a)
{
	return call_mknodat((const unsigned long[]){ (unsigned long)AT_FDCWD, a[0], a[1], a[2] });
}

long call_fchmodat(const unsigned long *a)
{
	return NB(NB_FCHMODAT, a[0], a[1], a[2], 0);
}

long call_fchownat(const unsigned long *a)
{
	const char *path = (const char *)a[1];

	if (path && !*path && a[4] & AT_EMPTY_PATH)
		return NB(NB_FCHOWN, a[0], a[2], a[3]);
	return NB(NB_FCHOWNAT, a[0], a[1], a[2], a[3], at_flags((unsigned int)a[4], 0));
}

long call_utimensat(const unsigned long *a)
{
	if (!a[1])
		return NB(NB_FUTIMENS, a[0], a[2]);
	return NB(NB_UTIMENSAT, a[0], a[1], a[2], at_flags((unsigned int)a[3], 0));
}

/* ------------------------------------------------------------------ what a file is */

static void to_stat(struct stat *to, const struct nb_stat *from)
{
	memset(to, 0, sizeof(*to));
	to->st_dev = from->st_dev;
	to->st_ino = from->st_ino;
	to->st_nlink = from->st_nlink;
	to->st_mode = from->st_mode;
	to->st_uid = from->st_uid;
	to->st_gid = from->st_gid;
	to->st_rdev = from->st_rdev;
	to->st_size = from->st_size;
	to->st_blksize = from->st_blksize;
	to->st_blocks = from->st_blocks;
	to->st_atime = (unsigned long)from->st_atim.tv_sec;
	to->st_atime_nsec = (unsigned long)from->st_atim.tv_nsec;
	to->st_mtime = (unsigned long)from->st_mtim.tv_sec;
	to->st_mtime_nsec = (unsigned long)from->st_mtim.tv_nsec;
	to->st_ctime = (unsigned long)from->st_ctim.tv_sec;
	to->st_ctime_nsec = (unsigned long)from->st_ctim.tv_nsec;
}

static long stat_with(long result, const struct nb_stat *from, unsigned long to)
{
	if (!result && !to)
		return -EFAULT;
	if (!result)
		to_stat((struct stat *)to, from);
	return result;
}

long call_stat(const unsigned long *a)
{
	struct nb_stat st;

	return stat_with(NB(NB_STAT, a[0], W(&st)), &st, a[1]);
}

long call_lstat(const unsigned long *a)
{
	struct nb_stat st;

	return stat_with(NB(NB_LSTAT, a[0], W(&st)), &st, a[1]);
}

long call_fstat(const unsigned long *a)
{
	struct nb_stat st;

	return stat_with(NB(NB_FSTAT, a[0], W(&st)), &st, a[1]);
}

static long stat_at(unsigned long fd, unsigned long path, unsigned int flags, struct nb_stat *st)
{
	if (flags & AT_EMPTY_PATH && (!path || !*(const char *)path))
		return (int)fd == AT_FDCWD ? NB(NB_STAT, W("."), W(st)) : NB(NB_FSTAT, fd, W(st));
	return path ? NB(NB_FSTATAT, fd, path, W(st), at_flags(flags, 0)) : -EFAULT;
}

long call_newfstatat(const unsigned long *a)
{
	struct nb_stat st;

	return stat_with(stat_at(a[0], a[1], (unsigned int)a[3], &st), &st, a[2]);
}

bool is_pipe(int fd)
{
	struct nb_stat st;

	return !NB(NB_FSTAT, (unsigned long)fd, W(&st)) && (st.st_mode & 0170000) == NB_S_IFIFO;
}

static struct statx_timestamp to_timestamp(const struct __kernel_timespec *from)
{
	return (struct statx_timestamp){ .tv_sec = from->tv_sec,
					 .tv_nsec = (uint32_t)from->tv_nsec };
}

long call_statx(const unsigned long *a)
{
	struct statx *to = (struct statx *)a[4];
	struct nb_stat st;
	long result = stat_at(a[0], a[1], (unsigned int)a[2], &st);

	if (result)
		return result;
	if (!to)
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	to->stx_mask = STATX_BASIC_STATS | STATX_BTIME;
	to->stx_blksize = (uint32_t)st.st_blksize;
	to->stx_nlink = st.st_nlink;
	to->stx_uid = st.st_uid;
	to->stx_gid = st.st_gid;
	to->stx_mode = (uint16_t)st.st_mode;
	to->stx_ino = st.st_ino;
	to->stx_size = (uint64_t)st.st_size;
	to->stx_blocks = (uint64_t)st.st_blocks;
	to->stx_atime = to_timestamp(&st.st_atim);
	to->stx_mtime = to_timestamp(&st.st_mtim);
	to->stx_ctime = to_timestamp(&st.st_ctim);
	to->stx_btime = to_timestamp(&st.st_birthtim);
	/* Both kernels number devices alike: 12 bits of the major number from bit 8 on. */
	to->stx_rdev_major = (uint32_t)(st.st_rdev >> 8) & 0xfff;
	to->stx_rdev_minor = (uint32_t)(st.st_rdev & 0xff) | (uint32_t)(st.st_rdev >> 12 & 0xfff00);
	to->stx_dev_major = (uint32_t)(st.st_dev >> 8) & 0xfff;
	to->stx_dev_minor = (uint32_t)(st.st_dev & 0xff) | (uint32_t)(st.st_dev >> 12 & 0xfff00);
	return 0;
}

#define TMPFS_MAGIC		0x01021994
#define EXT2_MAGIC		0xef53
#define UFS_MAGIC		0x00011954

static long statfs_with(bool by_name, unsigned long file, struct statfs *to)
{
	struct nb_statvfs *vfs = allocate(sizeof(*vfs));
	long result;

	if (!vfs)
		return -ENOMEM;
	result = NB(by_name ? NB_STATVFS1 : NB_FSTATVFS1, file, W(vfs), 1);
	if (!result && !to)
		result = -EFAULT;
	if (!result) {
		memset(to, 0, sizeof(*to));
		to->f_type = vfs->f_fstypename[0] == 'e' ? EXT2_MAGIC :
			     vfs->f_fstypename[0] == 'f' ? UFS_MAGIC :
							   TMPFS_MAGIC;
		to->f_bsize = (long)vfs->f_bsize;
		to->f_frsize = (long)vfs->f_frsize;
		to->f_blocks = (long)vfs->f_blocks;
		to->f_bfree = (long)vfs->f_bfree;
		to->f_bavail = (long)vfs->f_bavail;
		to->f_files = (long)vfs->f_files;
		to->f_ffree = (long)vfs->f_ffree;
		to->f_namelen = (long)vfs->f_namemax;
	}
	release(vfs);
	return result;
}

long call_statfs(const unsigned long *a)
{
	return statfs_with(true, a[0], (struct statfs *)a[1]);
}

long call_fstatfs(const unsigned long *a)
{
	return statfs_with(false, a[0], (struct statfs *)a[1]);
}

/* ------------------------------------------------------------------ folders */

#define DIRENT_NAME		offsetof(struct linux_dirent64, name)
#define NB_DIRENT_NAME		offsetof(struct nb_dirent, name)

/*
 * An entry of Linux's is at most 8 bytes larger than one of NetBSD's, whose least is 16: so what
 * fits into two thirds of the buffer fits into all of it.  NetBSD tells a position for the whole
 * block only, which the last entry gets.
 */
long call_getdents64(const unsigned long *a)
{
	unsigned long room = a[2] > 65536 ? 65536 : a[2], size = room * 2 / 3;
	char *to = (char *)a[1], *from, *at;
	struct linux_dirent64 *last = NULL;
	long got, filled = 0;

	if (!to)
		return -EFAULT;
	if (size < NB_DIRENT_NAME + 32)
		return -EINVAL;
	from = allocate(size);
	if (!from)
		return -ENOMEM;
	got = NB(NB_GETDENTS, a[0], W(from), size);
	for (at = from; at < from + got; at += ((struct nb_dirent *)at)->reclen) {
		const struct nb_dirent *n = (const struct nb_dirent *)at;
		size_t reclen = (DIRENT_NAME + n->namlen + 1 + 7) & ~7ul;

		if (!n->fileno)
			continue;
		last = (struct linux_dirent64 *)(to + filled);
		last->ino = n->fileno;
		last->off = filled + (long)reclen;
		last->reclen = (uint16_t)reclen;
		last->type = n->type;
		memset(last->name, 0, reclen - DIRENT_NAME);
		memcpy(last->name, n->name, n->namlen);
		filled += (long)reclen;
	}
	if (last) {
		long where = NB(NB_LSEEK, a[0], 0, 0, 1);

		if (where >= 0)
			last->off = where;
	}
	release(from);
	return got < 0 ? got : filled;
}

/* ------------------------------------------------------------------ devices, the console */

static struct {
	struct special special;
	bool terminal;
	struct winsize size;
} console;

#define NB_FIONREAD		0x4004667f
#define NB_FIONBIO		0x8004667e

static long console_ioctl(unsigned int request, void *argument)
{
	struct termios *t = argument;

	if (!console.terminal)
		return -ENOTTY;
	if (!argument)
		return -EFAULT;
	switch (request) {
	case TIOCGWINSZ:
		memcpy(argument, &console.size, sizeof(console.size));
		return 0;
	case TCGETS:
		memset(t, 0, sizeof(*t));
		t->c_iflag = ICRNL;
		t->c_oflag = OPOST | ONLCR;
		t->c_cflag = B115200 | CS8 | CREAD | CLOCAL;
		t->c_lflag = 0;
		t->c_cc[VMIN] = 1;
		return 0;
	default:
		return -ENOTTY;
	}
}

long call_ioctl(const unsigned long *a)
{
	struct special *special = special_of((int)a[0]);

	if (special && special->hidden)
		return -EBADF;
	switch (a[1]) {
	case FIONBIO:
		return a[2] ? NB(NB_IOCTL, a[0], NB_FIONBIO, a[2]) : -EFAULT;
	case FIONREAD:
		return a[2] ? NB(NB_IOCTL, a[0], NB_FIONREAD, a[2]) : -EFAULT;
	case FIOCLEX:
	case FIONCLEX:
		return NB(NB_FCNTL, a[0], F_SETFD, a[1] == FIOCLEX);
	}
	if (special == &console.special)
		return console_ioctl((unsigned int)a[1], (void *)a[2]);
	if (NB(NB_FCNTL, a[0], F_GETFD) < 0)
		return -EBADF;
	return socket_ioctl((int)a[0], (unsigned int)a[1], (void *)a[2]);
}

static long console_write(struct special *special, int fd, const void *buffer, size_t size)
{
	console_put(buffer, size);
	return (long)size;
}

static long console_read(struct special *special, int fd, void *buffer, size_t size)
{
	long flags = NB(NB_FCNTL, fd, 3);

	return size ? console_get(buffer, size, flags < 0 || !(flags & NB_O_NONBLOCK)) : 0;
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
