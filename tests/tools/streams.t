#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# streams.t - the program's standard input, output and error are those of `haunch run`: exact, apart, and
# never lost to a reader that is slow.

# The words in single quotes are for the guest's shell.
# shellcheck disable=SC2016
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$REAL_BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
export HAUNCH_BUILD="$REAL_BUILD"

cat >program.c <<'END2'
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <syslog.h>
#include <unistd.h>

static volatile sig_atomic_t resized, interrupted;

static void note(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		interrupted = 1;
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(99);
}

/* What the name says. */
int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	static char buffer[65536];
	struct winsize size;
	ssize_t n;
	int i;

	if (!strcmp(what, "apart")) {
		say(1, "to out\n");
		say(2, "to err\n");
		return 5;
	} else if (!strcmp(what, "order")) {
		for (i = 0; i < 1000; i++) {
			sprintf(buffer, "%d\n", i);
			say(i % 2 + 1, buffer);
		}
	} else if (!strcmp(what, "copy")) {
		while ((n = read(0, buffer, sizeof(buffer))) > 0)
			if (write(1, buffer, n) != n)
				return 98;
		fprintf(stderr, "end of file: %zd\n", n);
	} else if (!strcmp(what, "many")) {
		for (i = 0; i < 300000; i++)
			printf("line %d\n", i);
	} else if (!strcmp(what, "endless")) {
		for (i = 0;; i++)
			printf("line %d\n", i);
	} else if (!strcmp(what, "none")) {
		return read(0, buffer, 1) ? 97 : 4;
	} else if (!strcmp(what, "tty")) {
		printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
	} else if (!strcmp(what, "reopen")) {
		FILE *out = fopen("/dev/stdout", "w"), *err = fopen("/dev/stderr", "w");

		fprintf(out, "reopened out\n");
		fprintf(err, "reopened err\n");
	} else if (!strcmp(what, "devices")) {
		FILE *in = fopen("/dev/stdin", "r"), *third = fopen("/dev/fd/0", "r");
		FILE *shm = fopen("/dev/shm/file", "w");
		struct statfs status;

		if (!in || !fgets(buffer, sizeof(buffer), in) || !third || !shm || statfs("/dev/shm", &status))
			return 96;
		printf("%s%lx\n", buffer, (long)status.f_type);
	} else if (!strcmp(what, "syslog")) {
		syslog(LOG_ERR, "from syslog");
		usleep(200000);
		say(1, "to out\n");
	} else if (!strcmp(what, "terminal")) {
		signal(SIGWINCH, note);
		signal(SIGINT, note);
		ioctl(0, TIOCGWINSZ, &size);
		printf("ready %d %d %d %dx%d\n", isatty(0), isatty(1), isatty(2), size.ws_row, size.ws_col);
		fflush(stdout);
		while (!resized)
			pause();
		ioctl(0, TIOCGWINSZ, &size);
		printf("resized %dx%d\n", size.ws_row, size.ws_col);
		fflush(stdout);
		while (!interrupted)
			pause();
		printf("interrupted\n");
		fflush(stdout);
		if (fgets(buffer, sizeof(buffer), stdin))
			printf("typed %s", buffer);
		return 6;
	} else if (!strcmp(what, "deaf")) {
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		printf("deaf\n");
		fflush(stdout);
		for (;;)
			pause();
	}
	return 0;
}
END2
"$ROOT/tools/haunch-cc" -O1 -o program program.c || exit 1
"$HAUNCH" bake -o image program
run()
{
	timeout 120 "$HAUNCH" run -n none image -- "$@"
}

# ------------------------------------------------------------------ out and err

run apart >out 2>err </dev/null
is "$? $(cat out) $(cat err)" '5 to out to err' 'standard output and standard error arrive apart'
run apart 2>&1 >/dev/null </dev/null | tr '\n' . >piped
is "$(cat piped)" 'to err.' 'as a shell has them'
run order >both 2>&1 </dev/null
seq 0 999 | cmp -s - both
ok 'in one file they keep their order' "$(wc -l both)"
run order 2>&1 </dev/null | cat >both
seq 0 999 | cmp -s - both
ok 'and in one pipe' "$(wc -l both)"
run reopen >out 2>err </dev/null
is "$(cat out) $(cat err)" 'reopened out reopened err' '/dev/stdout and /dev/stderr are they'
echo line >line
is "$(run devices <line 2>&1 | tr '\n' ' ')" 'line 1021994 ' '/dev/stdin, /dev/fd, /dev/shm (a tmpfs)'
run syslog >out 2>err </dev/null
is "$(cat out) $(grep -c 'from syslog' err)" 'to out 1' 'syslog(3) is told, and not on standard output'
timeout 120 "$HAUNCH" run -n none -V image -- apart >out 2>err </dev/null
[ "$(cat out)" = 'to out' ] && grep -q 'Linux version' err
ok "the kernel's messages are on standard error, with -V" "$(cat out)"

# ------------------------------------------------------------------ exact

