# SPDX-License-Identifier: GPL-2.0-only
# Copyright (c) 2026 The Haunch authors
#
# The donor: unpack Debian's kernel source, put arch/haunch beside its architectures by symlink,
# configure and build it, and make of it one object that knows the hypercalls only.

DONOR_PACKAGE	?= linux-source-6.1
DONOR_ARCHIVE	:= /usr/src/$(DONOR_PACKAGE).tar.xz
DONOR		:= $(B)/donor/$(DONOR_PACKAGE)
CONFIGS		:= virtio generic

# The overlay is seen through a symlink: Kbuild's own dependency files know what changed in it.
OVERLAY		:= $(shell find linux/arch -type f) hypercall/hypercall.h

# $(call progress,LOG,LINES,TITLE,COUNT): goes before a long command that prints some LINES lines.
# COUNT, if any, is a file that tells how many it has printed when it goes on after a stop.  (make runs
# a recursive line even when it was only asked whether there is something to do.)
progress = @$(if $(findstring q,$(firstword -$(MAKEFLAGS))),exit 1;) mkdir -p $(B)/log; \
	$(B)/tools/progress -l $(B)/log/$(1).log -n $(2) $(4:%=-c %) -t "$(3)" --

# Which donor is installed, and which one is unpacked, as in "linux-source-6.1 6.1.192-2".  Dates say
# nothing: the archive's is the day when Debian built it, and the files in it are older still.
DONOR_INSTALLED	:= $(shell dpkg-query -W -f='$${Package} $${Version}' $(DONOR_PACKAGE) 2>/dev/null)
ifneq ($(filter-out $(file <$(B)/donor/unpacked),$(DONOR_INSTALLED)),)
$(B)/donor/unpacked: FORCE
endif

# Another donor: nothing that was compiled from the last one may stay.
$(B)/donor/unpacked: | $(B)/tools/progress
	@test -n "$(DONOR_INSTALLED)" -a -r $(DONOR_ARCHIVE) || { \
		echo "haunch: $(DONOR_ARCHIVE) is missing: apt-get install $(DONOR_PACKAGE)" >&2; exit 1; }
	@mkdir -p $(@D)
	rm -rf $@ $(DONOR) $(CONFIGS:%=$(B)/linux-%) $(B)/bench/linux
	$(call progress,unpack,83700,unpacking $(DONOR_INSTALLED)) tar -C $(@D) -xvf $(DONOR_ARCHIVE)
	ln -s $(abspath linux/arch) $(DONOR)/arch/haunch
	echo "$(DONOR_INSTALLED)" >$@

.PHONY: FORCE

$(B)/linux-%/.config: linux/config/base.config linux/config/%.config linux/configure \
		linux/arch/Kconfig $(B)/donor/unpacked
	cd $(DONOR) && HAUNCH_TOP=$(CURDIR) $(abspath linux/configure) $(abspath $(@D)) \
		$(abspath linux/config/base.config linux/config/$*.config)

# What every packet, file and event goes through is compiled for speed, all else for less memory.
HOT := skbuff sock dev gro datagram stream tcp tcp_input tcp_output tcp_ipv4 ip_input ip_output \
	virtio_net virtio_ring namei open file_table file filemap splice read_write eventpoll slab timer

DONOR_MAKE = $(MAKE) -C $(DONOR) ARCH=haunch O=$(abspath $(@D)) HAUNCH_TOP=$(CURDIR) \
	KBUILD_BUILD_USER=haunch KBUILD_BUILD_HOST=haunch KBUILD_BUILD_TIMESTAMP= \
	$(HOT:%=CFLAGS_%.o=-O3)

$(B)/linux-%/vmlinux: $(B)/linux-%/.config $(OVERLAY) | $(B)/tools/progress
	+$(call progress,linux-$*,1140,building Linux ($*),$(@D)/.progress) $(DONOR_MAKE) vmlinux

# Everything but the entry points becomes local, so that core and donor cannot reach into each other.
# (Weak symbols want a table of addresses, which the final link makes.)
$(B)/linux-%/donor.o: $(B)/linux-%/vmlinux
	objcopy --wildcard --keep-global-symbol='donor_*' $< $@.tmp
	@nm -u $@.tmp | grep -v ' hc_\| _GLOBAL_OFFSET_TABLE_$$' > $@.undefined; \
	if [ -s $@.undefined ]; then \
		echo "haunch: the donor needs what the contract does not have:" >&2; \
		cat $@.undefined >&2; exit 1; fi
	cp $(B)/donor/unpacked $(@D)/release
	mv $@.tmp $@

.PRECIOUS: $(B)/linux-%/.config $(B)/linux-%/vmlinux $(B)/linux-%/donor.o

# ------------------------------------------------------------------ tests (tests/linux/)

$(B)/tests/linux/%: tests/linux/%.c tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc -O2 -Wall -Wextra -Werror -o $@ $<
