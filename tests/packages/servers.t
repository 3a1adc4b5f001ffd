#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# servers.t - Debian's servers, started by their packages' own scripts, with the processes and users that
# they have there: nginx, php-fpm, varnish, redis, etcd, dropbear.

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

http=$(free_port) cache=$(free_port) shell=$(free_port)

# page DESCRIPTION PATTERN URL [OPTION...]: what this machine's curl has to get
page()
{
	description=$1 pattern=$2 page=$3
	shift 3
	curl -sS --max-time 30 "$@" "$page" >"$TMP/page" 2>&1 && grep -q -e "$pattern" "$TMP/page"
	ok "$description" "$(head -n 20 "$TMP/page")"
}

# remote COMMAND...: over ssh; host keys are those that the package made.  The input has no end, at which
# Debian 13's dropbear would hang up a terminal.
mkfifo "$TMP/endless"
exec 9<>"$TMP/endless"
remote()
{
	ssh -q -i "$TMP/key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o ConnectTimeout=30 -p "$shell" "$@" \
		<"$TMP/endless" >"$TMP/out" 2>&1
}

ssh-keygen -q -t ed25519 -N '' -f "$TMP/key"
cp "$TMP/key.pub" "$TMP/shared/"
head -c 300000 /dev/urandom >"$TMP/shared/random"

boot services -m 256 -p "$http:80" -p "$cache:6081" -p "$shell:22"
ok 'a machine of Debian packages boots' || exit

# nginx
guest "sed -i 's/^worker_processes.*/worker_processes 2;/' /etc/nginx/nginx.conf"
guest cp /t/random /var/www/html/
seen 'nginx starts' 'nginx' service nginx start
workers='pgrep -u www-data -P $(cat /run/nginx.pid)'
seen 'a master and two workers of user www-data' '^2$' "$workers | wc -l"
page 'nginx serves' 'Welcome to nginx' "http://127.0.0.1:$http/"
curl -sS --max-time 30 -o "$TMP/got" "http://127.0.0.1:$http/random" && cmp "$TMP/got" "$TMP/shared/random"
ok 'a file, byte for byte'
seen 'a worker that was killed is replaced' '^2$' \
	"old=\$($workers | head -n 1); kill -9 \$old;" \
	"for i in \$(seq 100); do sleep 0.1; kill -0 \$old 2>/dev/null || break; done; sleep 1; $workers | wc -l"
page 'nginx serves after that' 'Welcome to nginx' "http://127.0.0.1:$http/"
guest "$workers >/tmp/before"
seen 'nginx -s reload makes new workers' '^new$' 'nginx -s reload;' \
	"for i in \$(seq 100); do sleep 0.1; $workers >/tmp/after;" \
	'[ "$(wc -l </tmp/after)" = 2 ] && ! grep -qxFf /tmp/before /tmp/after && echo new && break; done'
page 'nginx serves after that, too' 'Welcome to nginx' "http://127.0.0.1:$http/"

# php-fpm, behind nginx
guest 'ls /etc/php'
php=php$(grep -o '[0-9][0-9.]*' "$TMP/out" | head -n 1)-fpm
cat >"$TMP/site" <<'END'
server {
	listen 80 default_server;
	root /var/www/html;
	location / { }
	location ~ \.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/PHP-FPM.sock; }
}
END
# One line: it goes through the serial line.
guest "echo '$(sed "s/PHP-FPM/$php/" "$TMP/site" | tr '\n\t' '  ')' >/etc/nginx/sites-available/default"
guest "echo '<?php echo php_sapi_name(), \" \", array_sum(range(1, 100)), \" \"," \
	"trim(shell_exec(\"echo child | tr a-z A-Z\"));' >/var/www/html/sum.php"
seen 'php-fpm starts' '' "service $php start"
seen 'its workers are of user www-data' '^[1-9]' 'pgrep -c -u www-data php-fpm'
seen 'nginx takes it into its configuration' '' 'nginx -t && nginx -s reload && sleep 1'
page 'a page of PHP' 'fpm-fcgi 5050 CHILD' "http://127.0.0.1:$http/sum.php"

# varnish, before nginx
guest "sed -i 's/\"8080\"/\"80\"/' /etc/varnish/default.vcl"
# Debian 13 has no init script for it any more; this is how Debian 12's begins it.
seen 'varnish starts (it compiles its configuration)' '' \
	'if [ -e /etc/init.d/varnish ]; then service varnish start;' \
	'else varnishd -P /run/varnishd.pid -a :6081 -f /etc/varnish/default.vcl -s malloc,64m; fi; pgrep varnishd'
