#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# build.t - haunch build and haunch --version: what is built is of the donor that is installed, and
# says so.  A small archive and a stand-in for dpkg-query play the donor's package.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

(cd "$ROOT" && build core-tests) || exit 1

fails 2 "unknown target 'nosuch'; the targets are virtio, generic, lighttpd, nginx" \
	'a target that is not there' "$HAUNCH" build nosuch

fails 2 "there is no donor '5.10'; those known are: 6.1 6.12" 'a donor that is not known' \
	"$HAUNCH" build --donor 5.10 virtio
fails 2 "option '--donor' wants a value" 'nor named' "$HAUNCH" build --donor

# Before the first build it is told what that costs; too little room is said before anything is done.
mkdir small
cat >small/df <<'END_OF_SCRIPT'
#!/bin/sh
printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/small 3000000 2488000 512000 83%% /\n'
END_OF_SCRIPT
chmod +x small/df
PATH=$TMP/small:$PATH fails 1 'not enough disk: 500 MB are free at ' 'too little disk' "$HAUNCH" build virtio
grep -q '^The first time this takes .* minutes .* GB of disk' out
ok 'how long it takes, and how much disk' "$(cat out)"

mkdir path
cat >path/dpkg-query <<'END_OF_SCRIPT'
#!/bin/sh
[ -s "$FAKE_VERSION" ] || exit 1
printf 'small-donor %s' "$(cat "$FAKE_VERSION")"
END_OF_SCRIPT
chmod +x path/dpkg-query
export FAKE_VERSION="$TMP/version"

# package VERSION: "install" that one.  Its files are old, as those of a package are.
package()
{
	echo "$1" >version
	mkdir -p small-donor/arch
	echo "$1" >small-donor/Makefile
	touch -d 2001-01-01 small-donor/Makefile
	tar -cJf small-donor.tar.xz small-donor
	touch -d 2002-02-02 small-donor.tar.xz
	rm -r small-donor
}

donor=$HAUNCH_BUILD/donor

# unpack WORD...: make's own words, if it has something to do
unpack()
{
	PATH=$TMP/path:$PATH make -C "$ROOT" -s B="$HAUNCH_BUILD" DONOR_PACKAGE=small-donor \
		DONOR_ARCHIVE="$TMP/small-donor.tar.xz" "$@" "$donor/small-donor.release" 2>&1
}

package 1.0-1
unpack >out
is "$(cat "$donor/small-donor.release")" 'small-donor 1.0-1' 'what is unpacked has the version of the package'
unpack -q
ok 'and is not unpacked again'
mkdir -p "$HAUNCH_BUILD/small-donor-virtio"
touch "$HAUNCH_BUILD/small-donor-virtio/old.o"
package 1.0-2
! unpack -q
ok 'another version is another donor, whatever the dates of its files'
unpack >out
is "$(cat "$donor/small-donor.release" "$donor/small-donor/Makefile")" "small-donor 1.0-2
1.0-2" 'it is unpacked'
[ ! -e "$HAUNCH_BUILD/small-donor-virtio/old.o" ]
ok 'and nothing that was compiled from the other one is left'
package 1.0-1
unpack >out
is "$(cat "$donor/small-donor.release")" 'small-donor 1.0-1' 'so does a way back'
rm version
unpack -q
ok 'without the package what is unpacked is used'
rm -r "$donor"
unpack >out
grep -q 'small-donor.tar.xz is missing: apt-get install small-donor' out
ok 'if there is something' "$(cat out)"

# Of several that are installed the newest is taken, if the overlay is written for it; or the one that is
# named; or, without any, the one that there is.
cat >path/dpkg-query <<'END_OF_SCRIPT'
#!/bin/sh
case $* in
*db:Status*)
	for package; do
		case " $FAKE_INSTALLED " in *" $package "*) printf 'installed:%s ' "$package" ;; esac
	done ;;
*)
	for package; do :; done
	printf '%s 1' "$package" ;;
