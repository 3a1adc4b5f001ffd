/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * sysv.c - System V's shared memory, semaphores and messages, and shared memory and message queues
 * of POSIX.
 *
 * What has no owner once a process ended is removed as early as possible.  A few megabytes are
 * enough.
 */
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "help.h"

#define SIZE 20000

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

struct text {
	long type;
	char text[64];
};

static int memory, semaphores, queue;
static char *attached;

static long attaches(void)
{
	struct shmid_ds status;

	return shmctl(memory, IPC_STAT, &status) ? -1 : (long)status.shm_nattch;
}

static int attach_too(void)
{
	char *mine = shmat(memory, NULL, 0);

	if (mine == (char *)-1 || attaches() != 3 || strcmp(mine, "shared"))
		return 1;
	strcpy(mine + 8192, "from a child");
	strcpy(attached + 4096, "inherited");
	return shmdt(mine) || attaches() != 2;
}

static void shared_memory(void)
{
	struct shmid_ds status;
	char *again, *p;
	key_t key = 0;

	memory = shmget(IPC_PRIVATE, SIZE, 0600 | IPC_CREAT);
	CHECK(memory >= 0, "shmget()");
	CHECK(!shmctl(memory, IPC_STAT, &status) && status.shm_segsz == SIZE &&
		      status.shm_cpid == getpid() && status.shm_nattch == 0 &&
		      (status.shm_perm.mode & 0777) == 0600,
	      "its status");
	attached = shmat(memory, NULL, 0);
	CHECK(attached != (char *)-1 && all(attached, SIZE, 0) && attaches() == 1, "shmat()");
	strcpy(attached, "shared");
	again = shmat(memory, NULL, SHM_RDONLY);
	CHECK(again != attached && !strcmp(again, "shared") && attaches() == 2, "a second time");
	CHECK(writes(again) == SEGV_ACCERR, "that one only reads");
	CHECK(!shmdt(again) && reads(again) == SEGV_MAPERR && attaches() == 1, "shmdt()");
	CHECK(shmdt(again) < 0 && errno == EINVAL, "only once");
	CHECK(in_child(attach_too) == 0 && !strcmp(attached + 8192, "from a child") &&
		      !strcmp(attached + 4096, "inherited") && attaches() == 1,
	      "a child inherits it, attaches it, and detaches it by its end");
	/* A place for it: an aligned hole. */
	p = map(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE);
	CHECK(shmat(memory, p, 0) == (void *)-1 && errno == EINVAL, "where something is: EINVAL");
	CHECK(shmat(memory, p, SHM_REMAP) == p && !strcmp(p, "shared"), "SHM_REMAP");
	CHECK(shmat(memory, p + 1, 0) == (void *)-1 && errno == EINVAL, "in a page: EINVAL");
	CHECK(!shmdt(p), "detached");
	munmap(p, 16 * PAGE);
	CHECK(!shmctl(memory, IPC_RMID, NULL) && !strcmp(attached, "shared"),
	      "removed, it is there as long as it is attached");
	CHECK(attaches() == 1 && !shmctl(memory, IPC_STAT, &status) &&
		      (status.shm_perm.mode & SHM_DEST),
	      "its status says that it will go");
	p = shmat(memory, NULL, 0);
	CHECK(p != (char *)-1 && !strcmp(p, "shared") && !shmdt(p), "it can be attached");
	CHECK(!shmdt(attached) && shmat(memory, NULL, 0) == (void *)-1 && errno == EINVAL,
	      "until nobody has it");

	do
		memory = shmget(++key + 0x4861756e, PAGE, 0600 | IPC_CREAT | IPC_EXCL);
	while (memory < 0 && errno == EEXIST);
	key += 0x4861756e;
	CHECK(memory >= 0 && shmget(key, PAGE, 0600) == memory, "by a key");
	CHECK(shmget(key, PAGE, 0600 | IPC_CREAT | IPC_EXCL) < 0 && errno == EEXIST,
	      "IPC_EXCL: EEXIST");
	CHECK(shmget(key, 2 * PAGE, 0600) < 0 && errno == EINVAL, "larger than it is: EINVAL");
	CHECK(!shmctl(memory, IPC_RMID, NULL) && shmget(key, PAGE, 0600) < 0 && errno == ENOENT,
	      "removed: ENOENT");
	CHECK(shmget(IPC_PRIVATE, 0, 0600) < 0 && errno == EINVAL, "of no size: EINVAL");
}

static int operate(int number, int by, int op_flags)
{
	struct sembuf operation = { (unsigned short)number, (short)by, (short)op_flags };

	return semop(semaphores, &operation, 1);
}

static int value(int number)
{
	return semctl(semaphores, number, GETVAL);
}

static int take_and_end(void)
{
	return operate(0, -3, SEM_UNDO) || value(0) != 2;
}

static int take_two(void)
{
	struct sembuf both[2] = { { 0, -1, 0 }, { 1, -1, 0 } };

	return semop(semaphores, both, 2) ? errno : 0;
}

static int wait_for_zero(void)
{
	return operate(2, 0, 0) ? errno : 0;
}

static void wait_count(int number, int command)
{
	while (semctl(semaphores, number, command) != 1)
		nap(1);
}

