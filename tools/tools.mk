# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The host tools: C programs for everything that parses or writes a format.

TOOLS := bake inspect progress kvm-probe supervise

.PHONY: tools
tools: $(TOOLS:%=$(B)/tools/%)

$(B)/tools/bake: $(addprefix $(B)/tools/,bake.o libraries.o tree.o image.o elf64.o common.o)
$(B)/tools/inspect: $(addprefix $(B)/tools/,inspect.o image.o elf64.o common.o)
$(B)/tools/progress: $(addprefix $(B)/tools/,progress.o common.o)
$(B)/tools/kvm-probe: $(addprefix $(B)/tools/,kvm-probe.o common.o)
$(B)/tools/supervise: $(addprefix $(B)/tools/,supervise.o common.o)
$(B)/tools/supervise: LDLIBS := -ljansson

# The headers are few and small: every object depends on all of them.
$(B)/tools/%.o: tools/%.c $(wildcard tools/*.h) core/image.h hypercall/hypercall.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -c -o $@ $<

$(TOOLS:%=$(B)/tools/%):
	$(CC) $(HOSTLDFLAGS) -o $@ $^ $(LDLIBS)

# What tests/tools needs: the readers of untrusted files with sanitizers, and a kernel-like ELF.
.PHONY: tests
tests: $(B)/tests/tools/bake $(B)/tests/tools/inspect $(B)/tests/tools/kernel.elf

SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TOOLS_SOURCES := $(addprefix tools/,image.c elf64.c common.c)

$(B)/tests/tools/bake: tools/libraries.c tools/tree.c
$(B)/tests/tools/bake $(B)/tests/tools/inspect: $(B)/tests/tools/%: tools/%.c $(TOOLS_SOURCES) \
		$(wildcard tools/*.h) core/image.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) $(SANITIZE) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -o $@ $(filter %.c,$^)

$(B)/tests/tools/kernel.elf: tests/tools/kernel.S tests/tools/kernel.ld
	@mkdir -p $(@D)
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-T,tests/tools/kernel.ld -o $@ $<
