# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# lib.sh - an image with a web server, booted on a network, for the tests of this folder.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=../../bench/network.sh
. bench/network.sh

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
build bench-tools apps
# The address that QEMU gives to a first network card.
network_up 52:54:00:12:34:56
machine_pid=''

clean_up()
{
	stop
	network_down
}

arguments_of()
{
	case $1 in
	lighttpd) echo "-D -f /etc/lighttpd.conf" ;;
	nginx) echo "-c /etc/nginx.conf" ;;
	esac
}

load()
{
	# shellcheck disable=SC2086 # words
	$inside "$BUILD/bench/load" "$@" >"$TMP/load" 2>&1
}

# start IMAGE OPTION...: boot an image with `haunch run`, and wait for its first page
start()
{
	image=$1
	shift
	if [ -n "$tap" ]; then
		set -- -n "tap:$tap" -c "ip=$guest_ip::$host_ip:255.255.255.0::eth0:off" "$@"
	else
		set -- -p "$forward:80" "$@"
	fi
	# shellcheck disable=SC2086 # words
	$inside ./haunch run "$@" "$image" >"$TMP/console" 2>&1 </dev/null &
	machine_pid=$!
	tries=0
	until load -t 2 -n 1 "$url/index.html"; do
		tries=$((tries + 1))
		if [ $tries -gt 100 ] || ! kill -0 $machine_pid 2>/dev/null; then
			sed 's/^/# /' "$TMP/console"
			stop
			return 1
		fi
		sleep 0.2
	done
}

stop()
{
	[ -n "$machine_pid" ] || return 0
	kill "$machine_pid" 2>/dev/null
	wait "$machine_pid" 2>/dev/null
	machine_pid=''
}
