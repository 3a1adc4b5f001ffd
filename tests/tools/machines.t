#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# machines.t - machines with a name: in the background, listed, their logs, their end; folders of the host
# and volumes; what an image is told when it is run.

# What is in single quotes is for the program in the machine.
# shellcheck disable=SC2016
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

export HAUNCH_BUILD="$REAL_BUILD"
for what in haunch-virtio.elf haunch-generic.elf; do
	[ -e "$HAUNCH_BUILD/$what" ] || skip_all 'the kernels are not built'
done
command -v qemu-system-x86_64 >/dev/null || skip_all 'QEMU is not installed'
PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || skip_all 'e2fsprogs is not installed'
export XDG_DATA_HOME="$TMP/data"
machines_apart

# It says what it is told to, waits for the end, or looks at files.
cat >show.c <<'END'
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void ended(int signal)
{
	printf("signal %d\n", signal);
	fflush(stdout);
	_exit(7);
}

int main(int argc, char **argv)
{
	char text[200];
	struct stat st;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc; i++) {
		char *word = argv[i];

		if (!strcmp(word, "wait")) {
			signal(SIGTERM, ended);
			printf("waiting\n");
			for (;;)
				pause();
		} else if (!strcmp(word, "who")) {
			gethostname(text, sizeof(text));
			printf("%d:%d %s ", getuid(), getgid(), text);
			printf("%s %s\n", getcwd(text, sizeof(text)), getenv("HOME"));
		} else if (*word == '$') {
			printf("%s\n", getenv(word + 1) ? getenv(word + 1) : "(not set)");
		} else if (*word == '+') {
			FILE *f = fopen(word + 1, "w");

			printf("%s %s\n", word + 1, f && fputs("written\n", f) >= 0 && !fclose(f) ? "written" : "refused");
		} else if (!stat(word, &st)) {
			FILE *f = fopen(word, "r");
			int has = f && fgets(text, sizeof(text), f);

			printf("%s %o %d%s%s", word, st.st_mode, st.st_uid, has ? " " : "", has ? text : "\n");
		} else {
			printf("%s is not there\n", word);
		}
	}
	return 0;
}
END
"$ROOT/tools/haunch-cc" -o show show.c || exit 1
mkdir -p files/data/sub
echo first >files/data/file
echo deep >files/data/sub/file
chmod 640 files/data/file
chmod 1775 files/data
"$HAUNCH" bake -k generic -o image -d files/data:/data -e A=baked -e B=baked show -- who || exit 1

# run OPTION... : in the foreground, without a network; output in $TMP/out
run()
{
	capture timeout 100 "$HAUNCH" run -n none "$@"
}

# says TEXT DESCRIPTION OPTION...
says()
{
	text=$1 description=$2
	shift 2
	run "$@"
	[ "$status" -eq 0 ] && [ "$(cat out)" = "$text" ]
	ok "$description" "status $status, wanted: $text" "$(cat out err)"
}

# ------------------------------------------------------------------ what an image is told

says '0:0 haunch / /root' 'as it was baked' image
says '33:33 web-1 /tmp /var/www' 'user, name, folder' -u www-data --hostname web-1 -w /tmp image
says '7:9 haunch / /root' 'numbers' -u 7:9 image
says "new
baked
a b \"c\" 100% 'd' \\e" 'environment' -e A=new -e "C=a b \"c\" 100% 'd' \\e" image -- '$A' '$B' '$C'
printf '# no\nA=from file\n\nC=1 2\n' >list
C=here says 'from file
1 2
(not set)' 'environment from a file' --env-file list -e NOT_SET_HERE image -- '$A' '$C' '$NOT_SET_HERE'
run -u nobody-else image
[ "$status" -eq 126 ] && grep -q 'no user nobody-else' err
ok 'a user who is not there' "status $status" "$(cat out err)"
run -w /none image
[ "$status" -eq 126 ] && grep -q 'working directory /none' err
ok 'a folder that is not there' "status $status" "$(cat out err)"
says '/data/new refused
/tmp/new written' 'read-only' --read-only image -- +/data/new +/tmp/new
says '/tmp/a "b" c written
/tmp/%41 written' 'arguments with quotes' image -- '+/tmp/a "b" c' +/tmp/%41
if command -v strace >/dev/null; then
	run --strace show -- '$B'
	grep -q '^(not set)$' out && grep -q '^execve("/bin/show", \["/bin/show", "$B"\]' err && grep -q '+++ exited with 0 +++' err
	ok 'system calls are printed' "$(cat out err)"
