# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# The first program of an image: a small static PIE, made by our own compiler wrapper.  Beside it, the
# DHCP and time clients that every image has (apps/busybox).

INIT_CFLAGS := -std=gnu11 -Os -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow \
	-Wstrict-prototypes -ffunction-sections -fdata-sections -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none \
	-Wl,-z,stack-size=65536 -s -Wl,--gc-sections -Wl,-z,noseparate-code -Wl,--build-id=none

$(B)/init/init: init/init.c init/frames.c init/log.c init/mount.c init/network.c init/stream.c init/user.c init/words.c
$(B)/init/init: init/init.h init/frames.h init/words.h init/init.mk tools/haunch-cc $(B)/init/busybox
	@mkdir -p $(@D)
	HAUNCH_BUILD=$(abspath $(B)) tools/haunch-cc $(INIT_CFLAGS) -o $@ $(filter init/%.c,$^)

$(B)/init/busybox: apps/busybox/recipe apps/busybox/config apps/recipe.sh apps/apt-source tools/haunch-cc
	@mkdir -p $(@D)
	@HAUNCH_BUILD=$(abspath $(B)) apps/busybox/recipe
	cp $(B)/apps/busybox/busybox $@
