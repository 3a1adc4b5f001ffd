# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# What measures (see bench/run): host tools, a plugin for QEMU, the rival Linux.
#
#	make bench-tools	the host tools and the plugin
#	make bench-linux	the rival (some minutes)
#	make test-programs	tests/programs/*.c, for musl, glibc, and glibc at a fixed address
#	make bench		all, and run it

BENCH_TOOLS := load first ask profile tsc
BENCH_CFLAGS = $(HOSTCFLAGS) -D_GNU_SOURCE

bench-tools: $(BENCH_TOOLS:%=$(B)/bench/%) $(B)/bench/icount.so

$(B)/bench/%: bench/%.c bench/icount-client.c bench/icount-client.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -o $@ $< bench/icount-client.c

$(B)/bench/icount.so: bench/icount.c bench/icount.h bench/qemu-plugin-api.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $< -pthread

# Programs that run in both systems.
$(B)/bench/micro: bench/micro.c bench/icount.h tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc -O2 -Wall -Wextra -Werror -pthread -s -o $@ $<

$(B)/bench/linux/init: bench/linux/init.c tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc -no-pie -Os -Wall -Wextra -Werror -s -o $@ $<

bench-linux: $(B)/bench/linux/vmlinux $(B)/bench/linux/init $(B)/bench/linux-equal/vmlinux

$(B)/bench/linux/vmlinux: bench/linux/config bench/linux/build $(B)/donor/chosen
	@bench/linux/build $(DONOR) $(@D)

# The rival with the disks, file systems, protocols and hardening that Haunch's kernel has: for its size.
$(B)/bench/linux-equal/vmlinux: bench/linux/config bench/linux/build $(CONFIG_COMMON) $(B)/donor/chosen
	@bench/linux/build $(DONOR) $(@D) $(CONFIG_COMMON)

# What it needs is installed first.
bench:
	HAUNCH_BUILD=$(abspath $(B)) ./haunch setup build run bench
	$(MAKE) --no-print-directory B=$(B) $(B)/haunch-virtio.elf bench-tools bench-linux apps \
		$(B)/bench/micro
	HAUNCH_BUILD=$(abspath $(B)) bench/run

.PHONY: bench bench-tools bench-linux

# What tests/wall runs in images.
WALL_PROGRAMS := $(patsubst tests/wall/%.c,%,$(wildcard tests/wall/*.c))

wall-programs: $(WALL_PROGRAMS:%=$(B)/tests/wall/%)

$(B)/tests/wall/%: tests/wall/%.c tests/wall/wall.h tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc $(filter-out -Wno-array-bounds,$(TEST_CFLAGS)) -Wno-infinite-recursion -s -o $@ $<

.PHONY: wall-programs
tests: wall-programs

TEST_PROGRAMS := $(patsubst tests/programs/%.c,%,$(wildcard tests/programs/*.c))
TEST_HEADERS := $(wildcard tests/programs/*.h)
TEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-array-bounds -D_GNU_SOURCE -pthread

tests: test-programs bench-tools
test-programs: $(foreach libc,musl glibc fixed,$(TEST_PROGRAMS:%=$(B)/tests/programs/$(libc)/%))

$(B)/tests/programs/musl/%: tests/programs/%.c $(TEST_HEADERS) tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc $(TEST_CFLAGS) -o $@ $< -lm

$(B)/tests/programs/glibc/%: tests/programs/%.c $(TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) -static-pie $(TEST_CFLAGS) -o $@ $< -lm

$(B)/tests/programs/fixed/%: tests/programs/%.c $(TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) -static -no-pie $(TEST_CFLAGS) -o $@ $< -lm

.PHONY: tests test-programs

$(B)/tests/web/watch: tests/web/watch.c tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -s -o $@ $<

tests: $(B)/tests/web/watch
