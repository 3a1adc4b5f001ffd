#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# bake.t - haunch bake: files come back as they went in, bad input is refused in one line, and no
# half-written image is left.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_hello
mkdir temporary
export TMPDIR="$TMP/temporary"

# ------------------------------------------------------------------ what goes in comes out

mkdir -p tree/sub/empty tree/etc
echo one >tree/one
echo two >tree/sub/two
: >tree/zero
ln tree/one tree/sub/linked
ln tree/one tree/also
ln -s ../one tree/sub/relative
ln -s /nowhere/at/all tree/dangling
ln -s "a target with spaces" "tree/a link"
echo 'mine:x:7:7::/:/bin/false' >tree/etc/passwd
chmod 4755 tree/one
chmod 0 tree/zero
chmod 2750 tree/sub
chmod 1777 tree/sub/empty
touch -d '2001-02-03 04:05:06' tree/sub/two
head -c 100001 /dev/urandom >tree/large
printf 'x' >"$(printf 'tree/\303\244 and "quotes"')"
if [ "$(id -u)" -eq 0 ]; then
	chown -h 12:34 tree/sub/two tree/dangling tree/sub
	chmod 2750 tree/sub
	mknod tree/null c 1 3
	mkfifo tree/fifo
fi
if [ "$(id -u)" -ne 0 ]; then
	chmod 400 tree/zero	# a file that cannot be read is refused
fi
succeeds 'an image is made' "$HAUNCH" bake -o image -d tree:/srv/tree -e A=B hello -- one 'two words'
if command -v cpio >/dev/null; then
	mkdir unpacked
	cpio_of image >image.cpio
	(cd unpacked && cpio -idm --quiet -f dev/console <../image.cpio) 2>cpio.err
	ok 'cpio unpacks its files' "$(cat cpio.err)"
	list()
	{
		# cpio does not give symlinks their times back, nor directories; the format has seconds.
		(cd "$1" && find . -mindepth 1 ! -type f -printf '%p %M %U %G %l\n' \
			-o -printf '%p %M %U %G %T@\n' | sed 's,\.[0-9]*$,,' | sort)
	}
	list tree >expected
	list unpacked/srv/tree >got
	is "$(cat got)" "$(cat expected)" 'modes, owners, times and symlinks are kept'
	is "$(diff -r --no-dereference tree unpacked/srv/tree 2>&1 | grep -v 'fifo\|character special')" '' \
		'contents are kept'
	is "$(stat -c %h unpacked/srv/tree/one)" 3 'hard links are kept'
	cmp -s hello unpacked/bin/hello
	ok 'the program is there'
	is "$(tr '\0' '|' <unpacked/.haunch/program | sed 's/PATH=[^|]*/PATH=/')" \
		'3 1|/bin/hello|one|two words|PATH=|HOME=/root|TERM=linux|A=B|' 'init is told what to run'
	is "$(head -n 1 unpacked/etc/hosts)" "$(printf '127.0.0.1\tlocalhost')" '/etc/hosts is made'
else
	skip 'cpio unpacks its files' 'cpio is not installed'
fi

succeeds "the user's files win" "$HAUNCH" bake -o image2 -d tree:/ hello
"$HAUNCH" inspect image2 >list
grep -q ' 25  /etc/passwd$' list && grep -q ' /one$' list
ok "the user's /etc/passwd is kept" "$(grep etc/passwd list)"

mkdir -p usr/usr/bin
ln -s usr/bin usr/bin
succeeds 'a symlink /bin is followed' "$HAUNCH" bake -o image2 -d usr:/ hello
"$HAUNCH" inspect image2 | grep -q ' /usr/bin/hello$'
ok 'the program went where the symlink leads'

mkdir -p with/opt
cp hello with/opt/server
"$HAUNCH" bake -o image2 -d with:/ with/opt/server
is "$("$HAUNCH" inspect image2 | sed -n 's/^program *//p')" /opt/server \
	'a program in a -d directory stays there'
ln -s server with/opt/client
"$HAUNCH" bake -o image2 -d with:/ with/opt/client
is "$("$HAUNCH" inspect image2 | sed -n 's/^program *//p')" /opt/client \
	'and is called by the name that was given'

