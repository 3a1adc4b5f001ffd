# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=prometheus memory=256 port=9090
check() { get /-/ready && grep -qi 'ready' "$TMP/page"; }
