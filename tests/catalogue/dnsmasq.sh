# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=dnsmasq memory=96 port=53/udp
start() { machine -- dnsmasq -k --address=/here.test/10.1.2.3 --log-facility=-; }
check() { [ "$(ask_name here.test)" = 10.1.2.3 ]; }
