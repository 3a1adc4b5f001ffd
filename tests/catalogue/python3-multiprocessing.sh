# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=python3 memory=192
note='multiprocessing, shared_memory'
start() { job -- python3 -c 'from multiprocessing import Pool, shared_memory
m = shared_memory.SharedMemory(create=True, size=64)
m.buf[0] = 42
with Pool(2) as p: print("sum", sum(p.map(abs, range(-10, 0))), m.buf[0])
m.close(); m.unlink()'; }
check() { said '^sum 55 42'; }
