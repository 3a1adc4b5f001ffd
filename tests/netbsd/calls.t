#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# calls.t - how Linux's system calls become NetBSD's: calls.c, run on this machine with sanitizers.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

build "$BUILD/tests/netbsd/calls"
trap - EXIT
rm -rf "$TMP"
ASAN_OPTIONS=detect_leaks=0 exec "$BUILD/tests/netbsd/calls"
