# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# check.sh - haunch check: all tests are programs that print TAP, found by their name, *.t.

help_check()
{
	cat <<-'END'
	usage: haunch check [-v] [TEST...]

	Install what the tests need, build everything, and run the tests: all of them, or those named
	(files or folders below tests/, such as tests/tools).

	  -v, --verbose            show every test's output
	END
}

main_check()
{
	[ -d "$ROOT/tests" ] || die "the tests are in Haunch's source tree only"
	verbose=
	while [ $# -gt 0 ]; do
		case $1 in
		-v|--verbose) verbose=-v ;;
		-*) unknown_option "$1" ;;
		*) break ;;
		esac
		shift
	done
	[ $# -gt 0 ] || set -- "$ROOT/tests"
	for test; do
		[ -e "$test" ] || die "no such test: $test"
	done
	# shellcheck source=tools/sh/build.sh
	. "$ROOT/tools/sh/build.sh"
	tell_costs
	install_packages_for build run iso check
	build virtio generic lighttpd nginx tests
	find "$@" -name '*.t' ! -path '*/.*' | sort >"$B/log/tests"
	[ -s "$B/log/tests" ] || die "there are no tests in: $*"
	export HAUNCH="$ROOT/haunch"
	tr '\n' '\0' <"$B/log/tests" | xargs -0 prove ${verbose:+-v} --exec ''
}
