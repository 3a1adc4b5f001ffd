# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=caddy memory=192 port=80
check() { get / && grep -qi 'caddy' "$TMP/page"; }
