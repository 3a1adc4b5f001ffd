# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=etcd-server memory=256 port=2379
start() { machine -u etcd -w /var/lib/etcd -- etcd --data-dir /var/lib/etcd/d --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://127.0.0.1:2379; }
check() { get /health && grep -q '"health":"true"' "$TMP/page" && get /v3/kv/put -d '{"key":"a2V5","value":"dmFsdWU="}' && get /v3/kv/range -d '{"key":"a2V5"}' && grep -q dmFsdWU= "$TMP/page"; }
