# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=slapd memory=128 port=389
# An anonymous bind (RFC 4511), and that it was taken.
check() { talk '\060\014\002\001\001\140\007\002\001\003\004\000\200\000' | od -An -tx1 | grep -q '^ 30 0c 02 01 01 61 07 0a 01 00'; }
