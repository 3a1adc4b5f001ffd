#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# run.t - haunch run: what it asks of QEMU, the exit status, and the ways it can go wrong.  The test
# kernel stands in for a guest: it ends with status 7 whatever the program is.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_hello
mkdir tmpdir
export TMPDIR="$TMP/tmpdir"
"$HAUNCH" bake -o image hello -- one
cp image "im,age"

# dry TEXT DESCRIPTION ARGUMENT...: QEMU's command line has the text
dry()
{
	expected_text=$1
	description=$2
	shift 2
	capture "$HAUNCH" run --dry-run --tcg "$@"
	[ "$status" -eq 0 ] && grep -qF -- "$expected_text" out
	ok "$description" "expected: $expected_text" "$(cat out err)"
}

dry ' -m 64 ' 'memory is 64 MB by default' image
dry ' -m 32 ' '-m' -m 32 image
dry ' -m 32 ' '-m, in one word' -m32 image
dry ' -m 32 ' '--memory=' --memory=32 image
dry ' -m 2048 ' '-m in gigabytes' -m 2G image
"$HAUNCH" bake -o huge -m 100 hello
dry ' -m 116 ' 'an image that needs more gets it' huge
dry 'hostfwd=tcp:127.0.0.1:8081-:80' '-p' -p 8081:80 image
dry 'hostfwd=udp:127.0.0.1:5353-:53' '-p with udp' -p 5353:53/udp image
dry 'hostfwd=tcp:0.0.0.0:8081-:80' '-p with an address' -p 0.0.0.0:8081:80 image
dry 'hostfwd=tcp:127.0.0.1:8081-:8081' '-p with one port' -p 8081 image
dry 'hostfwd=tcp:127.0.0.1:8081-:80,hostfwd=tcp:127.0.0.1:8082-:443' 'two -p' \
	-p 8081:80 -p 8082:443 image
dry 'virtio-net-pci,netdev=net0' 'the network card is virtio' image
dry 'e1000,netdev=net0' '--nic' --nic e1000 image
dry "'ip=10.0.2.15::10.0.2.2:255.255.255.0:haunch::off:10.0.2.3 haunch.network=static a b'" '--append, and a static address' \
	--append 'a b' image
dry '-append haunch.network=off' 'no network' -n none image
dry "'haunch.network=dhcp haunch.mount=/dev/vda:/m haunch.restart=again haunch.stop=15 haunch.stop-timeout=3 haunch.files=99'" \
	'what an image can be told' --mount /dev/vda:/m --ip dhcp --restart again --stop-signal SIGTERM \
	--stop-timeout 3 --open-files 99 image
dry 'tap,id=net0,ifname=tap7,script=no' 'a tap device' -n tap:tap7 image
export XDG_RUNTIME_DIR="$TMP/runtime"
mkdir "$XDG_RUNTIME_DIR"
dry 'mcast=239.195.' "a network of this host's machines" -n lab image
is "$(find "$XDG_RUNTIME_DIR" -name '*lab*')" '' 'which --dry-run does not make'
dry '-machine q35,' '--machine' --machine q35 image
dry '-gdb tcp:127.0.0.1:1234 -S' '--gdb' --gdb image
dry 'nokaslr norandmaps' '--gdb: nothing is at a random address' --gdb image
dry '-cpu 486' '--qemu' --qemu -cpu --qemu 486 image
dry '-kernel im,age' 'a name with a comma' im,age
dry '-- x "two words" ""' 'arguments for an image' image -- x 'two words' ''
dry ' loglevel=7' '-V' -V image
"$HAUNCH" bake -o static --ip 1.2.3.4 hello
capture "$HAUNCH" run --dry-run static
! grep -q '\(ip\|haunch.network\)=' out
ok 'a baked address is left alone'

truncate -s 1M disk 'di,sk'
printf 'QFI\373xxxx' >disk.qcow2
dry 'id=disk0,if=none,format=raw,file=disk -device virtio-blk-pci,drive=disk0' '--disk' --disk disk image
dry 'format=raw,file=disk -device ide-hd,bus=ahci0.0,drive=disk0' '--disk on AHCI' --disk disk:ahci image
dry 'nvme,serial=haunch0,drive=disk0' '--disk on NVMe' --disk disk:nvme image
dry 'scsi-hd,drive=disk0' '--disk on SCSI' --disk disk:scsi image
dry 'file=disk,readonly=on' 'a read-only disk' --disk disk:virtio:ro image
dry 'file=disk,readonly=on' 'a read-only disk in short' --disk disk:ro image
dry 'format=qcow2,file=disk.qcow2' 'a qcow2 disk' --disk disk.qcow2 image
dry 'file=di,,sk' 'a disk with a comma' --disk di,sk image
dry 'drive=disk1' 'two disks' --disk disk --disk disk.qcow2 image

