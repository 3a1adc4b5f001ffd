# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The NetBSD donor: rumpuser(3) on the hypercalls, and the user's rump kernel libraries.
#
#   make NETBSD=PREFIX build/haunch-netbsd.elf	PREFIX/lib has librump*.a, PREFIX/include/rump the headers

NETBSD_B	:= $(B)/netbsd
NETBSD_CHECK	:= netbsd/check
NETBSD_COMPONENTS := $(strip $(file <netbsd/components))
NETBSD_LIBS	:= $(NETBSD_COMPONENTS:%=$(NETBSD)/lib/lib%.a)
# Of the Linux emulation what is called.
NETBSD_PARTS	:= $(filter %_sys_linux.a,$(NETBSD_LIBS))
NETBSD_C	:= $(wildcard netbsd/*.c)
NETBSD_OBJECTS	:= $(NETBSD_C:netbsd/%.c=$(B)/netbsd/%.o) $(B)/netbsd/words.o

# What a function is given is NetBSD's business, or a program's: not all of it is of use here.
NETBSD_CFLAGS	= $(CORE_CFLAGS) -Wno-unused-parameter

# What is wrong with PREFIX is said before anything is built.
$(NETBSD_B)/prefix: netbsd/components $(NETBSD_CHECK) FORCE
	@mkdir -p $(@D)
	$(NETBSD_CHECK) "$(NETBSD)" $(NETBSD_COMPONENTS)
	echo "$(NETBSD)" | cmp -s - $@ || echo "$(NETBSD)" >$@

# The names of Linux's calls, for messages, by their numbers in its own header.
$(NETBSD_B)/names.h: netbsd/netbsd.mk
	@mkdir -p $(@D)
	echo '#include <asm/unistd.h>' | $(CC) -E -dM -x c - >$@.tmp
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' $@.tmp >$@

NETBSD_WANTS	= $(wildcard netbsd/*.h hypercall/*.h) init/words.h netbsd/netbsd.mk $(NETBSD_B)/prefix $(NETBSD_B)/names.h
NETBSD_COMPILE	= $(CC) $(NETBSD_CFLAGS) -I$(NETBSD)/include -I$(NETBSD_B) -c -o $@ $<

$(NETBSD_B)/%.o: netbsd/%.c $(NETBSD_WANTS)
	$(NETBSD_COMPILE)
$(NETBSD_B)/words.o: init/words.c $(NETBSD_WANTS)
	$(NETBSD_COMPILE)

# Only the entry points stay global.  (What programs and file systems of the libraries want of each
# other is in the components that netbsd/components names.)
$(NETBSD_B)/donor.o: $(NETBSD_OBJECTS) netbsd/netbsd.lds netbsd/components $(NETBSD_B)/prefix
	$(CC) -E -P -undef -x assembler-with-cpp -o $(NETBSD_B)/netbsd.lds netbsd/netbsd.lds
	$(LD) -r -T $(NETBSD_B)/netbsd.lds -o $@.tmp $(NETBSD_OBJECTS) --whole-archive \
		$(filter-out $(NETBSD_PARTS),$(NETBSD_LIBS)) --no-whole-archive $(NETBSD_PARTS)
	objcopy --wildcard --keep-global-symbol='donor_*' -g $@.tmp
	@nm -u $@.tmp | grep -v ' hc_\| _GLOBAL_OFFSET_TABLE_$$' >$@.undefined; \
	if [ -s $@.undefined ]; then \
		echo "haunch: the rump libraries want what no component has:" \
			"$$(awk '{ print $$2 }' $@.undefined | head -n 8 | tr '\n' ' ')" >&2; exit 1; fi
	echo "netbsd-rump 17" >$(NETBSD_B)/release
	mv $@.tmp $@

# As Kbuild lists its drivers.
$(B)/haunch-netbsd.elf: $(NETBSD_B)/donor.o $(B)/core/core.o $(CORE_LDS) $(B)/tools/symtab core/core.mk VERSION \
		netbsd/donor.conf
	cp netbsd/donor.conf $(B)/haunch-netbsd.conf
	awk 'FNR == NR { if ($$1 == "driver") name[$$2] = "/" $$3; next } \
		{ print "kernel/drivers/" $$1 name[$$1] ".ko" }' netbsd/donor.conf netbsd/components \
		>$(B)/haunch-netbsd.drivers
	$(call CORE_LINK,$<,$(B)/haunch-netbsd.debug,$@,$(file <$(NETBSD_B)/release))

# ------------------------------------------------------------------ tests (tests/netbsd/)

# A client instead of NetBSD, and what it does not have of programs.
CLIENT_C	:= $(addprefix netbsd/,memory.c pci.c print.c rumpuser.c sched.c) tests/netbsd/client.c
CLIENT_OBJECTS	:= $(CLIENT_C:%.c=$(B)/tests/netbsd/client/%.o)

$(B)/tests/netbsd/client/%.o: %.c $(wildcard netbsd/*.h hypercall/*.h tests/netbsd/include/rump/*.h) netbsd/netbsd.mk
	@mkdir -p $(@D)
	$(CC) $(NETBSD_CFLAGS) -Itests/netbsd/include -c -o $@ $<

$(B)/tests/netbsd/client.o: $(CLIENT_OBJECTS) netbsd/netbsd.lds
	$(CC) -E -P -undef -x assembler-with-cpp -o $(@D)/client.lds netbsd/netbsd.lds
	$(LD) -r -T $(@D)/client.lds -o $@ $(CLIENT_OBJECTS)

$(B)/tests/netbsd/client.elf: $(B)/tests/netbsd/client.o $(B)/core/core.o $(CORE_LDS) $(B)/tools/symtab
	$(call CORE_LINK,$<,$(B)/tests/netbsd/client.debug,$@,test)

# The translation of calls as a program of the host, with everything that finds bad accesses.
CALLS_C		:= $(addprefix netbsd/,events.c files.c sockets.c translate.c) tests/netbsd/calls.c
$(B)/tests/netbsd/calls: $(CALLS_C) netbsd/calls.h netbsd/netbsd.mk
	@mkdir -p $(@D)
	$(CC) $(filter-out -O2,$(HOSTCFLAGS)) -Wno-unused-parameter -O1 -fsanitize=address,undefined \
		-fno-sanitize-recover=all -fno-omit-frame-pointer -fno-strict-aliasing -o $@ $(CALLS_C)