for path in /usr/bin/env:/usr/bin/env /usr/bin/../bin/env:/bin/env; do
	"$HAUNCH" bake -o image2 "${path%:*}"
	is "$("$HAUNCH" inspect image2 | sed -n 's/^program *//p')" "${path#*:}" "${path%:*} becomes ${path#*:}"
done

echo file >file
succeeds 'a single file, its folders made' "$HAUNCH" bake -o image2 -d file:/a/b/c hello
"$HAUNCH" inspect image2 | grep -q ' 5  /a/b/c$'
ok 'it has the name that was asked for'
succeeds 'a later -d replaces a file' "$HAUNCH" bake -o image2 -d file:/x -d hello.c:/x hello

"$HAUNCH" bake -o a.img -d tree:/t hello && "$HAUNCH" bake -o b.img -d tree:/t hello
cmp -s a.img b.img
ok 'the same input makes the same image'

mkdir self
(cd self && cp ../hello . && "$HAUNCH" bake -o x.img -d .:/srv hello 2>/dev/null &&
	"$HAUNCH" bake -o x.img -d .:/srv hello 2>note &&
	! "$HAUNCH" inspect x.img | grep -q 'x.img$\|haunch-bake' | grep -v ^image && grep -q x.img note)
ok 'an image does not take itself along'

(umask 027 && "$HAUNCH" bake -o mode.img hello)
is "$(stat -c %a mode.img)" 640 'the image has the mode that umask asks for'
ln -s mode.img link.img
"$HAUNCH" bake -o link.img hello
[ -L link.img ]
ok 'a symlink to an image stays a symlink'
(cd / && ln -s "$HAUNCH" "$TMP/by-link" && "$TMP/by-link" bake -o "$TMP/y.img" "$TMP/hello")
ok 'works from another directory and by symlink'
(mkdir default && cd default && "$HAUNCH" bake ../hello && [ -e hello.img ])
ok 'the image has a name by default'

is "$("$HAUNCH" bake -o c.img -c 'a b' --ip off --mount /dev/vda:/m:ext4:ro hello &&
	"$HAUNCH" inspect --field command-line c.img)" \
	'quiet a b haunch.mount=/dev/vda:/m:ext4:ro haunch.network=off' 'the command line is put together'
is "$("$HAUNCH" bake -o c.img --restart again --stop-signal usr1 --stop-timeout 3 --open-files 999 hello &&
	"$HAUNCH" inspect --field command-line c.img)" 'quiet haunch.restart=again haunch.stop=10 haunch.stop-timeout=3 haunch.files=999 haunch.network=dhcp' \
	'the end and its limits can be told'
for memory in 123:123 123M:123 1G:1024 1g:1024 2GiB:2048 1gb:1024; do
	"$HAUNCH" bake -o m.img -m "${memory%:*}" hello
	is "$("$HAUNCH" inspect --field memory m.img)" $((${memory#*:} << 20)) "memory can be told: ${memory%:*}"
done

# ------------------------------------------------------------------ what this machine has

# has IMAGE FILE
has()
{
	"$HAUNCH" inspect "$1" | grep -q "[0-9]  $2\( -> .*\)\{0,1\}\$"
}
bundle=/etc/ssl/certs/ca-certificates.crt
cat >when.c <<'END'
#include <stdio.h>
#include <time.h>

int main(void)
{
	time_t t = 1000000000;

	puts(asctime(localtime(&t)));
	return 0;
}
END
HAUNCH_BUILD=$REAL_BUILD "$ROOT/tools/haunch-cc" -o when-static when.c
gcc -o when when.c
mkdir libs
gcc -shared -o libs/libssl.so.3 -Wl,-soname,libssl.so.3 -x c /dev/null
gcc -o tls hello.c -Wl,--no-as-needed -Llibs -l:libssl.so.3 -Wl,-rpath,"$TMP/libs"
printf '#include <stdio.h>\nint main(void) { puts("%s"); return 0; }\n' $bundle >names.c
HAUNCH_BUILD=$REAL_BUILD "$ROOT/tools/haunch-cc" -o names names.c
zone=/usr/share/zoneinfo/Europe/Berlin
for program in hello when-static when tls names; do
	succeeds "bake $program" "$HAUNCH" bake -o "$program.img" -e TZ=Europe/Berlin $program
	[ -e $bundle ] || skip 'certificates' 'ca-certificates is not installed'
	[ ! -e $bundle ] || case $program in
	tls|names) has $program.img $bundle && has $program.img /usr/lib/ssl/cert.pem ;;
	*) ! has $program.img $bundle ;;
	esac
	ok "$program: certificates if it speaks TLS" "$("$HAUNCH" inspect $program.img)"
	[ -e $zone ] || skip 'a time zone' 'tzdata is not installed'
	[ ! -e $zone ] || case $program in
	hello|names) ! has $program.img $zone ;;
	*) has $program.img $zone ;;
	esac
	ok "$program: the zone of TZ if it asks for one" "$("$HAUNCH" inspect $program.img)"
