#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# load.t - under load no request fails, and afterwards memory is what it was.

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

for server in nginx lighttpd; do
	# shellcheck disable=SC2046 # words
	./haunch bake -o "$TMP/image" -d "$BUILD/apps/$server/root:/" \
		-d "$BUILD/apps/$server/$server:/bin/server" "$BUILD/tests/web/watch" -- \
		/bin/server $(arguments_of $server) >"$TMP/bake" 2>&1
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

	load -n 100000 -c 64 -f "$page" "$url/index.html"
	ok "$server: 100000 requests over 64 connections, none failed" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"
	load -x -n 20000 -c 16 -f "$page" "$url/index.html"
	ok "$server: 20000 connections, none failed" "$(cat "$TMP/load")" \
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
