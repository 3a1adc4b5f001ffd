# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=memcached memory=128 port=11211
start() { machine -u memcache -- memcached -m 32; }
check() { talk 'set k 0 0 5\r\nhello\r\nget k\r\nquit\r\n' | grep -q '^hello'; }
