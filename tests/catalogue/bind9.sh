# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=bind9 memory=128 port=53/udp
check() { [ "$(ask_name localhost)" = 127.0.0.1 ]; }
