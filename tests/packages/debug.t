#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# debug.t - strace and gdbserver in a machine: ptrace() is all there.

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Or there is nothing to tell of.
make_root services
port=$(free_port)
cp tests/packages/debuggee.c "$TMP/"
gcc -g -O0 -pthread -o "$TMP/shared/debuggee" "$TMP/debuggee.c"
ok 'compile what will be debugged' || exit

boot services -m 128 -p "$port:1234"
ok 'a machine boots' || exit

# strace
seen 'strace -f of a shell command: it ends as it does without' '^x 3$' \
	'strace -f -o /tmp/trace sh -c "echo x | tr x y >/dev/null; (echo x; exit 4) | tr \\\\n \\\\040; exit 3";' \
	'echo $?'
seen 'it saw the children made' '^[4-9]' "grep -c -E '(v?fork|clone3?)(\\(| resumed).*= [0-9]' /tmp/trace"
seen 'how one ended' 'exited with 4' 'cat /tmp/trace'
seen 'an execve(), with its arguments' '\["tr", "x", "y"\]' "grep 'execve(' /tmp/trace"
seen 'strace -c counts' 'openat' 'strace -c -o /tmp/count ls / >/dev/null; cat /tmp/count'
seen 'strace -p attaches to what runs, and leaves it' '^left running$' \
	'sleep 30 & child=$!; sleep 0.3; strace -o /tmp/trace -p $child & tracer=$!;' \
	'for i in $(seq 100); do sleep 0.1; grep -q -e nanosleep -e restart_syscall /tmp/trace && break; done;' \
	'kill $tracer; wait $tracer;' \
	'sleep 0.2; grep -q -e nanosleep -e restart_syscall /tmp/trace && kill -0 $child && echo left running; kill $child'
seen 'strace injects an error' 'Cannot allocate memory' \
	'strace -f -o /dev/null -e inject=clone,fork,vfork,clone3:error=ENOMEM perl -e "fork // print \$!"'

# gdb here, gdbserver there
debug()
{
	guest 'rm -f /tmp/debugged; gdbserver --once 0.0.0.0:1234 /t/debuggee >/tmp/debugged 2>&1 &'
	guest 'for i in $(seq 100); do grep -q Listening /tmp/debugged && break; sleep 0.1; done'
	timeout 100 gdb -q -nx -batch -ex 'set sysroot /nowhere' -ex 'set confirm off' \
		-ex 'set can-use-hw-watchpoints 0' -ex 'handle SIGUSR1 nostop noprint pass' \
		-ex "file $TMP/shared/debuggee" -ex "target remote 127.0.0.1:$port" "$@" \
		</dev/null >"$TMP/gdb" 2>&1
}
gdb_said()
{
	grep -q -E -e "$2" "$TMP/gdb"
	ok "$1" "wanted a line like: $2" "$(tail -n 40 "$TMP/gdb")"
}

debug -ex 'break main' -ex continue -ex backtrace -ex 'break deepest' -ex continue -ex backtrace \
	-ex 'print depth' -ex 'info registers rip' -ex 'finish' -ex 'watch counter' -ex continue -ex 'delete 3' \
	-ex 'set variable counter = 40' -ex 'stepi' -ex 'step' -ex 'print $_siginfo' -ex 'delete' -ex continue
gdb_said 'break at main' 'Breakpoint 1, main \('
gdb_said 'backtrace there' '^#0 +main \('
gdb_said 'break deeper' 'Breakpoint 2, deepest \(depth=0\)'
gdb_said 'backtrace through the frames' '^#4 .*main'
gdb_said 'registers' '^rip .*<deepest'
gdb_said 'finish a function' 'Value returned is \$[0-9]+ = 7'
gdb_said 'a watchpoint' '^New value = 1$'
gdb_said 'continue to the end' 'exited with code 05'
seen 'what it printed shows the variable that gdb set' '^counter 4[0-9]$' 'cat /tmp/debugged'

debug -ex 'handle SIGUSR1 stop print' -ex continue -ex 'break thread_main' -ex continue -ex 'info threads' \
	-ex bt -ex delete -ex continue
gdb_said 'a signal stops it' 'received signal SIGUSR1'
gdb_said 'a thread stops at a breakpoint' 'hit Breakpoint 1, thread_main'
gdb_said 'two threads are seen' '^  1 +Thread '
gdb_said 'and it goes on to its end' 'exited with code 05'
seen 'and no more threads than that were made' '^counter 2$' 'cat /tmp/debugged'

debug -ex 'catch fork' -ex continue -ex delete -ex continue
gdb_said 'a fork is caught' 'Catchpoint 1 \(forked process'
gdb_said 'and its parent goes on to its end' 'exited with code 05'

seen 'a core of what crashes: it is killed by SIGSEGV' '^139$' \
	'ulimit -c unlimited; cd /tmp; /t/debuggee crash >/dev/null; echo $?'
guest 'echo core; ls -l /tmp/core*; cp /tmp/core* /t/core'
ends

debugfs -R "dump /core $TMP/core" "$TMP/shared.img" 2>/dev/null
gdb -q -nx -batch -ex 'set sysroot /nowhere' -ex bt "$TMP/shared/debuggee" "$TMP/core" >"$TMP/gdb" 2>&1 </dev/null
gdb_said 'gdb reads the core that was written' 'terminated with signal SIGSEGV'
gdb_said 'and shows where it was' '^#[0-9]+ .*crash'
