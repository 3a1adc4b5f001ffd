#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# scripts.t - dash, bash, perl and python3: what scripts do with processes.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

boot services -m 128
ok 'a machine boots' || exit
results dash /t/shell.sh dash
results bash /t/shell.sh bash
results bash /t/bash.sh
results perl /t/perl.pl
results python3 /t/processes.py
ends
