# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# lib.sh - what the commands of haunch share.  ROOT is the source tree, B the build directory.

command=
# The donor's package, where one was chosen.
donor=

# Something went wrong / the command line is wrong: one line on stderr and the status.
die()
{
	echo "haunch${command:+ $command}: $*" >&2
	exit 1
}

usage_error()
{
	echo "haunch${command:+ $command}: $*" >&2
	exit 2
}

unknown_option()
{
	usage_error "unknown option '$1' (see haunch help $command)"
}

# want_value OPTION COUNT: is there a value behind the option?
want_value()
{
	[ "$2" -ge 2 ] || usage_error "option '$1' wants a value (see haunch help $command)"
}

# The release, the commit where this is a clone, and the donor: what is built, and what is installed
# if that is another.
show_version()
{
	read -r release <"$ROOT/VERSION"
	commit=
	[ ! -e "$ROOT/.git" ] || commit=$(git -C "$ROOT" describe --always --dirty --exclude '*' 2>/dev/null) || :
	echo "haunch $release${commit:+ ($commit)}"
	[ ! -s "$B/donor/chosen" ] || read -r donor <"$B/donor/chosen"
	installed=$(dpkg-query -W -f='${Package} ${Version}' "${donor%% *}" 2>/dev/null) || :
	echo "donor: ${donor:-not built yet}"
	case $donor in
	''|"$installed") ;;
	*) echo "installed is ${installed:-none}; to use it run: haunch build" ;;
	esac
}

# choose_donor VERSION: 6.12, or the name of the package
choose_donor()
{
	donor=linux-source-${1#linux-source-}
	[ -e "$ROOT/linux/config/$donor.config" ] ||
		usage_error "there is no donor '$1'; those known are: $(known_donors | sed 's/linux-source-//' | xargs)"
}

# The packages that the overlay is written for, one a line, the oldest first.
known_donors()
{
	(cd "$ROOT/linux/config" && printf '%s\n' linux-source-*.config) | sed 's/\.config$//' | sort -V
}

is_number()
{
	case $1 in ''|*[!0-9]*|??????????*) return 1 ;; esac
}

# The packages of groups, and those of them that are not installed.
packages_of()
{
	for group; do
		sed -n "s/^$group //p" "$ROOT/tools/packages"
	done | sort -u
}

missing_packages()
{
	packages=$(packages_of "$@")
	# shellcheck disable=SC2086 # a list of words
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $packages 2>/dev/null |
		sed -n 's/^installed //p')
	for package in $packages; do
		case "
$installed
" in
		*"
$package
"*) ;;
		*) echo "$package" ;;
		esac
	done
}

# An installed haunch has sources with the dates of its package, which may be older than what an
# earlier release has built: that goes, but for what was downloaded and the unpacked donor.
drop_old_release()
{
	[ -e "$ROOT/.installed" ] || return 0
	# Only a folder that one of us has made has that file.
	if [ -e "$B/release" ] && ! cmp -s "$ROOT/VERSION" "$B/release"; then
		rm -rf "$B"/linux-source-* "$B/netbsd" "$B"/haunch-* "$B/core" "$B/tools" "$B/init" "$B/cc" "$B/apps" "$B/demo"
	fi
	if mkdir -p "$B" 2>/dev/null; then
		cat "$ROOT/VERSION" >"$B/release"
	fi
}

# run_make TARGET...: build, with as many jobs as there are CPUs; silent if there is nothing to do.
run_make()
{
	for tool in make gcc; do
		command -v $tool >/dev/null || die "$tool is missing; run: haunch setup"
	done
	case $ROOT$B in
	*[[:space:]]*) die "cannot build in a folder with a space in its path: $ROOT" ;;
	esac
	drop_old_release
	mkdir -p "$B/log" 2>/dev/null || :
	[ -w "$B/log" ] || die "cannot build: no permission to write in $B"
	# Two at once would spoil each other's files.
	exec 9>"$B/.lock"
	flock -n 9 || {
		echo "haunch: waiting for another build in $B to end" >&2
		flock 9
	}
	set -- make -C "$ROOT" --no-print-directory B="${B#"$ROOT/"}" ${donor:+DONOR_PACKAGE="$donor"} "$@"
	make_status=0
	"$@" -q >/dev/null 2>&1 || "$@" -j"$(nproc)" 9>&- || make_status=$?
	exec 9>&-
	return $make_status
}
