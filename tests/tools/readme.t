#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# readme.t - every block of code in README does what it is there for, as it is printed.
#
# The blocks run in a copy of the tree that shares what is built, one after the other.  Servers run in
# a network namespace of their own, where the ports that README names are free; there they are asked
# something, and ended by Ctrl-C.  What would change this machine is kept from it, as said below.
#
# haunch check: long, once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

apart='unshare -n' update=
[ "$(id -u)" -eq 0 ] || apart='unshare -rn' update=--print-uris
$apart true 2>/dev/null || skip_all 'wants network namespaces'
for tool in unshare ip curl mke2fs grub-mkrescue help2man dh; do
	command -v $tool >/dev/null || skip_all "wants $tool"
done
for what in haunch-virtio.elf haunch-generic.elf apps/lighttpd/lighttpd; do
	[ -e "$REAL_BUILD/$what" ] || skip_all "wants a build of everything"
	# The copy of the tree below must find nothing to do.
	(cd "$ROOT" && build "$BUILD/$what") || exit 1
done

unset HAUNCH_BUILD HAUNCH
tree=$TMP/clone/haunch
mkdir -p "$tree" path bin blocks
(cd "$ROOT" && git ls-files -z | xargs -0 cp -p --parents -t "$tree") || exit 1
ln -s "$REAL_BUILD" "$tree/build"
cd "$tree" || exit 1
export PATH="$TMP/path:$TMP/bin:$PATH:/sbin:/usr/sbin"

# An upgrade: the lists are fetched if we may, the rest is only tried.
cat >"$TMP/path/sudo" <<END_OF_SCRIPT
#!/bin/sh
case \$* in
'apt-get update') exec apt-get -q update $update ;;
'apt-get upgrade') exec apt-get -q -s upgrade ;;
esac
echo "sudo: unexpected: \$*" >&2
exit 1
END_OF_SCRIPT
chmod +x "$TMP/path/sudo"

# Each block in a file of its own: number and language.
awk -v to="$TMP/blocks" '
	/^```./ { n++; file = sprintf("%s/%02d.%s", to, n, substr($0, 4)); next }
	/^```/ { file = ""; next }
	file { print >file }' README.md
for block in "$TMP"/blocks/*; do
	case $block in *.sh|*.c|*.console) ;; *) false ;; esac
	ok "a block of a kind that is run: ${block##*/}"
done
[ "$(grep -c '^    [^ ]' README.md)" -eq 0 ]
ok 'no code is hidden in an indented block' "$(grep '^    [^ ]' README.md)"

# Each line must succeed; the program of README has status 3 when it does.
cat >"$TMP/lines" <<'END_OF_SCRIPT'
# shellcheck disable=SC2162 # a backslash joins lines
while read line <&3; do
	status=0
	eval "$line" || status=$?
	[ $status -eq 0 ] || [ $status -eq 3 ] || { echo "status $status: $line"; exit 1; }
done 3<"$1"
END_OF_SCRIPT

# run BLOCK DESCRIPTION: it must succeed
run()
{
	timeout 600 sh "$TMP/lines" "$1" >"$TMP/out" 2>&1 </dev/null
	ok "$2" "$(tail -n 20 "$TMP/out")"
}

# serve BLOCK DESCRIPTION COMMAND: it serves until Ctrl-C; COMMAND, in its network, must succeed before
serve()
{
	cat >"$TMP/serve" <<-END_OF_SCRIPT
	ip link set lo up
	perl -e 'setpgrp; \$SIG{INT} = "DEFAULT"; exec @ARGV' sh -eu "$1" >"$TMP/out" 2>&1 </dev/null &
	pid=\$!
	status=1
	tries=0
	while kill -0 \$pid 2>/dev/null && [ \$tries -lt 300 ]; do
		if $3; then
			status=0
			break
		fi
		tries=\$((tries + 1))
		sleep 0.2
	done
	kill -s INT -- -\$pid 2>/dev/null
	wait \$pid
	ended=\$?
	[ \$ended -lt 128 ] || [ \$ended -eq 130 ] || status=1
	exit \$status
	END_OF_SCRIPT
	# shellcheck disable=SC2086 # words
	timeout 600 $apart sh "$TMP/serve" >"$TMP/asked" 2>&1
	ok "$2" "$(tail -n 20 "$TMP/out" "$TMP/asked")"
}

