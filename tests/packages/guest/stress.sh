# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# stress.sh - stress.sh CLASS [OPTION...]: a second of each of the class's stressors of stress-ng, one
# after the other, with what it verifies; but not of those that do not apply.

class=$1
shift
members()
{
	stress-ng --class "$1"? 2>&1 | sed 's/.*: //'
}

# What there is not: swap, task statistics and process events by netlink, more than one node of memory,
# probes, Android's and EFI's file systems, quotas, /dev/mem, a real-time clock's device, LEDs, modules,
# attributes of security modules.  These take that for a failure.
# And --resources, which kills processes by numbers that it never set.
excluded='resources swap netlink-task netlink-proc numa uprobe binderfs efivar quota physmmap rtc led module lsm'
# Not twice what another class has had.
case $class in
os) excluded="$excluded $(members vm) $(members cpu)" ;;
esac

list=''
for name in $excluded; do
	case " $(members "$class") " in *" $name "*) list=$list,$name ;; esac
done
# One CPU cannot give to two what --cyclic asks of the deadline scheduler: the real-time one will do.
set -- --class "$class" --sequential 1 --timeout 1 --verify --cyclic-policy fifo "$@"
[ -z "$list" ] || set -- "$@" --exclude "${list#,}"
stress-ng "$@" >/tmp/stress 2>&1
# --dev sends the console's flow control, which stays on the line.
printf '\nexit status %d\n' $?
sed -n 's/.*dispatching hogs: //p' /tmp/stress | tr ',' '\n' | grep -c . | sed 's/$/ stressors ran/'
sed -n 's/.*completed in/completed in/p' /tmp/stress
# The alarm that ends --pty may come while it waits in tcdrain(); stress-ng 0.15 takes that for a failure
# (mended by its pull request 313).
grep -e 'fail:' -e 'error:' -e 'unsuccessful' /tmp/stress |
	grep -v 'pty: tcdrain on follower pty failed, errno=4 ' | sed 's/^/complaint: /'
