#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# generic.t - what programs find in the generic kernel beyond the virtio one's: generic.c's tests, and
# /proc/config.gz, which tells what is in.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

[ -e "$BUILD/haunch-generic.elf" ] || skip_all 'the generic kernel is not built'
build tools "$BUILD/tests/linux/generic"

# run NAME OPTION...: the test of that name, in a machine
run()
{
	name=$1
	shift
	timeout 120 ./haunch run -n none -k generic "$@" "$BUILD/tests/linux/generic" -- "$name" \
		>"$TMP/out" 2>&1 </dev/null && grep -q "^ok $name\$" "$TMP/out"
	ok "$name" "$(cat "$TMP/out")"
}

for name in io_uring memfd tmpfs membarrier seccomp landlock overlay tun; do
	run $name
done

mkdir "$TMP/host"
echo host >"$TMP/host/from-host"
run 9p --qemu -virtfs --qemu "local,path=$TMP/host,mount_tag=host,security_model=none"
[ "$(cat "$TMP/host/folder/renamed")" = guest ]
ok 'what the guest wrote is in the folder' "$(ls -lR "$TMP/host")"

if command -v mformat >/dev/null; then
	truncate -s 40M "$TMP/disk"
	mformat -i "$TMP/disk" -F :: && mcopy -i "$TMP/disk" "$TMP/host/from-host" ::
	run vfat --disk "$TMP/disk"
	mdir -i "$TMP/disk" -b :: >"$TMP/list"
	LC_ALL=C.UTF-8 mcopy -n -i "$TMP/disk" '::Stra*' - >"$TMP/got" 2>"$TMP/errors"
	[ "$(cat "$TMP/got")" = guest ]
	ok 'what the guest wrote is on the disk, by its long name' "$(cat "$TMP/list" "$TMP/errors")"
else
	echo '# no mtools: vfat is not tested'
fi

timeout 120 ./haunch run -n none -k generic /bin/cat -- /proc/config.gz 2>"$TMP/errors" </dev/null | zcat >"$TMP/config"
read -r donor _ <"$BUILD/donor/chosen"
cmp "$TMP/config" "$BUILD/$donor-generic/.config" >>"$TMP/errors" 2>&1
ok '/proc/config.gz is what it was built by' "$(cat "$TMP/errors")"
