# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# run.sh - haunch run: boot an image, or a program, in QEMU, and come back with its exit status.
#
# This finds out QEMU's command line; tools/supervise.c then starts it, carries the program's input
# and output, stops the machine when asked, and ends with the program's status.

help_run()
{
	cat <<-'END'
	usage: haunch run [OPTION]... IMAGE [-- ARGUMENT...]
	       haunch run [OPTION]... PROGRAM [-- ARGUMENT...]

	Boot an image, or bake a program and boot it.  The exit status is the program's; 125 means that
	the guest died without one.  With an IMAGE, arguments replace those that were baked.  Standard
	input, output and error are the program's, as if it ran here.  SIGTERM, SIGINT or SIGHUP stops
	the program, unmounts its disks and switches off; a second one ends the machine at once.
	On a terminal Ctrl-C is for the program, and pressed three times it stops the machine like
	SIGINT; Ctrl-A C is QEMU's monitor and Ctrl-A X ends the machine at once.

	  -m, --memory SIZE        the guest's memory, as in 64M or 1G (default: 64M, more if the image
	                           needs more)
	  -p, --port [ADDRESS:]HOST:GUEST[/udp]
	                           forward a port of this machine to the guest; ADDRESS is 127.0.0.1
	                           if not given, 0.0.0.0 is all; any number; PORT alone is PORT:PORT
	  -n, --network user|tap:IFNAME|none
	                           user: QEMU's own network behind NAT, no privileges needed (default)
	  --nic virtio|e1000|e1000e|vmxnet3
	                           the network card (default: virtio)
	  --disk FILE[:virtio|ahci|nvme|scsi][:ro]
	                           attach a disk image, raw or qcow2; any number
	  --mount DEVICE:DIRECTORY[:FSTYPE[:ro]]
	                           mount a disk before the program starts, as in /dev/vda:/srv/www:ext4
	  --restart off|reboot|again
	                           when the program ends: switch off (default), reboot, or start it
	                           again after a pause; after a kernel's panic, too (reboot)
	  --stop-signal SIGNAL     what stops the program (default: TERM)
	  --stop-timeout SECONDS   how long it may take before it is killed (default: 10)
	  --open-files NUMBER      how many files a process may open (default: 16384, and up to 65536
	                           if it asks)
	  --machine pc|q35         the machine (default: pc)
	  --kvm, --tcg             use KVM, or emulate (default: KVM where it works)
	  -c, --append WORDS       more words for the kernel's command line
	  --gdb                    wait for a debugger at localhost:1234
	  --dry-run                only print QEMU's command line
	  --qemu OPTION            one more option for QEMU; any number
	  -v, --verbose            show the kernel's messages

	For a PROGRAM also, as in haunch bake:
	  -d, --dir HOST:GUEST     take files along
	  -e, --env NAME=VALUE     set an environment variable
	  -k, --kernel virtio|generic
	                           default: virtio where network card and disks are, else generic
	END
}

