# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
# shellcheck shell=sh disable=SC2034 # recipes use the variables
#
# recipe.sh - what recipes share; a recipe sources this file first.
#
# A recipe builds one package from Debian's source, unmodified, with `haunch cc`, and leaves what it
# made in build/apps/NAME/, NAME being the recipe's directory.  It runs in an empty directory of
# its own, build/apps/NAME/work, and finds:
#
#	$root	the repository		$out	build/apps/NAME
#	$name	its name		$cc	the compiler to configure with
#	$here	the recipe's directory	$host	what to give to --host
#	$jobs	for make -j
#
# All output goes to build/apps/NAME/log; only one line for each step is shown.

set -eu

here=$(cd "${0%/*}" && pwd)
name=${here##*/}
root=${here%/*/*}
apps=${HAUNCH_BUILD:-$root/build}/apps
mkdir -p "$apps/$name"
apps=$(cd "$apps" && pwd)
out=$apps/$name
cc=$root/tools/haunch-cc
host=x86_64-haunch-linux-musl
jobs=$(nproc)
# A jobserver of the calling make is of no use to the package's own.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Not what the caller's environment has for his own programs.
unset CFLAGS CPPFLAGS LDFLAGS CONFIG_SITE
export LC_ALL=C

log=$out/log
: >"$log"
rm -rf "$out/work"
mkdir -p "$out/work"
cd "$out/work"

failed()
{
	echo "$name: $1 failed; the end of $log:" >&2
	tail -n 20 "$log" >&2
	exit 1
}

# step TEXT COMMAND...: run the command with its output in the log.
step()
{
	text=$1
	shift
	printf '  %-10s %s\n' "$name" "$text"
	printf '\n--- %s: %s\n' "$text" "$*" >>"$log"
	"$@" >>"$log" 2>&1 </dev/null || failed "$text"
}

# fetch PACKAGE: sets $src to the package's unpacked source.
fetch()
{
	src=$apps/src/$1
	if [ ! -e "$src/.haunch-complete" ]; then
		step "fetch Debian's source of $1" "$root/apps/apt-source" "$1" "$src"
		touch "$src/.haunch-complete"
	fi
}

# finish: everything worth keeping was moved to $out; drop the rest.
finish()
{
	cd "$out"
	rm -rf work
}
