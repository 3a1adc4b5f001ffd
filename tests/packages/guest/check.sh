# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# check.sh - for scripts that run in a machine: check DESCRIPTION EXPECTED GOT, and checked at the end.

checks=0
check()
{
	checks=$((checks + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $checks - $1"
	else
		echo "not ok $checks - $1"
		echo "expected: $2"
		echo "got: $3"
	fi
}

checked()
{
	echo "1..$checks"
}
