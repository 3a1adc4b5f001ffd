# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# lib.sh - root file systems of Debian packages, as they are, booted in an image.
#
# A root is made once, by mmdebstrap, from where this machine's apt gets its packages, and kept as an
# ext4 file system in $BUILD/packages.  boot() starts an image with a copy of it as its root, and with
# tests/packages/guest and whatever a test puts into $TMP/shared as a second disk, mounted at /t.  There
# /t/start runs what guest() sends it over the serial line, one command a line:
#
#	boot services -m 128
#	guest service nginx start
#	ok 'nginx starts' "$(cat "$TMP/out")"

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

[ -e "$BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
build tools "$BUILD/init/init"
mkdir "$TMP/shared"
machine_pid='' asked=0 making=''
# How long a command in a machine may take, in seconds.
patience=60
# Which kernel they have.
kernel=virtio

# What the roots are made of.
packages_of()
{
	case $1 in
	services)
		echo nginx redis-server postgresql php-fpm libfcgi-bin varnish etcd-server \
			etcd-client dropbear perl python3 strace gdbserver stress-ng procps ;;
	languages)
		echo nodejs ruby default-jdk-headless apache2 openssh-server procps ;;
	network)
		echo nftables wireguard-tools iproute2 iputils-ping procps netcat-openbsd ;;
	esac
}

# make_root NAME: sets root to the image of the root file system NAME
make_root()
{
	packages=$(packages_of "$1")
	# Another list of packages is another root.
	root=$BUILD/packages/$1-$(echo "$packages" | cksum | cut -d ' ' -f 1).img
	[ ! -e "$root" ] || return 0
	[ "$(id -u)" = 0 ] || skip_all 'mmdebstrap has to be run as root'
	command -v mmdebstrap >/dev/null || skip_all 'mmdebstrap is not installed'
	mkdir -p "$BUILD/packages"
	rm -f "$BUILD/packages/$1"-*.img
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u >"$TMP/sources"
	[ -s "$TMP/sources" ] || skip_all "this machine's apt knows no packages of Debian"
	echo "# making the root file system $1" >&2
	making=$BUILD/packages/$1.$$
	# The release that this machine is of.
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	if ! mmdebstrap --quiet --variant=minbase --include="$packages" "$suite" "$making" \
		"$TMP/sources" >"$TMP/log" 2>&1 ||
	    ! mke2fs -q -t ext4 -d "$making" "$making.img" 2G >>"$TMP/log" 2>&1 ||
	    ! mv "$making.img" "$root"; then
		# This test fails; those that need no packages go on.
		false
		ok "the root file system $1 can be made" "$(cat "$TMP/log")" || exit
	fi
	rm -rf "$making"
	making=''
}

# boot ROOT OPTION...: start a machine, with options of `haunch run`, and wait until it takes commands.
# Its console is $TMP/console.
boot()
{
	make_root "$1"
	shift
	rm -f "$TMP/disk" "$TMP/shared.img" "$TMP/commands"
	cp --sparse=always "$root" "$TMP/disk"
	cp -a tests/packages/guest/* "$TMP/shared/"
	mke2fs -q -t ext4 -O ^has_journal -d "$TMP/shared" "$TMP/shared.img" 32M >"$TMP/log" 2>&1 || {
		sed 's/^/# /' "$TMP/log"
		return 1
	}
	./haunch bake -k "$kernel" -o "$TMP/image" /bin/sh -- /t/start >"$TMP/log" 2>&1 || {
		sed 's/^/# /' "$TMP/log"
		return 1
	}
	mkfifo "$TMP/commands"
	# Both ends, or opening it would wait for the other.
	exec 4<>"$TMP/commands"
	: >"$TMP/console"
	./haunch run --disk "$TMP/disk" --disk "$TMP/shared.img" -c root=/dev/vda \
		-c haunch.mount=/dev/vdb:/t -c haunch.network=wait "$@" "$TMP/image" \
		<"$TMP/commands" >>"$TMP/console" 2>&1 4<&- &
	machine_pid=$!
	asked=0
	await '^agent: ready' && return
	sed 's/^/# /' "$TMP/console"
	stop
	return 1
}

# await PATTERN: until the console has a line like that
await()
{
	waited=0
	until grep -q "$1" "$TMP/console"; do
		waited=$((waited + 1))
		[ $waited -le $((patience * 20)) ] && kill -0 "$machine_pid" 2>/dev/null || return
		sleep 0.05
	done
}

# guest COMMAND...: run one line of shell in the machine.  Its output goes to $TMP/out, its exit status
# is guest's.
guest()
{
	asked=$((asked + 1))
	: >"$TMP/out"
	[ -n "$machine_pid" ] || return 125
	printf '%s\n' "$*" >&4
	await "^agent: end $asked " || {
		tail -n 20 "$TMP/console" >"$TMP/out"
		echo "(no answer to: $*)" >>"$TMP/out"
		return 124
	}
	sed -n "/^agent: begin $asked\$/,/^agent: end $asked /p" "$TMP/console" |
		sed '1d; $d' >"$TMP/out"
	return "$(sed -n "s/^agent: end $asked //p" "$TMP/console")"
}

# seen DESCRIPTION PATTERN COMMAND...: it must succeed and print a line like that
seen()
{
	description=$1 pattern=$2
	shift 2
	status=0
	guest "$@" || status=$?
	[ $status -eq 0 ] && grep -q -e "$pattern" "$TMP/out"
	ok "$description" "status $status, wanted a line like: $pattern" "$(tail -n 20 "$TMP/out")"
}

# results COMMAND...: it prints results as TAP, which become ours, and "1..N" when all is done
results()
{
	guest "$@"
	status=$?
	grep -v -e '^ok ' -e '^not ok ' "$TMP/out" | sed 's/^/# /' >"$TMP/rest"
	grep -e '^ok ' -e '^not ok ' "$TMP/out" >"$TMP/results"
	while read -r line; do
		case $line in ok*) : ;; *) false ;; esac
		ok "${line#*- }" "$(cat "$TMP/rest")"
	done <"$TMP/results"
	[ $status -eq 0 ] && grep -q "^1\.\.$(wc -l <"$TMP/results")\$" "$TMP/out"
	ok "all of: $*" "status $status" "$(tail -n 30 "$TMP/out")"
}

# The last machine is asked to end, and made to.
stop()
{
	[ -n "$machine_pid" ] || return 0
	status=0
	if printf 'exit\n' >&4 && await '^agent: bye'; then
		wait "$machine_pid" || status=$?
	else
		kill "$machine_pid" 2>/dev/null
		wait "$machine_pid" 2>/dev/null
		status=124
	fi
	machine_pid=''
	exec 4>&-
	return $status
}

# The end of a machine, as a test.
ends()
{
	stop
	ok 'the machine powers off' "status $?" "$(tail -n 20 "$TMP/console")"
	# That a program has died of a fault, or of its hunger for memory, or is left, is not the kernel's.
	! grep -e 'BUG' -e 'Oops' -e '[Pp]anic' -e '^haunch: ' "$TMP/console" |
		grep -v -e '^haunch: kernel: .* at ip 0x' -e '^haunch: out of memory: .*was killed' \
			-e '^haunch: sh has ended.* in the background' >"$TMP/complaints"
	ok 'and its kernel did not complain' "$(cat "$TMP/complaints")"
}

clean_up()
{
	[ -z "$machine_pid" ] || kill "$machine_pid" 2>/dev/null
	[ -z "$machine_pid" ] || wait "$machine_pid" 2>/dev/null
	[ -z "$making" ] || rm -rf "$making" "$making.img"
}
