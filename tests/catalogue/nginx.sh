# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=nginx memory=96 port=80
check() { get / && grep -q 'Welcome to nginx' "$TMP/page"; }
