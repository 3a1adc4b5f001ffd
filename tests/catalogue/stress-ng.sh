# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=stress-ng memory=256
start() { job -- stress-ng --fork 2 --vm 1 --vm-bytes 32M --pipe 1 --timeout 2 --verify; }
check() { said 'successful run completed' || said 'passed: 4'; }
