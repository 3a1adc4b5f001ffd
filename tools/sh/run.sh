# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# run.sh - haunch run: boot an image, or a program, in QEMU, and come back with its exit status.
#
# The status comes through QEMU's debug port: the core writes "haunch: exit status N" there before it
# powers off.  QEMU runs in the background of this shell, so that a signal can end it at once.

help_run()
{
	cat <<-'END'
	usage: haunch run [OPTION]... IMAGE [-- ARGUMENT...]
	       haunch run [OPTION]... PROGRAM [-- ARGUMENT...]

	Boot an image, or bake a program and boot it.  The exit status is the program's; 125 means that
	the guest died without one.  With an IMAGE, arguments replace those that were baked.  Ctrl-C
	ends the guest; on a terminal Ctrl-A C is QEMU's monitor and Ctrl-A X ends the guest, too.

	  -m, --memory MB          the guest's memory (default: 64, more if the image needs more)
	  -p, --port [ADDRESS:]HOST:GUEST[/udp]
	                           forward a port of this machine to the guest; ADDRESS is 127.0.0.1
	                           if not given, 0.0.0.0 is all; any number; PORT alone is PORT:PORT
	  -n, --network user|tap:IFNAME|none
	                           user: QEMU's own network behind NAT, no privileges needed (default)
	  --nic virtio|e1000|e1000e|vmxnet3
	                           the network card (default: virtio)
	  --disk FILE[:virtio|ahci|nvme|scsi][:ro]
	                           attach a disk image, raw or qcow2; any number
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
		-d|--dir|-e|--env|-k|--kernel)
			want_value "$option" $#
			case $2 in
			*"$newline"*) usage_error "a line break in the value of $option" ;;
			esac ;;
		esac
		case $option in
		-m|--memory)
			is_number "$2" ||
				usage_error "$option wants a number of megabytes, not '$2'"
			memory=$2
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
	check_ports
	case $network in
	tap:*)
		# /sys may be another network namespace's.
		[ -n "$dry_run" ] || grep -q "^ *${network#tap:}:" /proc/net/dev ||
			die "there is no network device ${network#tap:}; make it:" \
				"ip tuntap add dev ${network#tap:} mode tap user $(id -un)" ;;
	esac
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/haunch-run.XXXXXX") ||
		die "cannot make a temporary directory in ${TMPDIR:-/tmp}"
	qemu_pid=
	terminal=
	trap clean_up EXIT
	trap 'end 129' HUP
	trap 'end 130' INT
	trap 'end 143' TERM

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
		exec "$B/tools/bake" --kernel "$kernel" --init "$B/init/init" \
			${drivers:+--drivers "$drivers"} -o "$tmp/image" "$@"
	) || exit
	image=$tmp/image
	kind=image
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
		-no-user-config -nodefaults -display none -vga none -no-reboot
	case $accelerator in
	kvm) set -- "$@" -cpu host ;;
	*) set -- "$@" -cpu max ;;
	esac

	# Serial port on the terminal, with Ctrl-C for us and Ctrl-A for QEMU; the debug port.  Where
	# no terminal is, lines end as they do in files.
	filter=
	if [ -t 0 ] && [ -t 1 ]; then
		set -- "$@" -chardev stdio,id=console,mux=on,signal=on -serial chardev:console \
			-mon chardev=console,mode=readline
	else
		set -- "$@" -chardev stdio,id=console,signal=on -serial chardev:console
		[ -t 1 ] || filter=1
	fi
	set -- "$@" -chardev "file,id=status,path=$(escaped "$tmp/status")" \
		-device isa-debugcon,iobase=0xe9,chardev=status

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
		set -- "$@" -kernel "$image" ${words:+-append "$words"}
	fi
	[ -z "$gdb" ] || set -- "$@" -gdb tcp:127.0.0.1:1234 -S
	rest=$qemu_options
	while [ -n "$rest" ]; do
		set -- "$@" "${rest%%"$newline"*}"
		rest=${rest#*"$newline"}
	done

	if [ -n "$dry_run" ]; then
		for arg; do
			case $arg in
			*[!A-Za-z0-9_./:,=@%+-]*|'')
				printf "'%s' " "$(printf %s "$arg" | sed "s/'/'\\\\''/g")" ;;
			*) printf '%s ' "$arg" ;;
			esac
		done
		echo
		exit 0
	fi
	[ -z "$gdb" ] ||
		echo "waiting for a debugger: gdb $B/haunch-virtio.debug -ex 'target remote :1234'" >&2

	# A background job of a terminal must not touch it, or it is stopped.
	if [ -t 0 ]; then
		if in_foreground; then
			terminal=$(stty -g 2>/dev/null) || terminal=
		else
			exec </dev/null
		fi
	fi
	(exec 3<&0) 2>/dev/null || exec </dev/null	# it may be closed
	exec 3<&0
	filter_pid=
	if [ -n "$filter" ]; then
		mkfifo "$tmp/output"
		"$B/tools/uncr" <"$tmp/output" &
		filter_pid=$!
		exec >"$tmp/output"
	fi
	"$@" <&3 2>"$tmp/errors" &
	qemu_pid=$!
	[ -z "$filter" ] || exec >/dev/null
	status=0
	wait "$qemu_pid" || status=$?
	qemu_pid=
	[ -z "$filter_pid" ] || wait "$filter_pid" || :
	finish
}