main_run()
{
	memory=
	ports=
	network=user
	nic=virtio
	disks=			# one a line
	machine=pc
	accelerator=
	words=
	gdb=
	dry_run=
	qemu_options=		# one a line
	image=
	bake_options=		# one a line: option, value
	kernel_name=
	newline='
'
	while [ $# -gt 0 ]; do
		option=$1
		case $option in
		--) break ;;
		--*=*)
			# --name=value: once more, as two words
			option=${1%%=*}
			value=${1#*=}
			shift
			set -- "$option" "$value" "$@" ;;
		-[mpncdek]?*)
			option=$(printf %.2s "$1")
			value=${1#-?}
			shift
			set -- "$option" "$value" "$@" ;;
		esac
		case $option in
		-m|--memory|-p|--port|-n|--network|--nic|--disk|--machine|-c|--append|--qemu|\
		--mount|--restart|--stop-signal|--stop-timeout|--open-files|\
		-d|--dir|-e|--env|-k|--kernel)
			want_value "$option" $#
			case $2 in
			*"$newline"*) usage_error "a line break in the value of $option" ;;
			esac ;;
		esac
		case $option in
		-m|--memory)
			megabytes "$option" "$2"
			# shellcheck disable=SC2154 # megabytes sets it
			memory=$size
			shift ;;
		-p|--port)
			add_port "$option" "$2"
			shift ;;
		-n|--network)
			case $2 in
			user|none|tap:?*) network=$2 ;;
			*) usage_error "$option wants user, tap:IFNAME or none, not '$2'" ;;
			esac
			shift ;;
		--nic)
			case $2 in
			virtio|e1000|e1000e|vmxnet3) nic=$2 ;;
			*) usage_error "$option wants virtio, e1000, e1000e or vmxnet3, not '$2'" ;;
			esac
			shift ;;
		--disk)
			disks=$disks$2$newline
			shift ;;
		--machine)
			case $2 in
			pc|q35) machine=$2 ;;
			*) usage_error "$option wants pc or q35, not '$2'" ;;
			esac
			shift ;;
		-c|--append)
			words="$words $2"
			shift ;;
		--mount)
			one_word "$option" "$2"
			words="$words haunch.mount=$2"
			shift ;;
		--restart)
			case $2 in
			off|reboot|again) words="$words haunch.restart=$2" ;;
			*) usage_error "$option wants off, reboot or again, not '$2'" ;;
			esac
			shift ;;
		--stop-signal)
			one_word "$option" "$2"
			words="$words haunch.stop=$2"
			shift ;;
		--stop-timeout|--open-files)
			is_number "$2" || usage_error "$option wants a number, not '$2'"
			case $option in
			--open-files) words="$words haunch.files=$2" ;;
			*) words="$words haunch.stop-timeout=$2" ;;
			esac
			shift ;;
		--qemu)
			qemu_options=$qemu_options$2$newline
			shift ;;
		-d|--dir|-e|--env)
			bake_options=$bake_options$option$newline$2$newline
			shift ;;
		-k|--kernel)
			case $2 in
			virtio|generic) kernel_name=$2 ;;
			*) usage_error "$option wants virtio or generic, not '$2'" ;;
			esac
			shift ;;
		--kvm) accelerator=kvm ;;
		--tcg) accelerator=tcg ;;
		--gdb) gdb=1 ;;
		--dry-run) dry_run=1 ;;
		-v|--verbose) words="$words loglevel=7" ;;
		-?*) unknown_option "$option" ;;
		*)
			[ -z "$image" ] ||
				usage_error "unexpected '$option': arguments come after '--'"
			image=$option ;;
		esac
		shift
	done
	[ "${1-}" != -- ] || shift

	[ -n "$image" ] || usage_error "which image or program? (see haunch help run)"
	[ -e "$image" ] || die "cannot open $image: no such file"
	[ ! -d "$image" ] || die "$image is a directory, not an image or a program"
	[ -r "$image" ] || die "cannot open $image: permission denied"
	[ -z "$ports" ] || [ "$network" = user ] ||
		usage_error "-p works with the user network only, not with $network"
	need_qemu
	need_tools
	[ -n "$dry_run" ] || check_ports
	case $network in
	tap:*)
		# /sys may be another network namespace's.
		[ -n "$dry_run" ] || grep -q "^ *${network#tap:}:" /proc/net/dev ||
			die "there is no network device ${network#tap:}; make it:" \
				"ip tuntap add dev ${network#tap:} mode tap user $(id -un)" ;;
	esac
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/haunch-run.XXXXXX") ||
		die "cannot make a temporary directory in ${TMPDIR:-/tmp}"
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	kind=$("$B/tools/inspect" --field kind "$image") || exit 1
	case $kind in
	image|iso)
		[ -z "$bake_options$kernel_name" ] ||
			usage_error "$image is baked already: -d, -e and -k are for haunch bake" ;;
	kernel)
		die "$image is a kernel that nothing was baked into yet (see haunch help bake)" ;;
	*)
		bake_program "$@"
		set -- ;;
	esac
	needed=$("$B/tools/inspect" --field memory "$image") || exit 1
	needed=$(((needed + 1048575) / 1048576))
	if [ -z "$memory" ]; then
		memory=64
		[ "$memory" -ge "$needed" ] || memory=$((needed + 16))
	fi
	check_drivers
	choose_accelerator
	add_arguments "$@"
	start_qemu
}

