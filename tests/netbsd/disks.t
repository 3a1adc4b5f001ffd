#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# disks.t - NetBSD's file systems on virtio disks: what was written is there after power-off, and the file system is
# clean.  HAUNCH_NETBSD=PREFIX says where its libraries are; FFS wants the package makefs.

if [ -z "${HAUNCH_NETBSD-}" ]; then
	echo '1..0 # SKIP no rump libraries given'
	exit 0
fi

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

./haunch build --netbsd "$HAUNCH_NETBSD" >"$TMP/log" 2>&1
ok 'haunch build --netbsd' "$(cat "$TMP/log")"

cat >"$TMP/write.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says what is in the file, and writes what it is told into it, and many others. */
int main(int argc, char **argv)
{
	char text[64] = "", name[64];
	int fd = open("/data/file", O_RDONLY), bad = argc != 2;

	if (fd >= 0)
		bad |= read(fd, text, sizeof(text) - 1) < 0;
	printf("was: %s\n", text);
	fd = open("/data/file", O_CREAT | O_TRUNC | O_WRONLY, 0644);
	bad |= write(fd, argv[1], strlen(argv[1])) < 0 || fsync(fd);
	mkdir("/data/folder", 0755);
	for (int i = 0; i < 40; i++) {
		sprintf(name, "/data/folder/%d", i);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		bad |= write(fd, name, sizeof(name)) != sizeof(name) || close(fd);
	}
	bad |= rename("/data/folder/7", "/data/seven") || unlink("/data/folder/8");
	/* The end comes with a file open. */
	open("/data/file", O_RDONLY);
	return bad;
}
END
./haunch cc -O2 -o "$TMP/write" "$TMP/write.c"

# twice TYPE: write to the disk, and read in another machine what was written
twice()
{
	was=
	for word in first second; do
		timeout 60 ./haunch run -k netbsd -n none --disk "$TMP/disk" --mount "/dev/vda:/data:$1" "$TMP/write" -- \
			$word >"$TMP/out" 2>"$TMP/err" </dev/null
		status=$?
		[ $status = 0 ] && [ "$(tr -d '\r' <"$TMP/out")" = "was: $was" ]
		ok "$1: ${was:-nothing} was there" "status $status" "$(cat "$TMP/out" "$TMP/err")"
		was=$word
	done
}

truncate -s 8M "$TMP/disk"
mke2fs -q -t ext2 -O none,filetype,sparse_super "$TMP/disk" 2>"$TMP/log"
twice ext2
e2fsck -fn "$TMP/disk" >"$TMP/log" 2>&1
ok 'ext2: clean' "$(cat "$TMP/log")"
[ "$(debugfs -R 'cat file' "$TMP/disk" 2>/dev/null)" = second ]
ok 'ext2: this machine reads it, too'

timeout 60 ./haunch run -k netbsd -n none --disk "$TMP/disk" --mount /dev/vda:/data:ext2:ro "$TMP/write" -- third \
	>"$TMP/out" 2>&1 </dev/null
status=$?
[ $status = 1 ] && grep -q 'was: second' "$TMP/out"
ok 'ext2: read-only' "status $status" "$(cat "$TMP/out")"
timeout 60 ./haunch run -k netbsd -n none --disk "$TMP/disk" --mount /dev/vda:/data:ffs "$TMP/write" -- third \
	>"$TMP/out" 2>&1 </dev/null
[ $? = 126 ] && grep -q 'haunch: cannot mount /dev/vda on /data' "$TMP/out"
ok 'a disk of another type: one line' "$(cat "$TMP/out")"

if command -v makefs >/dev/null; then
	mkdir "$TMP/empty"
	makefs -t ffs -s 8m -o version=1,density=4096 "$TMP/disk" "$TMP/empty" >"$TMP/log" 2>&1
	twice ffs
	# fs_clean in the superblock (NetBSD's sys/ufs/ffs/fs.h) is 1 after an unmount.
	[ "$(od -An -tu1 -j $((8192 + 0xd1)) -N 1 "$TMP/disk" | tr -d ' ')" = 1 ]
	ok 'ffs: clean'
else
	tests=$((tests + 1))
	echo "ok $tests - ffs # SKIP there is no makefs"
fi

finish
