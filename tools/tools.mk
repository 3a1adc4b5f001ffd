# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The host tools: C programs for everything that parses or writes a format.

TOOLS := haunch progress

.PHONY: tools
tools: $(TOOLS:%=$(B)/tools/%)

HAUNCH_SOURCES := $(addprefix tools/,haunch.c options.c bake.c recipe.c run.c guest.c streams.c exec.c kvm.c inspect.c \
	host.c libraries.c trace.c release.c tree.c tar.c child.c origin.c oci.c deb.c unit.c tmpfiles.c base.c machine.c network.c instances.c volumes.c disk.c export.c image.c elf64.c common.c) \
	init/frames.c
HAUNCH_LIBS := -lpopt -ljansson -larchive -lmd -lz

$(B)/tools/haunch: $(patsubst %.c,$(B)/tools/%.o,$(notdir $(HAUNCH_SOURCES)))
$(B)/tools/haunch: LIBS := $(HAUNCH_LIBS)
$(B)/tools/progress: $(addprefix $(B)/tools/,progress.o common.o)

# The headers are few and small: every object depends on all of them.
TOOLS_HEADERS := $(wildcard tools/*.h hypercall/*.h) core/image.h init/frames.h

$(B)/tools/%.o: tools/%.c $(TOOLS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -c -o $@ $<

$(B)/tools/frames.o: init/frames.c init/frames.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) -c -o $@ $<

$(TOOLS:%=$(B)/tools/%):
	$(CC) $(HOSTLDFLAGS) -o $@ $^ $(LIBS)

# What tests/tools needs: the reader of untrusted files with sanitizers, and a kernel-like ELF.
.PHONY: tests
tests: $(addprefix $(B)/tests/tools/,haunch fuzz frames kernel.elf)

SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(B)/tests/tools/haunch: $(HAUNCH_SOURCES) $(TOOLS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) $(SANITIZE) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -o $@ $(filter %.c,$^) \
		$(HAUNCH_LIBS)

$(B)/tests/tools/fuzz: tests/tools/fuzz.c $(HAUNCH_SOURCES) $(TOOLS_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) $(SANITIZE) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -o $@ \
		$(filter-out tools/haunch.c,$(filter %.c,$^)) $(HAUNCH_LIBS)

$(B)/tests/tools/frames: tests/tools/frames.c init/frames.c init/frames.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) $(SANITIZE) -o $@ $(filter %.c,$^)

# All of what tests/tools/fuzz.t has a part of in each run of the tests.
.PHONY: fuzz
fuzz: tools
	FUZZ=20000 HAUNCH_BUILD=$(abspath $(B)) HAUNCH=$(CURDIR)/haunch prove -v --exec '' tests/tools/fuzz.t

$(B)/tests/tools/kernel.elf: tests/tools/kernel.S tests/tools/kernel.ld
	@mkdir -p $(@D)
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-T,tests/tools/kernel.ld -o $@ $<
