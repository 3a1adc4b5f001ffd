#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# debian.t - the Debian package: dpkg-buildpackage makes it of the sources alone, lintian finds no error, and
# what it has works for an ordinary user.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in dpkg-buildpackage dh lintian help2man; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
git -C "$ROOT" rev-parse >/dev/null 2>&1 || skip_all 'not a clone of the repository'
mkdir -p top/haunch
(cd "$ROOT" && git ls-files -z | tar -c --null -T -) | tar -x -C top/haunch
(unset HAUNCH HAUNCH_BUILD MAKEFLAGS; cd top/haunch && dpkg-buildpackage -us -uc -b) >log 2>&1
ok 'dpkg-buildpackage' "$(tail -n 30 log)" || exit
package=$(echo top/haunch_*_all.deb)
lintian --allow-root --fail-on error "$package" >errors 2>&1
ok 'lintian finds no error' "$(cat errors)"
dpkg-deb -x "$package" root
find root -type f -perm /022 | grep . >writable
[ ! -s writable ] && [ -e root/usr/share/man/man1/haunch.1.gz ] && [ -e root/usr/share/bash-completion/completions/haunch ]
ok 'files, manual page, completion' "$(cat writable)" "$(find root)"
unset HAUNCH_BUILD
export HOME="$TMP/home"
mkdir home
set --
if [ "$(id -u)" -eq 0 ]; then
	chown 65534:65534 home
	chmod 755 "$TMP"
	set -- setpriv --reuid 65534 --regid 65534 --clear-groups
fi
cd / || exit
succeeds 'an ordinary user' "$@" "$TMP/root/usr/bin/haunch" --version
is "$(head -n 1 "$TMP/out")" "haunch $(cat "$ROOT/VERSION")" 'it has the version'
capture "$@" "$TMP/root/usr/bin/haunch" build tools
[ "$status" -eq 0 ] && [ -x "$TMP/home/.cache/haunch/tools/haunch" ]
ok 'builds in the cache' "$(cat "$TMP/err")"