# The words of a command line end at spaces.
one_word()
{
	case $2 in
	''|*[[:space:]\"]*) usage_error "$1 wants one word, not '$2'" ;;
	esac
}

need_qemu()
{
	command -v qemu-system-x86_64 >/dev/null ||
		die "QEMU is not installed; run: haunch setup (or apt-get install qemu-system-x86)"
}

# add_port OPTION [ADDRESS:]HOST:GUEST[/udp|/tcp]: to ports, "PROTOCOL ADDRESS HOST GUEST" a line
add_port()
{
	protocol=tcp
	spec=$2
	case $spec in
	*/udp) protocol=udp spec=${spec%/udp} ;;
	*/tcp) spec=${spec%/tcp} ;;
	esac
	guest=${spec##*:}
	spec=${spec%"$guest"}
	[ "$spec" != : ] || guest=
	spec=${spec%:}
	host=${spec##*:}
	address=${spec%"$host"}
	address=${address%:}
	for number in "$guest" "${host:-$guest}"; do
		if ! is_number "$number" || [ "$number" -gt 65535 ] || [ "$number" -eq 0 ]; then
			usage_error "$1 wants [ADDRESS:]HOST:GUEST[/udp], ports 1 to 65535, not '$2'"
		fi
	done
	case $address in
	'') address=127.0.0.1 ;;
	localhost) address=127.0.0.1 ;;
	'*') address=0.0.0.0 ;;
	*[!0-9.]*) usage_error "$1 wants an IPv4 address before the ports, not '$address'" ;;
	esac
	ports="$ports$protocol $address ${host:-$guest} $guest$newline"
}

check_ports()
{
	# shellcheck disable=SC2086 # four words for each port
	set -- $ports
	while [ $# -gt 0 ]; do
		! port_in_use "$1" "$2" "$3" ||
			die "port $3 ($1) of this machine is in use already; choose another:" \
				"-p OTHER:$4"
		shift 4
	done
}

# Make an image of the program: sets image.
bake_program()
{
	name=${image##*/}
	if [ -z "$kernel_name" ]; then
		kernel_name=virtio
		[ "$nic" = virtio ] || kernel_name=generic
		case $disks in *:ahci*|*:nvme*|*:scsi*) kernel_name=generic ;; esac
	fi
	need_kernel "$kernel_name"
	# shellcheck disable=SC2154 # kernel and drivers are need_kernel's
	(
		# Options first: "$image -- arguments" are in "$@" from here on.
		set -- "$image" -- "$@"
		rest=$bake_options
		while [ -n "$rest" ]; do
			option=${rest%%"$newline"*}
			rest=${rest#*"$newline"}
			set -- "$option" "${rest%%"$newline"*}" "$@"
			rest=${rest#*"$newline"}
		done
		[ -z "$dry_run" ] || quoted haunch bake -k "$kernel_name" -o "$name.img" "$@" >"$tmp/bake"
		exec "$B/tools/bake" --kernel "$kernel" --init "$B/init/init" \
			${drivers:+--drivers "$drivers"} -o "$tmp/image" "$@"
	) || exit
	kind=image
	image=$tmp/image
}

# Without its driver a network card or a disk would just not be there.
check_drivers()
{
	have=$("$B/tools/inspect" --field drivers "$image")
	[ -n "$have" ] || return 0
	wanted=
	if [ "$network" != none ]; then
		case $nic in virtio) wanted=virtio_net ;; *) wanted=$nic ;; esac
	fi
	case $disks in *:ahci*) wanted="$wanted ahci" ;; esac
	case $disks in *:nvme*) wanted="$wanted nvme" ;; esac
	case $disks in *:scsi*) wanted="$wanted virtio_scsi" ;; esac
	for driver in $wanted; do
		echo "$have" | grep -qx "$driver" ||
			die "the kernel in the image has no driver $driver; bake it with -k generic"
	done
}

