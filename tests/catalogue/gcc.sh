# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=gcc,libc6-dev memory=256
start() { job -w /tmp -- sh -c 'printf "#include <stdio.h>\nint main(void) { return !printf(\"by gcc\\\\n\"); }\n" >m.c && gcc -O2 -o m m.c && ./m'; }
check() { said '^by gcc'; }