esac
END_OF_SCRIPT
takes()
{
	expected=$1
	description=$2
	shift 2
	# shellcheck disable=SC2016 # make expands it
	is "$(PATH=$TMP/path:$PATH env -u DONOR_PACKAGE make -C "$ROOT" -s B="$HAUNCH_BUILD" "$@" \
		--eval='say: ; @echo $(DONOR_PACKAGE)' say)" "$expected" "$description"
}
export FAKE_INSTALLED='linux-source-6.12 linux-source-6.1 linux-source-6.99'
takes linux-source-6.12 'the newest donor that is installed, and known'
FAKE_INSTALLED=linux-source-6.1
takes linux-source-6.1 'the only one'
FAKE_INSTALLED='linux-source-6.12 linux-source-6.1'
takes linux-source-6.1 'the one that is named' DONOR_PACKAGE=linux-source-6.1
FAKE_INSTALLED=
mkdir -p "$donor"
echo 'linux-source-6.12 1' >"$donor/chosen"
takes linux-source-6.12 'the one that is built already'
rm -r "$donor"
cat >path/dpkg-query <<'END_OF_SCRIPT'
#!/bin/sh
[ -s "$FAKE_VERSION" ] || exit 1
printf 'small-donor %s' "$(cat "$FAKE_VERSION")"
END_OF_SCRIPT

package 1.0-2
mkdir -p "$donor"
echo small-donor 1.0-1 >"$donor/chosen"
PATH=$TMP/path:$PATH "$HAUNCH" --version >out
grep -qx "haunch $(cat "$ROOT/VERSION")\( (.*)\)\{0,1\}" out && grep -qx 'donor: small-donor 1.0-1' out &&
	grep -qx 'installed is small-donor 1.0-2; to use it run: haunch build' out
ok '--version tells the versions, and that a newer donor is installed' "$(cat out)"
rm -r "$donor"
"$HAUNCH" --version >out
grep -qx 'donor: not built yet' out
ok 'before the first build, too' "$(cat out)"

# A newer donor than a kernel's: commands that use it say so, in one line, and go on.
make_hello
cat >path/dpkg-query <<'END_OF_SCRIPT'
#!/bin/sh
for package; do :; done
[ "$package" != test-donor ] || cat "$FAKE_VERSION"
END_OF_SCRIPT
export PATH="$TMP/path:$PATH"
# warns VERSION WORDS DESCRIPTION COMMAND...: with that one installed, it says these words or nothing
warns()
{
	echo "$1" >version
	words=$2
	description=$3
	shift 3
	capture "$@"
	[ "$status" -eq 0 ] && is "$(cat err)" "$words" "$description"
}
text='is of test-donor 1.2-3, and 1.2-10 is installed: run haunch build, and bake again'
warns 1.2-10 "haunch bake: the kernel $text" 'a newer donor, when an image is made' "$HAUNCH" bake -o image hello
warns 1.2-10 "haunch run: image $text" 'or run' "$HAUNCH" run --dry-run image
warns 1.2-10 "haunch run: the kernel $text" 'or both' "$HAUNCH" run --dry-run hello
warns 1.2-3 '' 'the same donor' "$HAUNCH" run --dry-run image
warns 1.2-2 '' 'an older one' "$HAUNCH" run --dry-run image
warns '' '' 'none' "$HAUNCH" run --dry-run image
# An image may say anything.
# shellcheck disable=SC2016 # it is not to be expanded
for donor in 'a;touch$IFS''x 1' '-a 1     ' 'test-donor;1' 'test-donor -1' 'test-donor $(x)'; do
	perl -0777 -pe 'BEGIN { $donor = shift } s/test-donor 1\.2-3\0*/pack("a64", $donor)/e' "$donor" image >lie
	warns 9 '' "a donor named $donor" "$HAUNCH" run --dry-run lie
done
[ ! -e x ]
ok 'and nothing of it is run'

# The kernel says of what it was made.
"$REAL_BUILD/tools/symtab" "$REAL_BUILD/tests/core/donor.debug" kernel.elf 1.2.3 'other-donor 4.5' &&
	grep -qaF 1.2.3 kernel.elf && grep -qaF 'other-donor 4.5' kernel.elf
ok 'both versions are in the kernel'
fails 1 'longer than 63 bytes' 'a version without end' \
	"$REAL_BUILD/tools/symtab" "$REAL_BUILD/tests/core/donor.debug" kernel.elf 1.2.3 "$(printf %099d 1)"
