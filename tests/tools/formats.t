#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# formats.t - disks that boot by themselves: raw, qcow2, VMDK, VHD, by BIOS and by UEFI, on several
# controllers, with files in memory and on the disk; what haunch export prints of them.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

export HAUNCH_BUILD="$REAL_BUILD"
[ -e "$HAUNCH_BUILD/haunch-generic.elf" ] || skip_all 'the kernel is not built'
for tool in qemu-system-x86_64 qemu-img grub-mkrescue mformat mkfs.erofs; do
	command -v $tool >/dev/null || skip_all "wants $tool"
done
[ -d /usr/lib/grub/x86_64-efi ] || skip_all 'grub-efi-amd64-bin is not installed'

cat >check.c <<'END'
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Is the file all of the byte that is its first?  Is there a network card?  Then the status is 5. */
int main(int argc, char **argv)
{
	char buffer[65536];
	FILE *f = fopen(argc > 1 ? argv[1] : "", "r");
	size_t n, i, size = 0;

	while (f && (n = fread(buffer, 1, sizeof(buffer), f)) > 0) {
		for (i = 0; i < n; i++)
			if (buffer[i] != 'x')
				return 1;
		size += n;
	}
	printf("%zu bytes, network %s\n", size, if_nametoindex("eth0") ? "there" : "missing");
	return if_nametoindex("eth0") && size ? 5 : 2;
}
END
"$ROOT/tools/haunch-cc" -o check check.c || exit 1
mkdir -p small large
tr '\0' x </dev/zero | head -c 1000 >small/file
tr '\0' x </dev/zero | head -c 40000000 >large/file

# boots DESCRIPTION OPTION...: QEMU comes to the program's end with status 5, or $wanted
wanted=5
boots()
{
	description=$1
	shift
	rm -f debug console
	timeout 100 qemu-system-x86_64 -accel tcg -m 128 -display none -vga none -nodefaults -no-reboot \
		-serial file:console -debugcon file:debug "$@" >log 2>&1 </dev/null
	grep -qx "haunch: exit status $wanted" debug
	ok "$description" "$(cat log debug)" "$(tail -n 5 console)"
}

ahci='-device ahci,id=ahci -device ide-hd,bus=ahci.0,drive=disk'
for size in small large; do
	succeeds "raw, $size" "$HAUNCH" bake -f raw -o $size.raw -d $size/file:/data check -- /data
	# shellcheck disable=SC2086 # lists of words
	boots "$size by BIOS, AHCI and e1000" -drive if=none,id=disk,format=raw,file=$size.raw,snapshot=on $ahci \
		-nic user,model=e1000
done
[ "$(stat -c %s large.raw)" -gt $((40000000 + $(stat -c %s small.raw) / 2)) ]
ok 'the large one has its files on a partition of its own'
succeeds 'qcow2' "$HAUNCH" bake -f qcow2 -o large.qcow2 -d large/file:/data check -- /data
boots 'qcow2 on NVMe' -drive if=none,id=disk,format=qcow2,file=large.qcow2,snapshot=on \
	-device nvme,serial=1,drive=disk,bootindex=1 -nic user,model=virtio
succeeds 'VMDK' "$HAUNCH" bake -f vmdk -o large.vmdk -d large/file:/data check -- /data
# shellcheck disable=SC2086
boots 'VMDK, with vmxnet3' -drive if=none,id=disk,format=vmdk,file=large.vmdk,snapshot=on $ahci -nic user,model=vmxnet3
succeeds 'VHD' "$HAUNCH" bake -f vhd -o small.vhd -d small/file:/data check -- /data
boots 'VHD on virtio-scsi' -drive if=none,id=disk,format=vpc,file=small.vhd,snapshot=on -device virtio-scsi-pci \
	-device scsi-hd,drive=disk -nic user,model=virtio
ovmf=/usr/share/ovmf/OVMF.fd
if [ -e $ovmf ]; then
	# shellcheck disable=SC2086
	boots 'raw by UEFI' -bios $ovmf -drive if=none,id=disk,format=raw,file=large.raw,snapshot=on $ahci \
		-nic user,model=e1000
	boots 'qcow2 by UEFI, on virtio' -bios $ovmf -drive if=none,id=disk,format=qcow2,file=large.qcow2,snapshot=on \
		-device virtio-blk-pci,drive=disk -nic user,model=virtio
else
	skip 'by UEFI' 'ovmf is not installed'
fi

# ------------------------------------------------------------------ what is written stays

cat >count.c <<'END'
#include <stdio.h>