done
if [ -e /etc/localtime ]; then
	has when.img /etc/localtime
	ok "this machine's zone"
fi
for program in when tls; do
	succeeds "bake --bare $program" "$HAUNCH" bake -o bare.img --bare -e TZ=Europe/Berlin $program
	! has bare.img '\(/etc/localtime\|/usr/share/zoneinfo/.*\|.*cert.*\)'
	ok 'none of it with --bare' "$("$HAUNCH" inspect bare.img)"
done
mkdir own
echo mine >own/ca-certificates.crt
"$HAUNCH" bake -o own.img -d own:/etc/ssl/certs -d file:/etc/localtime tls
"$HAUNCH" inspect own.img | grep -q " 5  $bundle\$" && "$HAUNCH" inspect own.img | grep -q ' 5  /etc/localtime$'
ok "the user's own win" "$("$HAUNCH" inspect own.img)"
capture "$HAUNCH" bake -o none.img -e TZ=Nowhere/City when
[ "$status" -eq 0 ] && grep -q 'no time zone Nowhere/City' err
ok 'a zone that is not there is told' "$(cat err)"
succeeds 'a rule is none' "$HAUNCH" bake -o rule.img -e TZ=CET-1CEST when

# ------------------------------------------------------------------ dynamic executables

mkdir -p own/lib
echo 'int answer(void) { return 42; }' >answer.c
echo 'int answer(void); int main(void) { return answer(); }' >dynamic.c
gcc -shared -fPIC -Wl,-soname,libanswer.so.1 -o own/lib/libanswer.so.1 answer.c
gcc -o plain-dynamic hello.c
gcc -o dynamic dynamic.c own/lib/libanswer.so.1
# shellcheck disable=SC2016 # the dynamic linker's variable
gcc -o own/run-path dynamic.c own/lib/libanswer.so.1 -Wl,-rpath,'$ORIGIN/lib'
linker=/lib64/ld-linux-x86-64.so.2
libc=$($linker --list ./plain-dynamic | sed -n 's/.*libc.so.6 => \(.*\) (.*/\1/p')

# file_of PATH: the line of that file in the image
file_of()
{
	"$HAUNCH" inspect dynamic.img | grep "  $1\$"
}

succeeds 'a dynamic executable' "$HAUNCH" bake -o dynamic.img plain-dynamic
file_of "$linker" | grep -q " $(stat -L -c %s "$linker") "
ok 'its interpreter is taken along' "$(file_of "$linker")"
file_of "$libc" | grep -q " $(stat -L -c %s "$libc") "
ok 'and its library' "$(file_of "$libc")"
is "$(file_of '.*\.so.*' | wc -l)" 2 'and no others' "$(file_of '.*\.so.*')"
if [ -d unpacked ]; then
	mkdir unpacked-dynamic
	cpio_of dynamic.img >dynamic.cpio
	(cd unpacked-dynamic && cpio -idm --quiet -f dev/console <../dynamic.cpio) 2>cpio.err
	cmp "unpacked-dynamic$linker" "$linker" && cmp "unpacked-dynamic$libc" "$libc"
	ok 'they are the files that the host has'
