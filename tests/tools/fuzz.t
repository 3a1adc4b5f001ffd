#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# fuzz.t - damaged container images, programs, kernels and images: the tools (under sanitizers) neither crash nor hang.
# $FUZZ is how many (`make fuzz`: 20000); each has a number, which is all of its chance: see fuzz.c.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_hello
mkdir -p fuzz small/bin small/etc/old
cp hello fuzz/program
gcc -o fuzz/dynamic hello.c
cp "$HAUNCH_BUILD/haunch-generic.elf" fuzz/kernel
printf 'no program' >small/bin/hello
ln small/bin/hello small/etc/hard
ln -s ../bin/hello small/etc/soft
: >small/etc/.wh.x
: >small/etc/old/.wh..wh..opq
tar -C small -cf fuzz/layer.tar .
gzip -k fuzz/layer.tar
"$HAUNCH" bake -o fuzz/image -d small:/small hello || exit 1
mkdir temporary
TMPDIR=$TMP/temporary "$REAL_BUILD/tests/tools/fuzz" fuzz "${FUZZ_FIRST:-1}" "${FUZZ:-800}" >said 2>&1
ok "$(tail -n 1 said)" "$(head -n 100 said)"
! tail -n 1 said | grep -q ' 0 accepted\| 0 refused'
ok 'some of each kind'
is "$(ls -A temporary)" '' 'nothing is left in the temporary folder'

# What would show if it could not fail: a tool that crashes is told from one that says no.
printf 'int main(void) { volatile int a[2] = { 0 }, i = 2; return a[i]; }' >crash.c
gcc -fsanitize=address,undefined -fno-sanitize-recover=all -o crash crash.c
ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=abort_on_error=1 sh -c './crash; exit $?' >/dev/null 2>&1
[ $? -ge 128 ]
ok 'what a sanitizer finds is no status of a tool'
