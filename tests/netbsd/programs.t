#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# programs.t - test programs on NetBSD's rump kernel: what they print and how they end is compared with this
# machine's.  HAUNCH_NETBSD=PREFIX says where its libraries are.  These are the programs that need nothing of
# what doc/netbsd.md says is missing; of the others, what is not missing is checked by tests/netbsd/calls.t.
#
#	tests/netbsd/programs.t [LIBC:PROGRAM]...	only these

if [ -z "${HAUNCH_NETBSD-}" ]; then
	echo '1..0 # SKIP no rump libraries given'
	exit 0
fi

# shellcheck source=tests/programs/lib.sh
. "$(dirname "$0")/../programs/lib.sh"

./haunch build --netbsd "$HAUNCH_NETBSD" >"$TMP/log" 2>&1
ok 'haunch build --netbsd' "$(cat "$TMP/log")"

# run_image LIBC PROGRAM ARGUMENT...: output and status into $TMP/image
run_image()
{
	libc=$1 program=$2
	shift 2
	timeout 120 ./haunch run -k netbsd -n none "$BUILD/tests/programs/$libc/$program" -- "$@" >"$TMP/raw" \
		2>"$TMP/err" </dev/null
	status=$?
	# What a call that does not exist is answered with is of the image only.
	tr -d '\r' <"$TMP/raw" | grep -v '^haunch: netbsd: there is no system call' >"$TMP/image"
	echo "status $status" >>"$TMP/image"
}

same()
{
	cmp -s "$TMP/here" "$TMP/image"
	ok "$1 ($libc)" "$(diff "$TMP/here" "$TMP/image" | sed -n 's/^</here: /p; s/^>/image:/p' |
		head -n 15)" "$(cat "$TMP/err")"
}

compare()
{
	case $2 in
	faults)
		for fault in $all_faults; do
			# Without a wall an instruction that is privileged is not a fault.
			[ "${fault%:*}" != privileged ] || continue
			run_here "$1" faults "${fault%:*}"
			run_image "$1" faults "${fault%:*}"
			grep -q '^haunch: .*(signal [0-9]*)' "$TMP/image" || [ "${fault%:*}" = pipe ] ||
				echo '(no line "haunch: ...: ... (signal N)")' >>"$TMP/image"
			sed -i '/^haunch: .*(signal [0-9]*)/d' "$TMP/image"
			same "faults ${fault%:*}"
		done ;;
	*)
		run_here "$1" "$2"
		run_image "$1" "$2"
		same "$2" ;;
	esac
}

if [ $# -gt 0 ]; then
	for name; do
		compare "${name%%:*}" "${name#*:}"
	done
	finish
fi
for libc in musl glibc; do
	for program in threads files stdio process; do
		compare "$libc" $program
	done
done
compare musl faults

# At a fixed address a program cannot be: one line says so.
run_image fixed threads
[ "$status" = 126 ] && grep -q 'haunch: .*made for a fixed address.*-static-pie' "$TMP/image"
ok 'a program for a fixed address' "$(cat "$TMP/image")"

cat >"$TMP/fork.c" <<'END'
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	pid_t pid = fork();

	printf("fork: %d\n", (int)pid);
	return 3;
}
END
./haunch cc -o "$TMP/fork" "$TMP/fork.c"
timeout 60 ./haunch run -k netbsd -n none "$TMP/fork" >"$TMP/image" 2>&1 </dev/null
[ $? = 3 ] && grep -q '^fork: -1' "$TMP/image" && grep -q 'haunch: a new process .*only threads' "$TMP/image"
ok 'fork: an error, and a line that says why' "$(cat "$TMP/image")"

# Who waits in the kernel for ever is ended by a signal all the same.
cat >"$TMP/accept.c" <<'END'
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 5))
		return 1;
	puts("it waits");
	fflush(stdout);
	return accept(fd, NULL, NULL) < 0;
}
END
./haunch cc -o "$TMP/accept" "$TMP/accept.c"
./haunch run -k netbsd -n none "$TMP/accept" >"$TMP/image" 2>&1 </dev/null &
pid=$!
tries=0
until grep -q 'it waits' "$TMP/image" || [ $tries -ge 300 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
kill $pid
wait $pid
status=$?
[ $status = 143 ] && grep -q 'it waits' "$TMP/image" && ! grep -q 'in time: killed' "$TMP/image"
ok 'a server that waits in accept() ends by SIGTERM' "status $status" "$(cat "$TMP/image")"

cat >"$TMP/dynamic.c" <<'END'
#include <stdio.h>
#include <math.h>

int main(int argc, char **argv)
{
	printf("%s %.3f\n", argv[argc - 1], sqrt(argc));
	return 0;
}
END
gcc -O2 -o "$TMP/dynamic" "$TMP/dynamic.c" -lm
timeout 60 ./haunch run -k netbsd -n none "$TMP/dynamic" -- x >"$TMP/image" 2>"$TMP/err" </dev/null
[ "$(tr -d '\r' <"$TMP/image")" = 'x 1.414' ]
ok 'a dynamic program with its libraries' "$(cat "$TMP/image" "$TMP/err")"

finish
