#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# inspect.t - haunch inspect: shows what is there, and survives images that lie.
#
# The damaged ones are read by builds with AddressSanitizer and UBSan, whose complaints are statuses
# other than 0 and 1.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_hello
mkdir tree
echo data >tree/file
ln -s file tree/link
"$HAUNCH" bake -o image -d tree:/tree -e 'X=a b' -c extra hello -- one 'two words' "it's"
succeeds 'an image is shown' "$HAUNCH" inspect image
cp out shown
for line in 'image         image' 'program       /bin/hello' 'command line  quiet extra haunch.network=dhcp' \
	'              X=a b' 'haunch        0.0.1' 'donor         test-donor 1.2-3' \
	"$(printf '  lrwxrwxrwx %5u %5u          4  /tree/link -> file' "$(id -u)" "$(id -g)")"; do
	grep -qF "$line" shown
	ok "it shows: $line" "$(cat shown)"
done
grep -qxF "arguments     one 'two words' 'it'\\''s'" shown
ok 'it shows the arguments' "$(grep arguments shown)"
grep -q '^memory  *[1-9][0-9]* MiB' shown
ok 'it shows the memory needed'
succeeds 'a kernel is shown' "$HAUNCH" inspect "$HAUNCH_BUILD/haunch-virtio.elf"
grep -q 'nothing was baked' out
ok 'as what it is'

is "$("$HAUNCH" inspect --field kind image)" image 'the kind of an image'
is "$("$HAUNCH" inspect --field kind hello)" other 'the kind of a program'
is "$("$HAUNCH" inspect --field kind "$HAUNCH_BUILD/haunch-virtio.elf")" kernel 'the kind of a kernel'

is "$("$HAUNCH" inspect --field release image)" 0.0.1 'the version of haunch that made it'
is "$("$HAUNCH" inspect --field donor image)" 'test-donor 1.2-3' 'and of its donor'

printf 'kernel/%s.ko\n' drivers/net/virtio_net lib/xxhash fs/ext4/ext4 drivers/block/loop net/unix/unix \
	>"$HAUNCH_BUILD/haunch-virtio.drivers"
"$HAUNCH" bake -o image-drivers hello
is "$("$HAUNCH" inspect image-drivers | tail -n 3)" "$(printf '%-13s %s\n' drivers 'virtio_net loop' \
	'file systems' ext4 protocols unix)" 'drivers are shown'

# What the kernel's donor.conf says: the words of its command line, no init, and a licence.
printf '# comment\nwords some=word\ninit no\nmemory 9\nlicence a licence\n' >"$HAUNCH_BUILD/haunch-virtio.conf"
"$HAUNCH" bake -o image-donor hello
"$HAUNCH" inspect image-donor >shown
grep -qxF 'licence       a licence' shown
ok "the licence of the donor's image" "$(cat shown)"
grep -qxF 'command line  some=word haunch.network=dhcp' shown
ok "its words" "$(cat shown)"
! grep -q ' /init$' shown && "$HAUNCH" inspect image-drivers | grep -q ' /init$'
ok 'no init for a donor that wants none' "$(cat shown)"
[ $(($("$HAUNCH" inspect --field memory image-donor) - $("$HAUNCH" inspect --field memory image-drivers))) -gt \
	$((6 << 20)) ]
ok 'the memory that it takes'
rm "$HAUNCH_BUILD/haunch-virtio.conf"
fails 1 'has no driver e1000; bake it with -k generic' 'a network card without driver' \
	"$HAUNCH" run --nic e1000 image-drivers
fails 1 'has no driver nvme; bake it with -k generic' 'a disk without driver' \
	"$HAUNCH" run --disk "$HAUNCH":nvme image-drivers

fails 2 'one IMAGE' 'no image' "$HAUNCH" inspect
fails 2 'one IMAGE' 'two images' "$HAUNCH" inspect image image
fails 2 'unknown option' 'an unknown option' "$HAUNCH" inspect --frob image
fails 2 'unknown field' 'an unknown field' "$HAUNCH" inspect --field frob image
fails 1 'No such file' 'a missing image' "$HAUNCH" inspect missing
fails 1 'is not a Haunch image' 'a program' "$HAUNCH" inspect hello
fails 1 'is not an ELF file' 'a text' "$HAUNCH" inspect hello.c
fails 1 'is a directory' 'a directory' "$HAUNCH" inspect tree

# Terminal controls in names do not reach the terminal.
escape=$(printf '\033[31m')
echo x >"tree/$escape"
"$HAUNCH" bake -o evil -d tree:/tree hello -- "$escape"
! "$HAUNCH" inspect evil | grep -qF "$escape"
ok 'control characters are shown as numbers'
"$HAUNCH" bake -o evil -c "a$escape" hello
! "$HAUNCH" inspect --field command-line evil | grep -qF "$escape"
ok 'in a field, too'

# ------------------------------------------------------------------ damage

haunch=$REAL_BUILD/tests/tools/haunch
export ASAN_OPTIONS=exitcode=99:detect_leaks=0 UBSAN_OPTIONS=exitcode=99

"$haunch" inspect image >/dev/null 2>err
is "$?" 0 'the sanitized inspect works' "$(cat err)"

chmod +x hello
gcc -o dynamic hello.c
"$haunch" bake -o baked -d "$ROOT/tools:/tools" -d tree:/tree hello 2>err
is "$?" 0 'the sanitized bake works' "$(cat err)"
"$haunch" bake -o baked dynamic 2>err
is "$?" 0 'with a dynamic executable, too' "$(cat err)"