# ------------------------------------------------------------------ booting

capture "$HAUNCH" run image
is "$status" 7 "the guest's exit status comes back" "$(cat err)"
is "$(cat err)" '' 'and nothing is said'
capture "$HAUNCH" run hello -- world
is "$status" 7 'a program is baked and booted'
capture "$HAUNCH" run --dir hello.c:/x -e A=B hello -- world
is "$status" 7 'with files and environment'
capture "$HAUNCH" run --disk disk --disk disk.qcow2:ahci:ro --nic e1000 image
[ "$status" -ne 0 ] && grep -q '^haunch run: QEMU: .*nsupported qcow2 version' err
ok "QEMU's own errors are passed on" "$(cat err)"
for disk in disk disk:ahci disk:nvme disk:scsi disk:ro disk:ahci:ro disk:nvme:ro disk:scsi:ro; do
	for machine in pc q35; do
		capture "$HAUNCH" run --machine $machine --disk $disk image
		# The test kernel cannot switch a q35 off by itself.
		[ "$status" -eq 7 ] && [ ! -s err ]
		ok "QEMU accepts --disk $disk on $machine" "$(cat err)"
	done
done
for nic in virtio e1000 e1000e vmxnet3; do
	capture "$HAUNCH" run --nic $nic -p 48123:80 -p 48123:53/udp image
	[ "$status" -eq 7 ] && [ ! -s err ]
	ok "QEMU accepts --nic $nic" "$(cat err)"
done
is "$(ls "$TMPDIR")" '' 'no temporary files are left'

status=0
"$HAUNCH" run image <&- >out 2>err || status=$?
is "$status $(cat err)" '7 ' 'a closed standard input'

# What --dry-run prints can be given to a shell: an image, and a program, which is baked first.
capture sh -c "$("$HAUNCH" run --dry-run --tcg -c "it's" --disk disk image) -device isa-debugcon,iobase=0xe9,chardev=d -chardev file,id=d,path=told"
is "$status $(cat told)" '0 haunch: exit status 7' '--dry-run: an image' "$(cat out err)"
rm -f told
"$HAUNCH" run --dry-run --tcg --dir 'di,sk:/a b' -e "X=a 'b" --ip off hello -- 'two words' >line.sh
is "$(ls -A "$TMPDIR")" '' '--dry-run leaves no files'
capture sh -c "$(cat line.sh) -device isa-debugcon,iobase=0xe9,chardev=d -chardev file,id=d,path=told"
is "$status $(cat told)" '0 haunch: exit status 7' '--dry-run: a program' "$(cat line.sh out err)"
"$HAUNCH" inspect "$TMPDIR/haunch-hello.img" >out
grep -qx "arguments     'two words'" out && grep -qx " *X=a 'b" out && grep -q ' /a b$' out &&
	grep -q '^command line *quiet haunch.network=off$' out
ok 'it is the same image' "$(cat out)"
rm -f "$TMPDIR/haunch-hello.img"

# ------------------------------------------------------------------ going wrong

fails 2 'unknown option' 'an unknown option' "$HAUNCH" run --frob image
fails 2 'wants a value' 'an option without its value' "$HAUNCH" run -m
fails 2 'which image' 'no image' "$HAUNCH" run
fails 2 'come after' 'arguments without --' "$HAUNCH" run image x
for wrong in 'x' 80: :80 8080:99999 8080:80/sctp ::1:80:80 0:80; do
	fails 2 '-p wants' "-p $wrong" "$HAUNCH" run -p "$wrong" image
done
fails 2 '-m wants a size' 'a bad -m' "$HAUNCH" run -m 64X image
fails 2 '-m wants a size' 'no memory' "$HAUNCH" run -m 0 image
fails 2 '--mount wants' 'a bad --mount' "$HAUNCH" run --mount vda image
fails 2 '-n wants' 'a bad network' "$HAUNCH" run -n 'wi fi' image
fails 2 '--nic wants' 'a bad network card' "$HAUNCH" run --nic ne2000 image
fails 2 '--machine wants' 'a bad machine' "$HAUNCH" run --machine mac image
fails 2 'user network only' '-p without the user network' "$HAUNCH" run -n none -p 8080:80 image
fails 1 'there is no network device nope' 'a tap device that is not there' \
	"$HAUNCH" run -n tap:nope image
