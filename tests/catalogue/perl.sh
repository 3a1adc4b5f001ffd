# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=perl memory=128
start() { job -- perl -e 'use threads; print join(",", map { threads->create(sub { $_[0] ** 2 }, $_)->join } 1 .. 5), `echo; echo by perl`'; }
check() { said '^1,4,9,16,25' && said '^by perl'; }
