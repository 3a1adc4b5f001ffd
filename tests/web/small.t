#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# small.t - 16 MB are enough to boot and serve; with too little the machine says so, and goes off.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

page=$BUILD/apps/htdocs/index.html
# Newer ones have longer queues, which take 8 MB more.
enough=16
[ "$(qemu-system-x86_64 --version | sed -n 's/^QEMU.* version \([0-9]*\)\..*/\1/p')" -lt 10 ] || enough=24
connections=64
[ -n "$tap" ] || connections=4

for server in nginx lighttpd; do
	# shellcheck disable=SC2046 # words
	./haunch bake -o "$TMP/image" -d "$BUILD/apps/$server/root/etc:/etc" \
		-d "$page:/srv/www/index.html" "$BUILD/apps/$server/$server" -- \
		$(arguments_of $server) >"$TMP/bake" 2>&1
	ok "bake $server" "$(cat "$TMP/bake")"
	start "$TMP/image" -m $enough
	ok "$server boots with $enough MB"
	load -n 3000 -c $connections -f "$page" "$url/index.html"
	ok "$server serves $connections connections" "$(cat "$TMP/load")" \
		"$(tail -n 10 "$TMP/console")"
	stop

	./haunch run -n none -m 8 "$TMP/image" >"$TMP/console" 2>&1 </dev/null
	status=$?
	[ $status -eq 1 ] && [ "$(wc -l <"$TMP/console")" -eq 1 ] &&
		grep -q 'the machine has 8 MB, this image needs [0-9]* MB' "$TMP/console"
	ok "$server with 8 MB: one line, and a failure" "status $status" "$(cat "$TMP/console")"
done
