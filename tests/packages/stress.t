#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# stress.t - stress-ng's stressors of memory, of the CPU and of the system calls, a second each; some of
# them with many processes at once in little memory.
#
# haunch check: long

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# stress DESCRIPTION LEAST COMMAND...: at least so many stressors ran, and none complained
stress()
{
	description=$1 least=$2
	shift 2
	guest "$@"
	grep -q '^exit status 0$' "$TMP/out" && ! grep -q '^complaint' "$TMP/out" &&
		[ "$(sed -n 's/ stressors ran$//p' "$TMP/out")" -ge "$least" ]
	ok "$description" "$(tail -n 30 "$TMP/out")" "$(grep -v '^  ?' "$TMP/console" | tail -n 20)"
	grep -e 'stressors ran' -e 'completed in' "$TMP/out" | sed 's/^/# /'
}

patience=600
# As much as their own sizes ask for, with no swap.
boot services -m 1024
ok 'a machine boots' || exit
stress 'memory' 30 sh /t/stress.sh vm
stress 'the CPU' 45 sh /t/stress.sh cpu
stress 'system calls' 140 sh /t/stress.sh os
guest 'cd /tmp; for i in exec spawn; do' \
	'runuser -u nobody -- stress-ng --$i 2 --timeout 2 --verify 2>&1 || echo failed; done'
# Newer ones count them: "failed: 0".
! grep -v ': 0$' "$TMP/out" | grep -q -e 'fail' -e 'skip'
ok 'exec and spawn, which root must not run' "$(cat "$TMP/out")"
guest 'true'
ok 'it still answers'
ends

# Out of memory: the process that takes too much is killed, and nothing else.
boot services -m 96
ok 'a machine with 96 MB boots' || exit
guest 'service nginx start'
guest 'stress-ng --bigheap 2 --mmap 2 --fork 2 --vm 2 --vm-bytes 80% --timeout 10 2>&1'
ok 'more memory than there is' "$(tail -n 30 "$TMP/out")"
seen 'who did nothing is still there' 'www-data' 'ps -C nginx -o user='
guest 'sleep 1'
seen 'and the memory is, too' '^yes$' \
	'[ "$(sed -n "s/MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo)" -gt 30000 ] && echo yes || cat /proc/meminfo'
ends
