#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# load.t - under load no request fails, and afterwards memory is what it was: of nginx and lighttpd as one
# process, and of nginx with a master and two workers.
#
#	HAUNCH_LOAD=10 tests/web/load.t		ten times as many requests and connections
#
# haunch check: long

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "$tap" ] || skip_all 'it needs a tap device, and so root'
build "$BUILD/tests/web/watch"
page=$BUILD/apps/htdocs/index.html

# free_kb: what watch.c tells
free_kb()
{
	# shellcheck disable=SC2086 # words
	$inside curl -s --max-time 5 "$url:8080/"
}

# settled: is at least as much memory free as there was, but for what caches may take?
settled()
{
	now=$(free_kb) && [ "$now" -ge $((before - 512)) ]
}

requests=$((100000 * ${HAUNCH_LOAD:-1}))
connections=$((20000 * ${HAUNCH_LOAD:-1}))

for server in nginx lighttpd workers; do
	app=$server
	[ "$server" != workers ] || app=nginx
	rm -rf "$TMP/root"
	cp -a "$BUILD/apps/$app/root" "$TMP/root"
	[ "$server" != workers ] ||
		sed -i -e 's/^master_process.*/master_process on;/' \
			-e 's/^worker_processes.*/worker_processes 2;/' "$TMP/root/etc/nginx.conf"
	# shellcheck disable=SC2046 # words
	./haunch bake -o "$TMP/image" -d "$TMP/root:/" \
		-d "$BUILD/apps/$app/$app:/bin/server" "$BUILD/tests/web/watch" -- \
		/bin/server $(arguments_of $app) >"$TMP/bake" 2>&1
	ok "bake $server" "$(cat "$TMP/bake")" || continue
	start "$TMP/image" -m 64
	ok "$server boots" || continue

	# Once with as many connections as will come, so that the server has all it wants.
	load -n 5000 -c 64 -f "$page" "$url/index.html"
	ok "$server: 5000 requests" "$(cat "$TMP/load")"
	load -x -n 200 -c 64 -f "$page" "$url/index.html"
	ok "$server: 200 connections" "$(cat "$TMP/load")"
	sleep 2
	before=$(free_kb)
	[ -n "$before" ]
	ok "$server: $before kB are free"

	load -n $requests -c 64 -f "$page" "$url/index.html"
	ok "$server: $requests requests over 64 connections, none failed" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"
	load -x -n $connections -c 16 -f "$page" "$url/index.html"
	ok "$server: $connections connections, none failed" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"

	# A connection that the server closed is remembered for a minute (TIME_WAIT).
	tries=0
	until settled || [ $tries -ge 20 ]; do
		tries=$((tries + 1))
		sleep 5
	done
	settled
	ok "$server: the memory is back" "$before kB were free, now it is $now kB"
	stop
done