# KVM where it can run us: that /dev/kvm is there is not enough.
choose_accelerator()
{
	if [ "$accelerator" = kvm ]; then
		message=$("$B/tools/kvm-probe") || die "$message (leave --kvm out to emulate)"
	elif [ -z "$accelerator" ]; then
		accelerator=tcg
		[ ! -w /dev/kvm ] || ! "$B/tools/kvm-probe" >/dev/null 2>&1 || accelerator=kvm
	fi
}

# Words for the kernel's command line: what is baked, then these, and the last ip= counts.
add_arguments()
{
	baked=
	if [ "$kind" = iso ]; then
		[ -z "${words}${1+ }" ] ||
			die "an ISO image boots by its own GRUB: no --append, -v or arguments"
		return
	fi
	baked=$("$B/tools/inspect" --field command-line "$image")
	case " $baked " in
	*' haunch.network=dhcp '*)
		# QEMU's user network is always the same: no need to wait for its DHCP server.
		case $network in
		user) words="ip=10.0.2.15::10.0.2.2:255.255.255.0:haunch::off:10.0.2.3 haunch.network=static$words" ;;
		none) words="haunch.network=off$words" ;;
		esac ;;
	esac
	# A debugger wants everything where the files say.
	[ -z "$gdb" ] || words="nokaslr norandmaps $words"
	[ $# -eq 0 ] || words="$words --"
	for arg; do
		case $arg in
		*'"'*|*"$newline"*)
			die "an argument for an image cannot hold a quote or a line break: $arg" ;;
		*' '*|'') words="$words \"$arg\"" ;;
		*) words="$words $arg" ;;
		esac
	done
	words=${words# }
}

# QEMU's option syntax wants commas doubled.
escaped()
{
	printf '%s\n' "$1" | sed 's/,/,,/g'
}

# add_disk FILE[:CONTROLLER][:ro]: sets drive and device, QEMU's options for disk number disk_count
add_disk()
{
	spec=$1
	read_only=
	controller=virtio
	case $spec in *:ro) read_only=1 spec=${spec%:ro} ;; esac
	case $spec in
	*:virtio|*:ahci|*:nvme|*:scsi) controller=${spec##*:} spec=${spec%:*} ;;
	esac
	case $spec in
	*:ro) read_only=1 spec=${spec%:ro} ;;
	esac
	if [ ! -e "$spec" ]; then
		case $spec in
		*:*) die "cannot open the disk image $spec: no such file, and ${spec##*:} is" \
			"none of virtio, ahci, nvme, scsi and ro" ;;
		esac
		die "cannot open the disk image $spec: no such file"
	fi
	[ ! -d "$spec" ] || die "cannot open the disk image $spec: it is a directory"
	[ -r "$spec" ] || die "cannot open the disk image $spec: permission denied"
	[ -n "$read_only" ] || [ -w "$spec" ] ||
		die "cannot write to the disk image $spec: permission denied (use it with :ro)"
	[ -s "$spec" ] || [ -b "$spec" ] || die "the disk image $spec is empty"
	format=raw
	[ "$(head -c 4 "$spec" | od -An -tx1)" != ' 51 46 49 fb' ] || format=qcow2
	id=disk$disk_count
	drive=id=$id,if=none,format=$format,file=$(escaped "$spec")
	case $controller in
	virtio) device=virtio-blk-pci,drive=$id ;;
	ahci) device=ide-hd,bus=ahci0.$disk_count,drive=$id ;;
	nvme) device=nvme,serial=haunch$disk_count,drive=$id ;;
	scsi) device=scsi-hd,drive=$id ;;
	esac
	if [ -n "$read_only" ]; then
		# An IDE disk cannot be read-only: what is written to it is thrown away.
		case $controller in
		ahci) drive=$drive,snapshot=on ;;
		*) drive=$drive,readonly=on ;;
		esac
	fi
	disk_count=$((disk_count + 1))
}

