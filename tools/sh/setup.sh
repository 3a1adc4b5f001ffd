# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# setup.sh - haunch setup: install the Debian packages that are missing (tools/packages).

help_setup()
{
	cat <<-'END'
	usage: haunch setup [GROUP...]

	Install the Debian packages that are needed and missing; nothing else is changed.  GROUPs are
	build, run, iso, check (the default: these), lint, doc and bench.  Needs root or sudo.
	END
}

main_setup()
{
	[ $# -gt 0 ] || set -- build run iso check
	for group; do
		case $group in
		-*) unknown_option "$group" ;;
		esac
		[ -n "$(packages_of "$group")" ] ||
			usage_error "no such group of packages: '$group' (see haunch help setup)"
	done
	install_packages "$@"
	echo "All packages are installed."
}

# install_packages GROUP...: nothing to do, nothing said
install_packages()
{
	install_missing "$(missing_packages "$@" | xargs)"
}

# install_package NAME: one that is in no group
install_package()
{
	dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed || install_missing "$1"
}

# install_missing PACKAGES: all in one word
install_missing()
{
	missing=$1
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null ||
		die "this is not Debian: install by other means what these packages have: $missing"
	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "packages are missing; run as root:" \
				"apt-get install --no-install-recommends $missing"
		as_root=sudo
	fi
	log=$B/log/setup.log
	mkdir -p "$B/log" || die "cannot write in $B"
	: >"$log"
	# shellcheck disable=SC2086 # a list of words
	set -- $missing
	echo "Installing $# package$([ $# -eq 1 ] || echo s): $missing"
	echo "(log: $log)"
	# Lists that are there may do; if not, or if they are too old, fetch them.
	if known "$@" && apt_get "$log" install -y --no-install-recommends "$@"; then
		return
	fi
	# One list of several that cannot be had (a third party's) does not matter, if all is known then.
	apt_get "$log" -o APT::Update::Error-Mode=any update || known "$@" ||
		failed "apt-get update" "$log"
	for package; do
		known "$package" ||
			die "there is no package $package here: haunch is for Debian 12 (bookworm)"
	done
	apt_get "$log" install -y --no-install-recommends "$@" || failed "apt-get install" "$log"
}

# Does apt know a version of each of the packages that can be installed?  A name that it does not know is
# a regular expression to it, so it may tell of others: linux-source-6.12 for linux-source-6.1.
known()
{
	candidates=$(apt-cache policy "$@" 2>/dev/null |
		awk '/^[^ ]/ { sub(/:$/, ""); name = $0 } /^  Candidate: [^(]/ { print name }')
	for name; do
		echo "$candidates" | grep -qxF -e "$name" || return 1
	done
}

# What apt says then.
no_network='(Temporary failure resolving|Could not resolve|Could not connect|Unable to connect'
no_network=$no_network'|Cannot initiate the connection|Connection timed out|Network is unreachable)'

# failed WHAT LOG: in one line, where the reason is one of the two that everybody meets
failed()
{
	reason=$(grep -oE "$no_network.*" "$2" | tail -n 1)
	[ -z "$reason" ] ||
		die "cannot reach Debian's mirrors, is there a network? ($reason; log: $2)"
	! grep -qE "No space left on device|enough free space" "$2" ||
		die "the disk is full; free some space and run the same command again (log: $2)"
	tail -n 15 "$2" >&2
	die "$1 failed; the whole log is in $2"
}

# apt_get LOG ARGUMENT...: with one line of progress on a terminal
apt_get()
{
	apt_log=$1
	shift
	# A fresh machine may be updating itself in the background: wait for it.
	set -- env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
	result=$B/log/setup.status
	{
		apt_status=0
		# shellcheck disable=SC2086 # sudo, or nothing
		$as_root "$@" 2>&1 </dev/null || apt_status=$?
		echo $apt_status >"$result"
	} | tee -a "$apt_log" | if [ -t 1 ]; then
		# Each package is fetched, unpacked and set up.  dpkg returns the carriage as well, and
		# only what comes behind that is to be seen.  Not awk: Debian's reads ahead.
		perl -ne '
			BEGIN { $| = 1; }
			$total += $1 * 3 if /(\d+) newly installed/;
			s/\s+\z//;
			s/.*\r//s;
			next unless /^(Get:|Unpacking|Setting up)/;
			s/[^ -~]/?/g;
			$done++;
			$percent = $total ? int($done * 100 / $total) : 0;
			printf "\r%3d %%  %-60.60s", $percent > 100 ? 100 : $percent, $_;
			END { printf "\r%-70s\r", ""; }'
	else
		cat >/dev/null
	fi
	read -r apt_status <"$result" || apt_status=1
	rm -f "$result"
	return "$apt_status"
}
