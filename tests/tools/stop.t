#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# stop.t - the end of a machine: signals to `haunch run` stop the program in order, a second one kills,
# nothing is left behind, and what comes after the end is what was asked for.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$REAL_BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
command -v mke2fs >/dev/null || skip_all 'e2fsprogs is not installed'
export HAUNCH_BUILD="$REAL_BUILD"

cat >program.c <<'END2'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t came;

static void note(int sig)
{
	came = sig;
}

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		exit(99);
}

/* How often has that file been written? */
static int count(const char *path)
{
	FILE *f = fopen(path, "a+");
	int n;

	if (!f)
		exit(98);
	fputs("x", f);
	n = ftell(f);
	if (fflush(f) || fsync(fileno(f)))
		exit(97);
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char text[64];
	int i;

	if (!strcmp(what, "handler")) {
		/* A server with a disk: it writes until it is told to stop, and then tidies up. */
		signal(SIGTERM, note);
		signal(SIGUSR1, note);
		for (i = 0; !came; i++) {
			snprintf(text, sizeof(text), "/data/file%d", i % 50);
			count(text);
			if (i == 20)
				say("ready\n");
			usleep(1000);
		}
		snprintf(text, sizeof(text), "signal %d\n", came);
		say(text);
		count("/data/tidy");
		return 33;
	} else if (!strcmp(what, "default")) {
		say("ready\n");
		pause();
	} else if (!strcmp(what, "deaf")) {
		signal(SIGTERM, SIG_IGN);
		say("ready\n");
		for (;;)
			pause();
	} else if (!strcmp(what, "reboots")) {
		/* Ends twice, and at the third time for good. */
		i = count("/data/boots");
		snprintf(text, sizeof(text), "time %d\n", i);
		say(text);
		if (i < 3)
			return 1;
		say("ready\n");
		pause();
	} else if (!strcmp(what, "panics")) {
		/* The first time only. */
		FILE *f = fopen("/proc/sys/vm/panic_on_oom", "w");

		i = count("/data/boots");
		snprintf(text, sizeof(text), "time %d\n", i);
		say(text);
		if (!f || fputs("1", f) < 0 || fclose(f))
			return 96;
		sync();
		while (i == 1)
			memset(malloc(1 << 20), 1, 1 << 20);
		say("ready\n");
		pause();
	} else if (!strcmp(what, "calls")) {
		i = count("/data/boots");
		snprintf(text, sizeof(text), "time %d\n", i);
		say(text);
		sync();
		usleep(300000);
		if (i < 2)
			reboot(RB_AUTOBOOT);
		return 7;
	}
	return 0;
}
END2
"$ROOT/tools/haunch-cc" -O1 -o program program.c || exit 1
"$HAUNCH" bake -o image --mount /dev/vda:/data:ext4 program -- default

stuck=''
pid=''
clean_up()
{
	for left in $stuck $pid; do
		kill -KILL "$left" 2>/dev/null
	done
}

# start OPTION... -- ARGUMENT...: boot it with a new disk, and wait until the program is ready
start()
{
	rm -f disk
	truncate -s 16M disk
	mke2fs -q -t ext4 disk
	launch "$@"
	shown ready || echo "# the program did not get ready: $(cat out err)"
}

# launch OPTION... -- ARGUMENT...
launch()
{
	: >out
	# A background job of this shell would ignore SIGINT, one of nohup SIGHUP: have perl start it.
	perl -e '$SIG{$_} = "DEFAULT" for "INT", "HUP"; exec @ARGV' \
		"$HAUNCH" run -n none --disk disk image "$@" >out 2>err </dev/null &
	pid=$!
}

