#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# failures.t - what is said, and what the host is told, when things go wrong.
#
# haunch check: once

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/boot.sh"

boot test=exit42 -m 32
ended 42 'the exit status reaches the host'

boot test=reboot -m 32
ended none 'reboot: no status'
! grep -q panic "$TMP/out"
ok 'reboot: no panic'

boot test=panic -m 32
says '^haunch: panic: page fault at 0x10 writing from 0x[0-9a-f]* <crash\+0x[0-9a-f]*>$' \
	'a fault of the donor is one line with its function'
says '^  \? 0x[0-9a-f]* <donor_start_v3\+0x' 'with its callers'
says ' ip ffff.* sp ffff' 'with registers'
says ' code: .*<c7>' 'with code'
ended 125 'and ends with 125'

boot test=divide -m 32
says '^haunch: panic: division by zero .* <donor_start_v3\+' 'division by zero'
ended 125 'ends with 125'

boot test=overflow -m 32
says '^haunch: panic: stack overflow: .* <recurse' 'a stack that is overrun is called that'
ended 125 'ends with 125'

boot test=bug -m 32
says '^haunch: panic: hc_irq_mask\(\) called with interrupt number 0x3e8$' \
	'a wrong argument of a hypercall'
says '\? .*<hc_irq_mask\+' 'with the call'
ended 125 'ends with 125'

boot test=none -m 32 -cpu qemu64,-apic
says '^haunch: panic: this CPU has no local APIC$' 'a CPU without a local APIC'
ended 125 'ends with 125'

boot test=stack -m 32
says '^haunch: panic: bad stack: invalid instruction' 'a stack that is not there'
ended 125 'ends with 125'
boot 'test=stack wall=off' -m 32
says '^haunch: panic: bad stack: page fault at 0x1ff8 writing' 'the same without a wall'
ended 125 'ends with 125'

# ------------------------------------------------------------------ the last characters

# A reader that is so slow that the last characters are still in the UART when the machine has done its
# work: a pipe of one page, full when all but one have left, from which nobody reads for two seconds.  (What
# is written before them the donor waits for; a panic does not.)
# last WORDS DESCRIPTION
last()
{
	boot "nokaslr $1" -m 32
	perl -e '
		use Fcntl;
		my ($length, @command) = @ARGV;
		pipe(my $reader, my $writer) or die;
		# F_SETPIPE_SZ
		fcntl($writer, 1031, 4096) == 4096 or die "$!\n";
		my $fill = 4096 - ($length - 1);
		syswrite($writer, "x" x $fill) == $fill or die "$!\n";
		my $pid = fork // die;
		if (!$pid) { open(STDOUT, ">&", $writer); close $reader; exec @command or die }
		close $writer;
		select(undef, undef, undef, 2);
		local $/;
		print substr(<$reader>, $fill);
		waitpid($pid, 0);' "$(wc -c <"$TMP/raw")" \
		timeout 120 qemu-system-x86_64 -accel tcg -display none -no-reboot -monitor none -m 32 \
		-serial stdio -kernel "$BUILD/tests/core/donor.elf" -append "nokaslr $1" \
		</dev/null >"$TMP/late" 2>"$TMP/qemu"
	[ "$(tail -c 20 "$TMP/raw" | od -c)" = "$(tail -c 20 "$TMP/late" | od -c)" ]
	ok "$2" "$(tail -c 20 "$TMP/raw" | od -c)" "$(tail -c 20 "$TMP/late" | od -c)" "$(cat "$TMP/qemu")"
}
last test=exit42 'the last characters come before the power goes off'
last test=panic 'and after a panic'
last test=reboot 'and before a reboot'

# ------------------------------------------------------------------ memory

# A donor whose bss ends far above the machine's RAM.
boot_qemu -kernel "$BUILD/tests/core/large.elf" -m 5
most='give it at least 82 MB \(haunch run -m 82\)'
says "^haunch: not enough memory: the machine has 5 MB, this image needs 82 MB; $most\$" \
	'too little memory is one line, even if RAM ends within the image'
[ "$(wc -l <"$TMP/out")" -eq 1 ]
ok 'and only one' "$(cat "$TMP/out")"
ended 1 'and the machine ends with 1'
boot_qemu -kernel "$BUILD/tests/core/large.elf" -m 82 -append test=exit42
ended 42 'with as much as it asks for it runs'

# The note's memory_needed, as bake writes it: 32 bytes behind the owner's name.
cp "$BUILD/tests/core/donor.elf" "$TMP/hungry.elf"
perl -e 'open my $f, "+<", shift or die; binmode $f; local $/; my $data = <$f>;
	my $note = index($data, pack("V3", 7, 192, 1) . "Haunch\0");
	die if $note < 0; seek $f, $note + 12 + 8 + 24, 0; print $f pack("Q<", 100 << 20);' \
	"$TMP/hungry.elf"
boot_qemu -kernel "$TMP/hungry.elf" -m 50
says 'the machine has 50 MB, this image needs 100 MB' 'what the image wants counts'
ended 1 'ends with 1'
boot_qemu -kernel "$TMP/hungry.elf" -m 100 -append test=exit42
ended 42 'as much as it wants is enough'

# ------------------------------------------------------------------ NMI

monitor test=echo 'data and bss' nmi 'going on'
says 'NMI without a reason, going on' 'an NMI shows where the machine is'
