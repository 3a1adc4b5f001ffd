#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# guest.t - the tools and init with the real kernel: status and output come back, files, disks and
# arguments are where they should be.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -e "$REAL_BUILD/haunch-virtio.elf" ]; then
	skip_all 'the kernel is not built'
fi
export HAUNCH_BUILD="$REAL_BUILD"

cat >program.c <<'END'
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each argument is something to do. */
int main(int argc, char **argv)
{
	char line[512];
	struct stat st;
	FILE *f;
	int i;

	for (i = 1; i < argc; i++) {
		char *what = argv[i] + 2;

		switch (argv[i][0]) {
		case 'p':	/* print */
			printf("%s\n", what);
			break;
		case 'c':	/* contents of a file */
			f = fopen(what, "r");
			while (f && fgets(line, sizeof(line), f))
				fputs(line, stdout);
			if (!f)
				printf("%s: %s\n", what, strerror(errno));
			break;
		case 's':	/* stat */
			if (lstat(what, &st))
				printf("%s: %s\n", what, strerror(errno));
			else
				printf("%s %o %d %d\n", what, st.st_mode, (int)st.st_uid, (int)st.st_gid);
			break;
		case 'w':	/* write a file */
			f = fopen(what, "w");
			if (!f || fprintf(f, "by the guest\n") < 0 || fclose(f))
				printf("%s: %s\n", what, strerror(errno));
			break;
		case 'e':	/* environment */
			printf("%s=%s\n", what, getenv(what));
			break;
		case 'h':	/* host name */
			gethostname(line, sizeof(line));
			printf("%s\n", line);
			break;
		case 'd':	/* a daemon in the background */
			if (!fork()) {
				sleep(1000);
				_exit(0);
			}
			break;
		case 'x':	/* exit */
			exit(atoi(what));
		case 'k':	/* kill */
			fflush(stdout);
			raise(atoi(what));
		}
	}
	return 0;
}
END
"$ROOT/tools/haunch-cc" -o program program.c || { cat program.c; exit 1; }

# guest OUTPUT STATUS DESCRIPTION ARGUMENT...: of haunch run; what the machine itself says is $said
said=''
guest()
{
	expected_out=$1
	expected_status=$2
	description=$3
	shift 3
	capture timeout 60 "$HAUNCH" run "$@"
	[ "$(cat out)" = "$expected_out" ] && [ "$status" -eq "$expected_status" ] && [ "$(cat err)" = "$said" ]
	ok "$description" "status $status, expected $expected_status" "$(cat out err)" \
		"expected: $expected_out"
}

guest 'hello' 0 'a program runs' program -- p=hello
guest '' 42 'its status comes back' program -- x=42
said='haunch: program: Segmentation fault (signal 11)' guest '' 139 'so does a signal' program -- k=11
said='haunch: program: Killed (signal 9)' guest '' 137 'and another' program -- k=9
said='haunch: program has ended, and so does the machine, with program in the background: have it stay in the foreground' \
	guest '' 0 'a daemon does not keep the machine' program -- d=
guest '' 3 'nor is it told of when there was an error' program -- d= x=3
# The mark of a disk's first sector, where a program has something else.
{ head -c 510 program; printf '\125\252'; tail -c +513 program; } >marked
chmod +x marked
guest 'hello' 0 'a program with the mark of a disk in it is none' marked -- p=hello
guest 'A=b c' 0 'environment' -e 'A=b c' program -- e=A
guest 'haunch' 0 'the host has a name' program -- h=
guest 'x' 0 'a name of its own' -c haunch.hostname=x program -- h=
capture timeout 60 "$HAUNCH" run program -- c=/etc/resolv.conf
grep -q '^nameserver 10.0.2.3' out
ok 'names can be looked up' "$(cat out err)"

date -d '@1000000000' >/dev/null && [ -e /usr/share/zoneinfo/Europe/Berlin ] &&
	guest 'Sun Sep  9 03:46:40 CEST 2001' 0 'the time zone is there' -e TZ=Europe/Berlin -e LC_ALL=C /bin/date -- \
		-d @1000000000 '+%a %b %e %H:%M:%S %Z %Y'

