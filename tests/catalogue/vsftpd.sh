# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=vsftpd memory=96 port=21
ends=143 note='its own status when it is asked to end is 143'
check() { talk 'SYST\r\n' | grep -q '^220 (vsFTPd'; }
