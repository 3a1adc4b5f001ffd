#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# languages.t - node, Ruby and Java: JITs, garbage collectors, processes and threads.  OpenSSH's server.
#
# haunch check: long

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

shell=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$TMP/key"
cp "$TMP/key.pub" "$TMP/shared/"

boot languages -m 512 -p "$shell:22"
ok 'a machine boots' || exit
results node /t/children.js
results ruby /t/processes.rb

patience=120
seen 'javac, a compiler written in Java' '' javac -J-Xmx64m -proc:none --release 11 -nowarn -d /tmp /t/Main.java
results java -Xmx64m -cp /tmp Main
results java -Xmx64m -XX:+UseG1GC -cp /tmp Main
results java -Xmx64m -Xint -cp /tmp Main
seen 'the optimising compiler was at work' ' 4  *Main::work' \
	java -Xmx64m -XX:+PrintCompilation -cp /tmp Main

# sshd separates privileges: processes, users, a chroot, seccomp.
guest 'mkdir -m 700 /root/.ssh; cp /t/key.pub /root/.ssh/authorized_keys'
seen 'sshd starts' 'sshd' service ssh start
remote()
{
	ssh -q -i "$TMP/key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o ConnectTimeout=30 -p "$shell" "$@" \
		</dev/null >"$TMP/out" 2>&1
}
remote root@127.0.0.1 'ruby -e "puts [1, 2].sum" | tr 3 4; exit 7'
status=$?
[ $status -eq 7 ] && grep -q '^4$' "$TMP/out"
ok 'log in with a key and run a command' "status $status" "$(cat "$TMP/out")"
remote -tt root@127.0.0.1 'tty; exit 3'
status=$?
[ $status -eq 3 ] && grep -q '^/dev/pts/0' "$TMP/out"
ok 'and with a terminal' "status $status" "$(cat "$TMP/out")"
seen 'sshd ends' '' 'service ssh stop; ! pgrep -x sshd'
ends
