/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * rumpuser.h - what rumpuser(3), version 17, says that its functions are, for a test without NetBSD.  An image is
 * compiled with the header that comes with the libraries, never with this one.
 */
#ifndef TESTS_NETBSD_RUMPUSER_H
#define TESTS_NETBSD_RUMPUSER_H

struct lwp;
struct modinfo;
struct rump_component;
struct rumpuser_mtx;
struct rumpuser_rw;
struct rumpuser_cv;

#define RUMPUSER_VERSION		17
#define RUMPUSER_PARAM_NCPU		"_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME		"_RUMPUSER_HOSTNAME"
#define RUMPUSER_PID_SELF		((int64_t)-1)
#define RUMPUSER_PANIC			(-1)
#define RUMPUSER_RANDOM_HARD		1
#define RUMPUSER_RANDOM_NOWAIT		2
#define RUMPUSER_MTX_SPIN		1
#define RUMPUSER_MTX_KMUTEX		2

enum rumpclock { RUMPUSER_CLOCK_RELWALL, RUMPUSER_CLOCK_ABSMONO };
enum rumplwpop { RUMPUSER_LWP_CREATE, RUMPUSER_LWP_DESTROY, RUMPUSER_LWP_SET, RUMPUSER_LWP_CLEAR };
enum rumprwlock { RUMPUSER_RW_READER, RUMPUSER_RW_WRITER };

struct rumpuser_hyperup {
	void (*hyp_schedule)(void);
	void (*hyp_unschedule)(void);
	void (*hyp_backend_unschedule)(int nr, int *locks, void *interlock);
	void (*hyp_backend_schedule)(int nr, void *interlock);
	void (*hyp_lwproc_switch)(struct lwp *lwp);
	void (*hyp_lwproc_release)(void);
	int (*hyp_lwproc_rfork)(void *space, int flags, const char *name);
	int (*hyp_lwproc_newlwp)(pid_t process);
	struct lwp *(*hyp_lwproc_curlwp)(void);
	int (*hyp_syscall)(int number, void *arguments, long *result);
	void (*hyp_lwpexit)(void);
	void (*hyp_execnotify)(const char *name);
	pid_t (*hyp_getpid)(void);
	void *hyp__extra[8];
};

struct rumpuser_iovec {
	void *iov_base;
	size_t iov_len;
};

typedef void (*rump_biodone_fn)(void *argument, size_t size, int error);
typedef void (*rump_modinit_fn)(const struct modinfo *const *modules, size_t nr);
typedef int (*rump_symload_fn)(void *symbols, uint64_t size, char *strings, uint64_t strings_size);
typedef void (*rump_compload_fn)(const struct rump_component *component);

int rumpuser_init(int version, const struct rumpuser_hyperup *upcalls);
int rumpuser_malloc(size_t size, int alignment, void **memory);
void rumpuser_free(void *memory, size_t size);
int rumpuser_anonmmap(void *wanted, size_t size, int bits, int executable, void **memory);
void rumpuser_unmap(void *memory, size_t size);
int rumpuser_open(const char *path, int mode, int *fd);
int rumpuser_close(int fd);
int rumpuser_getfileinfo(const char *path, uint64_t *size, int *type);
void rumpuser_bio(int fd, int operation, void *data, size_t size, int64_t offset,
		  rump_biodone_fn done, void *argument);
int rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t nr, int64_t offset, size_t *size);
int rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t nr, int64_t offset,
		      size_t *size);
int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t size);
int rumpuser_clock_gettime(int clock, int64_t *seconds, long *nanoseconds);
int rumpuser_clock_sleep(int clock, int64_t seconds, long nanoseconds);
int rumpuser_getparam(const char *name, void *buffer, size_t size);
void rumpuser_seterrno(int error);
int rumpuser_kill(int64_t process, int signal);
void rumpuser_exit(int status) __dead;
void rumpuser_putchar(int character);
void rumpuser_dprintf(const char *format, ...) __printflike(1, 2);
int rumpuser_getrandom(void *buffer, size_t size, int flags, size_t *got);
int rumpuser_thread_create(void *(*function)(void *), void *argument, const char *name,
			   int joinable, int priority, int cpu, void **cookie);
void rumpuser_thread_exit(void) __dead;
int rumpuser_thread_join(void *cookie);
void rumpuser_curlwpop(int operation, struct lwp *lwp);
struct lwp *rumpuser_curlwp(void);
void rumpuser_mutex_init(struct rumpuser_mtx **mutex, int flags);
void rumpuser_mutex_enter(struct rumpuser_mtx *mutex);
void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mutex);
int rumpuser_mutex_tryenter(struct rumpuser_mtx *mutex);
void rumpuser_mutex_exit(struct rumpuser_mtx *mutex);
void rumpuser_mutex_destroy(struct rumpuser_mtx *mutex);
void rumpuser_mutex_owner(struct rumpuser_mtx *mutex, struct lwp **lwp);
void rumpuser_rw_init(struct rumpuser_rw **rw);
void rumpuser_rw_enter(int how, struct rumpuser_rw *rw);
int rumpuser_rw_tryenter(int how, struct rumpuser_rw *rw);
int rumpuser_rw_tryupgrade(struct rumpuser_rw *rw);
void rumpuser_rw_downgrade(struct rumpuser_rw *rw);
void rumpuser_rw_exit(struct rumpuser_rw *rw);
void rumpuser_rw_destroy(struct rumpuser_rw *rw);
void rumpuser_rw_held(int how, struct rumpuser_rw *rw, int *held);
void rumpuser_cv_init(struct rumpuser_cv **cv);
void rumpuser_cv_destroy(struct rumpuser_cv *cv);
void rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex);
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex);
int rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex, int64_t seconds,
			  int64_t nanoseconds);
void rumpuser_cv_signal(struct rumpuser_cv *cv);
void rumpuser_cv_broadcast(struct rumpuser_cv *cv);
void rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waiters);
void rumpuser_dl_bootstrap(rump_modinit_fn modules, rump_symload_fn symbols,
			   rump_compload_fn component);
int rumpuser_daemonize_begin(void);
int rumpuser_daemonize_done(int error);

#endif
