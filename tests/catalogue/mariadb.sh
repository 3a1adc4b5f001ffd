# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=mariadb-server memory=256
patience=400
start() { job -- sh -c '/.haunch/start & for i in $(seq 80); do mariadb -e "select 1" >/dev/null 2>&1 && break; sleep 0.5; done; mariadb -e "create database d; create table d.t (n int primary key); insert into d.t values (1),(41); select concat(\"sum \", sum(n)) from d.t"; mariadb-admin shutdown; wait'; }
check() { said '^sum 42'; }
