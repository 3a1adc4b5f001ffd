# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=postgresql-15,postgresql-contrib memory=192
patience=400
note='pgbench, and the data is there after a restart'
start() {
	job -v pg:/var/lib/postgresql -- sh -c '/.haunch/start & sleep 1; as="setpriv --reuid=postgres --regid=postgres --init-groups"; for i in $(seq 50); do $as psql -c "select 1" >/dev/null 2>&1 && break; sleep 0.5; done; $as createdb bench; $as /usr/lib/postgresql/15/bin/pgbench -i -q bench 2>&1; $as /usr/lib/postgresql/15/bin/pgbench -n -c 2 -t 20 bench; kill -INT $!; wait'
	cp "$TMP/out" "$TMP/first"
	job -v pg:/var/lib/postgresql -- sh -c '/.haunch/start & sleep 1; as="setpriv --reuid=postgres --regid=postgres --init-groups"; for i in $(seq 50); do $as psql -c "select 1" >/dev/null 2>&1 && break; sleep 0.5; done; $as psql -At -c "select count(*) from pgbench_accounts" bench; kill -INT $!; wait'
	cat "$TMP/first" >>"$TMP/out"
}
check() { said 'actually processed: 40/40' && said '^100000$'; }