start_qemu()
{
	set -- qemu-system-x86_64 -machine "$machine,accel=$accelerator" -m "$memory" \
		-no-user-config -nodefaults -display none -vga none
	# A machine that resets by a fault would do so for ever.
	case " $baked $words " in
	*' haunch.restart=reboot '*) ;;
	*) set -- "$@" -no-reboot ;;
	esac
	case $accelerator in
	kvm) set -- "$@" -cpu host ;;
	*) set -- "$@" -cpu max ;;
	esac

	model=$nic
	[ "$nic" != virtio ] || model=virtio-net-pci
	case $network in
	user)
		netdev=user,id=net0
		rest=$ports
		while [ -n "$rest" ]; do
			line=${rest%%"$newline"*}
			rest=${rest#*"$newline"}
			# shellcheck disable=SC2086 # four words
			netdev=$netdev$(printf ',hostfwd=%s:%s:%s-:%s' $line)
		done
		set -- "$@" -netdev "$netdev" -device "$model,netdev=net0,romfile=" ;;
	tap:*)
		set -- "$@" -netdev "tap,id=net0,ifname=${network#tap:},script=no,downscript=no" \
			-device "$model,netdev=net0,romfile=" ;;
	esac

	image_file=$image
	[ "$image" != "$tmp/image" ] || [ -z "$dry_run" ] || image_file=$name.img
	disk_count=0
	case $disks in *:ahci*) set -- "$@" -device ahci,id=ahci0 ;; esac
	case $disks in *:scsi*) set -- "$@" -device virtio-scsi-pci ;; esac
	rest=$disks
	while [ -n "$rest" ]; do
		add_disk "${rest%%"$newline"*}"
		set -- "$@" -drive "$drive" -device "$device"
		rest=${rest#*"$newline"}
	done

	if [ "$kind" = iso ]; then
		set -- "$@" -cdrom "$image" -boot d
	else
		[ "$image" != "$tmp/image" ] || [ -n "$dry_run" ] || image_file=/dev/fd/9
		set -- "$@" -kernel "$image_file" ${words:+-append "$words"}
	fi
	[ -z "$gdb" ] || set -- "$@" -gdb tcp:127.0.0.1:1234 -S
	rest=$qemu_options
	while [ -n "$rest" ]; do
		set -- "$@" "${rest%%"$newline"*}"
		rest=${rest#*"$newline"}
	done

	if [ -n "$dry_run" ]; then
		[ ! -e "$tmp/bake" ] || cat "$tmp/bake"
		quoted "$@" -serial stdio
		exit 0
	fi
	[ -z "$gdb" ] ||
		echo "waiting for a debugger: gdb $B/haunch-virtio.debug -ex 'target remote :1234'" >&2
	ports_option=--ports
	[ "$kind" = image ] && { [ -z "$have" ] || echo "$have" | grep -qx virtio_console; } ||
		ports_option=
	# What was baked for this once is gone as soon as QEMU has read it.
	exec 9<"$image"
	rm -rf "$tmp"
	trap - EXIT
	# shellcheck disable=SC2086 # an option or none
	exec "$B/tools/supervise" $ports_option --tap "${network#tap:}" -- "$@"
}

# The words as a shell reads them.
quoted()
{
	for arg; do
		case $arg in
		*[!A-Za-z0-9_./:,=@%+-]*|'')
			printf "'%s' " "$(printf %s "$arg" | sed "s/'/'\\\\''/g")" ;;
		*) printf '%s ' "$arg" ;;
		esac
	done
	echo
}