fi
"$HAUNCH" bake -o static.img hello
[ "$("$HAUNCH" inspect --field memory dynamic.img)" -gt \
	$(($("$HAUNCH" inspect --field memory static.img) + $(stat -L -c %s "$libc") * 2)) ]
ok 'the memory that they need is counted: as files, and loaded'

in_folder=/usr/lib/x86_64-linux-gnu/libanswer.so.1
succeeds 'a run path is followed' "$HAUNCH" bake -o dynamic.img own/run-path
file_of "$in_folder" >/dev/null
ok "its library is where the guest's linker looks" "$("$HAUNCH" inspect dynamic.img)"
succeeds 'LD_LIBRARY_PATH is, too' env LD_LIBRARY_PATH=own/lib "$HAUNCH" bake -o dynamic.img dynamic
file_of "$in_folder" >/dev/null
ok 'that library is there, too' "$("$HAUNCH" inspect dynamic.img)"
succeeds "a library of the user's own" "$HAUNCH" bake -o dynamic.img \
	-d own/lib/libanswer.so.1:/usr/lib/libanswer.so.1 dynamic
is "$(file_of '.*libanswer.*' | sed 's/.* //')" /usr/lib/libanswer.so.1 'stays where it was put'
succeeds 'one that is elsewhere' "$HAUNCH" bake -o dynamic.img -d own:/opt dynamic
[ "$(file_of '.*libanswer.*' | wc -l)" -eq 2 ] && file_of "$in_folder" >/dev/null
ok 'can be found in the guest' "$(file_of '.*libanswer.*')"
echo 'int other(void); int answer(void) { return other(); }' >needs.c
echo 'int other(void) { return 43; }' >other.c
mkdir needs
gcc -shared -fPIC -Wl,-soname,libother.so.1 -o own/lib/libother.so.1 other.c
gcc -shared -fPIC -Wl,-soname,libanswer.so.1 -o needs/libanswer.so.1 needs.c own/lib/libother.so.1
succeeds "what the user's own library needs" env LD_LIBRARY_PATH=own/lib "$HAUNCH" bake \
	-o dynamic.img -d needs:/usr/lib dynamic
file_of '.*/libother.so.1' >/dev/null
ok 'is taken along' "$("$HAUNCH" inspect dynamic.img)"
echo 'not a linker' >text.so
succeeds "the user's interpreter" "$HAUNCH" bake -o dynamic.img -d "text.so:$linker" plain-dynamic
file_of "$linker" | grep -q ' 13 ' && ! file_of "$libc"
ok 'wins, and then the libraries are theirs, too' "$(file_of "$linker")"
mkdir -p merged/usr/lib/x86_64-linux-gnu merged/usr/lib64
ln -s usr/lib usr/lib64 merged/
"$HAUNCH" bake -o dynamic.img -d merged:/ plain-dynamic && file_of "/usr$linker" >/dev/null
ok 'symlinks in the image are followed' "$("$HAUNCH" inspect dynamic.img)"
LD_PRELOAD=$TMP/own/lib/libanswer.so.1 "$HAUNCH" bake -o dynamic.img plain-dynamic
! file_of '.*libanswer.*'
ok 'LD_PRELOAD is not for the guest'
if [ -e /lib/ld-musl-x86_64.so.1 ] && command -v musl-gcc >/dev/null; then
	musl-gcc -o musl-dynamic dynamic.c own/lib/libanswer.so.1
	succeeds "musl's dynamic executables" "$HAUNCH" bake -o dynamic.img \
		-d own/lib/libanswer.so.1:/usr/lib/libanswer.so.1 musl-dynamic
	is "$(file_of '.*\.so.*' | sed 's/.* //' | xargs)" \
		'/lib/ld-musl-x86_64.so.1 /usr/lib/libanswer.so.1' 'with their interpreter'
else
	skip "musl's dynamic executables" 'musl-gcc is not installed'
fi

# The real thing, by the real kernel's unpacker, is tested with a guest.

# ------------------------------------------------------------------ bad input

