# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# lib.sh - running a test program on this machine, for here.t and image.t.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

# shellcheck disable=SC2034 # image.t uses these
all_programs='threads signals timers clocks pipes spawn sockets files badptr memory process stdio
	fork wait exec shared sysv vm remap limits maps reach uffd jobs
	trace events odd seccomp'

# Each way to die that faults.c knows, and the status that a shell shows: 128 + the signal's number.
# shellcheck disable=SC2034
all_faults='null:139 null-read:139 null-call:139 wild:139 non-canonical:139 kill-segv:139
	write-code:139 write-constant:139 execute-data:139 execute-stack:139 execute-heap:139
	divide:136 illegal:132 privileged:133 abort:134 stack-overflow:139 none:139
	term:143 pipe:141'

# wants_root PROGRAM: would it fail here, for what it tries is root's and this user is none?
wants_root()
{
	case $1 in
	limits|uffd|jobs|odd|seccomp) [ "$(id -u)" -ne 0 ] ;;
	*) false ;;
	esac
}

build test-programs
mkdir "$TMP/run"

# run_here LIBC PROGRAM ARGUMENT...: output and status into $TMP/here.  A copy named like the
# program is run, as its name must not tell the builds apart; the shell's own remark on a program
# that was killed is dropped.
run_here()
{
	libc=$1 program=$2
	shift 2
	cp "$BUILD/tests/programs/$libc/$program" "$TMP/run/$program"
	{
		(cd "$TMP/run" && exec timeout 60 "./$program" "$@") >"$TMP/here" 2>&1 </dev/null
		status=$?
	} 2>/dev/null
	echo "status $status" >>"$TMP/here"
}

# random LIBC OUTPUT...: do outputs of aslr.c differ in all that must?  Of three runs not all may be
# the same: Linux chooses a heap's place among 2^13 only, so two of them are now and then.
random()
{
	random_libc=$1
	shift
	for what in code data heap stack mapping canary; do
		case $random_libc:$what in
		fixed:code|fixed:data) continue ;;
		esac
		lines=$(grep -h "^$what " "$@")
		[ "$(echo "$lines" | wc -l)" = $# ] && [ "$(echo "$lines" | sort -u | wc -l)" -gt 1 ]
		ok "aslr ($random_libc): $what" "$lines"
	done
}
