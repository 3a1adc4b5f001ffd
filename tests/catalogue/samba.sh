# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=samba memory=192 port=445
ends=143 note='its own status when it is asked to end is 143'
# A Negotiate of SMB 2 ([MS-SMB2] 2.2.3), whose answer has a server's identity.
check() {
	talk "\\000\\000\\000\\146\\376SMB\\100\\000$(zeros 58)\\044\\000\\001\\000\\001\\000$(zeros 6)0123456789abcdef$(zeros 8)\\002\\002" |
		od -An -tx1 | grep -q 'fe 53 4d 42'
}
zeros() { printf '%*s' "$1" '' | sed 's/ /\\000/g'; }
