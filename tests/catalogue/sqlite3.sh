# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=sqlite3 memory=96
start() { job -- sqlite3 /tmp/d 'create table t (n); insert into t values (1), (41); select sum(n) from t; pragma integrity_check;'; }
check() { said '^42$' && said '^ok$'; }
