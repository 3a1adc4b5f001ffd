#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# pmem.t - an image's files as memory of the host's: right for what programs do with them, in one copy for all
# machines, and out of their memory.  As a disk, the same image has the same files.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

[ -e "$BUILD/haunch-generic.elf" ] || skip_all 'the generic kernel is not built'
for tool in qemu-system-x86_64 mkfs.erofs fakeroot; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
build tools "$BUILD/init/init" "$BUILD/tests/linux/generic"

machines=
# shellcheck disable=SC2317 # tap.sh calls it
clean_up()
{
	for machine in $machines; do
		while read -r qemu _; do
			kill -9 "$qemu"
		done <"/proc/$machine/task/$machine/children"
		kill -9 "$machine"
	done 2>/dev/null
	wait
}

mkdir -p "$TMP/root/bin" "$TMP/root/etc"
cp "$BUILD/tests/linux/generic" "$TMP/root/bin/"
head -c 90000000 /dev/urandom >"$TMP/root/etc/big"
image=$TMP/image
./haunch bake -o "$image" "rootfs:$TMP/root" -- /bin/generic dax
ok 'an image of many files is made'
./haunch bake -o "$image.2" "rootfs:$TMP/root" -- /bin/generic dax
cmp "$image" "$image.2"
ok 'and made the same way again'
rm "$image.2"

# run IMAGE OPTION...: in a machine without a network
run()
{
	timeout -k 10 120 ./haunch run -n none "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
}

run "$image"
grep -qx 'ok dax' "$TMP/out" && [ ! -s "$TMP/err" ]
ok 'mapping, ptrace, splice, fork and private pages work' "$(cat "$TMP/out" "$TMP/err")"
chmod 444 "$image"
run --read-only --machine q35 "$image"
grep -qx 'ok dax' "$TMP/out"
ok 'without a writable layer, on a q35, in an image that nobody may write' "$(cat "$TMP/out" "$TMP/err")"

# What is no whole number of 2 MiB cannot be memory.
chmod 644 "$image"
cp "$image" "$image.disk"
truncate -s +4096 "$image.disk"
run "$image.disk"
./haunch run --dry-run "$image.disk" | grep -q 'virtio-blk-pci,drive=base' && grep -qx 'ok dax' "$TMP/out"
ok 'as a disk it has the same files' "$(cat "$TMP/out" "$TMP/err")"
truncate -s -8M "$image.disk"
run "$image.disk"
[ $? -eq 1 ] && [ "$(wc -l <"$TMP/err")" -eq 1 ] && grep -q 'is damaged: a part of it is missing' "$TMP/err"
ok 'one that is cut off is one line' "$(cat "$TMP/err")"

# start NUMBER: a machine that has read the file, and waits
start()
{
	mkfifo "$TMP/in$1"
	./haunch run -m 96 -n none "$image" -- /bin/generic hold <"$TMP/in$1" >"$TMP/out$1" 2>"$TMP/err$1" &
	machines="$machines $!"
	exec 9>"$TMP/in$1"
	while ! grep -qs ready "$TMP/out$1" && kill -0 "${machines##* }" 2>/dev/null; do
		sleep 0.1
	done
}

# mapped NUMBER: of the Nth machine's QEMU, the image's part in memory: "KB, KB OF ITS SHARE"
mapped()
{
	machine=$(echo "$machines" | cut -d ' ' -f $(($1 + 1)))
	read -r qemu _ <"/proc/$machine/task/$machine/children"
	awk -v image="$image" '$6 ~ "/" { on = $6 == image } $1 !~ /:$/ && $6 == "" { on = 0 }
		on && $1 == "Rss:" { rss += $2 } on && $1 == "Pss:" { pss += $2 }
		END { print rss + 0, pss + 0 }' "/proc/$qemu/smaps"
}

start 1
read -r alone alone_share <<END
$(mapped 1)
END
start 2
read -r resident share <<END
$(mapped 2)
END
[ "${resident:-0}" -gt 86000 ] && [ "$share" -lt $((resident * 6 / 10)) ] && [ "$alone_share" -gt $((alone * 9 / 10)) ]
ok 'two machines have one copy of them' "alone: $alone KB, share $alone_share" "two: $resident KB, share $share" \
	"$(cat "$TMP"/err[12])"
