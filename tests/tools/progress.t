#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# progress.t - the wrapper around long commands: log, lines of progress, status, signals.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

progress=$REAL_BUILD/tools/progress
succeeds 'a command that succeeds' "$progress" -l log -n 10 -t counting -- seq 10
is "$(cat log)" "$(seq 10)" 'its output is in the log'
is "$(head -n 1 out)" 'counting (log: log)' 'the log is named'
grep -q '^counting: done, ' out
ok 'its end is told'

capture "$progress" -l log -t failing -- sh -c 'seq 30; echo oops >&2; exit 3'
is "$status" 3 'the status is passed on'
is "$(head -n 1 err)" 12 'the last lines of the log are shown'
grep -q '^failing: failed with status 3; the whole log is in log' err
ok 'and where the rest is'
capture "$progress" -l log -- sh -c 'kill -9 $$'
is "$status" 137 'a command that is killed'
capture "$progress" -l log -- no-such-command
is "$status" 127 'a command that is not there'
fails 1 'cannot write no/log' 'a log in no folder' "$progress" -l no/log -- true
capture "$progress"
is "$status" 2 'no command'

# shellcheck disable=SC2016 # for the inner shell
"$progress" -l log -n 100 -t slow -- sh -c 'for i in $(seq 100); do echo $i; sleep 0.02; done' >out
lines=$(grep -c ' %' out)
[ "$lines" -ge 5 ] && [ "$lines" -le 10 ]
ok 'without a terminal there are some ten lines' "$(cat out)"

if command -v script >/dev/null; then
	script -qec "$progress -l log -n 10 -t tty -- sh -c 'seq 5; sleep 1.2; seq 5'" typescript >/dev/null
	grep -q 'tty: 50 %' typescript
	ok 'on a terminal one line is updated' "$(cat typescript)"
fi

# A full disk: what was started ends, and one line says why.
fails 1 'full: stopped: cannot write /dev/full: No space left on device' 'a log on a full disk' \
	"$progress" -l /dev/full -t full -- sh -c 'echo $$ >child; seq 5; sleep 30'
[ -s child ] && ! kill -0 "$(cat child)" 2>/dev/null
ok 'the command is ended'
fails 1 'full: the disk is full; free some space' 'a command that meets a full disk' \
	"$progress" -l log -t full -- sh -c 'seq 50; echo "cc: cannot write x.o: No space left on device"; exit 2'

# A command that goes on where it was stopped: so do the percentages.
"$progress" -l log -n 100 -c count -t again -- sh -c 'seq 50; echo >reached; sleep 30' >out 2>err &
pid=$!
until [ -e reached ]; do sleep 0.05; done
kill -s TERM $pid
wait $pid 2>/dev/null
is "$(cat count)" 50 'a command that is stopped: its lines are kept'
"$progress" -l log -n 100 -c count -t again -- sh -c 'seq 5; sleep 1.2; seq 45' >out
is "$(sed -n 's/^again: \([0-9]* %\).*/\1/p' out | head -n 1)" '55 %' 'the percentage goes on from there'
[ ! -e count ]
ok 'and that is all forgotten at the end'

# A background process that keeps the output open does not keep us.
start=$(date +%s)
capture "$progress" -l log -- sh -c 'sleep 30 & echo $! >left'
[ $(($(date +%s) - start)) -lt 10 ]
ok 'what a command leaves behind is not waited for'
kill "$(cat left)"

for signal in INT TERM; do
	rm -f child
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$progress" -l log -- \
		sh -c 'sleep 30 & echo $! >child; wait' >out 2>err &
	pid=$!
	until [ -s child ]; do sleep 0.05; done
	kill -s $signal $pid
	# The shell tells of a job that was terminated.
	wait $pid 2>/dev/null
	got=$?
	case $signal in INT) want=130 ;; *) want=143 ;; esac
	is "$got" "$want" "SIG$signal ends it"
	# It may be a zombie until its new parent has reaped it.
	! grep -q '^State:.[RSD]' "/proc/$(cat child)/status" 2>/dev/null
	ok 'and what the command started'
done