static void semaphore_sets(void)
{
	unsigned short values[3] = { 5, 0, 2 };
	union semun argument = { .array = values };
	struct timespec soon = { .tv_nsec = 10000000 };
	struct sembuf operation = { 1, -1, 0 };
	pid_t pid;

	semaphores = semget(IPC_PRIVATE, 3, 0600);
	CHECK(semaphores >= 0 && value(0) == 0, "semget()");
	CHECK(!semctl(semaphores, 0, SETALL, argument) && value(0) == 5 && value(2) == 2, "SETALL");
	CHECK(!operate(0, -2, 0) && value(0) == 3 && !operate(0, 2, 0) && value(0) == 5, "semop()");
	CHECK(semctl(semaphores, 0, GETPID) == getpid(), "GETPID");
	CHECK(operate(0, -6, IPC_NOWAIT) < 0 && errno == EAGAIN, "IPC_NOWAIT: EAGAIN");
	CHECK(operate(2, 0, IPC_NOWAIT) < 0 && errno == EAGAIN, "not zero: EAGAIN");
	CHECK(operate(3, 1, 0) < 0 && errno == EFBIG, "there are three: EFBIG");
	CHECK(in_child(take_and_end) == 0 && value(0) == 5, "SEM_UNDO undoes at a child's end");
	CHECK(semtimedop(semaphores, &operation, 1, &soon) < 0 && errno == EAGAIN, "a time limit");

	pid = start(take_two);
	wait_count(1, GETNCNT);
	CHECK(value(0) == 5, "two at once: none is taken while one is missing");
	CHECK(!operate(1, 1, 0) && end_of(pid) == 0 && value(0) == 4 && value(1) == 0,
	      "then both are");
	pid = start(wait_for_zero);
	wait_count(2, GETZCNT);
	CHECK(!operate(2, -2, 0) && end_of(pid) == 0, "a child waits for zero");
	pid = start(take_two);
	wait_count(1, GETNCNT);
	CHECK(!semctl(semaphores, 0, IPC_RMID) && end_of(pid) == EIDRM, "removed: EIDRM");
	CHECK(operate(0, 1, 0) < 0 && errno == EINVAL, "and gone");
}

static int send(long type, const char *text, int op_flags)
{
	struct text message = { .type = type };

	strcpy(message.text, text);
	return msgsnd(queue, &message, strlen(text) + 1, op_flags);
}

/* Receive; is it this? */
static int receive(long type, const char *text, int op_flags)
{
	struct text message = { 0 };
	ssize_t size = msgrcv(queue, &message, sizeof(message.text), type, op_flags);

	return size == (ssize_t)strlen(text) + 1 && !strcmp(message.text, text);
}

static int send_later(void)
{
	nap(10);
	return send(7, "late", 0);
}

static int wait_for_message(void)
{
	return receive(99, "", 0) ? 0 : errno;
}

static void messages(void)
{
	struct msqid_ds status;
	struct text message;
	pid_t pid;
	int end;

	queue = msgget(IPC_PRIVATE, 0600);
	CHECK(queue >= 0 && !send(1, "one", 0) && !send(2, "two", 0) && !send(1, "another", 0) &&
		      !send(5, "five", 0),
	      "four messages");
	CHECK(!msgctl(queue, IPC_STAT, &status) && status.msg_qnum == 4, "are in the queue");
	CHECK(receive(2, "two", 0), "by type");
	CHECK(receive(0, "one", 0), "the first");
	CHECK(receive(-3, "another", 0), "of the least type");
	CHECK(msgrcv(queue, &message, sizeof(message.text), 9, IPC_NOWAIT) < 0 && errno == ENOMSG,
	      "none: ENOMSG");
	CHECK(msgrcv(queue, &message, 2, 0, 0) < 0 && errno == E2BIG, "too long: E2BIG");
	CHECK(msgrcv(queue, &message, 2, 0, MSG_NOERROR) == 2 && !memcmp(message.text, "fi", 2),
	      "MSG_NOERROR cuts it");
	CHECK(send(0, "x", 0) < 0 && errno == EINVAL, "type 0: EINVAL");
	pid = start(send_later);
	CHECK(receive(7, "late", 0) && end_of(pid) == 0, "from a child");
	pid = start(wait_for_message);
	CHECK(becomes(pid, 'S'), "a child waits");
	/* It may wait for something else yet; then it finds no queue. */
	msgctl(queue, IPC_RMID, NULL);
	end = end_of(pid);
	CHECK(end == EIDRM || end == EINVAL, "until the queue is removed");
	CHECK(send(1, "x", 0) < 0 && errno == EINVAL, "and gone");
}

static void posix(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = 32 };
	struct timespec past = { 1, 0 };
	char name[64], text[64];
	unsigned int priority = 0;
	int fd;
	mqd_t q;

	snprintf(name, sizeof(name), "/haunch-test-%d", getpid());
	/* Without a file system in memory there is shm_open() no more than here. */
	fd = access("/dev/shm", W_OK) ? (int)syscall(SYS_memfd_create, "posix", 0) :
					shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && !ftruncate(fd, PAGE), "shm_open()");
	shm_unlink(name);
	attached = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(attached != MAP_FAILED && all(attached, PAGE, 0), "mapped");
	close(fd);
	strcpy(attached, "text");
	CHECK(!strcmp(attached, "text") && !munmap(attached, PAGE), "used");

	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
	CHECK(q >= 0 && !mq_unlink(name), "mq_open()");
	CHECK(!mq_send(q, "low", 4, 1) && !mq_send(q, "high", 5, 9), "two messages");
	CHECK(mq_receive(q, text, 64, &priority) == 5 && !strcmp(text, "high") && priority == 9,
	      "the more important one first");
	CHECK(mq_receive(q, text, 64, &priority) == 4 && priority == 1, "then the other");
	CHECK(mq_timedreceive(q, text, 64, NULL, &past) < 0 && errno == ETIMEDOUT, "no more");
	CHECK(mq_send(q, name, 33, 0) < 0 && errno == EMSGSIZE, "too long: EMSGSIZE");
	mq_close(q);
}

int main(void)
{
	catch_faults();
	shared_memory();
	semaphore_sets();
	messages();
	posix();
	return CHECKS_STATUS();
}