cp hello keep.img
refuses()
{
	text=$1
	description=$2
	shift 2
	fails 1 "$text" "$description" "$HAUNCH" bake -o keep.img "$@"
}

echo 'some text' >text
chmod +x text
refuses 'text is not an ELF file' 'not an ELF' text
: >empty
refuses 'empty is empty' 'an empty file' empty
printf '#!/bin/sh\necho hi\n' >script
chmod +x script
refuses 'script is a script' 'a script' script
refuses 'cannot open missing: No such file' 'a missing program' missing
refuses 'is a directory' 'a directory' tree
refuses 'is not a regular file' 'a device' /dev/null
cp hello plain
chmod -x plain
refuses 'plain is not executable' 'a program without the x bit' plain

# patch FILE OFFSET BYTES
patch()
{
	# shellcheck disable=SC2059 # escapes are wanted
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
cp hello arm; patch arm 18 '\267\000'
refuses 'is for another machine (64-bit ARM)' 'an ELF for ARM' arm
cp hello odd; patch odd 18 '\377\177'
refuses 'is for another machine (ELF number 32767)' 'an ELF for an unknown machine' odd
cp hello big; patch big 5 '\002'
refuses 'is for another machine (big-endian)' 'a big-endian ELF' big
cp hello i386; patch i386 4 '\001'; patch i386 18 '\003\000'
refuses 'is for another machine (32-bit x86)' 'an ELF for i386' i386
cp hello x32; patch x32 4 '\001'
refuses 'x32' 'an ELF for x32' x32
size=$(stat -c %s hello)
for length in 4 10 20 63 64 100 1000 $((size / 2)) $((size - 1)); do
	head -c "$length" hello >short
	chmod +x short
	refuses 'short is truncated' "an ELF truncated to $length bytes" short
done
gcc -c -o object.o hello.c
chmod +x object.o
refuses 'is an object file' 'an object file' object.o
gcc -shared -fPIC -o lib.so hello.c
refuses 'is a shared library' 'a shared library' lib.so
refuses 'dynamic needs the library libanswer.so.1, which is not found: install its package, or' \
	'a library that is missing' dynamic
refuses 'needs the library libother.so.1' 'a missing library of a library' -d needs:/usr/lib dynamic
if [ -e musl-dynamic ]; then
	refuses 'needs the library libanswer.so.1' 'a library that is missing for musl' musl-dynamic
fi
gcc -Wl,--dynamic-linker=/no/such/ld.so -o lost hello.c
refuses 'needs the interpreter /no/such/ld.so, which is not there' 'a missing interpreter' lost
printf '#!/bin/sh\ntouch "%s/started"\n' "$TMP" >evil.so
chmod +x evil.so
gcc -Wl,--dynamic-linker="$TMP/evil.so" -o evil hello.c
refuses 'is not one that haunch asks' "an interpreter that is not the system's" evil
[ ! -e started ]
ok 'is not started'
gcc -Wl,--dynamic-linker=ld.so -o relative hello.c
refuses 'its interpreter is not a path' 'an interpreter without a path' relative
cp own/lib/libanswer.so.1 good.so
echo text >own/lib/libanswer.so.1
refuses 'refuses own/run-path' 'a library that is none' own/run-path
cp good.so own/lib/libanswer.so.1
cp "$HAUNCH_BUILD/haunch-virtio.elf" kernel.elf
chmod +x kernel.elf image
refuses 'is a Haunch kernel or image' 'a kernel as the program' kernel.elf
refuses 'is a Haunch kernel or image' 'an image as the program' image
gcc -static -nostdlib -Wl,-Ttext-segment=0x7ffffffff000 -Wl,-e,main -o high hello.c
refuses 'is linked at 0x7ffffffff000' 'a fixed address that is too high' high
gcc -static -nostdlib -Wl,-Ttext-segment=0 -Wl,-e,main -o low hello.c
refuses 'is linked at 0x0' 'a fixed address that is too low' low

refuses 'cannot read nothing: No such file' 'a missing file for -d' -d nothing:/x hello
refuses '/x/y is a directory in the image already' 'a file in the place of a directory' \
	-d tree:/x/y -d file:/x/y hello
refuses 'is a file in the image already' 'a directory in the place of a file' \
	-d file:/x/sub -d tree:/x hello
refuses '/x is a file in the image: nothing can be put below it' 'a file as a folder' \
	-d file:/x -d file:/x/y hello
fails 2 '-d wants' 'a -d without a guest path' "$HAUNCH" bake -o keep.img -d tree hello
fails 2 '-d wants' 'a -d with a relative guest path' "$HAUNCH" bake -o keep.img -d tree:x hello
fails 2 '-e wants' 'a bad -e' "$HAUNCH" bake -o keep.img -e =VALUE hello
fails 2 '--mount wants' 'a bad --mount' "$HAUNCH" bake -o keep.img --mount vda hello
for wrong in lots 0 -1 64X 1.5G 64MBs 99999999G; do
	fails 2 '-m wants a size such as 64M or 1G' "-m $wrong" "$HAUNCH" bake -o keep.img -m "$wrong" hello
done
fails 2 '--restart wants' 'a bad --restart' "$HAUNCH" bake -o keep.img --restart never hello
fails 2 '--stop-signal wants' 'a bad --stop-signal' "$HAUNCH" bake -o keep.img --stop-signal SIGNOPE hello
fails 2 '--stop-timeout wants' 'a bad --stop-timeout' "$HAUNCH" bake -o keep.img --stop-timeout soon hello
fails 2 '--open-files wants' 'a bad --open-files' "$HAUNCH" bake -o keep.img --open-files 0 hello
fails 2 'unknown option' 'an unknown option' "$HAUNCH" bake -o keep.img --frob hello
fails 2 'unknown option' 'an unknown letter' "$HAUNCH" bake -o keep.img -z hello
fails 2 'wants a value' 'an option without its value' "$HAUNCH" bake hello -d
fails 2 'wants a value' 'an -o without its value' "$HAUNCH" bake hello -o
fails 2 'wants virtio, generic or netbsd' 'an unknown kernel' "$HAUNCH" bake -k vista hello
fails 2 'wants elf, iso, raw, qcow2, vmdk or vhd' 'an unknown format' "$HAUNCH" bake -f floppy hello
fails 2 'come after' 'arguments without --' "$HAUNCH" bake -o keep.img hello world
fails 2 'which program?' 'no program' "$HAUNCH" bake -o keep.img
long=$(head -c 4000 /dev/zero | tr '\0' x)
refuses 'command line is too long' 'a command line that is too long' -c "$long" hello
cmp -s hello keep.img
ok 'after all that the old image is untouched'
is "$(ls -A "$TMPDIR")" '' 'and nothing is left in the temporary folder'

fails 1 'would overwrite the program' 'the program as the image' "$HAUNCH" bake -o hello hello
fails 1 'it is a directory' 'a directory as the image' "$HAUNCH" bake -o tree hello
fails 1 'device or pipe' 'a device as the image' "$HAUNCH" bake -o /dev/null hello
fails 1 'No such file' 'an image in no folder' "$HAUNCH" bake -o no/such/x.img hello
(rm "$HAUNCH_BUILD/haunch-generic.elf")
fails 1 'run: haunch build' 'a kernel that is not built' "$HAUNCH" bake -k generic hello
for command in bake run inspect; do
	fails 1 "haunch $command: haunch is not built yet; run: haunch build" "$command before the first build" \
		env HAUNCH_BUILD="$TMP/none" "$HAUNCH" $command hello
done
if [ "$(id -u)" -ne 0 ]; then
	chmod 000 tree/zero
	refuses 'cannot read tree/zero: Permission denied' 'an unreadable file' -d tree:/x hello
	chmod 400 tree/zero
	mkdir closed
	chmod 500 closed
	fails 1 'Permission denied' 'a folder without permission' "$HAUNCH" bake -o closed/x.img hello
fi

# ------------------------------------------------------------------ a full disk, a signal

head -c 3000000 /dev/urandom >bulk
mkdir full
cp hello full/old.img
(
	ulimit -f 1000
	fails 1 'cannot write' 'no room for the image' "$HAUNCH" bake -o full/old.img -d bulk:/bulk hello
	exit "$failures"
) >limit.out
cat limit.out
tests=$((tests + 1))
! grep -q '^not ok' limit.out || failures=$((failures + 1))
is "$(ls -A full)" old.img 'no half-written file is left'
cmp -s hello full/old.img
ok 'and the old image is untouched'
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=1m none small 2>/dev/null; then
	fails 1 'No space left' 'a full disk' "$HAUNCH" bake -o small/x.img -d bulk:/bulk hello
	is "$(ls -A small)" '' 'nothing is left on it'
	umount small
else
	skip 'a full disk' 'cannot mount a small one'
fi

mkdir signal
truncate -s 200M zeros
"$HAUNCH" bake -o signal/x.img -d zeros:/zeros -d zeros:/zeros2 hello &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -z "$(ls -A signal)" ] || break
	sleep 0.02