/* How often has it been here? */
int main(void)
{
	FILE *f = fopen("/var/count", "r+");
	int n = 0;

	if (!f)
		f = fopen("/var/count", "w+");
	if (!f)
		return 100;
	if (fscanf(f, "%d", &n) != 1)
		n = 0;
	rewind(f);
	fprintf(f, "%d\n", ++n);
	return fclose(f) ? 101 : 4 + n;
}
END
"$ROOT/tools/haunch-cc" -o count count.c || exit 1
mkdir var
succeeds 'a disk with a partition to write to' "$HAUNCH" bake -f raw --size 64M -o count.raw -d var:/var count
[ "$(stat -c %b count.raw)" -lt $(($(stat -c %s count.raw) / 512 / 2)) ]
ok 'takes only what is in it' "$(stat count.raw)"
# shellcheck disable=SC2086
boots 'the first time it is new' -drive if=none,id=disk,format=raw,file=count.raw $ahci
wanted=6
# shellcheck disable=SC2086
boots 'the second time what was written is there' -drive if=none,id=disk,format=raw,file=count.raw $ahci
start=$(od -An -tu4 -j $((446 + 32 + 8)) -N 4 count.raw)
dd if=count.raw of=part bs=1M skip=$((start / 2048)) 2>/dev/null
PATH=$PATH:/sbin:/usr/sbin
dumpe2fs -h part 2>/dev/null | grep -q 'state: *clean$' && ! dumpe2fs -h part 2>/dev/null | grep -q needs_recovery &&
	e2fsck -fn part >log 2>&1
ok 'its file system was left in order' "$(dumpe2fs -h part 2>&1 | grep -E 'state|features')" "$(cat log)"
fails 2 '--size is for disks' '--size of an image' "$HAUNCH" bake --size 1G -o x count
fails 2 '--size wants 16 MB at least' 'a small one' "$HAUNCH" bake -f raw --size 1 -o x count

mkdir old
echo old >old/x.raw
fails 1 'cannot read' 'a bad program' "$HAUNCH" bake -f raw -o old/x.raw -d none:/none check
is "$(ls -A old) $(cat old/x.raw)" 'x.raw old' 'leaves what was there'
fails 2 '-f wants' 'an unknown format' "$HAUNCH" bake -f tar check
"$HAUNCH" bake -f qcow2 -o disk.qcow2 check
fails 1 'is a disk for other hypervisors' 'haunch run does not take a disk' "$HAUNCH" run disk.qcow2
mkdir none
for tool in grub-mkrescue mformat grub-mkimage; do
	ln -s "$(command -v $tool)" none/
done
fails 1 'qemu-img is missing; run: haunch setup iso' 'without qemu-img' \
	env PATH="$TMP/none" "$HAUNCH_BUILD/tools/haunch" bake -f vmdk -o x check

# ------------------------------------------------------------------ export

"$HAUNCH" export --libvirt large.qcow2 >domain
grep -q "<driver name='qemu' type='qcow2'/>" domain && grep -q "<source file='$TMP/large.qcow2'/>" domain
ok 'a domain for a disk' "$(cat domain)"
"$HAUNCH" bake -k generic -o large.img -d large/file:/data check -- /data
"$HAUNCH" export --libvirt -m 300 --name big large.img >domain
grep -q "<kernel>$TMP/large.img</kernel>" domain && grep -q '<slice type=.storage. offset=.[1-9]' domain &&
	grep -q '<memory unit=.MiB.>300<' domain && grep -q '<name>big<' domain
ok 'a domain for an image' "$(cat domain)"
if command -v virt-xml-validate >/dev/null; then
	virt-xml-validate domain domain >log 2>&1
	ok 'libvirt takes it' "$(cat log)"
else
	skip 'libvirt takes it' 'libvirt-clients is not installed'
fi
"$HAUNCH" export --systemd large.img -- -p 8080:80 -e 'A=b c' >large.service
grep -q "^ExecStart=.* run --rm --name large \"-p\" \"8080:80\" \"-e\" \"A=b c\" \"$TMP/large.img\"\$" large.service
ok 'a unit' "$(cat large.service)"
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify ./large.service >log 2>&1
	ok 'systemd takes it' "$(cat log)"
else
	skip 'systemd takes it' 'systemd is not installed'
fi
fails 1 'is not an ELF file' 'a text' "$HAUNCH" export --libvirt check.c
fails 2 '--libvirt or --systemd?' 'for nobody' "$HAUNCH" export large.img
