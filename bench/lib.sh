# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
# shellcheck shell=sh disable=SC2034 # those who source this use the variables
#
# lib.sh - machines for bench/run and bench/hot, which source it from the repository's root: the
# network they are on, the images they boot, starting and stopping them.
#
# Sets $build, $bench, $work (a scratch directory, removed at the end) and $url (of the machine).

build=${HAUNCH_BUILD:-build}
bench=$build/bench
work=$(mktemp -d)

# shellcheck source=network.sh
. bench/network.sh

mac=52:54:00:4e:75:01
qemu_pid=''

cleanup()
{
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || :
	network_down
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP PIPE

die()
{
	echo "bench: $*" >&2
	exit 1
}

say()
{
	echo "bench: $*" >&2
}

# ---- the network

network_up $mac
if [ -n "$tap" ]; then
	netdev=tap,id=net,ifname=$tap,script=no,downscript=no
else
	say "no tap device: using QEMU's user-mode network"
	netdev=user,id=net,hostfwd=tcp:127.0.0.1:$forward-$guest_ip:80
fi

here()
{
	# shellcheck disable=SC2086 # words
	$inside "$@"
}

# ---- the images

arguments_of()
{
	case $1 in
	lighttpd) echo "-D -f /etc/lighttpd.conf" ;;
	nginx) echo "-c /etc/nginx.conf" ;;
	esac
}

# make_cpio NAME PROGRAM [ROOT]: the rival's initial file system
make_cpio()
{
	mkdir "$work/$1"
	[ $# -lt 3 ] || cp -a "$3/." "$work/$1/"
	cp "$bench/linux/init" "$work/$1/init"
	cp "$2" "$work/$1/program"
	(cd "$work/$1" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/$1.cpio"
	rm -r "${work:?}/$1"
}

# make_image NAME PROGRAM ROOT ARGUMENT...: Haunch's; words, if set, are for its command line, and image_kernel is -k
make_image()
{
	name=$1 program=$2 from=$3
	shift 3
	set -- "$program" -- "$@"
	[ -z "$from" ] || set -- -d "$from:/" "$@"
	[ -z "${words-}" ] || set -- -c "$words" "$@"
	[ -z "${image_kernel-}" ] || set -- -k "$image_kernel" "$@"
	./haunch bake -o "$work/$name.img" "$@" >"$work/bake.log" 2>&1 ||
		die "cannot bake $name: $(tail -n 3 "$work/bake.log")"
}

# What the counter's frequency is, Linux cannot measure on a busy host.
linux_words="quiet panic=-1 tsc=reliable tsc_early_khz=$("$bench/tsc")"
kernel_ip="ip=$guest_ip::$host_ip:255.255.255.0::eth0:off"
machine="-machine pc,accel=tcg -cpu ${cpu:-qemu64} -smp 1 -nodefaults -no-user-config -display none
	-no-reboot -netdev $netdev -device virtio-net-pci,netdev=net,mac=$mac,romfile="
# As haunch run starts it; NetBSD leaves the devices where the usual firmware places them.
firmware=''
[ ! -e /usr/share/qemu/qboot.rom ] || firmware='-bios qboot.rom'

# start SYSTEM NAME MEMORY ARGUMENT...: boot with so many MB, with arguments for `first` and with
# QEMU's in $plugin, and wait for the first page.  Its results are in $work/first.  Returns 1 if
# none comes.
plugin=''
start()
{
	system=$1 name=$2 memory=$3
	shift 3
	queue 2
	# shellcheck disable=SC2046,SC2086 # the machine's arguments are words
	case $system in
	linux)
		here "$bench/first" "$@" "$url/index.html" qemu-system-x86_64 $machine -m "$memory" \
			$plugin $firmware -kernel "$bench/linux/vmlinux" -initrd "$work/$name.cpio" -append \
			"$linux_words $kernel_ip rdinit=/init -- /program $(arguments_of $name)"
		;;
	haunch)
		here "$bench/first" "$@" "$url/index.html" qemu-system-x86_64 $machine -m "$memory" \
			$plugin $firmware -kernel "$work/$name.img" -append "$kernel_ip"
		;;
	netbsd)
		here "$bench/first" "$@" "$url/index.html" qemu-system-x86_64 $machine -m "$memory" \
			$plugin -kernel "$work/netbsd-$name.img" -append "$kernel_ip"
		;;
	esac >"$work/first" 2>"$work/messages" || return 1
	qemu_pid=$(value_of pid "$work/first")
	queue 1000
}

stop()
{
	kill "$qemu_pid" 2>/dev/null || :
	# It is not our child: wait until it let go of the tap device.
	while kill -0 "$qemu_pid" 2>/dev/null; do
		sleep 0.05
	done
	qemu_pid=
}

# value_of NAME FILE: of lines "NAME VALUE"
value_of()
{
	sed -n "s/^$1 //p" "$2"
}

# median: of the numbers on standard input
median()
{
	sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# prepare SYSTEM SERVER: make what `start SYSTEM SERVER` boots
prepare()
{
	program=$build/apps/$2/$2
	[ -e "$program" ] || die "$program is missing: make apps"
	# shellcheck disable=SC2046 # words
	case $1 in
	linux) make_cpio "$2" "$program" "$build/apps/$2/root" ;;
	haunch) make_image "$2" "$program" "$build/apps/$2/root" $(arguments_of "$2") ;;
	netbsd)
		image_kernel=netbsd
		make_image "netbsd-$2" "$program" "$build/apps/$2/root" $(arguments_of "$2")
		image_kernel='' ;;
	*) die "no such system: $1" ;;
	esac
}
