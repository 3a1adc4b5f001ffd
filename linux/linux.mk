# SPDX-License-Identifier: GPL-2.0-only
# Copyright (c) 2026 The Haunch authors
#
# The donor: unpack Debian's kernel source, put arch/haunch beside its architectures by symlink,
# configure and build it, and make of it one object that knows the hypercalls only.

# Those that the overlay is written for have a fragment of configuration each.  Without a choice
# (`haunch build --donor`) it is the newest that is installed, else the one that is built already.
DONORS		:= $(shell printf '%s\n' $(patsubst linux/config/%.config,%,$(wildcard linux/config/linux-source-*)) | sort -V)
ifndef DONOR_PACKAGE
DONOR_PACKAGE	:= $(lastword $(filter $(shell dpkg-query -W -f='$${db:Status-Status}:$${Package} ' $(DONORS) 2>/dev/null \
			| sed 's/installed://g'),$(DONORS)))
ifeq ($(DONOR_PACKAGE),)
DONOR_PACKAGE	:= $(or $(firstword $(file <$(B)/donor/chosen)),$(firstword $(DONORS)))
endif
endif
DONOR_ARCHIVE	:= /usr/src/$(DONOR_PACKAGE).tar.xz
DONOR		:= $(B)/donor/$(DONOR_PACKAGE)
CONFIGS		:= virtio generic
# One folder for each donor and configuration: a change of donors is a link.
OUT		:= $(B)/$(DONOR_PACKAGE)

