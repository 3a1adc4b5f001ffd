#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# machines.t - every hypercall, on machines of several kinds.

# shellcheck source=tests/core/tap.sh
. "$(dirname "$0")/tap.sh"

machine()
{
	name=$1
	shift
	boot "" "$@"
	whole "$name"
}

machine 'pc, 64 MB' -m 64
machine 'q35, a CPU with everything' -M q35 -cpu max -m 64
machine 'no VGA card' -vga none -m 64
machine '16 MB' -m 16
machine '4 GB, part of it above the PCI hole' -m 4096
machine 'no local APIC: the PIT is the timer' -cpu qemu64,-apic -m 32
machine 'FSGSBASE, XSAVE, AVX' -cpu Haswell-v4,-hle,-rtm -m 32

boot test=none -m 64 -M q35 -cpu max -device pcie-root-port,id=root1,chassis=1
says '^ok - PCI: advanced error reporting' 'q35: extended PCI configuration space by ECAM'
grep -q '^random 64 entropy 256$' "$TMP/out"
ok 'random numbers of the CPU are credited in full' "$(grep random "$TMP/out")"

# Without a serial port the text goes to the debug port, and to the screen.
rm -f "$TMP/debug"
timeout 60 qemu-system-x86_64 -accel tcg -display none -no-reboot -monitor none -serial none \
	-debugcon "file:$TMP/debug" -kernel "$BUILD/tests/core/donor.elf" -append test=exit42 -m 32 \
	</dev/null
grep -q '^donor: test=exit42' "$TMP/debug" && grep -q '^haunch: exit status 42' "$TMP/debug"
ok 'no serial port: the debug port' "$(cat "$TMP/debug")"

# The wall clock: seconds since 1970, by the host.
boot '' -m 32
wall=$(sed -n 's/^wall //p' "$TMP/out")
now=$(date +%s)
[ -n "$wall" ] && [ "$wall" -ge $((now - 60)) ] && [ "$wall" -le $((now + 2)) ]
ok 'the date is the host'\''s' "wall $wall, host $now"
