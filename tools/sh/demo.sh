# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# demo.sh - haunch demo: from a fresh Debian 12 to a web server on bare x86-64, in one command.

help_demo()
{
	cat <<-'END'
	usage: haunch demo [-p PORT]

	Install what is missing, build the kernel and lighttpd (from Debian's source packages), make an
	image of them with a small site, boot it in QEMU, and serve on http://localhost:8080 until
	Ctrl-C.  The first time takes some minutes and 2 GB of disk; later it starts at once.

	  -p, --port PORT          another port than 8080
	END
}

main_demo()
{
	port=8080
	while [ $# -gt 0 ]; do
		case $1 in
		-p|--port)
			want_value "$1" $#
			port=$2
			shift ;;
		--port=*) port=${1#*=} ;;
		-p?*) port=${1#-p} ;;
		-*) unknown_option "$1" ;;
		*) usage_error "unexpected '$1' (see haunch help demo)" ;;
		esac
		shift
	done
	if ! is_number "$port" || [ "$port" -gt 65535 ] || [ "$port" -eq 0 ]; then
		usage_error "-p wants a port from 1 to 65535, not '$port'"
	fi
	# Better now than after the long build.
	! port_in_use "$port" ||
		die "port $port is in use already; choose another: haunch demo -p OTHER"

	# shellcheck source=tools/sh/build.sh
	. "$ROOT/tools/sh/build.sh"
	tell_costs 1
	install_packages_for build run
	build virtio lighttpd
	image=$B/demo/lighttpd.img
	mkdir -p "$B/demo"
	"$ROOT/haunch" bake -o "$image" -d "$B/apps/lighttpd/root:/" "$B/apps/lighttpd/lighttpd" \
		-- -D -f /etc/lighttpd.conf
	serve
}

# Does somebody listen at the port where 127.0.0.1 reaches it?
port_in_use()
{
	hex=$(printf %04X "$1")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		grep -q "^ *[0-9]*: \\(0100007F\\|0\\{8\\}\\|0\\{32\\}\\):$hex [0-9A-F:]* 0A "
}

serve()
{
	run_pid=
	trap stop EXIT
	trap 'exit 129' HUP
	trap 'echo; exit 130' INT
	trap 'exit 143' TERM
	"$ROOT/haunch" run -p "$port:80" "$image" </dev/null &
	run_pid=$!
	tries=0
	until curl -s -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$port/"; do
		tries=$((tries + 1))
		if ! kill -0 "$run_pid" 2>/dev/null; then
			status=0
			wait "$run_pid" || status=$?
			run_pid=
			die "the guest ended with status $status before it served a page"
		fi
		[ $tries -lt 300 ] || die "the guest does not answer on port $port"
		sleep 0.1
	done
	cat <<-END

	lighttpd is running on bare x86-64, on Linux's drivers and TCP/IP:

	    http://localhost:$port/

	The image:      $image
	Look into it:   $ROOT/haunch inspect $image
	Stop it:        Ctrl-C

	END
	status=0
	wait "$run_pid" || status=$?
	run_pid=
	exit "$status"
}

# `haunch run` takes QEMU with it.
stop()
{
	trap '' HUP INT TERM
	[ -z "$run_pid" ] || kill "$run_pid" 2>/dev/null || :
	[ -z "$run_pid" ] || wait "$run_pid" 2>/dev/null || :
}