# Is this shell's process group the one that owns the terminal?
in_foreground()
{
	read -r line </proc/self/stat || return 0
	# The name in parentheses may hold spaces.
	# shellcheck disable=SC2086 # words wanted
	set -- ${line##*)}
	[ "$3" = "$6" ]
}

# QEMU has ended: find out what the guest said.
finish()
{
	# Somebody ended QEMU itself, and not us.
	signal=$(sed -n 's/.*terminating on signal \([0-9]*\).*/\1/p' "$tmp/errors")
	[ -z "$signal" ] || exit $((128 + signal))
	guest=$(sed -n 's/^haunch: exit status \([0-9]*\).*$/\1/p' "$tmp/status" 2>/dev/null |
		tail -n 1)
	explain_errors
	[ -z "$guest" ] || exit "$guest"
	[ "$status" -eq 0 ] || exit "$status"
	echo "haunch run: the guest ended without an exit status: it was stopped, reset or crashed;" \
		"see its messages with -v, or debug it with --gdb" >&2
	exit 125
}

# QEMU's messages, those that users meet put in our words.  Sets status if QEMU could not start.
explain_errors()
{
	grep -v -e 'terminating on signal' -e "host doesn't support requested feature" \
		-e "TCG doesn't support requested feature" "$tmp/errors" >"$tmp/messages" || :
	[ -s "$tmp/messages" ] || return 0
	if grep -q 'Could not set up host forwarding' "$tmp/messages"; then
		forward=$(sed -n "s/.*forwarding rule '\([^']*\)'.*/\1/p" "$tmp/messages" | head -n 1)
		echo "haunch run: cannot forward $forward: the port is in use already, or not for you" >&2
	elif grep -q 'Failed to get .* lock' "$tmp/messages"; then
		echo "haunch run: a disk image is in use by another QEMU:" "$(echo "$disks" | xargs)" >&2
	elif grep -q 'could not configure /dev/net/tun' "$tmp/messages"; then
		echo "haunch run: cannot use the network device ${network#tap:}:" \
			"$(sed 's/.*: //' "$tmp/messages" | head -n 1)" >&2
	else
		sed 's/^qemu-system-x86_64: //; s/^/haunch run: QEMU: /' "$tmp/messages" >&2
	fi
}

clean_up()
{
	trap '' HUP INT TERM
	if [ -n "$qemu_pid" ]; then
		kill "$qemu_pid" 2>/dev/null || :
		wait "$qemu_pid" 2>/dev/null || :
	fi
	[ -z "$terminal" ] || stty "$terminal" 2>/dev/null || :
	rm -rf "$tmp"
}

# end STATUS: a signal came
end()
{
	exit "$1"
}
