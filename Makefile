# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# What is built how: one fragment a folder.  Users call ./haunch, which calls this.

B		:= build
VERSION		:= $(file <VERSION)
CC		:= gcc
WARNINGS	:= -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wstrict-prototypes
HOSTCFLAGS	:= -std=gnu11 -O2 -g $(WARNINGS)

# V=1 shows the commands.
ifndef V
.SILENT:
endif

.DELETE_ON_ERROR:
.SUFFIXES:

all:

-include core/core.mk
-include linux/linux.mk
-include netbsd/netbsd.mk
-include init/init.mk
-include tools/tools.mk
-include apps/apps.mk
-include bench/bench.mk
-include doc/doc.mk
-include lint.mk

KERNELS := $(CONFIGS:%=$(B)/haunch-%.elf)

.PHONY: all clean
all: $(KERNELS)

clean:
	rm -rf $(B)
