# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# bake.sh - haunch bake: chooses the kernel for tools/bake.c, and wraps its image for GRUB if asked.

help_bake()
{
	cat <<-'END'
	usage: haunch bake [OPTION]... PROGRAM [-- ARGUMENT...]

	Make an image that boots PROGRAM with the arguments: an unmodified x86-64 Linux executable, static
	(haunch cc, gcc -static-pie, gcc -static) or dynamic.  When it ends the machine powers off.

	  -o, --output IMAGE       the image to write (default: PROGRAM's name with .img or .iso)
	  -d, --dir HOST:GUEST     take a file along, or a directory with all that is in it, as GUEST
	                           in the image; modes, owners and symlinks are kept; any number
	  -e, --env NAME=VALUE     set an environment variable
	  -k, --kernel virtio|generic
	                           virtio: small, for virtual machines (default);
	                           generic: has all drivers (e1000, vmxnet3, AHCI, NVMe...)
	  -f, --format elf|iso     elf: for qemu -kernel and GRUB's multiboot2 (default);
	                           iso: boots from CD or USB by itself
	  --ip IP                  dhcp (default), off, or a static address as the kernel's ip= has it:
	                           ADDRESS::GATEWAY:NETMASK:HOSTNAME::off:DNS
	  --mount DEVICE:DIRECTORY[:FSTYPE[:ro]]
	                           mount a disk before the program starts, as in /dev/vda:/srv/www:ext4
	  -c, --command-line WORDS more words for the kernel's command line
	  -m, --memory SIZE        refuse to start with less memory, as in 64M or 1G (default: computed)

	PROGRAM becomes /bin/NAME in the image, unless a -d directory holds it: then it stays there.
	The libraries that a dynamic PROGRAM is linked with are taken along from this machine, unless a
	-d has them; those it opens while it runs (modules, plugins, gconv) are not: give them with -d.
	/etc/passwd, /etc/group, /etc/hosts, /tmp and such are made where -d does not give them.
	END
}

main_bake()
{
	kernel=			# set by need_kernel, as is drivers
	kernel_name=virtio
	format=elf
	output=
	program=
	count=$#
	# Take out what is ours, keep the rest, in order, for tools/bake.
	while [ "$count" -gt 0 ]; do
		arg=$1
		shift
		count=$((count - 1))
		case $arg in
		--)
			set -- "$@" --
			break ;;
		-k|--kernel|-f|--format|-o|--output)
			want_value "$arg" $((count + 1))
			bake_option "$arg" "$1"
			shift
			count=$((count - 1)) ;;
		--kernel=*|--format=*|--output=*)
			bake_option "${arg%%=*}" "${arg#*=}" ;;
		-[kfo]*)
			bake_option "-$(printf %.1s "${arg#-}")" "${arg#-?}" ;;
		-d|-e|-c|-m|--dir|--env|--command-line|--memory|--ip|--mount)
			want_value "$arg" $((count + 1))
			set -- "$@" "$arg" "$1"
			shift
			count=$((count - 1)) ;;
		-*)
			set -- "$@" "$arg" ;;
		*)
			program=${program:-$arg}
			set -- "$@" "$arg" ;;
		esac
	done
	# What stands behind "--" is to come behind what was kept, which is at the end now.
	while [ "$count" -gt 0 ]; do
		arg=$1
		shift
		set -- "$@" "$arg"
		count=$((count - 1))
	done

	# That there is a program, tools/bake checks: it knows which word is wrong.
	if [ -z "$output" ]; then
		name=${program##*/}
		case $format in elf) output=${name:-x}.img ;; *) output=${name:-x}.iso ;; esac
	fi
	need_tools
	need_kernel "$kernel_name"
	if [ "$format" = elf ]; then
		exec "$B/tools/bake" --kernel "$kernel" --init "$B/init/init" \
			${drivers:+--drivers "$drivers"} -o "$output" "$@"
	fi
	bake_iso "$@"
}

bake_option()
{
	case $1 in
	-k|--kernel)
		case $2 in
		virtio|generic) kernel_name=$2 ;;
		*) usage_error "$1 wants virtio or generic, not '$2'" ;;
		esac ;;
	-f|--format)
		case $2 in
		elf|iso) format=$2 ;;
		*) usage_error "$1 wants elf or iso, not '$2'" ;;
		esac ;;
	-o|--output)
		[ -n "$2" ] || usage_error "$1 wants the name of a file"
		output=$2 ;;
	esac
}

# A small GRUB around the ELF image, without a menu.  If it has something to say it does so on the
# serial port and on the screen, and neither is required to be there.
bake_iso()
{
	for tool in grub-mkrescue xorriso; do
		command -v $tool >/dev/null ||
			die "$tool is missing; install it: apt-get install" "$(packages_of iso | xargs)"
	done
	[ ! -d "$output" ] || die "cannot write $output: it is a directory"
	[ ! -L "$output" ] || output=$(readlink -f "$output")
	work=$(mktemp -d "${TMPDIR:-/tmp}/haunch-iso.XXXXXX") ||
		die "cannot make a temporary directory in ${TMPDIR:-/tmp}"
	new=
	trap 'rm -rf "$work" ${new:+"$new"}' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	case $output in */*) dir=${output%/*} ;; *) dir=. ;; esac
	new=$(mktemp "$dir/.haunch-bake-XXXXXX" 2>/dev/null) || die "cannot write $output"
	mkdir -p "$work/iso/boot/grub"
	"$B/tools/bake" --kernel "$kernel" --init "$B/init/init" ${drivers:+--drivers "$drivers"} \
		-o "$work/iso/boot/haunch.elf" "$@"
	# dumb: the terminal that `haunch run` was typed at is not to be cleared.
	cat >"$work/iso/boot/grub/grub.cfg" <<-'END'
		serial --unit=0 --speed=115200
		terminfo serial dumb
		terminal_input console serial
		terminal_output console serial
		multiboot2 /boot/haunch.elf
		boot
	END
	modules='multiboot2 serial terminal normal configfile iso9660 biosdisk part_msdos search'
	if ! grub-mkrescue -d /usr/lib/grub/i386-pc --install-modules="$modules" \
		--modules="$modules" --locales= --fonts= --themes= -o "$new" "$work/iso" >"$work/log" 2>&1; then
		grep -i error "$work/log" | head -n 3 >&2
		die "grub-mkrescue could not make $output"
	fi
	chmod "$(printf %o $((0666 & ~$(umask))))" "$new"
	mv -f "$new" "$output" || die "cannot write $output"
	new=
}