else
	skip 'system calls are printed' 'strace is not installed'
fi
fails 2 '-u wants' 'an empty user' "$HAUNCH" run -u : image
fails 2 '-w wants' 'a relative folder' "$HAUNCH" run -w tmp image
fails 2 '--hostname wants' 'a bad name' "$HAUNCH" run --hostname 'a b' image
fails 1 'cannot read missing' 'a missing list' "$HAUNCH" run --env-file missing image

# ------------------------------------------------------------------ folders, volumes

mkdir shared 'with, comma'
echo mine >shared/file
echo comma >'with, comma/file'
says '/s/file 100644 '"$(id -u)"' mine
/s/new written
/c/file 100644 '"$(id -u)"' comma
/c/new refused' 'folders of the host' -v ./shared:/s -v './with, comma:/c:ro' image -- /s/file +/s/new /c/file +/c/new
is "$(cat shared/new)" written 'what is written there is there'
[ ! -e 'with, comma/new' ]
ok 'what is read-only is not written'
fails 1 'no such folder or file' 'a folder that is not there' "$HAUNCH" run -v ./none:/x image
echo secret >shared/secret
mkdir work
export TMPDIR="$TMP/work"
chmod 640 shared/file
says '/deep/er/conf 100640 '"$(id -u)"' mine
/deep/er/conf refused
/file 100644 '"$(id -u)"' comma
/deep/er/secret is not there
/dev/.share is not there' 'files of the host, and nothing beside them' -v ./shared/file:/deep/er/conf:ro -v './with, comma/file:/file:ro' \
	image -- /deep/er/conf +/deep/er/conf /file /deep/er/secret /dev/.share
is "$(ls work)" '' 'the copies are removed'
fails 1 'of a file the machine gets a copy: -v ./shared/file:/x:ro' 'a file to be written' "$HAUNCH" run -v ./shared/file:/x image
fails 1 'neither a folder nor a file' 'a device' "$HAUNCH" run -v /dev/null:/x:ro image
fails 126 'cannot put' 'a file where there is a folder' "$HAUNCH" run -v ./shared/file:/dev:ro image
unset TMPDIR
fails 2 '-v wants' 'no folder in the guest' "$HAUNCH" run -v ./shared image
fails 2 'a volume' 'a bad name of a volume' "$HAUNCH" run -v 'a b:/x' image
says '/data 41775 '"$(id -u)"'
/data/file 100640 '"$(id -u)"' first
/data/sub/file 100644 '"$(id -u)"' deep
/data/new written' 'a new volume has what the image has there' -v store:/data image -- /data /data/file /data/sub/file +/data/new
says '/data/new 100644 0 written
/data/file 100640 '"$(id -u)"' first' 'and keeps what is written' -v store:/data image -- /data/new /data/file
says '/data/x refused' 'read-only' -v store:/data:ro image -- +/data/x
mkdir half
echo filling >half/file
touch half/.haunch-unfinished
mke2fs -q -t ext4 -d half "$XDG_DATA_HOME/haunch/volumes/half.ext4" 16M
says '/data/file 100640 '"$(id -u)"' first
/data/sub/file 100644 '"$(id -u)"' deep
/data/.haunch-unfinished is not there' 'one whose filling was cut short is filled' \
	-v half:/data image -- /data/file /data/sub/file /data/.haunch-unfinished
"$HAUNCH" volume rm half
"$HAUNCH" volume ls | grep -q '^store .* no$'
ok 'it is listed' "$("$HAUNCH" volume ls)"
"$HAUNCH" volume ls --format json | grep -q '"name": "store"'
ok 'as JSON, too'

# ------------------------------------------------------------------ in the background

succeeds 'a machine in the background' "$HAUNCH" run -n none -d --name web -v store:/data image -- who wait
is "$(cat out)" web 'its name is printed'
for _ in $(seq 300); do
	! "$HAUNCH" logs web | grep -q waiting || break
	sleep 0.1
