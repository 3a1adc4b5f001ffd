#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# streams.t - haunch run: the program's input and output are exact, apart, and wait for slow readers.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -e "$REAL_BUILD/haunch-virtio.elf" ]; then
	skip_all 'the kernel is not built'
fi
export HAUNCH_BUILD="$REAL_BUILD"

guest()
{
	timeout 120 "$HAUNCH" run "$@"
}

# Every byte there is, 10 MiB of them; `yes` alone would not show an exchange.
head -c 10485760 /dev/urandom >bytes

status=0
guest /bin/cat <bytes >copy 2>err || status=$?
cmp bytes copy >difference 2>&1
ok '10 MiB go in and come out' "status $status" "$(cat difference err)"
is "$status$(cat err)" 0 'and nothing else is said'

guest /bin/cat <bytes 2>err | { sleep 4; cat; } >copy
cmp bytes copy >difference 2>&1
ok 'a reader that stops for seconds loses nothing' "$(cat difference err)"

{ head -c 100000; sleep 2; cat; } <bytes | guest /usr/bin/wc -- -c >out 2>err
is "$(cat out err)" 10485760 'a writer that is slow loses nothing, and its end is seen'

printf 'no end of line' | guest /bin/cat >out
is "$(cat out)" 'no end of line' 'no byte is added, none is lost, none is echoed'

guest /bin/sh -- -c 'echo to out; echo to err >&2; exit 3' >out 2>err
is "$? $(cat out), $(cat err)" '3 to out, to err' 'output and errors arrive apart'

guest /bin/sh -- -c 'for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done' >out 2>&1
is "$(tr '\n' ' ' <out)" 'o1 e1 o2 e2 o3 e3 o4 e4 o5 e5 ' 'in one file they keep their order'

guest /bin/sh -- -c 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/dev/fd/1; read x </dev/stdin; echo $x; : >/dev/shm/x' \
	>out 2>err <<'END'
d
END
is "$? $(tr '\n' ' ' <out)$(cat err)" '0 a c d b' '/dev/stdin, /dev/stdout, /dev/stderr, /dev/fd and /dev/shm'

# The reader goes: the program gets SIGPIPE, as on any system.
{
	status=0
	guest /bin/cat <bytes 2>err || status=$?
	echo $status >status
} | head -c 10 >out
is "$(cat status) $(wc -c <out | tr -d ' ')" '141 10' 'a reader that goes ends the writer by SIGPIPE'

status=0
guest /bin/echo -- lost >/dev/full 2>err || status=$?
[ $status -ne 0 ] && grep -q '^haunch run: cannot write to standard output: No space left' err
ok 'a full disk is an error' "status $status" "$(cat err)"

guest -v /bin/echo -- only this >out 2>err
[ "$(cat out)" = 'only this' ] && grep -q 'Linux version' err
ok "the kernel's messages are not in the output" "$(cat out)" "$(head -n 3 err)"

# syslog(3), as a program's only way to say something.
cat >log.c <<'END'
#include <syslog.h>
#include <unistd.h>

int main(void)
{
	openlog("logger", LOG_PID, LOG_DAEMON);
	syslog(LOG_NOTICE, "heard by %s", "syslog");
	return 0;
}
END
"$HAUNCH" cc -o log log.c
guest log >out 2>err
grep -q '^logger\[[0-9]*\]: heard by syslog$' err
ok 'syslog(3) reaches the console' "$(cat out err)"


# A terminal stays one: its size, a new size, and Ctrl-C is for the program.
cat >size.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void show(int signal)
{
	struct winsize size;

	if (!ioctl(0, TIOCGWINSZ, &size))
		printf("%dx%d\n", size.ws_row, size.ws_col);
	fflush(stdout);
}

int main(void)
{
	signal(SIGWINCH, show);
	show(0);
	for (;;)
		pause();
}
END
"$HAUNCH" cc -o size size.c
cat >session <<END
stty rows 33 columns 99
{
	tries=0
	until grep -q 33x99 typescript || [ \$tries -eq 300 ]; do sleep 0.1; tries=\$((tries + 1)); done
	stty rows 40 columns 120
	tries=0
	until grep -q 40x120 typescript || [ \$tries -eq 300 ]; do sleep 0.1; tries=\$((tries + 1)); done
	touch resized
} </dev/tty >errors 2>&1 &
"$HAUNCH" run size
echo "status \$?"
END
{
	tries=0
	until [ -e resized ] || [ $tries -eq 600 ]; do sleep 0.1; tries=$((tries + 1)); done
	printf '\003'
} | timeout 120 script -qfc 'sh session' typescript >script.out 2>&1
grep -q 33x99 typescript && grep -q 40x120 typescript && grep -q 'status 130' typescript
ok 'a terminal has its size, its new size, and Ctrl-C' "$(cat typescript errors)"
