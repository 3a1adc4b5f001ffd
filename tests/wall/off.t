#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# off.t - wall=off, programs in ring 0: they still do what they do on Linux (tests/programs/image.t).
# Left out: faults, for what is a fault in ring 3 is none here.

# shellcheck source=../programs/lib.sh
. "$(dirname "$0")/../programs/lib.sh"

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
build wall-programs
# `haunch run` appends these words to every kernel's command line.
export HAUNCH_APPEND=wall=off

# Else all that follows would test nothing new.
timeout 120 ./haunch run "$BUILD/tests/wall/ring" >"$TMP/ring" 2>"$TMP/messages" </dev/null
[ "$(tr -d '\r' <"$TMP/ring")" = 'ring 0' ]
ok 'the program is in ring 0' "$(cat "$TMP/ring")" "$(head -n 5 "$TMP/messages")"

for libc in musl glibc fixed; do
	for program in $all_programs; do
		# One libc tells most; another has its own ways with threads, signals and processes.
		case $libc:$program in
		musl:*|*:threads|*:signals|*:clocks|*:fork|*:memory) ;;
		*) continue ;;
		esac
		tests/programs/image.t "$libc:$program" >"$TMP/result" 2>&1
		ok "$program ($libc)" "$(grep -v '^ok\|^1\.\.' "$TMP/result")"
	done
done