done
is "$("$HAUNCH" logs web)" '0:0 haunch / /root
waiting' 'logs'
"$HAUNCH" ps | grep -q '^web  *running .* image'
ok 'ps' "$("$HAUNCH" ps)"
"$HAUNCH" ps --format json | grep -q '"running": true'
ok 'as JSON'
"$HAUNCH" inspect web | grep -q '"image": "image"'
ok 'inspect' "$("$HAUNCH" inspect web)"
"$HAUNCH" stats | grep -q '^web  *[0-9.]* *[1-9][0-9.]* '
ok 'stats' "$("$HAUNCH" stats)"
"$HAUNCH" stats web --format prometheus | grep -q '^haunch_host_memory_bytes{name="web"} [1-9]'
ok 'for Prometheus' "$("$HAUNCH" stats --format prometheus)"
fails 1 'is running; choose another name' 'a name in use' "$HAUNCH" run -n none --name web image
fails 1 'the machine web is running' 'rm of one that runs' "$HAUNCH" rm web
fails 1 'volume store is in use' 'a volume in use' "$HAUNCH" run -n none --name other -v store:/data image
! "$HAUNCH" ps -a | grep -q other
ok 'and its name is free' "$("$HAUNCH" ps -a)"
fails 1 'volume store is in use' 'a volume in use is not removed' "$HAUNCH" volume rm store
"$HAUNCH" logs -f web >followed &
follower=$!
succeeds 'stop' "$HAUNCH" stop web
wait "$follower"
grep -q 'signal 15' followed
ok 'logs -f had its last words, and ended' "$(cat followed)"
"$HAUNCH" ps -a | grep -q '^web  *ended (7)'
ok 'its status is known' "$("$HAUNCH" ps -a)"
[ -z "$("$HAUNCH" ps | sed 1d)" ]
ok 'it does not run any more'
flock -s "$XDG_RUNTIME_DIR/haunch/web/lock" "$HAUNCH" ps -a | grep -q '^web  *ended (7)'
ok 'nor does it look so while somebody else is looking'
succeeds 'stop once more' "$HAUNCH" stop web
fails 1 'has ended; choose another name, or: haunch rm web' 'the name of one that has ended' \
	"$HAUNCH" run -n none -d --name web image
succeeds 'rm' "$HAUNCH" rm web
fails 1 'no machine called web' 'it is forgotten' "$HAUNCH" logs web
"$HAUNCH" run -n none -d image -- wait >name1
"$HAUNCH" run -n none -d --rm image -- wait >name2
is "$(cat name1 name2)" 'image
image-2' 'names of their own'
succeeds 'kill' "$HAUNCH" kill image
succeeds 'rm -f' "$HAUNCH" rm -f image image-2
is "$("$HAUNCH" ps -a | sed 1d)" '' 'nothing is left'
is "$(ls "$XDG_RUNTIME_DIR/haunch")" '' 'of them'
fails 1 'QEMU: ' 'one that does not start' "$HAUNCH" run -n none -d --name bad --qemu -frob image
is "$(ls "$XDG_RUNTIME_DIR/haunch")" '' 'leaves nothing'
if unshare -Urm true 2>/dev/null; then
	mkdir full
	unshare -Urm sh -c 'mount -t tmpfs -o size=64k none full && mkdir full/haunch && { head -c 200000 /dev/zero >full/fill; :; } &&
		! XDG_RUNTIME_DIR=$PWD/full timeout 100 "$HAUNCH" run -n none --name x image && ls -A full/haunch' >out 2>err </dev/null
	[ "$(grep -vc '^head:' err)" -eq 1 ] && grep -q 'No space left' err && [ ! -s out ]
	ok 'on a full disk no machine is started, and nothing is left' "$(cat out err)"
else
	skip 'a full disk' 'there are no user namespaces here'
fi
succeeds 'one that ends is forgotten with --rm' "$HAUNCH" run -n none --rm --name short image
is "$(ls "$XDG_RUNTIME_DIR/haunch")" '' 'it is'
fails 2 '--name wants' 'a bad name' "$HAUNCH" run --name ../x image
fails 1 'no machine called none' 'stop of none' "$HAUNCH" stop none
fails 2 'which machine?' 'stop without a name' "$HAUNCH" stop
fails 2 '--format wants' 'an unknown format' "$HAUNCH" ps --format xml
fails 2 'volume wants' 'an unknown word' "$HAUNCH" volume frob
fails 1 'no volume called none' 'a volume that is not there' "$HAUNCH" volume rm none
succeeds 'a volume is removed' "$HAUNCH" volume rm store

# ------------------------------------------------------------------ packets

run -n user --pcap packets image
[ "$(od -An -tx4 -N4 packets | tr -d ' ')" = a1b2c3d4 ]
ok 'packets are written to a file' "$(cat err)"
