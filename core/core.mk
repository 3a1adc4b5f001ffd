# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The core, and the final link of it with a donor.  Included by the top Makefile, which sets B (the
# build folder), CC and HOSTCFLAGS; paths are from the repository's root.
#
#   $(B)/core/core.o		exports hc_* and the entry points, wants donor_* and image_*
#   $(B)/haunch-NAME.elf	the core and a donor's donor.o, symbol table, stripped
#   $(B)/haunch-NAME.debug	the same with everything that a debugger wants

# Ring 0 code: nothing below the stack pointer is ours, no registers but the general ones, no calls
# into a run-time library.  See doc/architecture.md,
# "A second donor".
CORE_CFLAGS := -std=gnu11 -ffreestanding -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes \
	-Wshadow -Wstrict-prototypes -Wundef -Wvla -Wframe-larger-than=4096 \
	-m64 -mno-red-zone -fPIE -mgeneral-regs-only \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-fno-stack-protector \
	-fno-strict-aliasing -fno-common -fno-tree-loop-distribute-patterns -fno-builtin

CORE_C := $(wildcard core/*.c core/x86_64/*.c)
CORE_S := $(wildcard core/x86_64/*.S)
CORE_HEADERS := $(wildcard core/*.h core/x86_64/*.h) hypercall/hypercall.h
CORE_OBJECTS := $(CORE_C:core/%.c=$(B)/core/%.o) $(CORE_S:core/%.S=$(B)/core/%.o)
CORE_LDS := $(B)/core/haunch.lds

$(B)/core/%.o: core/%.c $(CORE_HEADERS) core/core.mk
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -c -o $@ $<

$(B)/core/%.o: core/%.S $(CORE_HEADERS) core/core.mk
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -c -o $@ $<

# The linker's script has the contract's constants.
$(CORE_LDS): core/x86_64/haunch.lds hypercall/hypercall.h core/core.mk
	@mkdir -p $(@D)
	$(CC) -E -P -undef -x assembler-with-cpp -D__ASSEMBLER__ -o $@ $<

# The core's inner names must not meet a donor's.
$(B)/core/core.o: $(CORE_OBJECTS)
	$(LD) -r -o $@.tmp $^
	objcopy --wildcard --keep-global-symbol='hc_*' --keep-global-symbol=pvh_entry \
		--keep-global-symbol=multiboot2_entry $@.tmp
	mv $@.tmp $@

$(B)/tools/symtab: tools/symtab.c core/symbols.h core/image.h hypercall/hypercall.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) -o $@ $<

# $(call CORE_LINK,donor.o,output.debug,output.elf,donor's release)
define CORE_LINK
	$(LD) -nostdlib -static --emit-relocs --no-relax -z noexecstack -z max-page-size=4096 --build-id=none \
		--no-warn-rwx-segments --orphan-handling=error -T $(CORE_LDS) -o $(2).tmp \
		$(B)/core/core.o $(1)
	mv $(2).tmp $(2)
	$(B)/tools/symtab $(2) $(3).tmp "$(VERSION)" "$(4)"
	mv $(3).tmp $(3)
endef

# ------------------------------------------------------------------ tests (tests/core/)

$(B)/tests/core/donor.o: tests/core/donor.c hypercall/hypercall.h core/core.mk
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -c -o $@ $<

# The same with a bss that no small machine has.
$(B)/tests/core/large.o: tests/core/donor.c hypercall/hypercall.h core/core.mk
	@mkdir -p $(@D)
	$(CC) $(CORE_CFLAGS) -DLARGE -c -o $@ $<

$(B)/tests/core/%.elf: $(B)/core/core.o $(B)/tests/core/%.o $(CORE_LDS) $(B)/tools/symtab
	$(call CORE_LINK,$(B)/tests/core/$*.o,$(B)/tests/core/$*.debug,$@,test)

# The portable part as a program of the host, with everything that finds bad accesses.
CORE_UNITS := acpi boot_info ranges symbols
$(B)/tests/core/units: tests/core/units.c $(CORE_UNITS:%=core/%.c) $(wildcard core/*.h)
	@mkdir -p $(@D)
	$(CC) $(filter-out -O2,$(HOSTCFLAGS)) -O1 -fsanitize=address,undefined \
		-fno-sanitize-recover=all -fno-omit-frame-pointer -o $@ \
		tests/core/units.c $(CORE_UNITS:%=core/%.c)

# The clock with a simulated counter.
$(B)/tests/core/clock: tests/core/clock.c core/x86_64/time.c $(wildcard core/*.h core/x86_64/*.h) \
		hypercall/hypercall.h
	@mkdir -p $(@D)
	$(CC) $(HOSTCFLAGS) -fsanitize=undefined -fno-sanitize-recover=all -o $@ $<

.PHONY: core-tests
core-tests: $(B)/core/core.o $(B)/tests/core/units $(B)/tests/core/clock \
	$(B)/tests/core/donor.elf $(B)/tests/core/large.elf
