#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# here.t - the test programs on this machine, several times, in all three builds: they are good for
# comparisons only if what they print depends on nothing.
#
# haunch check: once

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

for program in $all_programs; do
	if wants_root "$program"; then
		skip "$program" 'it wants root'
		continue
	fi
	rm -f "$TMP/first"
	for libc in musl glibc fixed musl; do
		run_here $libc "$program"
		[ -e "$TMP/first" ] || cp "$TMP/here" "$TMP/first"
		grep -q '^status 0$' "$TMP/here" && cmp -s "$TMP/first" "$TMP/here"
		ok "$program ($libc)" "$(grep FAILED "$TMP/here")" \
			"$(diff "$TMP/first" "$TMP/here" | head -n 10)"
	done
done
for fault in $all_faults; do
	for libc in musl glibc fixed; do
		run_here $libc faults "${fault%:*}"
		[ "$status" = "${fault#*:}" ]
		ok "faults ${fault%:*} ($libc)" "status $status, expected ${fault#*:}"
	done
done
for expected in 0 1 42 127 128 255; do
	run_here musl process exit $expected
	[ "$status" = $expected ]
	ok "exit status $expected" "got $status"
done
for libc in musl glibc fixed; do
	for i in 1 2 3; do
		run_here "$libc" aslr
		mv "$TMP/here" "$TMP/aslr.$i"
	done
	random "$libc" "$TMP/aslr.1" "$TMP/aslr.2" "$TMP/aslr.3"
done
