#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# machines.t - every hypercall, on machines of several kinds.
#
# haunch check: once

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/boot.sh"

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
# A host may refuse to promise more than it has.
large=$(awk '/^MemTotal/ { print ($2 > 22 * 2^20) ? 20 : ($2 > 5 * 2^20) ? 4 : 0 }' /proc/meminfo)
[ "$large" = 0 ] || machine "$large GB, most of it above the PCI hole" -m "${large}G"
machine 'FSGSBASE, XSAVE, AVX' -cpu Haswell-v4,-hle,-rtm -m 32

boot test=none -m 64 -M q35 -cpu max -device pcie-root-port,id=root1,chassis=1
says '^ok - PCI: advanced error reporting' 'q35: extended PCI configuration space by ECAM'
grep -q '^random 64 entropy 256$' "$TMP/out"
ok 'random numbers of the CPU are credited in full' "$(grep random "$TMP/out")"

machine '1 GB on a CPU with 36 address bits' -cpu qemu64,phys-bits=36 -m 1G

boot wall=off -m 64
whole 'programs in ring 0'
boot wall=off -m 64 -cpu max
whole 'programs in ring 0, a CPU with everything'

# The direct map and the image are elsewhere at each boot, if nobody asks for the opposite.  What a CPU
# without a random number generator has is jitter.
for cpu in max qemu64; do
	for boot in 1 2 3; do
		boot test=direct-map -m 32 -cpu $cpu
		whole "at random addresses ($cpu, $boot)"
		grep '^direct map: ' "$TMP/out" >>"$TMP/direct.$cpu"
		grep '^image: ' "$TMP/out" >>"$TMP/image.$cpu"
	done
	[ "$(sort -u "$TMP/direct.$cpu" | wc -l)" = 3 ]
	ok "three boots, three direct maps ($cpu)" "$(cat "$TMP/direct.$cpu")"
	[ "$(sort -u "$TMP/image.$cpu" | wc -l)" = 3 ]
	ok "three boots, three places of the image ($cpu)" "$(cat "$TMP/image.$cpu")"
done
boot 'test=direct-map nokaslr' -m 32
says '^direct map: 0xffff800000000000$' 'nokaslr: the direct map is where it always is'
says '^image: 0xffffff8000000000$' 'nokaslr: and the image'
boot 'test=direct-map -- nokaslr' -m 32
! grep -q '^image: 0xffffff8000000000$' "$TMP/out"
ok "a program's own argument nokaslr changes nothing" "$(cat "$TMP/out")"

# Without a serial port the text goes to the debug port, and to the screen.
rm -f "$TMP/debug"
timeout 60 qemu-system-x86_64 -accel tcg -display none -no-reboot -monitor none -serial none -m 32 \
	-debugcon "file:$TMP/debug" -kernel "$BUILD/tests/core/donor.elf" -append test=exit42 \
	</dev/null
grep -q '^donor: test=exit42' "$TMP/debug" && grep -q '^haunch: exit status 42' "$TMP/debug"
ok 'no serial port: the debug port' "$(cat "$TMP/debug")"

# What is on the screen: the line of the donor, light grey, after more lines than the card has room
# for.
monitor test=echo 'data and bss' 'xp /14bx 0xb8000'
tr -d '\r' <"$TMP/qemu" | grep -q '^0*b8000: 0x64 0x07 0x6f 0x07 0x6e 0x07 0x6f 0x07'
ok 'the VGA text screen' "$(cat "$TMP/qemu")"
monitor test=scroll 'scrolled' "screendump $TMP/screen.ppm"
# 720 x 400 dots; only the last line is not blank: 16 rows of dots.
perl -e 'local $/;
	my $p = <STDIN>;
	$p =~ s/^P6\s+(\d+)\s+(\d+)\s+255\s// or die;
	my ($w, $h) = ($1, $2);
	die "$w x $h" if $w != 720 || $h != 400;
	for my $y (0 .. $h - 1) {
		my $row = substr($p, $y * $w * 3, $w * 3);
		$row =~ tr/\0//d;
		$lines{int($y / 16)} = 1 if $row ne "";
	}
	my $l = join " ", sort { $a <=> $b } keys %lines;
	die "text in lines $l" if $l ne "23 24";' \
	<"$TMP/screen.ppm" 2>"$TMP/errors"
ok 'it scrolls' "$(cat "$TMP/errors" "$TMP/qemu")"

# Input, by interrupt.
: >"$TMP/out"
# shellcheck disable=SC2094 # what QEMU has written is what is waited for
{ await "$TMP/out" 'type'; printf 'ab.'; } | timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -m 32 \
	-monitor none -serial stdio -kernel "$BUILD/tests/core/donor.elf" -append test=input \
	>"$TMP/out" 2>&1
grep -q '61622e done' "$TMP/out"
ok 'input from the serial port, by its interrupt' "$(cat "$TMP/out")"

# A reader that stops costs nothing but time: 256 KiB, four times what the pipe holds, every byte.
for i in $(seq 0 255); do
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\$(printf %03o "$i")"
done >"$TMP/bytes"
for i in $(seq 1024); do cat "$TMP/bytes"; done >"$TMP/expected"
{
	timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -m 32 -monitor none \
		-serial stdio -kernel "$BUILD/tests/core/donor.elf" -append test=flood </dev/null
} | {
	sleep 3
	cat
} >"$TMP/out"
# Its first lines are the donor's own.
tail -c 262144 "$TMP/out" | cmp - "$TMP/expected" >"$TMP/errors" 2>&1
ok 'a reader that stops for seconds gets every byte' "$(cat "$TMP/errors")"

# The power button: ACPI's fixed one.
for machine in pc q35; do
	{
		: >"$TMP/out"
		await "$TMP/out" '^press'
		echo system_powerdown
		await "$TMP/out" '^pressed'
		echo quit
	} | timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -m 32 -M $machine \
		-serial "file:$TMP/out" -monitor stdio -kernel "$BUILD/tests/core/donor.elf" \
		-append test=button >"$TMP/qemu" 2>&1
	grep -q '^ok.*it is pressed once' "$TMP/out"
	ok "the power button ($machine)" "$(cat "$TMP/out" "$TMP/qemu")"
done

# The wall clock: seconds since 1970, by the host.
boot '' -m 32
wall=$(sed -n 's/^wall //p' "$TMP/out")
now=$(date +%s)
[ -n "$wall" ] && [ "$wall" -ge $((now - 60)) ] && [ "$wall" -le $((now + 2)) ]
ok 'the date is the host'\''s' "wall $wall, host $now"
