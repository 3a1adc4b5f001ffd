#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# limits.t - what the flat flavour cannot do is named in one line, and nothing breaks.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
build "$BUILD/tests/linux/limits" "$BUILD/tests/linux/pieces"

# limit STATUS ARGUMENT: run it; what it and the kernel say is in $TMP/out
limit()
{
	./haunch run -n none "$BUILD/tests/linux/limits" -- "$2" >"$TMP/out" 2>&1 </dev/null
	status=$?
	[ $status -eq "$1" ]
	ok "$2: the program goes on" "status $status" "$(cat "$TMP/out")"
}

limit 3 fork
grep -q '^limits\[[0-9]*\]: fork() is not supported: use posix_spawn() or vfork() and exec()' \
	"$TMP/out"
ok 'fork: the line says what to use instead' "$(cat "$TMP/out")"

limit 4 memory
grep -q '^limits\[[0-9]*\]: out of memory: 8192 KiB are wanted, [0-9]* KiB are free' \
	"$TMP/out"
ok 'memory: the line says how much was wanted' "$(cat "$TMP/out")"
[ "$(grep -c 'out of memory' "$TMP/out")" -eq 1 ]
ok 'memory: and it is the only one' "$(cat "$TMP/out")"

# Memory in pieces of 16 KiB.  What the program checks counts one by one.
for memory in 64 200; do
	./haunch run -n none -m $memory "$BUILD/tests/linux/pieces" >"$TMP/raw" 2>"$TMP/messages" \
		</dev/null
	status=$?
	tr -d '\r' <"$TMP/raw" >"$TMP/out"
	sed -n 's/^\(ok\|FAILED\): //p' "$TMP/out" >"$TMP/checks"
	while read -r check; do
		grep -q "^ok: $check$" "$TMP/out"
		ok "pieces, $memory MB: $check"
	done <"$TMP/checks"
	[ $status -eq 0 ] && [ "$(wc -l <"$TMP/checks")" -eq 18 ] &&
		! grep -vE '^(ok|FAILED): ' "$TMP/out"
	ok "pieces, $memory MB: to the end" "status $status" "$(cat "$TMP/out" "$TMP/messages")"
done
