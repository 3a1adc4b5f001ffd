# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=ffmpeg memory=384
patience=400
start() { job -- ffmpeg -hide_banner -f lavfi -i testsrc=duration=1:size=160x120:rate=10 -c:v mpeg4 /tmp/x.mp4; }
check() { said 'frame= *10'; }
