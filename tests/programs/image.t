#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# image.t - the test programs in an image: what they print and how they end is compared with this
# machine's.
#
#	tests/programs/image.t [LIBC:PROGRAM]...	only these, e.g. musl:threads glibc:faults
#
# LIBC is musl, glibc (static PIE) or fixed (glibc at a fixed address).
#
# haunch check: long

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'

# run_image LIBC PROGRAM ARGUMENT...: output and status into $TMP/image
run_image()
{
	libc=$1 program=$2
	shift 2
	timeout 120 ./haunch run "$BUILD/tests/programs/$libc/$program" -- "$@" >"$TMP/raw" \
		2>&1 </dev/null
	status=$?
	# The kernel's line about a fault that ends a program, be it a child of it, is of the image only.
	sed -e 's/\r$//' -e "/^\(haunch: kernel: \)*$program\\[[0-9]*\\]: .* at ip 0x/d" "$TMP/raw" >"$TMP/image"
	echo "status $status" >>"$TMP/image"
}

# same NAME: is the image's output this machine's?
same()
{
	cmp -s "$TMP/here" "$TMP/image"
	ok "$1 ($libc)" "$(diff "$TMP/here" "$TMP/image" | sed -n 's/^</here: /p; s/^>/image:/p' |
		head -n 15)"
}

# compare LIBC PROGRAM
compare()
{
	case $2 in
	faults)
		for fault in $all_faults; do
			run_here "$1" faults "${fault%:*}"
			run_image "$1" faults "${fault%:*}"
			# One line says what happened, as a shell does but for SIGPIPE; it is of the image only.
			grep -q '^haunch: .*(signal [0-9]*)' "$TMP/image" || [ "${fault%:*}" = pipe ] ||
				echo '(no line "haunch: ...: ... (signal N)")' >>"$TMP/image"
			sed -i '/^haunch: .*(signal [0-9]*)/d' "$TMP/image"
			same "faults ${fault%:*}"
		done ;;
	aslr)
		for i in 1 2 3; do
			run_image "$1" aslr
			mv "$TMP/image" "$TMP/aslr.$i"
		done
		random "$1" "$TMP/aslr.1" "$TMP/aslr.2" "$TMP/aslr.3" ;;
	*)
		run_image "$1" "$2"
		if wants_root "$2"; then
			grep -q '^all well$' "$TMP/image" && grep -q '^status 0$' "$TMP/image"
			ok "$2 ($1), compared with nothing" "$(grep FAILED "$TMP/image")"
		else
			run_here "$1" "$2"
			same "$2"
		fi ;;
	esac
}

if [ $# -gt 0 ]; then
	for name; do
		compare "${name%%:*}" "${name#*:}"
	done
	exit
fi
for libc in musl glibc fixed; do
	for program in $all_programs faults aslr; do
		compare "$libc" "$program"
	done
done
# Cores go where the whole system says, so this runs in an image only.
for libc in musl glibc; do
	run_image $libc coredump
	[ "$status" = 0 ]
	ok "coredump ($libc)" "$(grep FAILED "$TMP/image")" "status $status"
done
for expected in 0 1 42 127 128 255; do
	run_image musl process exit $expected
	[ "$status" = $expected ]
	ok "exit status $expected" "got $status"
done