head -c 10000000 /dev/urandom >random
run copy <random >out 2>err
cmp random out
ok '10 MB of any bytes come in and go out as they are' "$(wc -c out)"
is "$(cat err)" 'end of file: 0' 'followed by the end of the file'
# shellcheck disable=SC2002 # it is to be a pipe
cat random | run copy 2>err | cmp random -
ok 'by pipes, too'
is "$(echo hi | timeout 60 "$HAUNCH" run -n none /bin/cat)" hi 'echo hi | haunch run /bin/cat'
printf '\001c\003\r\n\000x' >odd
run copy <odd >out 2>/dev/null
cmp odd out
ok 'control characters mean nothing'
run none </dev/null
is "$?" 4 'an input that is empty has an end'
run none <&-
is "$?" 4 'so has one that is closed'
(sleep 2; echo late) | run copy >out 2>/dev/null
is "$(cat out)" late 'a slow writer is waited for'
(echo one; sleep 1; echo two) | run copy 2>/dev/null | (read -r first; echo "$first" >first; cat >rest)
is "$(cat first rest)" "$(printf 'one\ntwo')" 'nothing waits for the end'

# The three do not wait for each other, though they share a port.
# shell WORDS: run by the guest's shell
shell()
{
	timeout 120 "$HAUNCH" run -n none /bin/sh -- -c "$1"
}
shell 'i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo $i; done; exit 7' <random >out 2>err
is "$? $(tail -n 1 out)" '7 20' 'an input that is not read keeps nothing waiting' "$(cat err)"
mkfifo unread
shell '{ while :; do echo more; done; } 2>/dev/null & read -r line; echo "$line" >&2
	kill $!; exit 8' >unread 2>err <line &
pid=$!
exec 7<unread
for _ in $(seq 200); do
	[ ! -s err ] || break
	sleep 0.1
done
is "$(cat err)" line 'nor does an output that is not read'
exec 7<&-
wait $pid
is "$?" 8 'and the end comes when its reader has left'
(echo first; sleep 2; echo second) | { shell 'trap "" PIPE; read -r a; echo $a; read -r b; echo $b 2>/dev/null; echo $a $b >&2' \
	2>err; } | head -n 1 >out
is "$(cat out) $(cat err)" 'first first second' 'who leaves standard output leaves the input to the program'

# ------------------------------------------------------------------ slow readers

{ run many </dev/null; echo $? >status; } | { sleep 5; md5sum; } >sum
is "$(cat status) $(cat sum)" "0 $(seq 0 299999 | sed 's/^/line /' | md5sum)" \
	'a reader that stops for 5 seconds loses nothing'
{ run endless </dev/null 2>err; echo $? >status; } | head -n 1 >out
is "$(cat out) $(cat status)" 'line 0 141' 'head -1 gets its line, and the program SIGPIPE'
is "$(cat err)" '' 'of which nothing is said'
run many >/dev/full 2>err </dev/null
status=$?
[ $status -ne 0 ] && [ "$(grep -c 'haunch run: cannot write standard output: No space left' err)" -eq 1 ]
ok 'a full disk is one line, and no success' "status $status" "$(cat err)"
run apart >/dev/full 2>err </dev/null
is "$? $(grep -c 'cannot write standard output: No space' err)" '5 1' "or the program's own status"
run many >&- 2>err </dev/null
is "$?" 0 'a closed standard output is nothing' "$(cat err)"

# ------------------------------------------------------------------ terminals

gcc -o terminal "$ROOT/tests/tools/terminal.c" -lutil || exit 1
is "$(./terminal "$HAUNCH" run -n none image -- tty </dev/null | tr -d '\r')" '1 1 1' \
	'on a terminal all are a terminal'
# shellcheck disable=SC2016 # for the inner shell
is "$(./terminal sh -c '"$HAUNCH" run -n none image -- tty </dev/null' </dev/null | tr -d '\r')" '0 1 1' \
	'an input that is none is none'
# shellcheck disable=SC2016
./terminal sh -c '"$HAUNCH" run -n none image -- tty >redirected' </dev/null >/dev/null
is "$(cat redirected)" '0 0 1' 'so is an output'

# shown TEXT: wait until it has appeared on the terminal
shown()
{
	for _ in $(seq 200); do
		! grep -qF "$1" screen || return 0
		sleep 0.1
	done
	return 1
}
mkfifo keys
: >screen
timeout 60 ./terminal "$HAUNCH" run -n none image -- terminal <keys >screen 2>&1 &
pid=$!
exec 5>keys
shown 'ready 1 1 1 24x80'
ok 'a terminal has its size' "$(cat screen)"
echo haunch-resize >&5
shown 'resized 50x132'
ok 'and a new one is told' "$(cat screen)"
printf '\003' >&5
shown interrupted
ok "Ctrl-C is the program's" "$(cat screen)"
printf 'words\n' >&5
shown 'typed words'
ok 'lines are edited and echoed' "$(cat screen)"
wait $pid
is "$?" 6 'and the status comes back'
exec 5>&-
: >screen
timeout 60 ./terminal "$HAUNCH" run -n none image -- deaf <keys >screen 2>&1 &
pid=$!
exec 5>keys
shown deaf
printf '\003\003\003' >&5
wait $pid
is "$?" 130 'the third Ctrl-C in a row ends a program that is deaf'
exec 5>&-

# ------------------------------------------------------------------ without virtio-serial

mkdir other
ln -s "$REAL_BUILD/tools" "$REAL_BUILD/init" "$REAL_BUILD/haunch-virtio.elf" other/
grep -v virtio_console "$REAL_BUILD/haunch-virtio.drivers" >other/haunch-virtio.drivers
HAUNCH_BUILD=$TMP/other "$HAUNCH" bake -o old program -- apart
timeout 60 "$HAUNCH" run -n none old >out 2>err </dev/null
is "$? $(tr '\n' . <out)" '5 to out.to err.' 'without the driver all is the console, with line ends of files'
is "$(grep -c 'no driver virtio_console' err)" 1 'and that is said'
