# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# bash.sh - what only bash has of processes.

# shellcheck source=check.sh
. /t/check.sh

check 'process substitution' '1d0 < a' "$(diff <(printf 'a\nb\n') <(echo b) | tr '\n' ' ' | sed 's/ $//')"
check 'and to write into' 'IN' "$(printf in > >(tr '[:lower:]' '[:upper:]'))"
check 'PIPESTATUS' '1 0 3' "$(false | true | (exit 3); echo "${PIPESTATUS[*]}")"
check 'pipefail' 4 "$(set -o pipefail; (exit 4) | cat; echo $?)"
check 'a here string' 3 "$(wc -w <<<'one two three' | tr -d ' ')"
coproc worker { while read -r line; do echo "${line^^}"; done; }
echo hello >&"${worker[1]}"
read -r line <&"${worker[0]}"
check 'a coprocess' HELLO "$line"
eval "exec ${worker[1]}>&-"
wait "${worker_PID-}" 2>/dev/null
shopt -s lastpipe
echo last | read -r line
check 'lastpipe' last "$line"
shopt -u lastpipe
# In a bash of its own: this one may not have taken notice yet of the end of what ran above.
check 'wait -n' 9 "$(bash -c '(sleep 0.5; exit 1) & (sleep 0.1; exit 9) & wait -n; echo $?')"
set -m
sleep 30 &
kill -STOP %%
for _ in {1..50}; do jobs %% | grep -q Stopped && break; sleep 0.1; done
check 'a job is stopped' Stopped "$(jobs %% | awk '{ print $2 }')"
bg %% >/dev/null 2>&1
for _ in {1..50}; do jobs %% | grep -q Running && break; sleep 0.1; done
check 'and goes on' Running "$(jobs %% | awk '{ print $2 }')"
kill %%
wait %% 2>/dev/null
set +m
check 'read -t' 142 "$(read -rt 0.2 _ < <(sleep 1); echo $?)"
trap 'echo -n "line $LINENO "' ERR
check 'a trap of errors' 'caught' "$(trap 'echo caught' ERR; false; :)"
trap - ERR
check '/dev/tcp' 'pong' "$(
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1, LocalAddr => "127.0.0.1:7777");
		open F, ">/tmp/listening"; close F; $c = $s->accept; print $c scalar(<$c>) =~ s/i/o/r' &
	until [ -e /tmp/listening ]; do sleep 0.1; done
	exec 5<>/dev/tcp/127.0.0.1/7777
	echo ping >&5
	cat <&5)"
check 'stderr by its name' err "$( (echo err >/dev/stderr) 2>&1)"
check 'times' 2 "$( (for _ in {1..20000}; do :; done); times | grep -c '^[0-9]m')"
checked
