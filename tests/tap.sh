# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# tap.sh - what tests share that print TAP: a temporary folder that goes away, counting, results.
#
# A test sources it first.  The working directory becomes the source tree; $BUILD is what is built.

set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${HAUNCH_BUILD:-build}
# An ordinary user has no mke2fs there.
PATH=$PATH:/usr/sbin:/sbin
TMP=$(mktemp -d) || exit 1
tests=0
failures=0

# What a test has to undo at its end, besides; it may replace this.
clean_up()
{
	:
}

finish()
{
	trap - EXIT
	clean_up
	rm -rf "$TMP"
	echo "1..$tests"
	[ "$failures" -eq 0 ]
	exit
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

# ok DESCRIPTION [TEXT...]: the last command's status is the result, and ok's own; TEXT is shown if it
# failed, on standard error, which prove lets through
ok()
{
	result=$?
	tests=$((tests + 1))
	if [ $result -eq 0 ]; then
		echo "ok $tests - $1"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	{
		echo "$0: not ok $tests - $1"
		shift
		for text; do
			echo "$text"
		done
	} | sed 's/^/# /' >&2
	return $result
}

# skip DESCRIPTION WHY: it cannot be tested here
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# free_port: print a number of a TCP port of 127.0.0.1 that nobody uses
free_port()
{
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die "$!\n";
		print $s->sockport, "\n"'
}

# skip_all WHY: there is nothing to test with
skip_all()
{
	trap - EXIT
	clean_up
	rm -rf "$TMP"
	echo "1..0 # SKIP $1"
	exit
}

# build TARGET...: make what the test needs.  Tests run at the same time, and two makes would write the
# same files: one waits for the other.
build()
{
	mkdir -p "$BUILD"
	flock "$BUILD/tests.lock" make -s B="$BUILD" "$@" >"$TMP/make.log" 2>&1 || {
		sed 's/^/# /' "$TMP/make.log"
		echo "Bail out! cannot make $*"
		exit 1
	}
}