# shown TEXT: wait until it was printed
shown()
{
	for _ in $(seq 300); do
		! grep -q "$1" out || return 0
		kill -0 $pid 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# ended: wait for it, at most half a minute, or so many; sets status
ended()
{
	for _ in $(seq $((${1:-1} * 300))); do
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL $pid 2>/dev/null
	status=0
	wait $pid 2>/dev/null || status=$?
}

# clean: the disk is, without a look into its journal
clean()
{
	e2fsck -fn disk >fsck 2>&1 && ! dumpe2fs -h disk 2>/dev/null | grep -q needs_recovery
	ok 'the disk is clean' "$(cat fsck)"
}

qemu_of()
{
	sed -n "s/^\([0-9]*\) (qemu-sys.*) . $1 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null
}

# A machine that is stuck.  That takes a minute: meanwhile the others.
start --stop-timeout 0 -- deaf
kill -STOP "$(qemu_of $pid)"
kill $pid
stuck=$pid
mv err stuck.err
mv disk stuck.disk

# ------------------------------------------------------------------ in order

for signal in TERM INT HUP; do
	start -- handler
	kill -s $signal $pid
	ended
	is "$status $(tail -n 1 out)" '33 signal 15' "SIG$signal: the program's handler ran, its status came back" \
		"$(cat out err)"
	is "$(cat err)" '' 'nothing is said'
	clean
	debugfs -R 'ls' disk 2>/dev/null | grep -q tidy
	ok 'what the handler wrote is there'
done
start --machine q35 -- handler
kill $pid
ended
is "$status $(tail -n 1 out)" '33 signal 15' 'on a q35'
start --stop-signal SIGUSR1 -- handler
kill $pid
ended
is "$status $(tail -n 1 out)" '33 signal 10' 'the signal can be another one'
start -- default
kill $pid
ended
is "$status $(cat err)" '143 ' 'a program without a handler ends by the signal'
clean
start --stop-timeout 2 -- deaf
kill $pid
ended
is "$status" 137 'a program that does not listen is killed, after the time it has'
is "$(cat err)" 'haunch: the program did not end within 2 s of signal 15 (Terminated): killed' 'that is said'
clean

# ------------------------------------------------------------------ at once

start --stop-timeout 1000 -- deaf
qemu=$(qemu_of $pid)
kill $pid
sleep 1
kill -0 $pid
ok 'the first signal waits'
kill $pid
ended
is "$status" 143 'the second one does not'
[ -n "$qemu" ] && ! kill -0 "$qemu" 2>/dev/null
ok 'QEMU has ended'
start -- handler
qemu=$(qemu_of $pid)
kill -KILL $pid
wait $pid 2>/dev/null
for _ in $(seq 50); do
	kill -0 "$qemu" 2>/dev/null || break
	sleep 0.1
done
[ -n "$qemu" ] && ! kill -0 "$qemu" 2>/dev/null
ok 'SIGKILL leaves no QEMU' "QEMU: $qemu"
is "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name '.haunch-run-*' -newer image)" '' 'and no files'

# A reader that does not read keeps the output, and no signal.
mkfifo unread
# shellcheck disable=SC2217 # that is the point
sleep 100 <unread &
sleeper=$!
perl -e '$SIG{$_} = "DEFAULT" for "INT", "HUP"; exec @ARGV' "$HAUNCH" run -n none /usr/bin/yes >unread 2>err </dev/null &
pid=$!
sleep 4
kill $pid
sleep 1
kill $pid
ended
is "$status" 143 'signals work while nobody reads'
kill $sleeper

# ------------------------------------------------------------------ and then

start --restart again -- reboots
is "$(tr '\n' . <out)" 'time 1.time 2.time 3.ready.' '--restart again: it starts once more'
grep -q 'ended with status 1 and starts again in 1 s' err && grep -q 'again in 2 s' err
ok 'with a pause that grows' "$(cat err)"
kill $pid
ended
is "$status" 143 'until it is stopped'
clean
start --restart reboot -- reboots
is "$(tr '\n' . <out)" 'time 1.time 2.time 3.ready.' '--restart reboot: the machine boots once more' "$(cat err)"
kill $pid
ended
is "$status" 143 'until it is stopped'
clean
rm disk
truncate -s 16M disk
mke2fs -q -t ext4 disk
launch -- calls
ended
is "$status $(tr '\n' . <out)" '7 time 1.time 2.' 'a program that calls reboot(2)' "$(cat err)"
start --restart reboot -- panics
is "$(tr '\n' . <out)" 'time 1.time 2.ready.' 'a panic leads to a reboot as well' "$(cat err)"
[ "$(grep -c '^Kernel panic .*panic_on_oom' err)" -eq 1 ]
ok 'after it was told' "$(cat err)"
kill $pid
ended
is "$status" 143 'the second time all is well'
rm disk
truncate -s 16M disk
mke2fs -q -t ext4 disk
launch -- panics
ended
[ "$status" -eq 1 ] && [ "$(grep -c '^Kernel panic .*panic_on_oom' err)" -eq 1 ]
ok 'without that it is the end' "status $status" "$(cat err)"

# Ctrl-Alt-Del, at a keyboard, which QEMU has.
if [ -e "$REAL_BUILD/haunch-generic.elf" ]; then
	"$HAUNCH" bake -k generic -o keyboard --ip off --mount /dev/vda:/data:ext4 program -- handler
	for machine in pc q35; do
		rm -f disk debug
		truncate -s 16M disk
		mke2fs -q -t ext4 disk
		: >out
		pid=$$
		{
			shown ready
			echo sendkey ctrl-alt-delete
			shown 'signal 15'
			sleep 5
			echo quit
		} | timeout 100 qemu-system-x86_64 -machine $machine -accel tcg -display none -no-reboot -m 128 \
			-serial file:out -debugcon file:debug -monitor stdio -drive file=disk,if=virtio,format=raw \
			-kernel keyboard >err 2>&1
		pid=''
		is "$(tail -n 1 out | tr -d '\r') $(cat debug)" 'signal 15 haunch: exit status 33' \
			"Ctrl-Alt-Del stops it as the power button does ($machine)" "$(cat out err)"
		clean
	done
fi
"$HAUNCH" bake -o image --restart reboot --mount /dev/vda:/data:ext4 program
start -- reboots
kill $pid
ended
is "$status $(tr '\n' . <out)" '143 time 1.time 2.time 3.ready.' 'as the image has it' "$(cat err)"
pid=$stuck
ended 3
is "$status $(cat stuck.err)" '143 haunch run: the machine did not end within 60 s of its power button: killed' \
	'a machine that is stuck'
