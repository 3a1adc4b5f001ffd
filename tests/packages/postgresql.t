#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# postgresql.t - PostgreSQL as Debian has it, with its processes and its shared memory of 128 MB.
#
# haunch check: long

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

boot services -m 192
ok 'a machine boots' || exit

bin='/usr/lib/postgresql/*/bin'
# sql DATABASE QUERY [OPTION...]: the command that asks
sql()
{
	database=$1 query=$2
	shift 2
	echo "runuser -u postgres -- psql -At $* -c '$query' $database"
}
# as COMMAND...: as the user postgres
as()
{
	echo "runuser -u postgres -- $*"
}

# Of one's own: initdb, server, end.
seen 'initdb as postgres' 'Success' "$(as "$bin"/initdb -D /tmp/data -A trust)"
seen 'a server on it' 'server started' \
	"$(as "$bin"/pg_ctl -D /tmp/data -o \'-p 5433 -k /tmp\' -l /tmp/log -w start)"
seen 'it answers' '^ *42$' "$(sql postgres 'select 6 * 7' -h /tmp -p 5433)"
seen 'and ends' 'server stopped' "$(as "$bin"/pg_ctl -D /tmp/data -w stop)"

# The cluster that the package made.
seen 'the package'\''s own cluster starts' 'PostgreSQL 1[5-9]' service postgresql start
seen 'with its processes' '^[5-9]' 'pgrep -c -u postgres -P "$(head -n 1 /var/lib/postgresql/*/main/postmaster.pid)"'
seen 'create a database' '' "$(as createdb bench)"
seen 'pgbench -i' '^done in' "$(as "$bin"/pgbench -i -q bench) 2>&1"
seen 'pgbench, 4 clients' 'transactions actually processed: 200/200' \
	"$(as "$bin"/pgbench -n -c 4 -t 50 bench)"
seen 'and 2 in threads' 'transactions actually processed: 100/100' \
	"$(as "$bin"/pgbench -n -j 2 -c 2 -t 50 bench)"
seen 'a parallel query' '^100000|' "echo 'set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0;" \
	"set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set debug_parallel_query = on;" \
	"select count(*), sum(abalance) from pgbench_accounts' >/tmp/query;" \
	"$(as psql -At -f /tmp/query bench)"
seen 'it restarts' 'PostgreSQL 1[5-9]' service postgresql restart
seen 'and has everything' '^100000|300$' \
	"$(sql bench 'select (select count(*) from pgbench_accounts), (select count(*) from pgbench_history)')"
seen 'it recovers from kill -9 of a backend' '^recovered$' \
	"$(sql bench 'select pg_sleep(60)') >/dev/null 2>&1 &" \
	'for i in $(seq 50); do sleep 0.2; victim=$(pgrep -f "bench .local. SELECT") && break; done;' \
	'kill -9 $victim;' \
	'for i in $(seq 100); do sleep 0.2;' \
	"$(sql bench 'select 1') >/dev/null 2>&1 && echo recovered && break; done"
seen 'it ends' '' 'service postgresql stop; ! pgrep -u postgres'
ends
