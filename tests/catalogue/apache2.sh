# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=apache2 memory=128 port=80
check() { get / && grep -q 'Apache2 Debian Default Page' "$TMP/page"; }