done
kill "$pid"
wait "$pid" 2>/dev/null
is "$?" 143 'SIGTERM ends it'
is "$(ls -A signal)" '' 'and it leaves nothing'
rm -f zeros

# ------------------------------------------------------------------ ISO

if command -v grub-mkrescue >/dev/null && command -v xorriso >/dev/null; then
	succeeds 'an ISO is made' "$HAUNCH" bake -f iso -o x.iso -d tree:/srv hello -- a
	is "$("$HAUNCH" inspect --field kind x.iso)" iso 'it holds an image'
	[ "$(stat -c %s x.iso)" -lt 12000000 ]
	ok 'and little else' "$(stat -c %s x.iso)"
	mkdir isofull
	fails 1 'not an ELF' 'an ISO of a bad program' "$HAUNCH" bake -f iso -o isofull/x.iso text
	is "$(ls -A isofull)" '' 'leaves nothing'
	chmod +x hello
	(
		ulimit -f 1000
		fails 1 'cannot write' 'no room for an ISO' "$HAUNCH" bake -f iso -o isofull/x.iso -d bulk:/bulk hello
		exit "$failures"
	) >limit.out
	cat limit.out
	tests=$((tests + 1))
	! grep -q '^not ok' limit.out || failures=$((failures + 1))
	is "$(find isofull "$TMPDIR" -mindepth 1)" '' 'leaves nothing either'
