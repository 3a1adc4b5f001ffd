# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=lua5.4 memory=96
start() { job -- lua5.4 -e 'local p = io.popen("echo by lua"); print(p:read("a"), 6 * 7)'; }
check() { said 'by lua' && said '42'; }
