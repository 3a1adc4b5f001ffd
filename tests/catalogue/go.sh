# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=golang-go memory=768
patience=900
note='compiles and runs'
start() { job -e HOME=/tmp -e GOFLAGS=-p=1 -w /tmp -- sh -c 'printf "package main\nfunc main() { println(6 * 7) }\n" >/tmp/m.go && go run /tmp/m.go'; }
check() { said '^42$'; }