mkdir -p tree/sub
echo data >tree/file
chmod 4751 tree/file
ln -s ../file tree/sub/link
ln tree/file tree/hard
mkdir tree/dir
chmod 1770 tree/dir
owner="$(id -u) $(id -g)"
guest "/t/file 104751 $owner
/t/sub/link 120777 $owner
/t/dir 41770 $owner
data
data
/tmp 41777 0 0" 0 'files keep their modes and owners' --dir tree:/t program -- \
	s=/t/file s=/t/sub/link s=/t/dir c=/t/sub/link c=/t/hard s=/tmp
guest '/t/none: No such file or directory' 0 'what is not there is not there' --dir tree:/t program -- \
	c=/t/none

# Dynamic executables: what they print is what they print here.
cat >dynamic.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static __thread int mine = 7;
static double results[4];

static void *thread(void *argument)
{
	double *result = argument;

	mine += result - results;
	*result = pow(2, mine) + sin(mine);
	pthread_exit(NULL);	/* which opens one more library */
}

int main(int argc, char **argv)
{
	double (*function)(double) = (double (*)(double))dlsym(RTLD_DEFAULT, "cbrt");
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, thread, &results[i]);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		printf("%s %d %.9f\n", argv[argc - 1], mine, results[i]);
	}
	printf("%.9f\n", function ? function(27) : 0);
	return 9;
}
END
gcc -O1 -fno-builtin -pthread -o dynamic dynamic.c -lm -ldl
gcc -O1 -fno-builtin -pthread -no-pie -o dynamic-fixed dynamic.c -lm -ldl
gcc -O1 -fno-builtin -pthread -Wl,-z,now -o dynamic-now dynamic.c -lm -ldl
for program in dynamic dynamic-fixed dynamic-now; do
	guest "$(./$program word)" 9 "threads, libm and dlsym: $program" $program -- word
done
needed=$("$HAUNCH" bake -o dynamic.img dynamic && "$HAUNCH" inspect --field memory dynamic.img)
is "$("$HAUNCH" inspect dynamic.img | grep -c 'libm\.so\.6')" 1 'a library is there once'
needed=$(((needed + 1048575) / 1048576)) more=0
# Newer ones have longer queues.
[ "$(qemu-system-x86_64 --version | sed -n 's/^QEMU.* version \([0-9]*\)\..*/\1/p')" -lt 10 ] || more=8
guest "$(./dynamic word)" 9 'with no more memory than it asks for' -m $((needed + more)) dynamic.img -- word
mkdir newer
printf '#!/bin/sh\necho "QEMU emulator version 10.0.1"\n' >newer/qemu-system-x86_64
chmod +x newer/qemu-system-x86_64
capture env PATH="$TMP/newer:$PATH" "$HAUNCH" run -m $((needed + 7)) dynamic.img
[ "$status" -eq 1 ] && grep -qx "haunch run: the machine has $((needed + 7)) MB, this image needs $((needed + 8)) MB with QEMU 10: .*" err
ok 'a newer QEMU wants more' "status $status" "$(cat out err)"
guest "$(ls -1 tree)" 0 "this machine's ls" --dir tree:/t /bin/ls -- -1 /t
guest 3 0 "this machine's awk" "$(command -v awk)" -- 'END { print NR }' /etc/passwd
printf '#include <dlfcn.h>\nint main(void) { return !dlopen("libm.so.6", RTLD_NOW); }\n' >opens.c
gcc -o opens opens.c -ldl
guest '' 0 'a part of glibc that a program opens by its name is there' opens
if [ -e /lib/ld-musl-x86_64.so.1 ] && command -v musl-gcc >/dev/null; then
	musl-gcc -O1 -fno-builtin -pthread -o dynamic-musl dynamic.c
	guest "$(./dynamic-musl word)" 9 "musl's dynamic executables" dynamic-musl -- word
else
	skip "musl's dynamic executables" 'musl-gcc is not installed'
fi

"$HAUNCH" bake -o image program -- p=baked
guest baked 0 'a baked image' image
guest 'new
two words' 3 'other arguments' image -- p=new 'p=two words' x=3
guest baked 0 'without a network' -n none image
guest baked 0 'on a q35' --machine q35 image
guest baked 0 'with 1 GB' -m 1024 image

if command -v mke2fs >/dev/null; then
	truncate -s 8M disk
	mke2fs -q -t ext4 disk
	guest 'by the guest' 0 'a disk' --disk disk -c haunch.mount=/dev/vda:/mnt/a:ext4 program -- \
		w=/mnt/a/new c=/mnt/a/new
	capture e2fsck -fn disk
	is "$status" 0 'it is clean afterwards' "$(cat out)"
	is "$(debugfs -R 'cat /new' disk 2>/dev/null)" 'by the guest' 'and has what was written'
	guest 'by the guest' 0 'a disk of any kind' --disk disk --mount /dev/vda:/mnt program -- \
		c=/mnt/new
	guest '/mnt/new: Read-only file system