page 'a page from nginx by varnish' 'X-Varnish: [0-9]*.$' "http://127.0.0.1:$cache/random" -I --retry 20 \
	--retry-connrefused --retry-delay 1
curl -sS --max-time 30 -o "$TMP/got" "http://127.0.0.1:$cache/random" && cmp "$TMP/got" "$TMP/shared/random"
ok 'a file by varnish, byte for byte'
page 'from its memory the second time' 'X-Varnish: [0-9]* [0-9]' "http://127.0.0.1:$cache/random" -I
seen 'varnish has a manager and a child of another user' '^vcache$' 'ps -C cache-main -o user='
seen 'varnish ends' '' 'if [ -e /etc/init.d/varnish ]; then service varnish stop;' \
	'else kill $(cat /run/varnishd.pid); sleep 3; fi; ! pgrep varnishd'

seen 'nginx -s quit ends it' '^gone$' 'nginx -s quit;' \
	'for i in $(seq 100); do sleep 0.1; pgrep nginx >/dev/null || { echo gone; break; }; done'
seen 'php-fpm ends' '' "service $php stop; ! pgrep php-fpm"

# redis
seen 'redis starts' 'redis' service redis-server start
seen 'as user redis' '^redis$' 'ps -C redis-server -o user='
seen 'redis answers' '^OK$' 'for i in $(seq 50); do redis-cli ping && break; sleep 0.2; done;' \
	'redis-cli set key value'
seen 'redis takes 5000 keys' '^ *5000 OK' \
	'seq 5000 | sed "s/.*/set n:& value-&/" | redis-cli | sort | uniq -c'
seen 'BGSAVE forks and saves' '^rdb_last_bgsave_status:ok' 'redis-cli bgsave;' \
	'for i in $(seq 100); do sleep 0.1;' \
	'redis-cli info persistence | grep -q rdb_bgsave_in_progress:0 && break; done;' \
	'redis-cli info persistence'
guest 'redis-cli save'
seen 'BGREWRITEAOF, too' '^aof_last_bgrewrite_status:ok' 'redis-cli bgrewriteaof;' \
	'for i in $(seq 100); do sleep 0.1;' \
	'redis-cli info persistence | grep -q aof_rewrite_in_progress:0 && break; done;' \
	'redis-cli info persistence'
guest 'kill -9 $(cat /run/redis/redis-server.pid); sleep 0.5; rm -f /run/redis/redis-server.pid'
guest service redis-server start
seen 'what was saved is there after kill -9 and a new start' '^"\{0,1\}value-5000"\{0,1\}$' \
	'for i in $(seq 50); do redis-cli ping | grep -q PONG && break; sleep 0.2; done; redis-cli get n:5000'
seen 'redis ends' '' 'service redis-server stop; ! pgrep redis-server'

# etcd
seen 'etcd starts' 'etcd' service etcd start
export_api='export ETCDCTL_API=3;'
seen 'etcd stores' '^OK$' "$export_api for i in \$(seq 60); do etcdctl put key value && break; sleep 1; done"
seen 'and knows' '^value$' "$export_api etcdctl get key"
seen 'etcd restarts' '' service etcd restart
seen 'and still knows' '^value$' \
	"$export_api for i in \$(seq 60); do etcdctl get key && break; sleep 1; done"
seen 'etcd ends' '' 'service etcd stop; ! pgrep -x etcd'

# dropbear
guest 'mkdir -m 700 /root/.ssh; cp /t/key.pub /root/.ssh/authorized_keys'
seen 'dropbear starts' 'dropbear' service dropbear start
remote root@127.0.0.1 'echo "$USER $((6 * 7))" | tr a-z A-Z; exit 7'
status=$?
[ $status -eq 7 ] && grep -q '^ROOT 42$' "$TMP/out"
ok 'log in with a key, run a pipeline, get its status' "status $status" "$(cat "$TMP/out")"
remote -tt root@127.0.0.1 'tty; stty size; exit 3'
status=$?
[ $status -eq 3 ] && grep -q '^/dev/pts/0' "$TMP/out"
ok 'and with a terminal' "status $status" "$(cat "$TMP/out")"
seen 'dropbear ends' '' 'service dropbear stop; ! pgrep dropbear'

seen 'nothing is left' '^0$' "ps -eo ppid,args | grep -c 'defunct[>]'; :"
ends
