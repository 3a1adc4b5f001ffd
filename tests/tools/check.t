#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# check.t - haunch check runs each test that it should, and only once what is not of the donor.  Two donors, and
# two tests, are made up.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p top/tests/a top/tools/sh
cat >top/tools/sh/build.sh <<'END'
known_donors() { echo old new; }
known() { [ "$1" != gone ]; }
tell_costs() { :; }
install_packages_for() { :; }
build() { :; }
install_donor() { mkdir -p "$B/donor"; echo "${donor:-default} 1" >"$B/donor/chosen"; }
END
cat >check <<END
set -eu
ROOT=$PWD/top B=$PWD/top/build
die() { echo "haunch check: \$*" >&2; exit 1; }
unknown_option() { die "no option \$1"; }
parse_donor() { parsed=2 donor=\$2; }
. "$ROOT/tools/sh/check.sh"
main_check "\$@"
END
# A test may run haunch check itself, as readme.t does.
cat >top/tests/a/each.t <<END
#!/bin/sh
# haunch check: long
[ -n "\${inner-}" ] || inner=yes sh "$PWD/check" "$PWD/top/tests/a/once.t" >/dev/null 2>&1 ||
	[ -e "$PWD/broken" ] || exit 1
echo "each \$DONOR_PACKAGE" >>"$PWD/ran"
echo 'ok 1 - each'
echo 1..1
END
cat >top/tests/a/once.t <<END
#!/bin/sh
# haunch check: once
[ -n "\${inner-}" ] || echo "once \$DONOR_PACKAGE" >>"$PWD/ran"
[ ! -e "$PWD/broken" ] || echo not ok 1 - broken
[ -e "$PWD/broken" ] || echo 'ok 1 - once'
echo 1..1
END
chmod +x top/tests/a/*.t
succeeds 'haunch check' sh check
is "$(sort ran)" 'each new
each old
once old' 'each test with each donor, or once' "$(cat "$TMP/out" "$TMP/err")"
rm ran
succeeds 'with one donor' sh check --donor old
is "$(sort ran)" 'each old
once old' 'all tests with that one'
rm ran
succeeds 'a folder' sh check "$PWD/top/tests/a"
is "$(sort ran)" 'each default
once default' 'its tests with the newest donor'
mkdir top/tests/none
fails 1 'there are no tests in' 'a folder without tests' sh check "$PWD/top/tests/none"
fails 1 'no such test' 'a test that is not there' sh check "$PWD/top/tests/b.t"
: >broken
fails 1 'tests failed with old' 'a test that fails' sh check --donor old
fails 1 'tests failed with old' 'with two donors' sh check