by the guest' 0 'a read-only disk' --disk disk:ro -c haunch.mount=/dev/vda:/mnt program -- \
		w=/mnt/new c=/mnt/new
	guest '/mnt/new: Read-only file system' 0 'a disk mounted read-only' --disk disk \
		-c haunch.mount=/dev/vda:/mnt:ext4:ro program -- w=/mnt/new
	guest 'by the guest' 0 'a disk as the root' --disk disk -c root=/dev/vda program -- c=/new w=/root
	capture e2fsck -fn disk
	is "$status" 0 'it is clean afterwards' "$(cat out)"
	capture timeout 60 "$HAUNCH" run --disk disk -c haunch.mount=/dev/vda:/mnt:squashfs program
	[ "$status" -eq 126 ] && grep -qx 'haunch: cannot mount /dev/vda on /mnt: Invalid argument' err
	ok 'a disk of another kind' "status $status" "$(cat out err)"
	for disk in ahci:/dev/sda nvme:/dev/nvme0n1 scsi:/dev/sda; do
		[ -e "$REAL_BUILD/haunch-generic.elf" ] || break
		for machine in pc q35; do
			guest 'by the guest' 0 "${disk%%:*} on $machine" --machine $machine -k generic \
				--disk "disk:${disk%%:*}" -c "haunch.mount=${disk#*:}:/mnt" program -- \
				"w=/mnt/${disk%%:*}-$machine" "c=/mnt/${disk%%:*}-$machine"
			capture e2fsck -fn disk
			[ "$status" -eq 0 ] && debugfs -R 'ls' disk 2>/dev/null |
				grep -q "${disk%%:*}-$machine"
			ok 'it is clean afterwards, and has the file' "$(cat out)"
		done
	done
	"$HAUNCH" bake --mount /dev/vda:/mnt:ext4 -o image-mount program -- c=/mnt/new
	guest 'by the guest' 0 'a mount that was baked' --disk disk image-mount
else
	skip 'a disk' 'mke2fs is not installed'
fi

"$HAUNCH" bake -m 1000 -o greedy program
capture timeout 60 "$HAUNCH" run -m 64 greedy
[ "$status" -ne 0 ] && grep -q 'not enough memory.*64 MB.*1000 MB' err
ok 'too little memory is said' "status $status" "$(cat out err)"
guest '' 0 'memory is given where it is needed' greedy

if command -v grub-mkrescue >/dev/null && command -v xorriso >/dev/null; then
	"$HAUNCH" bake -f iso -o x.iso program -- p=iso x=5
	for machine in pc q35; do
		guest 'iso' 5 "an ISO boots on $machine, and clears no screen" --machine $machine x.iso
	done
	"$HAUNCH" bake -f iso -o x.iso program -- h=
	guest 'haunch' 0 'there the host has its name, too' x.iso
else
	skip 'an ISO boots' 'grub-mkrescue is not installed'
fi

# With the small firmware the donor places the devices.  What needs an interrupt line gets the usual firmware.
firmware=/usr/share/qemu/qboot.rom
if [ -e "$firmware" ]; then
	"$HAUNCH" bake -o lines program -- 'c=/proc/interrupts'
	for machine in pc q35; do
		capture "$HAUNCH" run --dry-run --machine $machine lines
		grep -qF -- "-bios $firmware" out
		ok "$machine: the small firmware starts it" "$(cat out err)"
		capture timeout 60 "$HAUNCH" run --machine $machine --memory 3500 --disk disk lines
		[ "$status" -eq 0 ] && [ "$(grep -c ' message .*\(input\|output\|req\)' out)" -ge 3 ]
		ok "$machine: the devices send messages" "status $status" "$(cat out err)"
	done
	capture "$HAUNCH" run --dry-run --qemu -device --qemu edu lines
	is "$(grep -c -- -bios out)" 0 "but not with the user's devices"
	capture "$HAUNCH" run --dry-run -k generic --nic e1000 program
	is "$(grep -c -- -bios out)" 0 'and not with an e1000'
else
	skip 'the small firmware starts it' 'QEMU has none'
fi
