# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=squid memory=192 port=3128
check() { get / -i && grep -qi 'squid' "$TMP/page"; }