# The programs first, for the first block that uses them stands before them.
cp "$TMP"/blocks/*.c hello.c
grep -q '^.hello\.c.:$' README.md
ok 'the program has the name that README says'

done_blocks=0
for block in "$TMP"/blocks/*.sh "$TMP"/blocks/*.console; do
	number=${block##*/}
	case $(cat "$block") in
	'$ '*)
		sed -n 's/^\$ //p' "$block" >"$TMP/commands"
		grep -v '^\$ ' "$block" | sed 's/[0-9][0-9]*/N/g' >"$TMP/expected"
		ln -sf "$tree/haunch" "$TMP/bin/haunch"
		sh "$TMP/commands" 2>&1 </dev/null | sed 's/[0-9][0-9]*/N/g' >"$TMP/got"
		cmp -s "$TMP/expected" "$TMP/got"
		ok "$number: the commands print what is printed there" "$(cat "$TMP/got")" ;;
	*'haunch demo'*)
		# All tests would be this one, too: one stands for them.
		sed -i 's,^\./haunch check.*,./haunch check tests/tools/progress.t,' "$block"
		grep -v 'haunch check' "$block" >"$TMP/demo"
		serve "$TMP/demo" "$number: haunch demo serves its page" \
			'curl -s http://localhost:8080/ | grep -q "<html"'
		grep 'haunch check' "$block" >"$TMP/check"
		run "$TMP/check" "$number: haunch check runs a test" ;;
	*/usr/local/bin*)
		rm -f "$TMP/bin/haunch"
		sed -i "s,/usr/local/bin,$TMP/bin," "$block"
		run "$block" "$number: haunch is in the PATH"
		[ "$(command -v haunch)" = "$TMP/bin/haunch" ]
		ok 'under its name' ;;
	*./configure*)
		"$ROOT/apps/apt-source" hello "$TMP/hello" >"$TMP/out" 2>&1
		ok "a package with a configure script" "$(tail -n 5 "$TMP/out")"
		cd "$TMP/hello" || exit 1
		run "$block" "$number: it is configured and made"
		[ "$(./hello)" = 'Hello, world!' ] && ! readelf -lW hello | grep -q INTERP
		ok 'and runs'
		cd "$tree" || exit 1 ;;
	*deb:nginx*'-p 8080:80 nginx.img'*)
		# Its root is made over this machine's network.
		grep -v 'haunch run' "$block" >"$TMP/before"
		run "$TMP/before" "$number: an image of a package"
		grep 'haunch run' "$block" >"$TMP/server"
		serve "$TMP/server" "$number: a server of a package" \
			'curl -s http://localhost:8080/ | grep -q "Welcome to nginx"' ;;
	*'export --systemd'*)
		run "$block" "$number: a disk, and what others want to know"
		grep -q '<domain' nginx.xml && grep -q ExecStart nginx.service
		ok 'they are told' ;;
	*'-p 8080:80 '*)
		serve "$block" "$number: a server" 'curl -s http://localhost:8080/ | grep -q "<html"' ;;
	*'-p 11211 '*)
		# As it says itself.
		[ -z "$(apt-cache madison libevent-2.1-7t64)" ] || sed -i 's/libevent-2.1-7 /libevent-2.1-7t64 /' "$block"
		# What is downloaded comes over this machine's network.
		grep -v 'haunch run -p' "$block" >"$TMP/before"
		run "$TMP/before" "$number: programs of this machine, and out of packages"
		grep 'haunch run -p' "$block" >"$TMP/server"
		serve "$TMP/server" "$number: a server out of a package" \
			'printf "version\r\nquit\r\n" | curl -s -m 5 telnet://127.0.0.1:11211 | grep -q VERSION' ;;
	*DESTDIR=*)
		sed -i "s,/tmp/haunch,$TMP/installed," "$block"
		run "$block" "$number: make install, and a package"
		"$TMP/installed/usr/bin/haunch" --version >/dev/null && dpkg -c ../haunch_*.deb >/dev/null
		ok 'both are there' ;;
	*debugfs*)
		run "$block" "$number: a disk"
		grep -q written "$TMP/out"
		ok 'has what the program has written' "$(cat "$TMP/out")" ;;
	*)
		run "$block" "$number: $(head -n 1 "$block")" ;;
	esac
	done_blocks=$((done_blocks + 1))
done
[ $done_blocks -ge 12 ]
ok "$done_blocks blocks were run"
