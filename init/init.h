/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/* init.h - what the parts of an image's first program share. */
#ifndef INIT_H
#define INIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PAGE			4096

/* Where init keeps two files of the image open, for /proc/1/fd: whatever became the root since. */
#define FD_INIT			"10"
#define FD_BUSYBOX		"11"

/* What the command line said. */
extern const char *root, *root_type, *hostname;
extern char *lan;
extern bool root_read_only;

/* init.c */
long now_ms(void);		/* monotonic */
void sleep_ms(unsigned int ms);
/* Read a small file whole; the buffer is NUL-terminated.  Returns the length or -1. */
ssize_t read_file(const char *path, char *buffer, size_t size);
/* A setting of the kernel's; one that it does not have is not missed. */
void write_file(const char *path, const char *text);
/* Fork a helper of the system's: no standard files, not for the OOM killer.  Returns its number. */
pid_t start_helper(const char *path, const char *const *arguments);
/*
 * Start a command beside the program, with its environment and folder, and as its user or another ("": its).
 * term: what kind of terminal `files` are; NULL: none.  Returns its number or -1.
 */
pid_t start_command(char *const *arguments, const char *user_name, const char *term,
		    const int files[3]);
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* log.c: one line on the console, "haunch: ..." */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_start(void);

/* mount.c */
extern bool may_mount;		/* else the machine is somebody else's */
void mount_system(void);
/* on_disk: the root is; read_only: nobody is to write to it. */
void limit_memory(bool on_disk, bool read_only);
void mount_root(void);
/* writable: what is written stays, on the partition behind it. */
void mount_base(const char *checksum, bool read_only, bool writable);
void mount_disk(char *word);
void mount_share(char *word);
void mount_volume(char *word);
void protect_root(void);
void unmount_all(void);

/* user.c */
#define MAX_GROUPS		64
struct user {
	unsigned int uid, gid;
	gid_t groups[MAX_GROUPS];
	int nr_groups;
	const char *home;	/* NULL: not known */
};
/* "USER[:GROUP]", names of the guest's or numbers.  Returns NULL, or which of the two there is not. */
const char *find_user(const char *name, struct user *user);
/* In a child that is about to exec: ends it if it cannot. */
void become(const struct user *user);
/* A program without a "/", in a list of folders; the name itself if it is in none. */
const char *find_program(const char *name, const char *folders);

/* stream.c */
void streams_open(const char *names, char *size);
/* The program's standard file 0, 1 or 2: a descriptor, or -1 if it is the console. */
int stream_of(unsigned int file);
void streams_finish(void);	/* every byte has reached whoever reads on the host */
/* From now on `haunch exec` can have commands run here, by ports that come and go. */
void commands_start(void);
void commands_end(void);	/* nor any from now on */
bool command_ended(pid_t pid, unsigned int status);	/* false: it was none */
bool is_command(pid_t pid);

/* network.c */
enum network { NETWORK_DHCP, NETWORK_WAIT, NETWORK_STATIC, NETWORK_OFF };
void network_start(enum network network);
void network_changed(void);
long network_deadline(void);	/* when network_look() wants to be called, in ms; LONG_MAX: never */
void network_look(void);
bool network_ended(pid_t helper);
int lease(const char *event);	/* what the DHCP client calls us for; returns the exit status */
void set_hostname(const char *name);
void set_hosts(char *list);	/* "ADDRESS:NAME,...": cuts it up */

/*
 * The one place where init waits: until something happens or the deadline (in ms) has come.  Whoever
 * has descriptors to watch has two functions, one to add them and one to look at the result.
 */
#define MAX_WATCHED		24
struct watched {
	struct pollfd fds[MAX_WATCHED];
	unsigned int count;
};
struct pollfd *watch(struct watched *watched, int fd, short events);
void handle_events(long deadline);
void log_watch(struct watched *watched);
void log_look(void);
void log_finish(void);
void streams_watch(struct watched *watched);
void streams_look(void);

#endif /* INIT_H */
