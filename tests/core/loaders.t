#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# loaders.t - what boot loaders pass: command line, initial file system, memory map; PVH and GRUB.
#
# haunch check: once

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/boot.sh"

printf 'the file system' >"$TMP/initrd"

boot 'test=exit42  two  words' -m 32
says '^donor: test=exit42  two  words$' 'PVH: the command line'

# QEMU's own limit is 4096.
long=$(head -c 4000 /dev/zero | tr '\0' x)
boot "$long test=exit42" -m 32
ended 42 'PVH: a long command line'

boot test=initrd -m 32 -initrd "$TMP/initrd"
says '^initrd: the file system$' 'PVH: the initial file system'
whole 'PVH: with an initial file system'

# ------------------------------------------------------------------ GRUB

if ! command -v grub-mkrescue >/dev/null || ! command -v xorriso >/dev/null ||
   [ ! -d /usr/lib/grub/i386-pc ]; then
	echo '# no grub-mkrescue, xorriso or grub-pc-bin: GRUB is not tested'
	exit
fi

iso()
{
	mkdir -p "$TMP/iso/boot/grub"
	cp "$BUILD/tests/core/donor.elf" "$TMP/iso/boot/kernel"
	cp "$TMP/initrd" "$TMP/iso/boot/initrd"
	cat >"$TMP/iso/boot/grub/grub.cfg" <<-END
	multiboot2 /boot/kernel $1
	module2 /boot/initrd
	boot
	END
	grub-mkrescue -d /usr/lib/grub/i386-pc -o "$TMP/boot.iso" "$TMP/iso" \
		>"$TMP/grub.log" 2>&1 || cat "$TMP/grub.log" >&2
}

iso 'test=initrd from GRUB'
boot_qemu -cdrom "$TMP/boot.iso" -m 64
says '^donor: test=initrd from GRUB$' 'GRUB: the command line'
says '^initrd: the file system$' 'GRUB: the module'
whole 'GRUB on pc'
boot_qemu -cdrom "$TMP/boot.iso" -m 4096 -M q35 -cpu max
whole 'GRUB on q35, 4 GB'
boot_qemu -cdrom "$TMP/boot.iso" -m 64 -vga none
whole 'GRUB without a VGA card'

# ------------------------------------------------------------------ UEFI

firmware=/usr/share/OVMF
if [ ! -e $firmware/OVMF_CODE.fd ] || [ ! -d /usr/lib/grub/x86_64-efi ]; then
	echo '# no ovmf or grub-efi-amd64-bin: UEFI is not tested'
	exit
fi
grub-mkrescue -d /usr/lib/grub/x86_64-efi -o "$TMP/efi.iso" "$TMP/iso" >"$TMP/grub.log" 2>&1 ||
	cat "$TMP/grub.log" >&2
cp $firmware/OVMF_VARS.fd "$TMP/vars.fd"
boot_qemu -M q35 -cpu max -m 256 -nic none -cdrom "$TMP/efi.iso" \
	-drive "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE.fd" \
	-drive "if=pflash,format=raw,file=$TMP/vars.fd"
whole 'GRUB on UEFI'