else
	skip 'an ISO is made' 'grub-mkrescue is not installed'
fi

# ------------------------------------------------------------------ what a program opens while it runs

if command -v strace >/dev/null; then
	mkdir plugins
	echo 'int answer(void) { return 42; }' >plugin.c
	gcc -shared -fPIC -o plugins/plugin.so plugin.c
	cat >opens.c <<-'END'
	#include <dlfcn.h>
	#include <stdio.h>

	int main(int argc, char **argv)
	{
		void *plugin = dlopen(argv[argc - 1], RTLD_NOW);
		int (*answer)(void) = plugin ? (int (*)(void))dlsym(plugin, "answer") : NULL;

		fopen("/etc/hostname", "r");
		return answer && answer() == 42 ? 0 : 3;
	}
	END
	gcc -o opens opens.c
	succeeds 'a program is run to see what it opens' "$HAUNCH" bake --trace-libraries -o opens.img opens -- \
		"$TMP/plugins/plugin.so"
	"$HAUNCH" inspect opens.img | grep -q " $TMP/plugins/plugin.so\$"
	ok 'the library that it opens is in the image' "$("$HAUNCH" inspect opens.img)"
	! "$HAUNCH" inspect opens.img | grep -q etc/hostname
	ok 'what is no library is not'
	fails 0 'ended here with status 3' 'a program that fails here' "$HAUNCH" bake --trace-libraries -o x.img opens -- none
	fails 2 'runs a program of this machine' 'a root' "$HAUNCH" bake -k virtio --trace-libraries -o x.img rootfs:plugins -- x
	fails 1 'strace is missing: apt-get install strace' 'without strace' \
		env PATH="$TMP/plugins" "$HAUNCH_BUILD/tools/haunch" bake --trace-libraries -o x.img opens
else
	skip 'what a program opens' 'strace is not installed'
fi
