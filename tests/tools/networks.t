#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# networks.t - machines on one network of the host's (haunch run -n NAME): addresses, names, those that come
# and leave later; and that the log of a machine in the background has an end.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

export HAUNCH_BUILD="$REAL_BUILD"
[ -e "$HAUNCH_BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
command -v qemu-system-x86_64 >/dev/null || skip_all 'QEMU is not installed'
machines_apart

cat >peer.c <<'PROGRAM'
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The address of a name, as often as it takes until there is one, or none any more. */
static int look_up(const char *name, int wanted, struct sockaddr_in *address)
{
	int i;

	for (i = 0; i < 600; i++) {
		struct addrinfo hints = { .ai_family = AF_INET }, *found = NULL;
		int failed = getaddrinfo(name, NULL, &hints, &found);

		if (!failed) {
			memcpy(address, found->ai_addr, sizeof(*address));
			freeaddrinfo(found);
		}
		if (!failed == wanted)
			return 1;
		usleep(100000);
	}
	return 0;
}

static int serve(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(7) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), c;
	char name[100];

	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 5))
		return 1;
	gethostname(name, sizeof(name));
	printf("serving\n");
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		dprintf(c, "this is %s\n", name);
		close(c);
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;
	char text[100];
	int fd, n, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc > 1 && !strcmp(argv[1], "count")) {
		for (i = 1; i <= atoi(argv[2]); i++)
			printf("line %07d of many that fill the log\n", i);
		pause();
	}
	for (i = 1; i + 1 < argc; i += 2) {
		int wanted = !strcmp(argv[i], "ask");

		if (!look_up(argv[i + 1], wanted, &address)) {
			printf("%s: not as it should be\n", argv[i + 1]);
			continue;
		}
		if (!wanted) {
			printf("%s has left\n", argv[i + 1]);
			continue;
		}
		address.sin_port = htons(7);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
		    (n = read(fd, text, sizeof(text))) <= 0)
			printf("%s does not answer\n", inet_ntoa(address.sin_addr));
		else
			printf("%s: %.*s", inet_ntoa(address.sin_addr), n, text);
		close(fd);
	}
	return 0;
}
PROGRAM
"$ROOT/tools/haunch-cc" -o peer peer.c || exit 1
"$HAUNCH" bake -o image peer -- serve || exit 1

# until_said NAME TEXT
until_said()
{
	for _ in $(seq 600); do
		! "$HAUNCH" logs "$1" | grep -q "$2" || return 0
		sleep 0.1
	done
	return 1
}

succeeds 'a machine on a network' "$HAUNCH" run -d -n lab --name db image
until_said db serving
succeeds 'another one asks it by its name, and waits for one to come' \
	"$HAUNCH" run -d -n lab --name web image -- ask db ask late gone late
until_said web 'this is db'
is "$("$HAUNCH" logs web)" '10.0.3.2: this is db' 'it answers'
succeeds 'one comes later' "$HAUNCH" run -d -n lab --name late image
until_said web 'this is late'
is "$("$HAUNCH" logs web | sed -n 2p)" '10.0.3.4: this is late' 'the others hear of it'
"$HAUNCH" inspect late | grep -q '"address": "10.0.3.4"'
ok 'inspect says the address' "$("$HAUNCH" inspect late)"
capture timeout 100 "$HAUNCH" run -n other image -- gone db
[ "$status" -eq 0 ] && [ "$(cat out)" = 'db has left' ]
ok 'on another network nobody knows them' "$(cat out err)"
capture timeout 100 "$HAUNCH" run -n lab --read-only image -- ask db
[ "$status" -eq 0 ] && [ "$(cat out)" = '10.0.3.2: this is db' ]
ok 'also where the root is read-only' "$(cat out err)"
! "$HAUNCH" ps -a | grep -q '^image'
ok 'a machine in the foreground without a name is forgotten' "$("$HAUNCH" ps -a)"
"$HAUNCH" rm -f late
until_said web 'has left'
is "$("$HAUNCH" logs web | sed -n 3p)" 'late has left' 'one that leaves is forgotten'
for _ in $(seq 100); do
	"$HAUNCH" ps | grep -q '^web ' || break
	sleep 0.1
done
"$HAUNCH" rm web
"$HAUNCH" run -d -n lab --name web image >log 2>&1
"$HAUNCH" inspect web | grep -q '"address": "10.0.3.3"'
ok 'an address that is free is taken again' "$("$HAUNCH" inspect web)"
"$HAUNCH" rm -f web db
is "$(ls "$XDG_RUNTIME_DIR/haunch/.networks/lab")" '' 'who has left leaves nothing'
fails 2 '-n wants' 'a bad name' "$HAUNCH" run -n 'a b' image
"$HAUNCH" run -n lab --dry-run image >shown
grep -q 'netdev socket,id=net1,mcast=239' shown && grep -q 'haunch.lan=eth1:10.0.3.2' shown
ok '--dry-run' "$(cat shown)"

# ------------------------------------------------------------------ the log

"$HAUNCH" run -d -n none --name much image -- count 400000 >log 2>&1
"$HAUNCH" logs -f much >followed &
follower=$!
until_said much 'line 0400000 '
ok 'all of much is said' "$("$HAUNCH" logs much | tail -n 1)"
[ "$(cat "$XDG_RUNTIME_DIR"/haunch/much/log* | wc -c)" -lt 9000000 ]
ok 'the log is bounded' "$(ls -l "$XDG_RUNTIME_DIR/haunch/much")"
"$HAUNCH" logs much >all
# The first line that is left may have lost its beginning.
first=$(sed -n '2s/line 0*\([0-9]*\).*/\1/p' all)
[ "$(wc -c <all)" -gt 4000000 ] && [ "$(wc -l <all)" -eq $((400000 - first + 2)) ]
ok 'no line of what is left is missing' "$(head -n 2 all)" "$(tail -n 1 all)" "$(wc all)"
"$HAUNCH" kill much
wait "$follower"
is "$(grep -c 'fill the log$' followed)" 400000 'logs -f had all of them'
"$HAUNCH" rm much
