#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# init.t - the first program, run on the host as process 1 of a namespace.  Its kernel there is the
# host's; what only an image has (exit status, disks, network) is tested with a guest.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare --pid --fork --mount --net true 2>/dev/null ||
	! command -v cpio >/dev/null; then
	skip_all 'needs root, namespaces and cpio'
fi

# What init may set in an image is not its to set here.
settings=$(cat /proc/sys/kernel/shmall /proc/sys/fs/pipe-user-pages-soft)

cat >program.c <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rlimit files;
	int i;

	getrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	printf(" A=%s %s\n", getenv("A"), files.rlim_cur > 1024 ? "many files" : "few files");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "segv"))
		raise(SIGSEGV);
	if (argc > 1 && !strcmp(argv[1], "orphan")) {
		if (!vfork())
			execl("/bin/program", "program", "sleep", (char *)NULL);
		usleep(300000);		/* until it has started */
	}
	if (argc > 1 && !strcmp(argv[1], "sleep"))
		sleep(30);
	return 3;
}
END
HAUNCH_BUILD=$REAL_BUILD "$ROOT/tools/haunch-cc" -o program program.c

# unpack: the image's files to the folder root
unpack()
{
	rm -rf root
	mkdir root
	cpio_of image | (cd root && cpio -idm --quiet -f dev/console)
}

# start: run what was unpacked, with the kernel's command line from the file command-line: without the
# capability to mount, init makes do with the /proc that we made.
start()
{
	# shellcheck disable=SC2016 # for the inner shell
	capture timeout 20 unshare --pid --fork --mount --net sh -c '
		mount -t proc proc root/proc && mount --bind command-line root/proc/cmdline &&
		exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin chroot root /init'
}

# boot ARGUMENT...
boot()
{
	"$HAUNCH" bake -o image -e A=b program -- "$@"
	unpack
	start
}

echo quiet >command-line
boot one 'two words'
is "$(cat out)" '[/bin/program][one][two words] A=b many files' 'arguments, environment, limits'
is "$(cat err)" '' 'nothing else is said'
boot segv
is "$(cat err)" 'haunch: program: Segmentation fault (signal 11)' 'a signal is told'
boot orphan
is "$(wc -l <out)" 2 'what the program leaves behind is ended'

echo 'quiet -- uno "dos tres" ""' >command-line
boot one
is "$(cat out)" '[/bin/program][uno][dos tres][] A=b many files' 'arguments on the command line'
echo 'haunch.mount=none:/a/b:tmpfs' >command-line
boot one
is "$(cat out err)" 'haunch: cannot mount none on /a/b: Operation not permitted' 'a mount that fails'
echo quiet >command-line
"$HAUNCH" bake -o image program
for case in 'rm:no such program in the image' 'chmod 644:not executable (permission denied)' \
	'cp /proc/version:not an executable that this kernel can run'; do
	unpack
	${case%%:*} root/bin/program
	start
	is "$(cat err)" "haunch: /bin/program: ${case#*:}" "${case#*:}"
done
rm root/.haunch/program
start
is "$(cat err)" 'haunch: /.haunch/program: No such file or directory' 'no program file'
capture "$REAL_BUILD/init/init"
is "$(cat err)" 'haunch: init has to be the first process of an image' 'not process 1'

[ "$(cat /proc/sys/kernel/shmall /proc/sys/fs/pipe-user-pages-soft)" = "$settings" ]
ok "this machine's settings are as they were"
