# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# build.sh - haunch build: `make` knows how, this knows what.

help_build()
{
	cat <<-'END'
	usage: haunch build [--donor VERSION] [virtio|generic|lighttpd|nginx|TARGET]...
	       haunch build --netbsd PREFIX

	Build what is missing or out of date: the tools, and the kernels that are named (default: both).
	A first build unpacks and compiles Linux's source, which takes some minutes; it can be stopped
	with Ctrl-C and goes on from there.  Other TARGETs are make's.  Logs are in build/log.

	  --donor VERSION          the Linux to build from: 6.1 or 6.12, of the Debian package
	                           linux-source-VERSION (default: the newest that is installed)
	END
}

main_build()
{
	if [ "${1-}" = --netbsd ]; then
		want_value "$1" $#
		[ $# -eq 2 ] || usage_error "--netbsd PREFIX builds the one kernel; leave out '$3'"
		build_netbsd "$2"
		return
	fi
	parse_donor "$@"
	shift "$parsed"
	for target; do
		case $target in -*) unknown_option "$target" ;; esac
	done
	tell_costs 1
	install_packages_for build
	install_donor
	build "$@"
	echo "Built: $B"
}

# parse_donor WORD...: --donor, if it comes first; $parsed words were taken
parse_donor()
{
	parsed=0
	case ${1-} in
	--donor)
		want_value "$1" $#
		choose_donor "$2"
		parsed=2 ;;
	--donor=*)
		choose_donor "${1#*=}"
		parsed=1 ;;
	esac
}

# The package of the donor that was chosen; by default that of the release is installed by its group.
install_donor()
{
	[ -z "$donor" ] || [ -s "$B/donor/$donor.release" ] || install_package "$donor"
}

# build_netbsd PREFIX: the kernel of the user's rump kernel libraries, which are there or not before
# anything is built.
build_netbsd()
{
	prefix=$(readlink -f "$1") || prefix=$1
	# shellcheck disable=SC2046 # one component a line, without spaces
	"$ROOT/netbsd/check" "$prefix" $(cat "$ROOT/netbsd/components") || exit 1
	install_packages_for build
	run_make NETBSD="$prefix" "${B#"$ROOT/"}/haunch-netbsd.elf" || die "the build failed"
	echo "Built: $B/haunch-netbsd.elf"
}

# tell_costs DONORS: before the first build, how long it takes, and how much disk, of which there must be
# enough.  The figures are of two CPUs, for both kernels of one donor.
tell_costs()
{
	donors_built=$1
	[ ! -s "$B/donor/chosen" ] || return 0
	mkdir -p "$B" 2>/dev/null || die "cannot build: no permission to write in $B"
	echo "The first time this takes some $((10 * donors_built)) minutes on two CPUs, and $((2 * donors_built)) GB of disk below $B."
	echo "Ctrl-C stops it; the same command goes on from there."
	free=$(df -Pk "$B" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge $((2000 * donors_built)) ] ||
		die "not enough disk: $free MB are free at $B, about $((2000 * donors_built)) are needed" \
			"(HAUNCH_BUILD names another folder)"
}

# The packages of the groups, installed by what `haunch setup` does.
install_packages_for()
{
	# shellcheck source=tools/sh/setup.sh
	. "$ROOT/tools/sh/setup.sh"
	install_packages "$@"
}

# Does make know how to make it?  It is asked without making anything.
check_target()
{
	! LC_ALL=C make -C "$ROOT" --no-print-directory B="${B#"$ROOT/"}" -q "$1" 2>&1 |
		grep -q 'No rule to make target' ||
		usage_error "unknown target '$1'; the targets are virtio, generic, lighttpd, nginx," \
			"and those of make, such as tools, tests or bench"
}

# build [virtio|generic|lighttpd|nginx|TARGET]...
build()
{
	[ $# -gt 0 ] || set -- virtio generic
	for target; do
		shift
		case $target in
		virtio|generic) target=$B/haunch-$target.elf ;;
		lighttpd|nginx) target=app-$target ;;
		*) check_target "$target" ;;
		esac
		set -- "$@" "${target#"$ROOT/"}"
	done
	# One after the other: each has a line of progress of its own.
	for target in tools "${B#"$ROOT/"}/init/init" "$@"; do
		run_make "$target" || die "the build failed"
	done
}
