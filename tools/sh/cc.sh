# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# cc.sh - haunch cc: the wrapper is a script of its own, so that `make` can call it directly.

help_cc()
{
	cat <<-'END'
	usage: haunch cc GCC-OPTION... FILE...

	Compile and link C programs that Haunch can boot: gcc, with musl as the C library, making static
	position-independent executables.  The result runs on Linux as well.  Also as configure's CC:

	  haunch cc -O2 -o hello hello.c
	  ./configure --host=x86_64-haunch-linux-musl CC="haunch cc" && make
	END
}

main_cc()
{
	HAUNCH_BUILD=$B exec "$ROOT/tools/haunch-cc" "$@"
}