# The overlay is seen through a symlink: Kbuild's own dependency files know what changed in it.  That a file
# has gone the list tells.
OVERLAY		:= $(shell find linux/arch -type f) $(wildcard hypercall/*.h)
OVERLAY_LIST	:= $(B)/donor/overlay

# $(call progress,LOG,LINES,TITLE,COUNT): goes before a long command that prints some LINES lines.
# COUNT, if any, is a file that tells how many it has printed when it goes on after a stop.  (make runs
# a recursive line even when it was only asked whether there is something to do.)
progress = @$(if $(findstring q,$(firstword -$(MAKEFLAGS))),exit 1;) mkdir -p $(B)/log; \
	$(B)/tools/progress -l $(B)/log/$(1).log -n $(2) $(4:%=-c %) -t "$(3)" --

# Which donor is installed, and which one is unpacked, as in "linux-source-6.1 6.1.192-2".  Dates say
# nothing: the archive's is the day when Debian built it, and the files in it are older still.
DONOR_INSTALLED	:= $(shell dpkg-query -W -f='$${Package} $${Version}' $(DONOR_PACKAGE) 2>/dev/null)
ifneq ($(filter-out $(file <$(DONOR).release),$(DONOR_INSTALLED)),)
$(DONOR).release: FORCE
endif

# Another donor: nothing that was compiled from the last one may stay.
$(DONOR).release: | $(B)/tools/progress
	@test -n "$(DONOR_INSTALLED)" -a -r $(DONOR_ARCHIVE) || { \
		echo "haunch: $(DONOR_ARCHIVE) is missing: apt-get install $(DONOR_PACKAGE)" >&2; exit 1; }
	@mkdir -p $(@D)
	rm -rf $@ $(DONOR) $(CONFIGS:%=$(OUT)-%) $(B)/bench/linux $(B)/bench/linux-equal
	$(call progress,unpack,83700,unpacking $(DONOR_INSTALLED)) tar -C $(@D) -xvf $(DONOR_ARCHIVE)
	ln -s $(abspath linux/arch) $(DONOR)/arch/haunch
	echo "$(DONOR_INSTALLED)" >$@

# What the kernels are linked with.
ifneq ($(filter-out $(file <$(B)/donor/chosen),$(or $(DONOR_INSTALLED),$(file <$(DONOR).release))),)
$(B)/donor/chosen: FORCE
endif
$(B)/donor/chosen: $(DONOR).release
	cp $< $@

.PHONY: FORCE

CONFIG_COMMON	:= linux/config/base.config linux/config/$(DONOR_PACKAGE).config

$(OUT)-%/.config: $(CONFIG_COMMON) linux/config/%.config \
		linux/configure linux/arch/Kconfig $(DONOR).release
	cd $(DONOR) && HAUNCH_TOP=$(CURDIR) $(abspath linux/configure) $(abspath $(@D)) \
		$(abspath $(CONFIG_COMMON) linux/config/$*.config)

# What every packet, file and event goes through is compiled for speed, all else for size (of the files below,
# -O2 would take 2 % more instructions for a request, to save 2 % of the image).  Which they are: bench/hot,
# by what the functions of a file take of a request.
HOT := net/socket.o \
	$(patsubst %,net/core/%.o,skbuff sock dev gro datagram stream) \
	$(patsubst %,net/ipv4/%.o,af_inet fib_frontend fib_trie inet_connection_sock inet_hashtables ip_input \
		ip_output raw route tcp tcp_input tcp_ipv4 tcp_minisocks tcp_offload tcp_output tcp_rate tcp_timer) \
	net/ethernet/eth.o net/sched/sch_generic.o \
	$(patsubst %,drivers/%.o,net/virtio_net virtio/virtio_ring) \
	$(patsubst %,fs/%.o,dcache eventpoll file file_table inode namei open read_write splice) \
	$(patsubst %,mm/%.o,filemap slab slub usercopy) \
	$(patsubst %,kernel/%.o,irq/chip irq/handle softirq time/timer time/timekeeping) \
	$(patsubst %,lib/%.o,iov_iter scatterlist strncpy_from_user) \
	$(patsubst %,arch/haunch/%.o,kernel/syscall mm/fault)

# What takes most of a boot, or of what a program does with processes, threads and memory (bench/micro.c).
WARM := $(patsubst %,fs/%.o,binfmt_elf exec fs_struct kernfs/dir pipe proc/proc_sysctl userfaultfd) \
	$(patsubst %,kernel/%.o,cred exit fork futex/core futex/syscalls futex/waitwake locking/mutex locking/rwsem \
		nsproxy params pid rcu/tiny sched/build_policy sched/build_utility sched/core sched/fair signal sys \
		task_work time/hrtimer) \
	$(patsubst %,lib/%.o,crypto/blake2s-generic crypto/chacha find_bit idr maple_tree percpu_counter \
		radix-tree rbtree vsprintf xarray) \
	$(patsubst %,mm/%.o,gup interval_tree memory mlock mmap mmu_gather mprotect page_alloc percpu pgtable-generic \
		rmap swap swap_state util vma vmalloc) \
	arch/haunch/kernel/process.o arch/haunch/mm/mmap.o

# A file's own flags go by its name alone, which others may have as well (fs/inode.o, fs/ext4/inode.o).
# They take the place of what the donor says about a file of that name: only that the scheduler has frame pointers.
HOT_FLAGS = $$(if $$(filter $(HOT),$$@),-O3 -falign-functions=16,$$(if $$(filter $(WARM),$$@),-O2))

# lib/string.o, which names and settings go through byte by byte: warm, and no loop in it becomes a call of itself.
STRING_FLAGS := -O2 -ffreestanding -fno-tree-loop-distribute-patterns

SLUB_OWN := -include $(CURDIR)/linux/arch/include/asm/slub.h

DONOR_MAKE = $(MAKE) -C $(DONOR) ARCH=haunch O=$(abspath $(@D)) HAUNCH_TOP=$(CURDIR) \
	KBUILD_BUILD_USER=haunch KBUILD_BUILD_HOST=haunch KBUILD_BUILD_TIMESTAMP= \
	'HOT_FLAGS=$(HOT_FLAGS)' $(foreach name,$(sort $(notdir $(HOT) $(WARM))),'CFLAGS_$(name)=$$(HOT_FLAGS)') \
	'CFLAGS_string.o=$(STRING_FLAGS)' 'CFLAGS_slub.o=$$(HOT_FLAGS) $(SLUB_OWN)' 'CFLAGS_slab_common.o=$(SLUB_OWN)'

$(OVERLAY_LIST): FORCE
	@mkdir -p $(@D)
	@echo $(sort $(OVERLAY)) | cmp -s - $@ || echo $(sort $(OVERLAY)) >$@

$(OUT)-%/vmlinux: $(OUT)-%/.config $(OVERLAY) $(OVERLAY_LIST) linux/linux.mk | $(B)/tools/progress
	+$(call progress,$(DONOR_PACKAGE)-$*,1140,building $(DONOR_PACKAGE) ($*),$(@D)/.progress) $(DONOR_MAKE) vmlinux

# Everything but the entry points becomes local, so that core and donor cannot reach into each other.
# (Weak symbols want a table of addresses, which the final link makes.)
$(OUT)-%/donor.o: $(OUT)-%/vmlinux
	objcopy --wildcard --keep-global-symbol='donor_*' $< $@.tmp
	@nm -u $@.tmp | grep -v ' hc_\| _GLOBAL_OFFSET_TABLE_$$' > $@.undefined; \
	if [ -s $@.undefined ]; then \
		echo "haunch: the donor needs what the contract does not have:" >&2; \
		cat $@.undefined >&2; exit 1; fi
	mv $@.tmp $@

# The image tools tell by the list which drivers a kernel has.
$(B)/haunch-%.elf: $(OUT)-%/donor.o $(B)/core/core.o $(CORE_LDS) $(B)/tools/symtab core/core.mk VERSION $(B)/donor/chosen
	cp $(<D)/modules.builtin $(B)/haunch-$*.drivers
	cp linux/donor.conf $(B)/haunch-$*.conf
	$(call CORE_LINK,$<,$(B)/haunch-$*.debug,$@,$(file <$(DONOR).release))

.PRECIOUS: $(OUT)-%/.config $(OUT)-%/vmlinux $(OUT)-%/donor.o

# ------------------------------------------------------------------ tests (tests/linux/)

$(B)/tests/linux/%: tests/linux/%.c tools/haunch-cc
	@mkdir -p $(@D)
	tools/haunch-cc -O2 -Wall -Wextra -Werror -o $@ $<
