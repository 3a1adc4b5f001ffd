# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=redis-server memory=128 port=6379
start() { machine -- redis-server --bind 0.0.0.0 --protected-mode no; }
check() { talk 'SET a 42\r\nGET a\r\nBGSAVE\r\n' | grep -q 'Background saving started' && "$HAUNCH" logs it | grep -q 'Background saving terminated with success'; }
