# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=postfix memory=128 port=25
check() { talk 'EHLO client\r\n' | grep -q '^250 CHUNKING'; }
