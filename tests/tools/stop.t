#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# stop.t - haunch run: a machine stops when it is asked to, in order, and keeps the program's status.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -e "$REAL_BUILD/haunch-virtio.elf" ]; then
	skip_all 'the kernel is not built'
fi
export HAUNCH_BUILD="$REAL_BUILD"

cat >server.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void note(int signal)
{
	got = signal;
}

/* Ends by SIGTERM or SIGUSR1 with status 42, unless it is stubborn; writes a file for ever. */
int main(int argc, char **argv)
{
	FILE *f = argc > 1 ? fopen(argv[1], "w") : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, argc > 2 ? SIG_IGN : note);
	signal(SIGUSR1, note);
	signal(SIGINT, SIG_IGN);
	puts("up");
	while (!got) {
		if (f) {
			fputs("some words\n", f);
			fflush(f);
		}
		usleep(1000);
	}
	printf("signal %d\n", got);
	return 42;
}
END
"$HAUNCH" cc -o server server.c

# start ARGUMENT...: a machine in the background, until the program is up.  Sets pid.
start()
{
	: >out
	"$HAUNCH" run "$@" >out 2>err &
	pid=$!
	tries=0
	while ! grep -q up out && kill -0 $pid && [ $tries -lt 600 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done 2>errors
}

# Waits for the machine; a minute is more than enough, and then it is killed.  Sets status.
await_end()
{
	{ sleep 60; kill -KILL $pid; } 2>errors &
	guard=$!
	status=0
	wait $pid || status=$?
	kill $guard 2>errors || :
}

for signal in TERM INT HUP; do
	start server
	kill -$signal $pid
	await_end
	is "$status $(tr '\n' ' ' <out)" '42 up signal 15 ' "SIG$signal stops the program"
done

start --stop-signal USR1 server
kill $pid
await_end
is "$status $(tr '\n' ' ' <out)" '42 up signal 10 ' 'by the signal that it wants'

start --stop-timeout 1 server -- /dev/null stubborn
kill $pid
await_end
[ "$status" -eq 137 ] && grep -q 'did not end within 1 s' err
ok 'one that does not end is killed' "status $status" "$(cat err)"

start server -- /dev/null stubborn
kill $pid
sleep 0.5
kill $pid
await_end
is "$status" 143 'a second signal ends the machine at once'

truncate -s 16M disk
mke2fs -q -t ext4 disk
start --disk disk --mount /dev/vda:/d server -- /d/file
kill $pid
await_end
dumpe2fs -h disk >state 2>errors
[ "$status" -eq 42 ] && ! grep -q needs_recovery state && e2fsck -fn disk >state 2>&1 &&
	[ "$(debugfs -R 'cat file' disk 2>errors | head -n 1)" = 'some words' ]
ok 'its disk is clean, and has the file' "status $status" "$(cat state err)"

start server
qemu=$(ps -o pid= --ppid $pid)
kill -KILL $pid
wait $pid
tries=0
while kill -0 "$qemu" 2>errors && [ $tries -lt 50 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
[ -n "$qemu" ] && [ $tries -lt 50 ]
ok 'haunch killed by SIGKILL leaves no QEMU' "qemu: $qemu"

"$HAUNCH" run --restart again /bin/sh -- -c 'echo again; exit 3' >out 2>err &
pid=$!
tries=0
while [ "$(grep -c again out)" -lt 2 ] && [ $tries -lt 600 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill $pid
await_end
[ "$status" -eq 3 ] && grep -q 'ended with status 3 and starts again in 2 s' err
ok '--restart again' "status $status" "$(cat err)"

"$HAUNCH" run --restart reboot /bin/sh -- -c 'echo again; exit 3' >out 2>err &
pid=$!
tries=0
while [ "$(grep -c again out)" -lt 2 ] && [ $tries -lt 600 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill $pid
await_end
grep -q 'ended with status 3: the machine reboots' err && ! grep -q 'Restarting' err
ok '--restart reboot' "status $status" "$(cat err)"

fails 2 '--restart wants' 'a bad --restart' "$HAUNCH" run --restart never server
fails 2 'wants a number' 'a bad --stop-timeout' "$HAUNCH" run --stop-timeout soon server
fails 2 'wants one word' 'a bad --mount' "$HAUNCH" run --mount 'a b' server
