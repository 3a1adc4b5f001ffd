# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=nats-server memory=128 port=4222
start() { machine -- nats-server -a 0.0.0.0; }
check() { talk 'CONNECT {"verbose":false}\r\nSUB s 1\r\nPUB s 5\r\nhello\r\nPING\r\n' | grep -q '^hello'; }
