#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# boot.t - programs on NetBSD's rump kernel: it boots in QEMU, gets an address by DHCP, runs the program that it was
# given, and ends with its status.  HAUNCH_NETBSD=PREFIX says where its libraries are.
#
# haunch check: once

if [ -z "${HAUNCH_NETBSD-}" ]; then
	echo '1..0 # SKIP no rump libraries given'
	exit 0
fi

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/../core/boot.sh"

./haunch build --netbsd "$HAUNCH_NETBSD" >"$TMP/log" 2>&1
ok 'haunch build --netbsd' "$(cat "$TMP/log")"

cat >"$TMP/hello.c" <<'END'
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	printf("%s %s|%s|\n", getenv("WHO"), argv[0], argc > 2 ? argv[2] : "");
	fputs("an error\n", stderr);
	return argc > 1 ? atoi(argv[1]) : 1;
}
END
./haunch cc -o "$TMP/hello" "$TMP/hello.c"
./haunch bake -k netbsd -e WHO=me -o "$TMP/image" "$TMP/hello" -- 42 'two words'
ok 'a program is baked'

boot_qemu -m 64 -kernel "$TMP/image" -append 'haunch.network=dhcp loglevel=7' -netdev user,id=n \
	-device virtio-net-pci,netdev=n,disable-modern=on,mac=52:54:00:01:02:03
says '^NetBSD [0-9.]+ ' "NetBSD's banner"
says '^vioif0 at virtio0: Ethernet address 52:54:00:01:02:03' "NetBSD's driver finds the network card"
says '^dhcp: vioif0: adding IP address 10[.]0[.]2[.]15/24' "an address by DHCP, over NetBSD's TCP/IP"
says '^me /bin/hello[|]two words[|]' 'the program has its environment and arguments'
ended 42 "it ends with the program's status"

timeout 60 ./haunch run -n none "$TMP/image" -- 7 others >"$TMP/out" 2>"$TMP/err" </dev/null
[ $? -eq 7 ]
ok 'haunch run: other arguments, and the status' "$(cat "$TMP/out" "$TMP/err")"
[ "$(tr -d '\r' <"$TMP/out" | sort)" = "$(printf 'an error\nme /bin/hello|others|\n')" ]
ok 'and nothing on the console but what it writes' "$(cat "$TMP/out")"
timeout 60 ./haunch run -n none -e 'WHO=a "100%" blank' "$TMP/image" -- 7 'two "quoted" 100% words' >"$TMP/out" 2>"$TMP/err" \
	</dev/null
grep -q '^a "100%" blank /bin/hello|two "quoted" 100% words|' "$TMP/out"
ok 'words of the command line with blanks, quotes and percent signs' "$(cat "$TMP/out" "$TMP/err")"

./haunch inspect "$TMP/image" >"$TMP/out"
says '^licence       BSD-2-Clause' 'inspect says what licence such an image has'
says '^drivers .* rumpnet_netinet( |$)' "and which of NetBSD's components are in it"

boot_qemu -m 64 -kernel "$BUILD/haunch-netbsd.elf" -append wall=off
ended 126 'a kernel without a program'
says '^haunch: there is no program in the image' 'says so'
boot_qemu -m 64 -kernel "$BUILD/haunch-netbsd.elf"
says 'has to have the word wall=off' 'and one with a wall, too'

finish
