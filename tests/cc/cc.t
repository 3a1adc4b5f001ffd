#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# cc.t - haunch cc: what it makes, and what it says.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

# Made anew, as on first use.
export HAUNCH_BUILD="$TMP/build"
cc="$PWD/haunch cc"
cd "$TMP" || exit 1

cat >hello.c <<'END'
#include <crypt.h>
#include <linux/if_packet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/cdefs.h>
#include <sys/queue.h>
static _Thread_local int own = 7;
int main(int argc, char **argv)
{
	(void)argv;
	printf("%d %.3f\n", own, sqrt(argc + 1));
#ifdef __GLIBC__
	return 1;
#else
	return 0;
#endif
}
END

# compile NAME ARGUMENT...
compile()
{
	name=$1
	shift
	# shellcheck disable=SC2086 # two words
	$cc -o "$name" "$@" >"$TMP/out" 2>&1
	ok "cc $*" "$(cat "$TMP/out")"
}

compile hello -O2 -Wall -Wextra -Werror -pthread hello.c -lm
[ "$(./hello)" = '7 1.414' ]
ok 'the program runs here, and is not glibc'"'"'s'
readelf -hlW hello >elf
grep -q 'Type: *DYN' elf && ! grep -q INTERP elf && grep -q 'GNU_STACK.* RW ' elf
ok 'a position-independent executable without an interpreter' "$(cat elf)"
compile fixed -no-pie hello.c -lm
readelf -hlW fixed >elf
./fixed >/dev/null && grep -q 'Type: *EXEC' elf && ! grep -q INTERP elf
ok '-no-pie: at a fixed address' "$(cat elf)"
compile hello.o -c hello.c
compile static -static hello.o -lm
./static >/dev/null
ok '-static is no different'
compile lto -O2 -flto hello.c -lm
./lto >/dev/null
ok 'with link-time optimisation'
echo 'int answer(void) { return 42; }' >lib.c
compile lib.so -shared -fPIC lib.c
echo 'int main(void) { return 0; }' | $cc -x c -o stdin - && ./stdin
ok 'a program from standard input'
printf '.globl main\nmain: xor %%eax, %%eax\nret\n' >asm.S
compile asm asm.S
./asm
ok 'from assembly'
! $cc -E hello.c | grep '^# 1 "/usr/include/[a-z_]*\.h"'
ok 'no header of glibc is seen'
[ "$($cc -dumpmachine)" = x86_64-linux-musl ] && [ -e "$($cc -print-file-name=libc.a)" ] &&
	$cc --version | grep -q 'Free Software' && $cc -v 2>&1 | grep -q 'gcc version'
ok 'questions of configure scripts are answered'

# says TEXT ARGUMENT...: it fails, and says this in one line
says()
{
	text=$1
	shift
	! $cc "$@" >"$TMP/out" 2>&1 && [ "$(wc -l <"$TMP/out")" = 1 ] && grep -qF -- "$text" "$TMP/out"
	ok "cc $*: $text" "$(cat "$TMP/out")"
}

echo 'int main() {}' >x.cc
says 'C++ is not supported' x.cc
says 'programs are 64-bit' -m32 hello.c

# Many at once on first use.
export HAUNCH_BUILD="$TMP/other"
for i in 1 2 3 4 5 6 7 8; do
	$cc -c -o many$i.o hello.c &
done
wait
set -- many*.o
[ $# = 8 ]
ok 'eight at once on first use' "$*"
