#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# dhcp.t - a network without a DHCP server, one that comes later, its lease and the renewal of that: in a
# network namespace of its own, with a tap interface and dnsmasq.
#
# haunch check: long

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$REAL_BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
if [ -z "${HAUNCH_TEST_NAMESPACE-}" ]; then
	PATH=$PATH:/sbin:/usr/sbin
	unshare --net true 2>/dev/null || skip_all 'needs root and network namespaces'
	for tool in dnsmasq ip; do
		command -v $tool >/dev/null || skip_all "$tool is not installed"
	done
	[ -w /dev/net/tun ] || skip_all 'there is no /dev/net/tun'
	trap - EXIT
	rm -rf "$TMP"
	cd "$ROOT" || exit 1
	HAUNCH_TEST_NAMESPACE=1 HAUNCH_BUILD=$REAL_BUILD exec unshare --net "$ROOT/tests/tools/dhcp.t"
fi
export HAUNCH_BUILD="$REAL_BUILD"

cat >program.c <<'END'
#include <arpa/inet.h>
#include <glob.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What a file has, without its end; "-" if there is none. */
static const char *contents(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	for (size_t i = 0; i < n; i++)
		if (!text[i] || text[i] == '\n')
			text[i] = ' ';
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return f ? text : "-";
}

/* Say what the network is like, whenever that changes. */
int main(void)
{
	char last[3000] = "", now[3000], name[100], text[1000], clock[300] = "none";
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct timespec t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_BOOTTIME, &t);
	printf("started after %ld s\n", (long)t.tv_sec);
	for (;; usleep(100000)) {
		struct ifreq ifr = { .ifr_name = "eth0" };
		glob_t found;

		if (ioctl(fd, SIOCGIFADDR, &ifr))
			memset(&ifr.ifr_addr, 0, sizeof(ifr.ifr_addr));
		gethostname(name, sizeof(name));
		glob("/proc/[0-9]*/cmdline", 0, NULL, &found);
		strcpy(clock, "none");
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (!strncmp(contents(found.gl_pathv[i], text, sizeof(text)), "ntpd ", 5))
				snprintf(clock, sizeof(clock), "%s", text);
		globfree(&found);
		snprintf(now, sizeof(now), "address %s, name %s, clock %s, resolv.conf %s",
			 inet_ntoa(((struct sockaddr_in *)&ifr.ifr_addr)->sin_addr), name, clock,
			 contents("/etc/resolv.conf", text, sizeof(text)));
		if (strcmp(now, last))
			puts(now);
		strcpy(last, now);
	}
}
END
"$ROOT/tools/haunch-cc" -O1 -o program program.c || exit 1

server='' machine='' other=''
clean_up()
{
	for left in $server $machine $other; do
		kill "$left" 2>/dev/null
	done
	wait
}

# The namespace, and all in it, goes with this process.
for tap in tap0 tap1; do
	ip tuntap add $tap mode tap && ip link set $tap up
done
ip addr add 10.77.0.1/24 dev tap0
ip addr add 10.78.0.1/24 dev tap1

# serve: dnsmasq, with the shortest lease that it knows
serve()
{
	dnsmasq --keep-in-foreground --no-daemon --conf-file=/dev/null --user=root --port=0 --log-dhcp \
		--bind-interfaces --interface=tap0 --interface=tap1 --dhcp-leasefile="$TMP/leases" --pid-file= \
		--dhcp-range=10.77.0.10,10.77.0.20,2m --dhcp-range=10.78.0.10,10.78.0.20,2m \
		--dhcp-option=option:dns-server,10.77.0.53 --dhcp-option=option:domain-name,example.org \
		--dhcp-option=option:ntp-server,10.77.0.123 --dhcp-host=52:54:00:12:34:56,given 2>>"$TMP/server" &
	server=$!
}

# shown FILE PATTERN [SECONDS]
shown()
{
	for _ in $(seq $((${3:-60} * 10))); do
		! grep -q -- "$2" "$1" || return 0
		sleep 0.1
	done
	return 1
}

: >out
"$HAUNCH" run -n tap:tap0 program >out 2>err </dev/null &
machine=$!
: >other.out
"$HAUNCH" run -n tap:tap1 --ip wait program >other.out 2>other.err </dev/null &
other=$!
shown out '^started after'
ok 'without a DHCP server the program starts' "$(cat out err)"
is "$(cat err)" 'haunch: no DHCP server has answered yet; still asking, the program starts without' 'which is said'
[ "$(sed -n 's/^started after \([0-9]*\) s/\1/p' out)" -le 10 ]
ok 'soon' "$(cat out)"
shown out '^address 0.0.0.0, name haunch, clock none'
ok 'it has no address' "$(cat out)"
shown other.err 'the program waits'
ok '--ip wait: it is said that the program waits' "$(cat other.err)"
is "$(cat other.out)" '' 'and it does'

: >"$TMP/server"
serve
shown out '^address 10.77.0.1[0-9]'
ok 'the lease is taken when a server comes' "$(cat out err server)"
shown out '^address 10.77.0.1[0-9], name given, clock ntpd .*-p 10.77.0.123, resolv.conf .*search example.org nameserver 10.77.0.53'
ok 'with name, time server and name server' "$(cat out)"
shown err '^haunch: DHCP: the address is 10.77.0.1[0-9]/24$'
ok 'which is said' "$(cat err)"
shown other.out '^started after' && shown other.out '^address 10.78.0.1[0-9]'
ok '--ip wait: the program starts, with an address' "$(cat other.out other.err)"
kill $other
wait $other
other=''

# busybox's client renews after half of the lease, a minute here.
acks()
{
	grep -c "DHCPACK(tap0)" "$TMP/server"
}
before=$(acks)
for _ in $(seq 900); do
	[ "$(acks)" -eq "$before" ] || break
	sleep 0.1
done
[ "$(acks)" -gt "$before" ] && [ "$(grep -c '^address 10.77' out)" -le 3 ]
ok 'the lease is renewed' "$(cat server out)"
kill $machine
wait $machine
is "$? $(wc -l <err)" '143 2' 'nothing else was said' "$(cat err)"
machine=''
