#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# setup.t - haunch setup, with stand-ins for dpkg-query, apt-get and sudo that write down what they
# were asked for.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir path
cat >path/dpkg-query <<'END'
#!/bin/sh
shift 2
for package; do
	grep -qx "$package" "$FAKE/installed" && echo "installed $package"
done
exit 0
END
cat >path/apt-get <<'END'
#!/bin/sh
echo "apt-get $* ($DEBIAN_FRONTEND)" >>"$FAKE/calls"
for last; do :; done
case " $* " in
*' update '*)
	# As apt does: it takes that for a success, unless told otherwise.
	[ ! -e "$FAKE/offline" ] || {
		echo "W: Failed to fetch it  Temporary failure resolving 'mirror.example'"
		case " $* " in *Error-Mode=any*) exit 100 ;; esac
		exit 0
	}
	cp "$FAKE/all" "$FAKE/known" ;;
*' install '*)
	[ ! -e "$FAKE/full" ] || { echo "E: You don't have enough free space in /var."; exit 100; }
	[ ! -e "$FAKE/broken" ] || { echo 'E: dpkg was interrupted'; exit 100; }
	echo '0 upgraded, 1 newly installed, 0 to remove'
	printf '(Reading database ... \r(Reading database ... 50%%\r(Reading database ... 100%%\r\n'
	printf 'Preparing to unpack it.deb ...\r\nUnpacking qemu-system-x86 (1.0) ...\r\n'
	for package; do echo "$package"; done >>"$FAKE/installed" ;;
esac
END
cat >path/apt-cache <<'END'
#!/bin/sh
shift
for package; do
	# What it does not know it takes for a regular expression.
	name=$(grep -x -e "$package" "$FAKE/known" || grep -m 1 -e "$package" "$FAKE/known") &&
		printf '%s:\n  Candidate: 1.0\n' "$name"
done
exit 0
END
cat >path/id <<'END'
#!/bin/sh
cat "$FAKE/uid"
END
cat >path/sudo <<'END'
#!/bin/sh
echo sudo >>"$FAKE/calls"
exec "$@"
END
chmod +x path/*
export FAKE="$TMP/fake"
mkdir fake
sed -n 's/^[a-z]* //p' "$ROOT/tools/packages" | sort -u >fake/all
PATH=$TMP/path:$PATH

# reset KNOWN INSTALLED UID
reset()
{
	cp "$1" fake/known
	cp "$2" fake/installed
	echo "$3" >fake/uid
	rm -f fake/calls fake/offline fake/broken fake/full
	touch fake/calls
}
grep -vx qemu-system-x86 fake/all >fake/no-qemu

reset fake/all fake/all 1000
succeeds 'nothing is missing' "$HAUNCH" setup
is "$(cat fake/calls)" '' 'and nothing is called'

reset fake/all fake/no-qemu 0
succeeds 'a missing package is installed' "$HAUNCH" setup
is "$(cat fake/calls)" "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends qemu-system-x86 (noninteractive)" \
	'without an update where the lists are there'
grep -q 'Installing 1 package: qemu-system-x86' out
ok 'it is told' "$(cat out)"
grep -q 'newly installed' "$HAUNCH_BUILD/log/setup.log"
ok 'and there is a log'

if command -v script >/dev/null; then
	reset fake/all fake/no-qemu 0
	script -qec "$HAUNCH setup" typescript >/dev/null
	result=$(tr '\r' '\n' <typescript | grep '[^ ]')
	echo "$result" | grep -q '^ *33 %  Unpacking qemu' && ! echo "$result" | grep -qi error
	ok 'on a terminal there is a line of progress' "$result"
	# Each of its states is one line of one width, without a carriage return within.
	tr '\r' '\n' <typescript | grep '%' >states
	[ -s states ] && ! grep -qvE '^ *[0-9]+ %  .{60}$' states && ! grep -q 'Reading database' states
	ok "which dpkg's own do not garble" "$(cat -A typescript)"
fi

reset /dev/null fake/no-qemu 0
succeeds 'lists are fetched where there are none' "$HAUNCH" setup
is "$(grep -c ' update ' fake/calls)" 1 'by an update'

reset fake/all fake/no-qemu 1000
succeeds 'an ordinary user with sudo' "$HAUNCH" setup
is "$(head -n 1 fake/calls)" sudo 'sudo is used'

rm path/sudo
mkdir no-sudo
for dir in /usr/bin /bin; do
	for file in "$dir"/*; do
		case $file in */sudo) ;; *) ln -sf "$file" no-sudo/ ;; esac
	done
done
reset fake/all fake/no-qemu 1000
PATH=$TMP/path:$TMP/no-sudo fails 1 \
	'run as root: apt-get install --no-install-recommends qemu-system-x86' \
	'an ordinary user without sudo' "$HAUNCH" setup

reset fake/no-qemu fake/no-qemu 0
cp fake/no-qemu fake/all.keep
mv fake/all fake/really-all
cp fake/no-qemu fake/all
fails 1 'no package qemu-system-x86' 'a package that is nowhere' "$HAUNCH" setup
echo qemu-system-x86-other >>fake/all
cp fake/all fake/known
fails 1 'no package qemu-system-x86' \
	'nor does another do that its name, as a regular expression, matches' "$HAUNCH" setup
mv fake/really-all fake/all

reset /dev/null fake/no-qemu 0
touch fake/offline
capture "$HAUNCH" setup
[ "$status" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] &&
	grep -q "is there a network? (Temporary failure resolving 'mirror.example'; log: " err
ok 'no network is one line' "$(cat err)"
reset fake/all fake/no-qemu 0
touch fake/full
fails 1 'the disk is full; free some space' 'a full disk is one line' "$HAUNCH" setup
reset fake/all fake/no-qemu 0
touch fake/broken
capture "$HAUNCH" setup
[ "$status" -eq 1 ] && grep -q 'dpkg was interrupted' err && grep -q 'apt-get install failed' err
ok 'a broken dpkg' "$(cat err)"

reset fake/all fake/no-qemu 0
succeeds 'only a group' "$HAUNCH" setup check
is "$(cat fake/calls)" '' 'another group is left alone'
fails 2 'no such group' 'an unknown group' "$HAUNCH" setup frob