fails 2 'baked already' '--dir for an image' "$HAUNCH" run --dir hello:/x image
fails 1 'no such file' 'a missing image' "$HAUNCH" run missing
fails 1 'is a directory' 'a directory' "$HAUNCH" run "$TMP/build"
fails 1 'is not an ELF file' 'a text file' "$HAUNCH" run hello.c
fails 1 'nothing was baked into' 'a kernel' "$HAUNCH" run "$HAUNCH_BUILD/haunch-virtio.elf"
fails 1 'disk image missing: no such file' 'a missing disk' "$HAUNCH" run --disk missing image
fails 1 'it is a directory' 'a directory as a disk' "$HAUNCH" run --disk "$TMP/build" image
fails 1 'is empty' 'an empty disk' "$HAUNCH" run --disk /dev/null image
fails 1 'none of virtio, ahci' 'a disk on an unknown controller' "$HAUNCH" run --disk disk:floppy image
if [ "$(id -u)" -ne 0 ]; then
	chmod 000 disk
	fails 1 'permission denied' 'an unreadable disk' "$HAUNCH" run --disk disk image
	chmod 444 disk
	fails 1 'use it with :ro' 'a disk that cannot be written' "$HAUNCH" run --disk disk image
	chmod 644 disk
fi

# A port that somebody listens at.
cat >listen.pl <<'END'
	use IO::Socket::INET;
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => $ARGV[0], LocalPort => 0) or die;
	open(my $f, '>', 'port.new'); print $f $s->sockport; close($f); rename('port.new', 'port');
	sleep 60;
END
for address in 127.0.0.1 0.0.0.0; do
	rm -f port
	perl listen.pl $address &
	listener=$!
	until [ -e port ]; do sleep 0.05; done
	fails 1 'is in use already' "a port in use at $address" "$HAUNCH" run -p "$(cat port):80" image
	capture "$HAUNCH" run --dry-run -p "$(cat port):80" image
	is "$status" 0 'which is nothing to --dry-run'
	fails 1 'is in use already' "a port in use at $address, for demo" "$HAUNCH" demo -p "$(cat port)"
	kill $listener
	wait $listener 2>/dev/null
done

# PATH without QEMU: links to everything else.
mkdir path
for dir in /usr/bin /bin; do
	for file in "$dir"/*; do
		case $file in */qemu-system-*) ;; *) ln -sf "$file" path/ ;; esac
	done
done
PATH=$TMP/path fails 1 'QEMU is not installed; run: haunch setup' 'no QEMU' "$HAUNCH" run image

# An image that is not what it was is not run: any bit, in the kernel or behind it.
for at in 300 600 2000 5000 9000 20000; do
	perl -0777 -pe 'BEGIN { $at = shift } substr($_, $at, 1) ^= "\x10"' "$at" image >flipped
	capture "$HAUNCH" run --dry-run flipped
	[ "$status" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q ' is ' err
	ok "byte $at is damaged" "status $status" "$(cat err)"
done
perl -0777 -pe 'substr($_, 9000, 1) ^= "\x10"' image >flipped
fails 1 'flipped is damaged: its checksum' 'that is said' "$HAUNCH" run --dry-run flipped
fails 1 'flipped is damaged: its checksum' 'by inspect, too' "$HAUNCH" inspect flipped

# A guest that dies: the kernel's code is overwritten by what no CPU can run.
# bake_code IMAGE CODE: an image whose kernel has that, as perl writes bytes, from "mov $0xe9, %dx" on
bake_code()
{
	cp "$HAUNCH_BUILD/haunch-virtio.elf" kept
	perl -0777 -pi -e 's/\x66\xba\xe9\0.{60}/'"$2"'/se' "$HAUNCH_BUILD/haunch-virtio.elf"
	"$HAUNCH" bake -o "$1" hello
	mv kept "$HAUNCH_BUILD/haunch-virtio.elf"
}
bake_code dead '"\x0f\x0b" x 32'
capture timeout 30 "$HAUNCH" run dead
is "$status" 125 'a guest that crashes is status 125'
grep -q 'without an exit status' err
ok 'and it is said' "$(cat err)"

# A guest that hangs, and signals.
bake_code hang '"\xeb\xfe" x 32'
for signal in TERM HUP INT; do
	# A background job of this shell would ignore SIGINT, one of nohup SIGHUP: have perl start it.
	perl -e '$SIG{$_} = "DEFAULT" for "INT", "HUP"; exec @ARGV' "$HAUNCH" run hang >out 2>err </dev/null &
	pid=$!
	qemu=
	for _ in $(seq 100); do
		qemu=$(sed -n "s/^\([0-9]*\) (qemu-sys.*) . $pid .*/\1/p" /proc/[0-9]*/stat 2>/dev/null)
		[ -z "$qemu" ] || break
		sleep 0.05
	done
	kill -s $signal $pid
	wait $pid 2>/dev/null
	got=$?
	case $signal in TERM) want=143 ;; HUP) want=129 ;; INT) want=130 ;; esac
	is "$got" "$want" "SIG$signal ends it"
	[ -n "$qemu" ] && ! kill -0 "$qemu" 2>/dev/null
	ok 'and QEMU with it'
done
is "$(ls "$TMPDIR")" '' 'no temporary files are left'
