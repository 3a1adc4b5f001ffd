# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The NetBSD donor: rumpuser(3) on the hypercalls, and the user's rump kernel libraries.
#
#   make NETBSD=PREFIX build/haunch-netbsd.elf	PREFIX/lib has librump*.a, PREFIX/include/rump the headers

NETBSD_B	:= $(B)/linux-netbsd
NETBSD_CHECK	:= netbsd/check
NETBSD_COMPONENTS := $(strip $(file <netbsd/components))
NETBSD_LIBS	:= $(NETBSD_COMPONENTS:%=$(NETBSD)/lib/lib%.a)
NETBSD_C	:= $(wildcard netbsd/*.c)
NETBSD_OBJECTS	:= $(NETBSD_C:netbsd/%.c=$(B)/linux-netbsd/%.o)

# What is wrong with PREFIX is said before anything is built.
$(NETBSD_B)/prefix: netbsd/components $(NETBSD_CHECK) FORCE
	@mkdir -p $(@D)
	$(NETBSD_CHECK) "$(NETBSD)" $(NETBSD_COMPONENTS)
	echo "$(NETBSD)" | cmp -s - $@ || echo "$(NETBSD)" >$@

$(NETBSD_B)/%.o: netbsd/%.c netbsd/donor.h hypercall/hypercall.h netbsd/netbsd.mk $(NETBSD_B)/prefix
	$(CC) $(CORE_CFLAGS) -I$(NETBSD)/include -c -o $@ $<

# Only the entry points stay global.  (What programs and file systems of the libraries want of each
# other is in the components that netbsd/components names.)
$(NETBSD_B)/donor.o: $(NETBSD_OBJECTS) netbsd/netbsd.lds netbsd/components $(NETBSD_B)/prefix
	$(CC) -E -P -undef -x assembler-with-cpp -o $(NETBSD_B)/netbsd.lds netbsd/netbsd.lds
	$(LD) -r -T $(NETBSD_B)/netbsd.lds -o $@.tmp $(NETBSD_OBJECTS) --whole-archive $(NETBSD_LIBS)
	objcopy --wildcard --keep-global-symbol='donor_*' -g $@.tmp
	@nm -u $@.tmp | grep -v ' hc_\| _GLOBAL_OFFSET_TABLE_$$' >$@.undefined; \
	if [ -s $@.undefined ]; then \
		echo "haunch: the rump libraries want what no component has:" \
			"$$(awk '{ print $$2 }' $@.undefined | head -n 8 | tr '\n' ' ')" >&2; exit 1; fi
	echo "netbsd-rump 17" >$(NETBSD_B)/release
	mv $@.tmp $@
