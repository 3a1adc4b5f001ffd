# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# What measures (see bench/run): host tools, a plugin for QEMU, the rival Linux.
#
#	make bench-tools	the host tools and the plugin
#	make bench-linux	the rival (some minutes)
#	make test-programs	tests/programs/*.c, for musl, glibc, and glibc at a fixed address
#	make bench		all, and run it

BENCH_TOOLS := load first ask profile
BENCH_CFLAGS = $(HOSTCFLAGS) -D_GNU_SOURCE

bench-tools: $(BENCH_TOOLS:%=$(B)/bench/%) $(B)/bench/icount.so

$(B)/bench/%: bench/%.c bench/icount-client.c bench/icount-client.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $< bench/icount-client.c

$(B)/bench/icount.so: bench/icount.c bench/icount.h bench/qemu-plugin-api.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $< -pthread

.PHONY: bench-tools
