# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# shell.sh - what scripts do with processes, in POSIX words: for dash, and for bash, whose name is $1.

# shellcheck disable=SC2030,SC2031 # that is what is tested
# shellcheck source=check.sh
. /t/check.sh
name=$1

check "$name: a pipeline" 499500 "$(seq 999 | awk '{ sum += $1 } END { print sum }')"
check "$name: a pipeline of ten" 1000 \
	"$(seq 1000 | cat | cat | cat | cat | cat | cat | cat | cat | wc -l | tr -d ' ')"
check "$name: its status is the last one's" 3 "$(true | (exit 3); echo $?)"
check "$name: 2 MB through a pipe" 2000000 "$(head -c 2000000 /dev/zero | wc -c | tr -d ' ')"
check "$name: SIGPIPE ends who writes to nobody" y "$(yes | head -n 1)"
check "$name: a here document" "$(printf 'a 3\nb')" "$(cat <<END
a $((1 + 2))
b
END
)"
check "$name: a large here document" 50000 "$(eval "wc -c <<END
$(head -c 49999 /dev/zero | tr '\0' x)
END" | tr -d ' ')"
variable=1
(variable=2; exit 5)
check "$name: a subshell's status, and its variables are its own" '5 1' "$? $variable"
check "$name: nested command substitution" abc "$(printf a; printf %s "b$(printf c)")"

sleep 0.3 & first=$!
(sleep 0.1; exit 7) & second=$!
wait $second
check "$name: wait for one of two" 7 $?
wait $first
check "$name: wait for the other" 0 $?
for i in 1 2 3 4 5 6 7 8; do (echo "$i" >"/tmp/job.$i") & done
wait
check "$name: eight background jobs" 12345678 "$(cat /tmp/job.? | tr -d '\n')"
rm -f /tmp/job.?

got=''
trap 'got="$got usr1"' USR1
kill -USR1 $$
kill -USR1 $$
check "$name: a trap" ' usr1 usr1' "$got"
trap - USR1
check "$name: a trap at exit" 'body end' "$(trap 'echo end' EXIT; printf 'body ')"
check "$name: a child's signal to its parent" 'got it' "$(sh -c '
	trap "echo got it; exit" USR2
	(kill -USR2 $$) &
	while :; do sleep 0.1; done')"
sleep 60 &
kill $!
wait $! 2>/dev/null
check "$name: status of what a signal ended" 143 $?
sh -c 'kill -SEGV $$' 2>/dev/null
check "$name: status of what crashed" 139 $?
sh -c 'trap "" TERM; kill $$; exit 4'
check "$name: an ignored signal" 4 $?
check "$name: wait is interrupted by a trap" 'trapped 1' "$(sh -c '
	trap "echo -n trapped" USR1
	sleep 2 & (sleep 0.2; kill -USR1 $$) &
	wait %1; [ $? -gt 128 ] && echo " 1"')"

mkfifo /tmp/fifo
(while read -r line; do echo "<$line>"; done </tmp/fifo >/tmp/read) &
printf 'one\ntwo\n' >/tmp/fifo
wait $!
check "$name: a fifo" '<one> <two> ' "$(tr '\n' ' ' </tmp/read)"
rm -f /tmp/fifo /tmp/read
check "$name: redirections" 'out err' "$({ echo out; echo err >&2; } 2>&1 | tr '\n' ' ' | sed 's/ $//')"
exec 3<&0 4>/tmp/four
echo four >&4
exec 4>&-
check "$name: exec with descriptors" four "$(cat /tmp/four)"
set -- a 'b c' d
check "$name: xargs makes processes" 6 "$(seq 6 | xargs -n 1 sh -c 'echo x' | wc -l | tr -d ' ')"
check "$name: and in parallel" 20 "$(seq 20 | xargs -P 4 -n 1 echo | wc -l | tr -d ' ')"
check "$name: find -exec" 3 "$(mkdir -p /tmp/f/1 /tmp/f/2; find /tmp/f -type d -exec echo {} \; | wc -l | tr -d ' ')"
check "$name: recursion in processes, 20 deep" 20 "$(DEPTH=0 sh -c '
	run() { [ $1 -lt 20 ] && (run $(($1 + 1))) || echo $1; }; run 0')"
count=0
while [ $count -lt 200 ]; do
	(exit $((count % 256))) || [ $? -eq $((count % 256)) ] || break
	/bin/true
	count=$((count + 1))
done
check "$name: 200 forks and 200 execs" 200 $count
# shellcheck disable=SC3045 # dash has it, too
check "$name: ulimit" 64 "$(ulimit -n 64; ulimit -n)"
checked
