#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# wall.t - hostile programs in an image end themselves only: a server beside them goes on, memory comes
# back; and what the CPU is told keeps them out: page tables, control registers, random addresses.
#
#	HAUNCH_WALL_SECONDS=600 tests/wall/wall.t	a longer attack (the default is 10 seconds for
#							each CPU, of random system calls)
#	HAUNCH_WALL_SEED=N				other numbers than the fixed ones
#
# haunch check: long

# shellcheck source=../programs/lib.sh
. "$(dirname "$0")/../programs/lib.sh"

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
build wall-programs
WALL=$BUILD/tests/wall
seconds=${HAUNCH_WALL_SECONDS:-10}
seed=${HAUNCH_WALL_SEED:-1}

# Random code may be AVX that QEMU 7.2's TCG has an assertion about: without AVX where that is run.
all=forbidden,each,frames,sigreturn,stacks,steps,touches,keep,fresh,exec,ptrace,clone,userfault,crowd
short=frames,stacks,exec,ptrace,clone,userfault,crowd,core

# attack CPU MEMORY OPTION... -- ARGUMENT...: boot the server with these programs beside it; what it says
# is in $TMP/out
attack()
{
	cpu=$1 memory=$2
	shift 2
	timeout $((seconds + 400)) ./haunch run --tcg -n none -m "$memory" --qemu -cpu --qemu "$cpu" \
		--dir "$WALL/hostile:/bin/hostile" --dir "$WALL/calls:/bin/calls" "$@" \
		>"$TMP/raw" 2>&1 </dev/null
	status=$?
	tr -d '\r' <"$TMP/raw" | grep -avE '^(hostile|calls)\[[0-9]*\]: ' >"$TMP/out"
}

# withstands DESCRIPTION: the machine did, to the end, and none of the programs' checks failed
withstands()
{
	[ $status -eq 0 ] && grep -aq '^beside: asked .* 0 failed' "$TMP/out"
	ok "$1" "status $status" "$(grep -aE 'FAILED|panic|BUG|WARNING|Killed' "$TMP/out" | head -n 20)" \
		"$(tail -n 5 "$TMP/out")"
}

for cpu in max,-avx,-avx2 qemu64; do
	attack "$cpu" 64 "$WALL/beside" -- /bin/hostile "$seed" codes,random
	withstands "$cpu: random code, registers, selectors"
done
for cpu in max qemu64; do
	for memory in 64 256; do
		percent=$((memory == 64 ? 100 : 40))
		attack "$cpu" $memory "$WALL/beside" -- /bin/hostile "$((seed + memory))" $all $percent
		withstands "$cpu, $memory MB: each instruction, frames, stacks, programs, debuggers"
	done
	for kind in ldt edge vdso leaks core; do
		attack "$cpu" 64 "$WALL/beside" -- /bin/hostile "$seed" $kind
		withstands "$cpu: $kind"
	done
	# Where the kernel's addresses are known, they are looked for in what comes back.
	attack "$cpu" 64 -c nokaslr "$WALL/beside" -- /bin/calls "$seed" "$seconds"
	withstands "$cpu: system calls, $seconds seconds"
	# The same again and again: nothing of the kernel's memory may be lost each time.
	attack "$cpu" 64 "$WALL/beside" -- /bin/hostile "$seed" $short 25 : /bin/hostile "$seed" $short 25 : \
		/bin/hostile "$seed" $short 25 : /bin/hostile "$seed" $short 25
	withstands "$cpu: no memory is lost"
done
# What a user may take of the machine's memory comes to an end before the machine does.
for what in 0:file 1:/dev/shm 2:'SysV shared memory' 3:memory 6:processes; do
	attack max 64 "$WALL/beside" -- /bin/hostile "$seed" fill 25 "${what%%:*}"
	withstands "as much as there is: ${what#*:}"
done
# With the core at a known place, all of its instructions can be jumped to.
attack max 64 -c nokaslr "$WALL/beside" -- /bin/hostile 1 jumps
withstands 'jumps to all of the core'

# ------------------------------------------------------------------ what the CPU was told

