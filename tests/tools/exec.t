#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# exec.t - commands in a machine that runs: their standard files, status, user and terminal; whoever leaves
# early, on either side; more of them than there is room for.

# What is in single quotes is for other shells.
# shellcheck disable=SC2016
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

export HAUNCH_BUILD="$REAL_BUILD"
[ -e "$HAUNCH_BUILD/haunch-virtio.elf" ] || skip_all 'the kernels are not built'
command -v qemu-system-x86_64 >/dev/null || skip_all 'QEMU is not installed'
machines_apart

cat >tool.c <<'END'
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char buffer[65536];
	struct dirent *entry;
	struct winsize size;
	DIR *proc;
	ssize_t n;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "copy")) {
			while ((n = read(0, buffer, sizeof(buffer))) > 0)
				if (write(1, buffer, n) != n)
					return 9;
		} else if (!strcmp(argv[i], "flood")) {
			memset(buffer, 'x', sizeof(buffer));
			while (write(1, buffer, sizeof(buffer)) > 0)
				;
			return 8;
		} else if (!strcmp(argv[i], "who")) {
			printf("%d:%d %s %s\n", getuid(), getgid(), getenv("WHAT"), getcwd(buffer, sizeof(buffer)));
		} else if (!strcmp(argv[i], "terminal")) {
			if (ioctl(0, TIOCGWINSZ, &size))
				printf("none\n");
			else
				printf("%d x %d, %s, %s\n", size.ws_row, size.ws_col, ttyname(0), getenv("TERM"));
		} else if (!strcmp(argv[i], "typed")) {
			printf("got %s", fgets(buffer, sizeof(buffer), stdin));
		} else if (!strcmp(argv[i], "processes")) {
			/* But for init and the kernel's. */
			proc = opendir("/proc");
			for (n = 0; (entry = readdir(proc));)
				n += atoi(entry->d_name) > 1 && getsid(atoi(entry->d_name)) > 1;
			printf("%zd\n", n);
		} else if (!strcmp(argv[i], "child")) {
			if (!fork()) {
				sleep(1000);
				_exit(0);
			}
		} else if (!strcmp(argv[i], "silent")) {
			sleep(65);
		} else if (!strcmp(argv[i], "late")) {
			signal(SIGTERM, SIG_IGN);
			sleep(1);
		} else if (!strcmp(argv[i], "wait")) {
			printf("waiting\n");
			fflush(stdout);
			for (;;)
				pause();
		} else if (!strcmp(argv[i], "die")) {
			raise(SIGKILL);
		} else if (argv[i][0] == '=') {
			fflush(stdout);
			return atoi(argv[i] + 1);
		} else {
			fprintf(argv[i][0] == '!' ? stderr : stdout, "%s\n", argv[i]);
		}
	}
	return 0;
}
END
"$HAUNCH" cc -O2 -o tool tool.c || exit 1
"$HAUNCH" bake -o image -e WHAT=this ./tool -- wait

# gets STATUS OUT ERR DESCRIPTION WORD...: a command in `box`
gets()
{
	wanted=$1 out=$2 err=$3 description=$4
	shift 4
	capture timeout 120 "$HAUNCH" exec "$@"
	[ "$status" -eq "$wanted" ] && [ "$(cat out)" = "$out" ] && [ "$(cat err)" = "$err" ]
	ok "$description" "status $status, wanted $wanted" "$(head -c 2000 out)" "$(head -c 2000 err)"
}

# There is one process more for each command that runs: the program, the one that asks, and those.
processes()
{
	tries=0
	until [ "$("$HAUNCH" exec "${2-box}" -- tool processes </dev/null)" = "$1" ] || [ $((tries += 1)) -gt 50 ]; do
		sleep 0.2
	done
	[ "$tries" -le 50 ]
}

# written FILE...: each has something in it by now
written()
{
	for file; do
		tries=0
		while [ ! -s "$file" ] && [ $((tries += 1)) -le 300 ]; do sleep 0.1; done
	done
}

