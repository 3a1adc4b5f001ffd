# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=mosquitto memory=96 port=1883
start() { mkdir -p "$TMP/mq"; printf 'listener 1883 0.0.0.0\nallow_anonymous true\nuser mosquitto\n' >"$TMP/mq/x.conf"; machine -v "$TMP/mq:/mnt:ro" -- mosquitto -c /mnt/x.conf; }
check() { talk '\020\015\000\004MQTT\004\002\000\074\000\001x' | od -An -tx1 | grep -q '20 02 00 00'; }
