#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# cc.t - haunch cc: what it makes, and what it says.
#
# haunch check: once

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
! $cc -E hello.c | grep '^# 1 "/usr/include/[a-z_]*\.h"' | grep -vF /usr/include/crypt.h
ok 'no header of glibc is seen, but libcrypt'"'"'s own'
[ "$($cc -dumpmachine)" = x86_64-linux-musl ] && [ -e "$($cc -print-file-name=libc.a)" ] &&
	$cc --version | grep -q 'Free Software' && $cc -v 2>&1 | grep -q 'gcc version'
ok 'questions of configure scripts are answered'

# What musl lacks is there whole, or not there at all, so that no configure script is misled.
for header in crypt.h resolv.h arpa/nameser.h fts.h; do
	echo "#include <$header>" | $cc -E -P -x c - | tr -s '\n\t ' '   ' |
		grep -oE '[a-z_0-9]+ ?\([^()]*\) ?(__attribute__ ?\(\([^;]*)?;' |
		sed 's/ *(.*//' | grep -vE '^(__.*_chk|__attribute__)$' | sort -u >functions
	{
		echo '#define _GNU_SOURCE'
		echo "#include <$header>"
		echo 'int main(void) { static void *volatile all[] = {'
		sed 's/.*/(void *)&,/' functions
		echo '}; return !all[0]; }'
	} >all.c
	compile all all.c
	[ "$(wc -l <functions)" -ge 4 ] && ./all
	ok "every function that <$header> declares is there" "$(cat functions)"
done
for missing in 'argp.h argp_parse' 'obstack.h _obstack_begin' 'none.h arc4random_buf' 'none.h __snprintf_chk'; do
	name=${missing#* }
	! echo "#include <${missing% *}>" | $cc -E -x c - >/dev/null 2>&1 &&
		! echo "char $name(); int main(void) { return $name(); }" |
			$cc -w -fno-builtin -x c -o none - 2>/dev/null
	ok "neither <${missing% *}> nor $name() is found"
done

# As AC_CHECK_LIB and AC_CHECK_FUNC ask for it; thttpd does.
echo 'char crypt(); int main(void) { return crypt(); }' >crypt.c
compile found -w -fno-builtin crypt.c
compile found -w -fno-builtin crypt.c -lcrypt
cat >crypt.c <<'END'
#include <crypt.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
	static const char *const settings[] = { "ab", "$1$salt$", "$5$salt$", "$6$salt$",
						"$y$j9T$abcdefghijklmnop$" };
	struct crypt_data data;
	char *salt = crypt_gensalt("$2b$", 4, NULL, 0);

	for (unsigned int i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		puts(crypt("a password", settings[i]));
	memset(&data, 0, sizeof(data));
	puts(crypt_r("another", "$6$salt$", &data));
	return !salt || strncmp(salt, "$2b$04$", 7);
}
END
compile crypt -Wall -Wextra -Werror -D_GNU_SOURCE crypt.c
gcc -D_GNU_SOURCE -o glibc-crypt crypt.c -lcrypt && ./glibc-crypt >expected && ./crypt >got &&
	cmp -s expected got
ok 'crypt() is that of Debian' "$(cat got)"

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
