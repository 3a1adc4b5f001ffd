# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=iperf3 memory=96
start() { job -- sh -c 'iperf3 -s -1 >/dev/null & sleep 1; iperf3 -c 127.0.0.1 -t 2; wait'; }
check() { said 'receiver'; }
