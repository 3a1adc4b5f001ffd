#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# install.t - make install: what is installed works from there, builds in the user's cache, and has
# manual pages and completion that tell what `haunch help` tells.
#
# haunch check: long, once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# Or rm would leave them there, of anybody but root.
clean_up()
{
	[ ! -d "$TMP/root" ] || chmod -R u+w "$TMP/root"
}

command -v help2man >/dev/null || skip_all 'help2man is not installed'
capture make -s -C "$ROOT" B="$REAL_BUILD" DESTDIR="$TMP/root" prefix=/usr install
is "$status" 0 'make install'
haunch=$TMP/root/usr/bin/haunch
unset HAUNCH_BUILD
export HOME="$TMP/home"

succeeds 'it runs where it was installed' "$haunch" --version
is "$(head -n 1 out)" "haunch $(cat "$ROOT/VERSION")" 'and knows its version'
fails 1 'HAUNCH_BUILD=FOLDER' 'no home, and no other place' env -u HOME "$haunch" --version
succeeds 'another place' env -u HOME HAUNCH_BUILD="$REAL_BUILD" "$haunch" --version
fails 1 'run: haunch build' 'nothing is built yet' "$haunch" run hello
fails 1 'in Haunch'"'"'s source tree only' 'nor are there tests' "$haunch" check
# The sources belong to root.
chmod -R a-w root/usr/share/haunch
make_hello 2>/dev/null
echo 'int main(void) { return 0; }' >hello.c
succeeds 'haunch cc' "$haunch" cc -o hello hello.c && ./hello
ok 'what it makes runs'
touch before
capture "$haunch" build tools
is "$status" 0 'the tools are built' "$(cat err)"
[ -x home/.cache/haunch/tools/haunch ] && [ -z "$(find root -newer before -type f)" ]
ok 'in the cache, and nothing beside the sources' "$(find root -newer before -type f)"
echo 0.0.1 >home/.cache/haunch/release
touch home/.cache/haunch/tools/old
"$haunch" build tools >out 2>&1
[ ! -e home/.cache/haunch/tools/old ] && [ -x home/.cache/haunch/tools/haunch ]
ok 'another release builds anew' "$(cat out)"

for command in bake build cc check demo inspect run setup; do
	page=root/usr/share/man/man1/haunch-$command.1
	[ -s "$page" ] && [ -z "$(man --warnings -l "$page" 2>&1 >/dev/null)" ]
	ok "there is a manual page of haunch $command"
	missing=$("$HAUNCH" help "$command" | grep -oE '^  (-[a-z], )?--?[a-z][-a-z]*' | tr -d , |
		xargs -n 1 | while read -r option; do
			man -l "$page" 2>/dev/null | col -b | grep -qe "$option" || echo "$option"
		done)
	is "$missing" '' 'with every option'
done
[ -s root/usr/share/man/man1/haunch.1 ]
ok 'and one of haunch'

# offers WORD...: what bash offers for the last one
offers()
{
	# shellcheck disable=SC2016 # for bash
	bash -c '. root/usr/share/bash-completion/completions/haunch
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _haunch; echo "${COMPREPLY[*]}"' bash "$@"
}
is "$(offers haunch in)" inspect 'completion of a command'
is "$(offers haunch run --dr)" --dry-run 'and of its options'
is "$(offers haunch help ba)" bake 'and of what there is help on'
