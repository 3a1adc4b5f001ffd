#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# units.t - deb: with a package of our own in place of Debian's: what its systemd unit says becomes a shell
# script, which is run here, and words for init.  mmdebstrap wants a network: here it is a script that copies
# a root.

# What is in single quotes is for units and scripts.
# shellcheck disable=SC2016,SC1003
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p bin root/usr/bin root/usr/lib/systemd/system root/usr/lib/tmpfiles.d root/var/lib/dpkg/info root/etc
cat >bin/mmdebstrap <<'END'
#!/bin/sh
for word; do
	case $word in */root.tar) cp "$ROOT_TAR" "$word" ;; esac
done
END
for tool in newuidmap mkfs.erofs fakeroot; do
	printf '#!/bin/sh\n' >bin/$tool
done
chmod +x bin/*
PATH=$TMP/bin:$PATH
export ROOT_TAR="$TMP/root.tar"
printf '%s\n' 'Package: thing' '' 'Package: thing-more' 'Depends: thing' >root/var/lib/dpkg/status
echo /usr/lib/systemd/system/thing.service >root/var/lib/dpkg/info/thing.list
echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
printf '%s\n' 'd /run/thing 2755 www-data 7' 'D /run/other/deep - - -' '#d /run/no' 'f /run/file' \
	'd /run/../x' 'd /run/%i' >root/usr/lib/tmpfiles.d/thing.conf
echo 'www-data:x:33:34::/var/www:/bin/sh' >>root/etc/passwd
echo 'CAME="from file"' >root/etc/settings

packages=thing
# unit LINE...: bake $packages, with these lines in its unit; the script is `start`
unit()
{
	rm -f image start
	printf '%s\n' '[Unit]' 'Description=A thing' '[Service]' "$@" '[Install]' 'ExecStart=/no/such' \
		>root/usr/lib/systemd/system/thing.service
	tar -C root -cf root.tar .
	capture "$HAUNCH" bake --pull -o image "deb:$packages"
	[ "$status" -eq 0 ] || return
	cpio_of image | perl -0777 -ne '
		# newc: the name is behind 110 characters, the size the seventh number.
		my $at = 0;
		while (substr($_, $at, 6) eq "070701") {
			my ($size, $length) = (hex substr($_, $at + 54, 8), hex substr($_, $at + 94, 8));
			my $name = substr($_, $at + 110, $length - 1);
			my $data = ($at + 110 + $length + 3) & ~3;
			print substr($_, $data, $size) if $name =~ m,^/?\.haunch/start$,;
			$at = ($data + $size + 3) & ~3;
		}' >start
	[ -s start ]
}

# prints TEXT DESCRIPTION: the script does
prints()
{
	capture sh start
	[ "$status" -eq 0 ] && [ "$(cat out)" = "$1" ]
	ok "$2" "status $status, wanted: $1" "$(cat out err start)"
}

# word WORD DESCRIPTION: it is on the kernel's command line
word()
{
	"$HAUNCH" inspect --field command-line image | tr ' ' '\n' | grep -qx -- "$1"
	ok "$2" "$("$HAUNCH" inspect --field command-line image)"
}

# ------------------------------------------------------------------ who is not root

# as_user COMMAND...: in a user namespace, as number 54321, but with the rights to make settings there
as_user()
{
	unshare -U --map-user=54321 --map-group=54321 --keep-caps "$@"
}

if as_user true 2>/dev/null; then
	printf '#!/bin/sh\necho "E: unable to pick chroot mode automatically"\nexit 1\n' >bin/mmdebstrap.bad
	cp bin/mmdebstrap bin/mmdebstrap.good
	cp bin/mmdebstrap.bad bin/mmdebstrap
	as_user "$HAUNCH" bake -o image deb:thing >out 2>err </dev/null
	grep -q 'needs user numbers of yours; as root: usermod --add-subuids' err && [ ! -e image ]
	ok 'a user without numbers in /etc/subuid is told' "$(cat err)"
	as_user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$HAUNCH" bake -o image deb:thing' \
		>out 2>err </dev/null
	grep -q 'user namespaces are not allowed here' err && [ ! -e image ]
	ok 'and where there are no user namespaces' "$(cat err)"
	cp bin/mmdebstrap.good bin/mmdebstrap
	tar -C root -cf root.tar .
	head -c 3000000 /dev/zero >>root.tar
	rm -rf "$HAUNCH_BUILD/roots"
	mkdir "$HAUNCH_BUILD/roots"
	unshare -Urm sh -c 'mount -t tmpfs -o size=1m none "$HAUNCH_BUILD/roots" && ! "$HAUNCH" bake -o image deb:thing &&
		ls -A "$HAUNCH_BUILD/roots"' >out 2>err </dev/null
	[ "$(grep -vc 'making a root' err)" -eq 1 ] && grep -q 'cannot keep .*No space left' err && [ ! -s out ] &&
		[ ! -e image ]
	ok 'where there is no room to keep the root nothing of it is left' "$(cat out err)"
else
	skip 'a user without numbers, a full disk' 'there are no user namespaces here'
fi

# ------------------------------------------------------------------ units

unit 'Environment=A=1 "B=2 3" C=' 'ExecStart=/usr/bin/printf "<%%s>" "$A" $B ${B} x${A}y "$C" ${C} "a b" $$A'
ok 'a unit becomes a script' "$(cat err)"
prints '<1><2><3><2 3><x1y><><a b><$A>' 'with its words: $NAME alone is words, in quotes, too'
! "$HAUNCH" inspect --field command-line image | grep -q haunch.stop=
ok 'SIGTERM ends it'
"$HAUNCH" inspect image | tr -s ' ' >shown
grep -q 'drwxr-sr-x 33 7 .* /run/thing$' shown && grep -q 'drwxr-xr-x 0 0 .* /run/other/deep$' shown &&
	! grep -Eq '/run/(no|file|%i)|/x$' shown
ok 'the folders of tmpfiles.d are there' "$(grep run shown)"
word haunch.stop-timeout=90 'how long it may take to end'
unit 'TimeoutStopSec=1min 30.5s' 'ExecStart=/bin/true' && word haunch.stop-timeout=91 'as the unit says'
unit 'TimeoutSec=infinity' 'ExecStart=/bin/true' && word haunch.stop-timeout=1000000 'or that it may take forever'
unit 'KillSignal=SIGINT' 'ExecStart=/bin/true' && word haunch.stop=2 'its signal ends it'
unit 'ExecStop=/bin/kill -s QUIT $MAINPID' 'ExecStart=/bin/true' && word haunch.stop=3 'or that of its kill -s'
unit 'ExecStop=-/usr/bin/kill -INT $MAINPID' 'ExecStart=/bin/true' && word haunch.stop=2 'or of kill -INT'
unit 'ExecStop=/bin/kill -s STOP $MAINPID' KillSignal=SIGINT 'ExecStart=/bin/true' && word haunch.stop=2 'but not by SIGSTOP'
unit 'ExecStop=/usr/bin/thing stop' 'ExecStart=/bin/true' &&
	! "$HAUNCH" inspect --field command-line image | grep -q haunch.stop=
ok 'another command to stop it is not looked at' "$(cat err)"
unit 'ExecStart=/bin/echo no' 'ExecStart=' 'ExecStart=/bin/echo a \' '# no' '  b' &&
	prints 'a b' 'an empty setting takes back; a backslash goes on'
unit "EnvironmentFile=-$TMP/root/etc/settings" 'EnvironmentFile=-/no/such' 'ExecStart=/bin/echo ${CAME}' &&
	prints 'from file' 'environment from files'
unit 'ExecStartPre=-/bin/false' 'ExecStartPre=/bin/echo before' 'ExecStart=/bin/echo %N %p %% %n' &&
	prints 'before
thing thing % thing.service' 'what comes before; specifiers'
unit 'ExecCondition=/bin/false' 'ExecStart=/bin/echo no' && prints '' 'a condition that is not met' && grep -q 'thing is not started' err
ok 'is told' "$(cat err)"
unit 'ExecCondition=/bin/true' 'ExecStart=/bin/echo yes' && prints yes 'a condition that is met'
unit 'ExecStartPre=/bin/false' 'ExecStart=/bin/echo no'
capture sh start
[ "$status" -eq 1 ] && [ ! -s out ]
ok 'what fails before is the end' "$(cat out err start)"
unit 'WorkingDirectory=/usr' 'UMask=0027' 'ExecStart=/bin/sh -c "pwd; umask"' && prints '/usr
0027' 'folder and umask'
unit 'ExecStart=@/bin/sh thing -c "echo named"' && prints named 'a name of its own'
printf '#!/bin/sh\necho "$@"\n' >bin/setpriv
chmod +x bin/setpriv
unit User=www-data Group=staff 'AmbientCapabilities=CAP_NET_RAW CAP_CHOWN' AmbientCapabilities=CAP_KILL 'ExecStart=/bin/true' &&
	prints '--reuid=www-data --regid=staff --init-groups --inh-caps=+net_raw,+chown,+kill --ambient-caps=+net_raw,+chown,+kill -- /bin/true' \
		'a user with capabilities'
unit User=none-such DynamicUser=yes StateDirectory=thing 'ExecStart=/bin/true' && grep -q 'install -d .*-o nobody .* /var/lib/.thing' start &&
	grep -q 'setpriv --reuid=nobody' start
ok 'a user that systemd would make is nobody' "$(cat err start)"
unit DynamicUser=true 'ExecStart=/bin/true' && grep -q 'setpriv --reuid=nobody' start
ok 'true is yes' "$(cat err start)"
packages=thing,thing-more
unit 'ExecStart=/bin/echo once' && prints once 'two packages with one service start it once'
packages=thing
mv root/usr/lib/systemd/system/thing.service root/usr/lib/systemd/system/thing@.service
printf '%s\n' '[Service]' 'ExecStart=/bin/echo instance %i of %p' >root/usr/lib/systemd/system/thing@default.service
printf '/usr/lib/systemd/system/%s.service\n' thing thing@ thing@default >root/var/lib/dpkg/info/thing.list
unit 'Type=oneshot' 'ExecStart=/bin/true' && prints 'instance default of thing' 'an instance of a template'
rm root/usr/lib/systemd/system/thing@default.service root/usr/lib/systemd/system/thing@.service
mkdir -p root/etc/systemd/system/multi-user.target.wants root/etc/init.d root/usr/sbin root/usr/lib/lsb
for name in more thingies served; do
	printf '%s\n' '[Service]' "ExecStart=/bin/echo $name" >root/usr/lib/systemd/system/$name.service
done
ln -s /usr/lib/systemd/system/served.service root/etc/systemd/system/multi-user.target.wants/served.service
printf '/usr/lib/systemd/system/%s.service\n' thing more thingies served >root/var/lib/dpkg/info/thing.list
unit 'Type=oneshot' 'ExecStart=/bin/true' && prints served 'of several units that which is enabled'
rm root/etc/systemd/system/multi-user.target.wants/served.service
# Two services in one machine, and D-Bus before one of them.  tries=180: it does not wait for the socket, which is not
# there.
mkdir -p root/usr/bin
printf '%s\n' '#!/bin/sh' "echo \"\$*\" >$TMP/bus; trap 'echo bus ends; exit' TERM; while :; do sleep 0.1; done" \
	>root/usr/bin/dbus-daemon
chmod +x root/usr/bin/dbus-daemon
printf '%s\n' '' 'Package: other' >>root/var/lib/dpkg/status
echo /usr/lib/systemd/system/thing.service >root/var/lib/dpkg/info/thing.list
echo /usr/lib/systemd/system/other.service >root/var/lib/dpkg/info/other.list
packages=thing,other
printf '%s\n' '[Service]' "ExecStart=/bin/sh -c 'sleep 1; exit 3'" >root/usr/lib/systemd/system/other.service
unit 'ExecStart=/bin/echo first' && capture timeout 60 bash start
[ "$status" -eq 3 ] && [ "$(cat out)" = first ] && [ "$(cat err)" = 'thing has ended with status 0
other has ended with status 3' ]
ok 'several services: each tells when it ends, the first failure is the status' "status $status" "$(cat out err start)"
printf '%s\n' '[Service]' KillSignal=SIGUSR1 \
	"ExecStart=/bin/sh -c 'trap \"echo USR1; exit\" USR1; touch $TMP/up; while :; do sleep 0.1; done'" \
	>root/usr/lib/systemd/system/other.service
unit 'ExecStart=/bin/sleep 60' &&
	capture timeout 60 sh -c 'bash start & while [ ! -e up ]; do sleep 0.1; done; kill $!; wait $!'
[ "$(cat out)" = USR1 ] && [ ! -s err ]
ok 'each is ended by its own signal' "status $status" "$(cat out err start)"
packages=thing
unit BusName=org.thing 'ExecStart=/bin/sh -c "sleep 1; echo served"' && word haunch.stop-timeout=90 'D-Bus'
sed -i "s,^install -d /run/dbus,:,; s,^/usr/bin/dbus-daemon,$TMP/root&,; s,^tries=0,tries=180," start
capture timeout 60 bash start
[ "$status" -eq 0 ] && [ "$(cat out)" = 'served
bus ends' ] && [ "$(cat bus)" = '--system --nofork --nopidfile --syslog-only' ] && [ "$(cat err)" = 'thing has ended with status 0' ]
ok 'runs before what has a name on it, and ends after it' "status $status" "$(cat out err bus start)"
printf '%s\n' '' 'Package: dbus' >>root/var/lib/dpkg/status
echo /usr/lib/systemd/system/dbus.service >root/var/lib/dpkg/info/dbus.list
printf '%s\n' '[Service]' 'ExecStart=/bin/echo activated' >root/usr/lib/systemd/system/dbus.service
packages=dbus,thing
unit BusName=org.thing 'ExecStart=/bin/true' && [ "$(grep -c dbus-daemon start)" -eq 1 ] && ! grep -q activated start
ok 'once, also where it is asked for' "$(cat err start)"
packages=thing
rm root/usr/bin/dbus-daemon
unit BusName=org.thing 'ExecStart=/bin/echo alone' && ! grep -q -e dbus-daemon -e tries start
ok 'but only where it is' "$(cat start)"
# A script of System V's init: `start`, `status` and `stop` say so; it runs as long as $TMP/runs is there.
cat >root/etc/init.d/thing <<END
#!/bin/sh
echo "\$1"
case \$1 in
start) touch "$TMP/runs" ;;
status) [ -e "$TMP/runs" ] ;;
stop) rm "$TMP/runs" ;;
esac
END
chmod +x root/etc/init.d/thing
printf '%s\n' /etc/init.d/thing /usr/sbin/start-stop-daemon >>root/var/lib/dpkg/info/thing.list
touch root/usr/lib/lsb/init-functions root/usr/sbin/start-stop-daemon
printf '%s\n' '' 'Package: sysvinit-utils' '' 'Package: dpkg' >>root/var/lib/dpkg/status
echo /usr/lib/lsb/init-functions >root/var/lib/dpkg/info/sysvinit-utils.list
echo /usr/sbin/start-stop-daemon >root/var/lib/dpkg/info/dpkg.list
unit 'Type=oneshot' 'ExecStart=/bin/true' && "$HAUNCH" inspect image >shown &&
	[ "$(grep -c 'sbin/start-stop-daemon$\|lsb/init-functions$' shown)" -eq 2 ]
ok 'a script of System V comes with what it needs' "$(cat err shown)"
# Where it is here.
sed -i "s,/etc/init.d/,$TMP/root&," start
capture timeout 60 sh -c 'sh start & while [ ! -e runs ]; do sleep 0.1; done; kill $!; wait $!'
[ "$status" -eq 0 ] && [ "$(cat out)" = 'start
stop' ] && [ ! -e runs ]
ok 'the script starts the service, and stops it' "status $status" "$(cat out err start)"
capture timeout 60 sh -c 'sh start & while [ ! -e runs ]; do sleep 0.1; done; rm runs; wait $!'
[ "$status" -eq 1 ] && grep -q 'thing: the service does not run' err
ok 'it is told when the service has ended' "status $status" "$(cat out err)"
unit 'Type = forking' 'ExecStart=/bin/true' && grep -q init.d/thing start
ok 'it knows what a unit in the background does not tell' "$(cat err start)"
printf '#!/bin/sh\necho "Usage: $0 {start|stop}"\n' >root/etc/init.d/thing
printf '%s\n' /usr/lib/systemd/system/thing.service /etc/init.d/thing >root/var/lib/dpkg/info/thing.list
unit Type=oneshot 'ExecStart=/bin/true'
[ "$status" -eq 1 ] && grep -q 'does not say what is to be run' err
ok 'a script that cannot tell whether the service runs is none' "$(cat err)"
rm root/etc/init.d/thing
echo /usr/lib/systemd/system/thing.service >root/var/lib/dpkg/info/thing.list
unit 'ExecStart='
[ "$status" -eq 1 ] && grep -q 'does not say what is to be run' err
ok 'a unit that starts nothing' "$(cat err)"
unit Type=forking "PIDFile=$TMP/pid" "ExecStart=/bin/sh -c '(sleep 2; printf \$\$\$\$ >$TMP/pid; exec sleep 2) &'" && prints '' \
	'a unit in the background may take its time to write the file' && [ -s pid ]
ok 'it is waited for' "$(cat start)"
unit 'Type=forking' 'ExecStart=/bin/true'
[ "$status" -eq 1 ] && grep -q 'does not say which process counts' err
ok 'a unit in the background without a file that names it' "$(cat err)"
