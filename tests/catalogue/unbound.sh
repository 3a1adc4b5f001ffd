# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=unbound memory=128 port=53/udp
start() { mkdir -p "$TMP/ub"; printf 'server:\n interface: 0.0.0.0\n access-control: 0.0.0.0/0 allow\n use-syslog: no\n chroot: ""\n local-data: "here.test. A 10.1.2.3"\n' >"$TMP/ub/u.conf"; machine -v "$TMP/ub:/mnt:ro" -- unbound -d -c /mnt/u.conf; }
check() { [ "$(ask_name here.test)" = 10.1.2.3 ]; }
