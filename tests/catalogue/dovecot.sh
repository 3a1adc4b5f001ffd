# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=dovecot-imapd memory=128 port=143
check() { talk 'a CAPABILITY\r\n' | grep -q '^a OK'; }
