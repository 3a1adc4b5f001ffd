# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=tomcat10 memory=320 port=8080
ends=143 note='its own status when it is asked to end is 143'
check() { get / && grep -q 'It works' "$TMP/page"; }
