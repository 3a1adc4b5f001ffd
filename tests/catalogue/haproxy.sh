# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=haproxy memory=128 port=8080
start() {
	printf 'global\n\tlog stdout format raw local0\ndefaults\n\tmode http\n\ttimeout client 5s\n\ttimeout server 5s\n\ttimeout connect 5s\nfrontend f\n\tbind :8080\n\thttp-request return status 200 content-type text/plain string "by haproxy"\n' >"$TMP/haproxy.cfg"
	mkdir -p "$TMP/etc"
	cp "$TMP/haproxy.cfg" "$TMP/etc/"
	machine -v "$TMP/etc:/mnt:ro" -- haproxy -W -f /mnt/haproxy.cfg
}
check() { get / && grep -q 'by haproxy' "$TMP/page"; }
