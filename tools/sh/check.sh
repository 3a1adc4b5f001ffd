# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# check.sh - haunch check: all tests are programs that print TAP, found by their name, *.t.

help_check()
{
	cat <<-'END'
	usage: haunch check [--donor VERSION] [-v] [TEST...]
	       haunch check catalogue [NAME...]

	Install what the tests need, build everything, and run the tests: all of them, with each Linux that
	Haunch can be built from (what has nothing to do with Linux: once); or those named (files or folders
	below tests/, such as tests/tools).
	catalogue: boot some 40 programs of Debian, as packaged, and use them by a client (tests/catalogue).
	It takes an hour or so, most of it to make their roots, and prints README's table.

	  --donor VERSION          with this one only (default for TESTs: the newest)
	  -v, --verbose            show every test's output
	END
}

check_catalogue()
{
	for name; do
		[ -e "$ROOT/tests/catalogue/$name.sh" ] ||
			usage_error "no '$name' in the catalogue: see tests/catalogue"
	done
	install_packages_for build run iso check roots
	build generic
	rm -f "$B/catalogue"/*
	failed=0
	HAUNCH_BUILD="$B" "$ROOT/tests/catalogue/run" "$@" || failed=1
	{
		echo '| program | packages | MB | seconds until it was used | |'
		echo '| --- | --- | --- | --- | --- |'
		cat "$B/catalogue"/*
	} >"$B/log/catalogue.md"
	cat "$B/log/catalogue.md"
	[ $failed -eq 0 ] || die "not all of the catalogue works"
}

# tests_that [-v] WORD: of the tests on standard input, those whose head says so ("# haunch check: WORD,
# WORD"), or (-v) those whose head does not
tests_that()
{
	wanted=yes
	[ "$1" != -v ] || { wanted=no; shift; }
	while read -r test; do
		says=no
		! grep -q "^# haunch check: .*$1" "$test" || says=yes
		[ $says != $wanted ] || echo "$test"
	done
}

main_check()
{
	[ -d "$ROOT/tests" ] || die "the tests are in Haunch's source tree only"
	# shellcheck source=tools/sh/build.sh
	. "$ROOT/tools/sh/build.sh"
	if [ "${1-}" = catalogue ]; then
		shift
		check_catalogue "$@"
		return
	fi
	verbose=
	donor=
	while [ $# -gt 0 ]; do
		case $1 in
		-v|--verbose) verbose=-v ;;
		--donor|--donor=*)
			parse_donor "$@"
			shift $((parsed - 1)) ;;
		-*) unknown_option "$1" ;;
		*) break ;;
		esac
		shift
	done
	donors=${donor:-default}
	if [ $# -eq 0 ]; then
		set -- "$ROOT/tests"
		[ -n "$donor" ] || donors=$(known_donors)
	fi
	for test; do
		[ -e "$test" ] || die "no such test: $test"
	done
	tell_costs "$(echo "$donors" | wc -w)"
	install_packages_for build run iso check
	# Not in a file of the build's: a test may run haunch check as well.
	found=$(find "$@" -name '*.t' ! -path '*/.*' | sort)
	[ -n "$found" ] || die "there are no tests in: $*"
	# Long ones first: at the end no core shall be without work.
	tests=$(echo "$found" | tests_that long; echo "$found" | tests_that -v long)
	export HAUNCH="$ROOT/haunch"
	failed=
	for donor in $donors; do
		[ "$donor" != default ] || donor=
		# A release of Debian may not have all that Haunch knows; one that was asked for is missed.
		if [ "$donor" != "$donors" ] && [ -n "$donor" ] && ! known "$donor"; then
			echo "Not tested: $donor, which this release of Debian does not have"
			continue
		fi
		install_donor
		build virtio generic lighttpd nginx tests
		# Tests that build something build it from the same.
		read -r DONOR_PACKAGE _ <"$B/donor/chosen"
		export DONOR_PACKAGE
		echo "Testing with $(cat "$B/donor/chosen")"
		echo "$tests" | tr '\n' '\0' | xargs -0 prove -j"$(nproc)" --timer ${verbose:+-v} --exec '' ||
			failed="$failed $donor"
		# What has nothing to do with the donor was tested with the first.
		tests=$(echo "$tests" | tests_that -v once)
	done
	[ -z "$failed" ] || die "tests failed${donor:+ with$failed}"
}
