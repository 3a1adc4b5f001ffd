#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# disks.t - a web root on ext4 is served from each kind of disk, and what a program writes there is on
# the disk, clean, after power-off.  squashfs and ISO 9660 are served too.

# shellcheck source=../web/lib.sh
. "$(dirname "$0")/../web/lib.sh"

[ -e "$BUILD/haunch-generic.elf" ] || skip_all 'the generic kernel is not built'
build "$BUILD/tests/linux/write"
PATH=$PATH:/sbin:/usr/sbin
page=$BUILD/apps/htdocs/index.html
bytes=3000001

# The same content in each file system.
mkdir "$TMP/www"
cp "$page" "$BUILD/apps/htdocs/1m.bin" "$TMP/www/"
mksquashfs "$TMP/www" "$TMP/squashfs" -quiet -no-progress >/dev/null
xorriso -as mkisofs -quiet -R -o "$TMP/iso9660" "$TMP/www" 2>/dev/null

# What write.c writes: it runs here too.
mkdir "$TMP/here"
"$BUILD/tests/linux/write" "$TMP/here" $bytes || exit 1

# serve NAME DEVICE DISK FSTYPE: lighttpd with its web root on a disk
serve()
{
	# shellcheck disable=SC2046 # words
	./haunch bake -k generic -o "$TMP/image" -d "$BUILD/apps/lighttpd/root/etc:/etc" \
		--mount "$2:/srv/www:$4" "$BUILD/apps/lighttpd/lighttpd" -- \
		$(arguments_of lighttpd) >"$TMP/bake" 2>&1
	ok "$1: bake" "$(cat "$TMP/bake")" || return
	start "$TMP/image" --disk "$3"
	ok "$1: it boots and serves" || return
	load -n 200 -c 4 -f "$page" "$url/index.html"
	ok "$1: a small file" "$(cat "$TMP/load")"
	load -n 10 -c 2 -f "$BUILD/apps/htdocs/1m.bin" "$url/1m.bin"
	ok "$1: files of 1 MiB" "$(cat "$TMP/load")"
	stop
}

for kind in virtio:/dev/vda ahci:/dev/sda nvme:/dev/nvme0n1 scsi:/dev/sda; do
	device=${kind#*:} kind=${kind%%:*}
	rm -f "$TMP/disk"
	truncate -s 24M "$TMP/disk"
	mkfs.ext4 -q -F -d "$TMP/www" "$TMP/disk" 2>/dev/null
	serve "$kind" "$device" "$TMP/disk:$kind" ext4

	./haunch run -n none --disk "$TMP/disk:$kind" -c "haunch.mount=$device:/data:ext4" \
		"$BUILD/tests/linux/write" -- /data $bytes >"$TMP/console" 2>&1 </dev/null
	ok "$kind: a program writes a file" "$(cat "$TMP/console")"
	debugfs -R "dump /written $TMP/got" "$TMP/disk" 2>/dev/null
	cmp "$TMP/got" "$TMP/here/written" >"$TMP/cmp" 2>&1
	ok "$kind: debugfs finds it, byte for byte" "$(cat "$TMP/cmp")"
	debugfs -R 'stat /directory/link' "$TMP/disk" 2>/dev/null | grep -q 'Fast link dest: "../written"'
	ok "$kind: and the symbolic link"
	e2fsck -fn "$TMP/disk" >"$TMP/fsck" 2>&1
	ok "$kind: e2fsck has nothing to say" "$(cat "$TMP/fsck")"
	rm -f "$TMP/got"
done

serve squashfs /dev/vda "$TMP/squashfs" squashfs:ro
serve 'ISO 9660' /dev/vda "$TMP/iso9660" iso9660:ro

# A full disk is the program's own error, and no damage.
rm -f "$TMP/disk"
truncate -s 2M "$TMP/disk"
mkfs.ext4 -q -F "$TMP/disk" 2>/dev/null
./haunch run -n none --disk "$TMP/disk" -c haunch.mount=/dev/vda:/data:ext4 "$BUILD/tests/linux/write" -- \
	/data $bytes >"$TMP/console" 2>&1 </dev/null
[ $? -eq 28 ] && grep -q 'No space left on device' "$TMP/console"
ok 'a full disk: the program is told' "$(cat "$TMP/console")"
e2fsck -fn "$TMP/disk" >"$TMP/fsck" 2>&1
ok 'a full disk: the file system is clean' "$(cat "$TMP/fsck")"
