# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# perl.pl - what perl does with processes.
use strict;
use warnings;
use POSIX ();
use IPC::Open3;
use IO::Handle;
use Time::HiRes 'sleep';

my $checks = 0;
sub check {
	my ($description, $expected, $got) = @_;
	$checks++;
	$got //= 'undef';
	print $expected eq $got ? "ok $checks - $description\n"
		: "not ok $checks - $description\nexpected: $expected\ngot: $got\n";
}

STDOUT->autoflush(1);
check('perl: system() with a shell', 3, system('true; exit 3') >> 8);
check('perl: system() without', 1, system('false') >> 8);
check('perl: system() of what is not there', -1, system('/no/such/program'));
check('perl: backticks', "a\nb\n", scalar(`echo a; echo b`));
check('perl: and their status', 5, do { my $x = `exit 5;`; $? >> 8 });
check('perl: open() from a pipe', 100, do { open(my $f, '-|', 'seq', '100'); my @l = <$f>; close $f; scalar @l });
check('perl: open() to a pipe', 0, do { open(my $f, '|-', 'cat >/tmp/perl'); print $f "x\n"; close $f; $? });
check('perl: and it got there', "x\n", scalar(`cat /tmp/perl`));
my $pid = fork();
if (!$pid) { POSIX::_exit(7) }
check('perl: fork() and waitpid()', $pid, waitpid($pid, 0));
check('perl: and its status', 7, $? >> 8);
my $memory = 'x' x 10_000_000;
pipe(my $r, my $w);
if (!($pid = fork())) { substr($memory, 5_000_000, 1) = 'y'; print $w substr($memory, 4_999_999, 3); close $w; POSIX::_exit(0) }
close $w;
waitpid($pid, 0);
check('perl: a child writes to its copy of 10 MB', 'xyx', <$r>);
check('perl: and not to ours', 'xxx', substr($memory, 4_999_999, 3));
my $got = 0;
$SIG{CHLD} = sub { $got++ while waitpid(-1, POSIX::WNOHANG()) > 0 };
for (1 .. 10) { fork() or POSIX::_exit(0) }
my $until = time + 20;
sleep 0.05 while $got < 10 && time < $until;
check('perl: ten SIGCHLD', 10, $got);
$SIG{CHLD} = 'DEFAULT';
$SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select(undef, undef, undef, 20); };
check('perl: alarm()', "alarm\n", $@);
my $child = open3(my $in, my $out, undef, 'sh', '-c', 'cat; echo error >&2; exit 2');
print $in "in\n";
close $in;
my @lines = <$out>;
waitpid($child, 0);
check('perl: open3()', "in\nerror\n2", join('', @lines) . ($? >> 8));
check('perl: exec() in a child', "exec\n", do { my $p = open(my $f, '-|') // die; if (!$p) { exec 'echo', 'exec' } my $l = <$f>; $l });
check('perl: a killed child', 9, do { my $p = fork() || do { sleep 60; POSIX::_exit(0) }; kill 'KILL', $p; waitpid($p, 0); $? & 127 });
$SIG{SEGV} = 'DEFAULT';
check('perl: kill() of the whole group', 'all', do {
	my $p = fork();
	if (!$p) { setpgrp; for (1 .. 3) { fork() or do { sleep 60; POSIX::_exit(0) } } sleep 60; POSIX::_exit(0) }
	sleep 0.3; kill '-TERM', $p; waitpid($p, 0); ($? & 127) == 15 ? 'all' : $? });
print "1..$checks\n";
