#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# small.t - in little memory: apache2 with threads and CGI in 96 MB, a static server in Go in 128 MB.

# What is in single quotes is for the shell in the machine.
# shellcheck disable=SC2016
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

http=$(free_port)

page()
{
	description=$1 pattern=$2 path=$3
	curl -sS --max-time 30 "http://127.0.0.1:$http/$path" >"$TMP/page" 2>&1 && grep -q -e "$pattern" "$TMP/page"
	ok "$description" "$(head -n 20 "$TMP/page")" "$(tail -n 20 "$TMP/console")"
}

# many DESCRIPTION PATTERN URLS: four clients, 50 requests each, on connections that are kept
many()
{
	clients=''
	for client in 1 2 3 4; do
		curl -sS --max-time 60 "http://127.0.0.1:$http/$3" >"$TMP/page.$client" 2>&1 &
		clients="$clients $!"
	done
	# shellcheck disable=SC2086 # words
	wait $clients
	[ "$(cat "$TMP"/page.? | grep -c -e "$2")" = 200 ]
	ok "$1" "$(cat "$TMP"/page.? | sort | uniq -c | head -n 20)"
}

# apache2
boot languages -m 96 -p "$http:80"
ok 'a machine with 96 MB boots' || exit
guest "printf '#!/bin/sh\necho Content-Type: text/plain\necho\necho cgi | tr a-z A-Z\n' >/usr/lib/cgi-bin/test;" \
	"chmod +x /usr/lib/cgi-bin/test; a2enmod -q cgid"
seen 'apache2 starts' 'apache2\|Apache' service apache2 start
seen 'with mpm event' 'event' apache2ctl -V
seen 'two processes of user www-data, many threads each' '^5[0-9]$\|^[6-9][0-9]$' 'ps -L -u www-data -o lwp= | wc -l'
page 'it serves' 'It works' ''
page 'CGI' '^CGI$' cgi-bin/test
many '200 requests by 4 connections' '<title>.*It works' 'index.html?[1-50]'
seen 'graceful restart' '' 'apache2ctl graceful; sleep 1'
page 'it serves after that' 'It works' ''
seen 'a child that was killed' '' 'kill -9 "$(pgrep -u www-data apache2 | tail -n 1)"; sleep 2'
page 'it serves after that, too' 'It works' ''
seen 'it ends' '' 'service apache2 stop; ! pgrep apache2'
ends

# Go
if ! command -v go >/dev/null; then
	echo '# no go: its server is not tested'
	exit
fi
HOME=$TMP CGO_ENABLED=0 GO111MODULE=off GOCACHE="$TMP/go" go build -o "$TMP/server" tests/packages/server.go >"$TMP/log" 2>&1
ok 'build a static server in Go' "$(cat "$TMP/log")" || exit
./haunch run -m 128 -p "$http:8080" "$TMP/server" >"$TMP/console" 2>&1 </dev/null &
machine_pid=$!
curl -sS --max-time 60 --retry 100 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$http/" >"$TMP/page" 2>&1
page 'it serves in 128 MB' 'hello from go' ''
page 'it runs itself as a child' 'a child, process true exit status 3' child
page '200 MB of garbage' 'garbage 2000 collections true' garbage
page 'again' 'garbage 2000 collections true' garbage
page '10000 goroutines' 'sum 49995000' goroutines
page 'a null pointer is a panic that is recovered from' 'recovered: .*nil pointer' fault
many '200 requests by 4 connections' 'hello from go' '?[1-50]'
page 'it is told to end' 'bye' end
status=0
wait $machine_pid || status=$?
machine_pid=''
[ $status -eq 7 ] && grep -q 'ended by a signal' "$TMP/console"
ok 'and does, with its status' "status $status" "$(tail -n 20 "$TMP/console")"
