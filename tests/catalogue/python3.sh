# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=python3 memory=192 port=8000
start() { machine -- python3 -m http.server 8000 --directory /etc; }
check() { get /hosts && grep -q localhost "$TMP/page"; }
