# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=ruby memory=192
start() { job -- ruby -e 'puts IO.popen("echo by ruby | tr a-z A-Z", &:read)'; }
check() { said 'BY RUBY'; }
