#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# build.t - haunch build --netbsd: one line says what is wrong with the rump kernel libraries.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/../tools/lib.sh"

fails 2 "option '--netbsd' wants a value" 'no prefix' "$HAUNCH" build --netbsd
fails 1 'nosuch: no such folder; --netbsd wants' 'a prefix that is not there' \
	"$HAUNCH" build --netbsd nosuch

mkdir -p prefix/lib prefix/include/rump
fails 1 'include/rump/rumpuser.h is missing' 'a prefix without headers' "$HAUNCH" build --netbsd prefix

echo '#define RUMPUSER_VERSION 16' >prefix/include/rump/rumpuser.h
fails 1 "rumpuser version '16', but 17 is wanted" 'another version' "$HAUNCH" build --netbsd prefix

echo '#define RUMPUSER_VERSION 17' >prefix/include/rump/rumpuser.h
while read -r component; do
	: >"prefix/lib/lib$component.a"
done <"$ROOT/netbsd/components"
rm prefix/lib/librumpnet_netinet.a
fails 1 'lib/librumpnet_netinet.a is missing' 'a component that is missing' "$HAUNCH" build --netbsd prefix

finish
