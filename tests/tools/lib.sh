# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# lib.sh - what the tests in this folder share: a build directory in which a test kernel (kernel.S)
# stands in for the real one, and ways to say what a command is to do.
#
# ROOT is the source tree, HAUNCH the command, REAL_BUILD what is built; tests work in TMP.

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

ROOT=$PWD
export HAUNCH="$ROOT/haunch"
case $BUILD in /*) REAL_BUILD=$BUILD ;; *) REAL_BUILD=$ROOT/$BUILD ;; esac
build tools "$BUILD/init/init" tests
export HAUNCH_BUILD="$TMP/build"
mkdir -p "$HAUNCH_BUILD"
ln -s "$REAL_BUILD/tools" "$REAL_BUILD/init" "$HAUNCH_BUILD/"
cp "$REAL_BUILD/tests/tools/kernel.elf" "$HAUNCH_BUILD/haunch-virtio.elf"
cp "$REAL_BUILD/tests/tools/kernel.elf" "$HAUNCH_BUILD/haunch-generic.elf"
cd "$TMP" || exit 1

# machines_apart: those with names are the test's own, and are gone at its end
machines_apart()
{
	export XDG_RUNTIME_DIR="$TMP/runtime"
	mkdir "$XDG_RUNTIME_DIR"
	# shellcheck disable=SC2317 # tap.sh calls it
	clean_up()
	{
		"$HAUNCH" ps --format json 2>/dev/null | sed -n 's/.*"name": "\(.*\)".*/\1/p' |
			while read -r name; do "$HAUNCH" rm -f "$name"; done
	}
}

# is GOT EXPECTED DESCRIPTION
is()
{
	[ "$1" = "$2" ]
	ok "$3" "got: $1" "expected: $2"
}

# capture COMMAND...: sets status, and leaves its output in $TMP/out and $TMP/err
capture()
{
	status=0
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null || status=$?
}

# fails STATUS TEXT DESCRIPTION COMMAND...: it must end with that status and say, on one line of
# stderr, something with TEXT in it
fails()
{
	expected_status=$1
	expected_text=$2
	description=$3
	shift 3
	capture "$@"
	[ "$status" -eq "$expected_status" ] && [ "$(wc -l <"$TMP/err")" -eq 1 ] &&
		grep -qF -- "$expected_text" "$TMP/err"
	ok "$description" "status $status, expected $expected_status with: $expected_text" \
		"stderr: $(head -n 5 "$TMP/err")"
}

# succeeds DESCRIPTION COMMAND...: status 0 and nothing on stderr
succeeds()
{
	description=$1
	shift
	capture "$@"
	[ "$status" -eq 0 ] && [ ! -s "$TMP/err" ]
	ok "$description" "status $status" "stderr: $(head -n 5 "$TMP/err")"
}

# A program to bake: "hello", a static PIE.
make_hello()
{
	echo 'int main(int c, char **v) { (void)v; return c; }' >hello.c
	HAUNCH_BUILD=$REAL_BUILD "$ROOT/tools/haunch-cc" -o hello hello.c
}

# cpio_of IMAGE: the archive of files in it
cpio_of()
{
	perl -e '
		local $/;
		my $image = <>;
		my $at = index($image, "HAUNCHPL");
		my ($offset, $size) = unpack("Q<Q<", substr($image, $at + 32, 16));
		print substr($image, $at + $offset, $size);' "$1"
}