# hold CPU: boot a program that stays a while; QEMU's monitor says what `info` has, in $TMP/registers and
# $TMP/tlb, and the program in $TMP/out
hold()
{
	rm -f "$TMP/monitor" "$TMP/raw"
	timeout 60 ./haunch run --tcg -n none --qemu -cpu --qemu "$1" \
		--qemu -monitor --qemu "unix:$TMP/monitor,server=on,wait=off" "$WALL/hostile" -- 1 hold 25 \
		>"$TMP/raw" 2>&1 </dev/null &
	guest=$!
	tries=100
	until grep -aq '^holding' "$TMP/raw" 2>/dev/null || [ $tries -eq 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die "monitor: $!\n";
		my $dir = shift;
		sub answer { my $t = ""; $t .= $_ while $t !~ /\(qemu\) $/ && sysread($s, $_, 65536); $t }
		answer();
		for my $what ("registers", "tlb") {
			syswrite($s, "info $what\n");
			my $text = answer();
			$text =~ s/\r//g;
			open(my $f, ">", "$dir/$what") or die;
			print $f $text;
		}
		syswrite($s, "quit\n");' "$TMP/monitor" "$TMP"
	wait $guest
	tr -d '\r' <"$TMP/raw" >"$TMP/out"
}

# look NUMBER: what of this boot must be another one at each boot
look()
{
	perl -ne '
		if (/^([0-9a-f]{16}): /) {
			my $a = $1;
			$direct = $a if !$direct && $a ge "ffff800000000000";
			$vmalloc = $a if !$vmalloc && $a ge "ffffff0000000000";
			$image = $a if !$image && $a ge "ffffff8000000000";
		}
		END { print "direct map $direct\nvmalloc $vmalloc\nimage $image\n" }' "$TMP/tlb"
	sed -n 's/^\(IDT\|GDT\)= *\([0-9a-f]*\) .*/\1 \2/p' "$TMP/registers"
	sed -n 's/^program at: //p' "$TMP/out" | tr ' ' '\n' | paste -d ' ' - -
}

for i in 1 2 3; do
	hold max
	look >"$TMP/look.$i"
done
for what in 'direct map' vmalloc image IDT GDT code mapping stack heap vdso; do
	lines=$(grep -h "^$what " "$TMP/look.1" "$TMP/look.2" "$TMP/look.3")
	[ "$(echo "$lines" | wc -l)" -eq 3 ] && [ "$(echo "$lines" | sort -u | wc -l)" -gt 1 ]
	ok "addresses are random: $what" "$lines"
done

# flags REGEX: the lines of `info tlb` that it matches: ADDRESS: PHYSICAL XGPDACTUW
for cpu in max qemu64; do
	[ $cpu = max ] || hold $cpu
	[ "$(wc -l <"$TMP/tlb")" -gt 100 ]
	ok "$cpu: there are page tables" "$(head "$TMP/tlb" "$TMP/out")"
	! grep -aE '^[0-9a-f]{16}: [0-9a-f]{16} -.{7}W' "$TMP/tlb" >"$TMP/bad"
	# hostile.c asks for one mapping that is both.
	[ "$(grep -c '^ffff' "$TMP/bad")" -eq 0 ] && [ "$(wc -l <"$TMP/bad")" -le 16 ]
	ok "$cpu: nothing is writable and executable, but what the program asked for" \
		"$(head "$TMP/bad")"
	! grep -aE '^ffff[0-9a-f]{12}: [0-9a-f]{16} .{7}U' "$TMP/tlb" >"$TMP/bad"
	ok "$cpu: nothing of the kernel is the program's" "$(head "$TMP/bad")"
	! grep -aE '^0000[0-9a-f]{12}: [0-9a-f]{16} .{7}-' "$TMP/tlb" >"$TMP/bad"
	ok "$cpu: all below is the program's" "$(head "$TMP/bad")"
	grep -aqE '^ffffff[0-9a-f]{10}: [0-9a-f]{16} -.{7}-' "$TMP/tlb"
	ok "$cpu: the kernel's code is there, and read-only" "$(head "$TMP/tlb")"
	! grep -aE '^ffff([0-9a-e][0-9a-f]{3}|f[0-9a-e][0-9a-f]{2}|ff[0-7][0-9a-f])[0-9a-f]{8}: [0-9a-f]{16} -' \
		"$TMP/tlb" >"$TMP/bad"
	ok "$cpu: nothing can be executed in the direct map" "$(head "$TMP/bad")"
done

hold max
cr0=$(sed -n 's/.*CR0=\([0-9a-f]*\).*/\1/p' "$TMP/registers")
cr4=$(sed -n 's/.*CR4=\([0-9a-f]*\).*/\1/p' "$TMP/registers")
[ $((0x$cr0 >> 16 & 1)) -eq 1 ]
ok 'CR0.WP: the kernel does not write what is read-only' "CR0 $cr0"
for bit in 11:UMIP 16:FSGSBASE 18:OSXSAVE 20:SMEP 21:SMAP; do
	[ $((0x$cr4 >> ${bit%:*} & 1)) -eq 1 ]
	ok "CR4.${bit#*:} is used" "CR4 $cr4"
done

# ------------------------------------------------------------------ ordinary programs

# With another CPU, and without the wall (hostile ones may do as they like then).
for program in process signals memory threads; do
	run_here musl $program
	for options in '--qemu -cpu --qemu qemu64' '-c wall=off' \
		'-c wall=off --qemu -cpu --qemu qemu64'; do
		# shellcheck disable=SC2086 # the options are words
		timeout 120 ./haunch run --tcg $options "$BUILD/tests/programs/musl/$program" \
			>"$TMP/raw" 2>"$TMP/messages" </dev/null
		status=$?
		sed -e 's/\r$//' -e "/^$program\\[[0-9]*\\]: out of memory: /d" "$TMP/raw" >"$TMP/image"
		echo "status $status" >>"$TMP/image"
		cmp -s "$TMP/here" "$TMP/image"
		ok "$program, with $options" "$(diff "$TMP/here" "$TMP/image" | head -n 10)" \
			"$(head -n 5 "$TMP/messages")"
	done
done
