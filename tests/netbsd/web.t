#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# web.t - nginx and lighttpd, as they are built for Linux, serve over NetBSD's TCP/IP and virtio-net.
# HAUNCH_NETBSD=PREFIX says where its libraries are.

if [ -z "${HAUNCH_NETBSD-}" ]; then
	echo '1..0 # SKIP no rump libraries given'
	exit 0
fi

# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/../web/lib.sh"

./haunch build --netbsd "$HAUNCH_NETBSD" >"$TMP/log" 2>&1
ok 'haunch build --netbsd' "$(cat "$TMP/log")"

page=$BUILD/apps/htdocs/index.html large=$BUILD/apps/htdocs/1m.bin
requests=100000 connections=10000 many=64
# QEMU's user-mode network is not made for that.
[ -n "$tap" ] || requests=4000 connections=500 many=4

for server in lighttpd nginx; do
	# shellcheck disable=SC2046 # words
	./haunch bake -k netbsd -o "$TMP/image" -d "$BUILD/apps/$server/root:/" "$BUILD/apps/$server/$server" -- \
		$(arguments_of $server) >"$TMP/bake" 2>&1
	ok "bake $server" "$(cat "$TMP/bake")"
	start "$TMP/image"
	ok "$server boots" || continue
	load -t 10 -n 500 -c 4 -f "$page" "$url/index.html"
	ok "$server: a page" "$(cat "$TMP/load")" "$(tail -n 10 "$TMP/console")"
	load -t 10 -n 40 -c 4 -f "$large" "$url/1m.bin"
	ok "$server: files of 1 MiB" "$(cat "$TMP/load")" "$(tail -n 10 "$TMP/console")"
	load -t 30 -n $requests -c $many -f "$page" "$url/index.html"
	ok "$server: $requests requests over $many connections, none failed" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"
	load -t 30 -x -n $connections -c $((many / 4)) -f "$page" "$url/index.html"
	ok "$server: $connections connections, none failed" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"
	kill "$machine_pid"
	wait "$machine_pid"
	status=$?
	machine_pid=''
	[ $status -lt 124 ]
	ok "$server ends when it is told to" "status $status" "$(tail -n 10 "$TMP/console")"
done

# The first that comes to a machine is a burst.  (QEMU's network takes connections for it, so it says when to begin.)
port=$((20000 + $$ % 20000))
./haunch bake -k netbsd -o "$TMP/image" -d "$BUILD/apps/lighttpd/root:/" "$BUILD/apps/lighttpd/lighttpd" -- \
	-D -f /etc/lighttpd.conf >"$TMP/bake" 2>&1
./haunch run -p $port:80 "$TMP/image" >"$TMP/console" 2>&1 </dev/null &
machine_pid=$!
tries=0
until grep -q 'server started' "$TMP/console" || [ $tries -ge 300 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
"$BUILD/bench/load" -t 2 -n 4 -c 4 -f "$page" "http://127.0.0.1:$port/index.html" >"$TMP/load" 2>&1
ok 'four connections at once, the first there are' "$(cat "$TMP/load")" "$(tail -n 10 "$TMP/console")"
stop

finish
