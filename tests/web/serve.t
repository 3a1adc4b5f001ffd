#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# serve.t - nginx and lighttpd serve the right bytes, on each network card and each machine.
#
# haunch check: long

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

page=$BUILD/apps/htdocs/index.html large=$BUILD/apps/htdocs/1m.bin
cards=virtio
[ ! -e "$BUILD/haunch-generic.elf" ] || cards='virtio e1000 e1000e vmxnet3'
many=64
# QEMU's user-mode network is not made for that.
[ -n "$tap" ] || many=4

# good WHAT ARGUMENT...
good()
{
	what=$1
	shift
	load -t 10 "$@"
	ok "$server, $card, $machine: $what" "$(cat "$TMP/load")" "$(tail -n 10 "$TMP/console")"
}

for server in nginx lighttpd; do
	for kernel in virtio generic; do
		[ -e "$BUILD/haunch-$kernel.elf" ] || continue
		# shellcheck disable=SC2046 # words
		./haunch bake -k $kernel -o "$TMP/$server-$kernel" -d "$BUILD/apps/$server/root:/" \
			"$BUILD/apps/$server/$server" -- $(arguments_of $server) >"$TMP/bake" 2>&1
		ok "bake $server for $kernel" "$(cat "$TMP/bake")"
	done
	for card in $cards; do
		kernel=generic
		[ "$card" != virtio ] || kernel=virtio
		for machine in pc q35; do
			start "$TMP/$server-$kernel" --nic "$card" --machine "$machine"
			ok "$server, $card, $machine: it boots" || continue
			good 'a small file' -n 500 -c 4 -f "$page" "$url/index.html"
			good "$many connections" -n 4000 -c $many -f "$page" "$url/"
			good 'new connections' -x -n 500 -c 4 -f "$page" "$url/index.html"
			good 'files of 1 MiB' -n 40 -c 4 -f "$large" "$url/1m.bin"
			stop
		done
	done
done
