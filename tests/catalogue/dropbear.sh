# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=dropbear memory=128 port=22
ends=1 note='its own status when it is asked to end is 1'
start() {
	mkdir -p "$TMP/ssh"
	[ -e "$TMP/key" ] || ssh-keygen -q -t ed25519 -N "" -f "$TMP/key"
	cp "$TMP/key.pub" "$TMP/ssh/authorized_keys"
	chmod 700 "$TMP/ssh"
	chmod 600 "$TMP/ssh/authorized_keys"
	machine -v "$TMP/ssh:/root/.ssh:ro"
}
check() { [ "$(ssh -q -i "$TMP/key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=20 -p "$host" root@127.0.0.1 "echo \$((6 * 7))" </dev/null 2>"$TMP/log")" = 42 ]; }
