# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=busybox memory=96
start() { job -- busybox sh -c 'seq 100 | busybox awk "{ s += \$1 } END { print s }" | busybox tr 0-9 a-j'; }
check() { said '^fafa$'; }