# Beside all others: longer than it takes to give up a machine that does not answer.
"$HAUNCH" run -n none -d --name quiet image >/dev/null
timeout 200 "$HAUNCH" exec quiet -- tool silent =6 >said 2>&1 </dev/null &
silent=$!
succeeds 'a machine' "$HAUNCH" run -n none -d --name box image
# It has not come so far yet.
gets 0 'first' '' 'a command, as soon as there is a machine' box -- tool first
gets 7 'to out' '!to err' 'both outputs and the status' box -- tool 'to out' '!to err' =7
gets 137 '' '' 'a signal ends it' box -- tool die
gets 127 '' 'haunch: /none: no such program in the image' 'a program that is not there' box -- /none
gets 126 '' 'haunch: /proc: Permission denied' 'none that can be run' box -- /proc
gets 0 '0:0 this /' '' 'it has the environment and the folder' box -- tool who
gets 0 '12:34 this /' '' 'another user' -u 12:34 box -- tool who
gets 126 '' 'haunch: the image has no user ghost' 'who is not there' -u ghost box -- tool who
gets 0 'none' '' 'without a terminal there is none' box -- tool terminal
"$HAUNCH" exec box -- tool copy 'no input' <&- >out 2>err
[ "$(cat out)" = 'no input' ] && [ ! -s err ]
ok 'standard input that is closed' "$(cat out err)"
"$HAUNCH" exec box -- tool 'to nobody' =4 >&- 2>err </dev/null
[ $? -eq 4 ] && [ ! -s err ]
ok 'and output' "$(cat err)"
head -c 5000000 /dev/urandom >data
timeout 120 "$HAUNCH" exec box -- tool copy <data >out 2>err
cmp data out
ok '5 MB there and back' "$(ls -l out)" "$(cat err)"
timeout 120 "$HAUNCH" exec box -- tool flood 2>err </dev/null | head -c 100000 | wc -c >out
is "$(cat out)" 100000 'whoever does not read on'
processes 2
ok 'ends it'
gets 0 'parent' '' 'what it leaves behind does not keep it' box -- tool child parent
processes 3
ok 'and goes on'
"$HAUNCH" exec box -- tool wait >one </dev/null &
one=$!
written one
processes 4
ok 'one that does not end'
kill -HUP "$one"
wait "$one"
is "$?" 129 'is ended by a signal'
processes 3
ok 'here and there'
rm one
"$HAUNCH" exec box -- tool wait >one </dev/null &
one=$!
"$HAUNCH" exec box -- tool wait >two </dev/null &
two=$!
written one two
fails 1 'commands are running in box already' 'a third at a time' "$HAUNCH" exec box -- tool x
# Nothing of it is tidied up.
kill -KILL "$one"
wait "$one" 2>/dev/null
gets 0 'again' '' 'the place of one that was killed' box -- tool again
kill "$two"
wait "$two"
is "$?" 143 'one that is ended says so'
processes 3
ok 'all have ended'
if command -v script >/dev/null; then
	# shows TEXT: it has been printed by now
	shows()
	{
		tries=0
		until grep -q "$1" out || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done
	}
	: >out
	{ shows '30 x'; echo keys; shows 'got'; } | timeout 60 script -qec "stty rows 30 cols 100; TERM=dumb exec $HAUNCH exec box -- tool terminal typed =5" \
		/dev/null >out 2>err
	status=$?
	tr -d '\r' <out >shown
	[ "$status" -eq 5 ] && grep -q '^30 x 100, /dev/pts/0, dumb$' shown && grep -q '^got keys$' shown
	ok 'on a terminal' "status $status" "$(cat shown err)"
else
	skip 'on a terminal' 'there is no script(1)'
fi
fails 1 'no machine called other' 'no such machine' "$HAUNCH" exec other -- tool
fails 2 'are wanted' 'no command' "$HAUNCH" exec box
fails 2 'are wanted' 'no machine' "$HAUNCH" exec -- tool
fails 1 'too long' 'more words than there is room for' "$HAUNCH" exec box -- tool "$(head -c 20000 /dev/zero | tr '\0' x)"
rm one
"$HAUNCH" exec box -- tool wait >one 2>err </dev/null &
one=$!
written one
capture timeout 60 "$HAUNCH" stop box
[ "$status" -eq 0 ]
ok 'a command does not keep the machine' "$(cat err)"
wait "$one"
[ $? -eq 143 ] || grep -q 'machine box has ended' err
ok 'it ends with it' "$(cat one err)"
fails 1 'does not run' 'a machine that has ended' "$HAUNCH" exec box -- tool
wait "$silent"
is "$? $(cat said)" '6 ' 'a command that says nothing for long'
# It goes on after the machine has asked it to end, but nobody is kept.
"$HAUNCH" exec quiet -- tool late 'last words' =5 >out 2>err </dev/null &
one=$!
processes 3 quiet
"$HAUNCH" stop quiet
wait "$one"
is "$? $(cat out)" '5 last words' 'the last words of a command, with the machine'
"$HAUNCH" rm quiet
"$HAUNCH" logs box >out
is "$(cat out)" waiting 'the log is of the program only'
"$HAUNCH" rm box
