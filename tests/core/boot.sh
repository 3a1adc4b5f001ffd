# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# boot.sh - what the tests in this folder share: booting the core's small donor (donor.c) in QEMU.

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

build core-tests

# boot WORDS QEMU-ARGUMENT...: boot the donor with these words on its command line.  Leaves the
# console in $TMP/out ($TMP/raw: with carriage returns), the debug port in $TMP/debug, and sets `status` to the exit status that the
# host is told, or to "none".
boot()
{
	words=$1
	shift
	boot_qemu -kernel "$BUILD/tests/core/donor.elf" -append "$words" "$@"
}

boot_qemu()
{
	rm -f "$TMP/debug"
	timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -monitor none \
		-serial "file:$TMP/out" -debugcon "file:$TMP/debug" "$@" \
		>"$TMP/qemu" 2>&1 </dev/null
	mv "$TMP/out" "$TMP/raw"
	tr -d '\r' <"$TMP/raw" >"$TMP/out"
	status=$(sed -n 's/^haunch: exit status //p' "$TMP/debug")
	status=${status:-none}
}

# await FILE PATTERN: wait until it has such a line, but not for ever
await()
{
	tries=300
	until grep -q -- "$2" "$1" 2>/dev/null || [ $tries -eq 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

# monitor WORDS READY COMMAND [DONE]: boot the donor with these words, give QEMU's monitor a command
# when the console has a line READY, and end when it has a line DONE.  The console is then in
# $TMP/out, what QEMU says in $TMP/qemu.
monitor()
{
	: >"$TMP/out"
	{
		await "$TMP/out" "$2"
		echo "$3"
		[ -z "${4:-}" ] || await "$TMP/out" "$4"
		echo quit
	} | timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -m 32 \
		-serial "file:$TMP/out" -monitor stdio -kernel "$BUILD/tests/core/donor.elf" \
		-append "$1" >"$TMP/qemu" 2>&1
}

# says PATTERN DESCRIPTION: the console has a line with the extended regular expression in it
says()
{
	grep -qE -- "$1" "$TMP/out"
	ok "$2" "expected: $1" "console:" "$(head -n 40 "$TMP/out")" "$(cat "$TMP/qemu")"
}

ended()
{
	[ "$status" = "$1" ]
	ok "$2" "exit status $status, expected $1" "console:" "$(tail -n 40 "$TMP/out")" \
		"$(cat "$TMP/qemu")"
}

# whole DESCRIPTION: all of the donor's own tests passed, and it came to its end
whole()
{
	! grep -q '^not ok' "$TMP/out" && grep -q '^done$' "$TMP/out" && [ "$status" = 0 ]
	ok "$1: $(grep -c '^ok' "$TMP/out") tests of the donor" "exit status $status" \
		"$(grep '^not ok' "$TMP/out")" "$(tail -n 20 "$TMP/out")" "$(cat "$TMP/qemu")"
}
