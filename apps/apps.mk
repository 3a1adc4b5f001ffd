# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# Off-the-shelf programs from Debian's source packages (apps/NAME/recipe), and what they serve.
#
#	make apps		all of them
#	make app-NAME		one

APPS := lighttpd nginx

apps: $(APPS:%=app-%)
app-lighttpd: $(B)/apps/lighttpd/lighttpd $(B)/apps/lighttpd/root.done
app-nginx: $(B)/apps/nginx/nginx $(B)/apps/nginx/root.done

# A recipe is run again when it or the compiler wrapper changed.
APP_DEPS := apps/recipe.sh apps/apt-source tools/haunch-cc

$(B)/apps/lighttpd/lighttpd: apps/lighttpd/recipe $(APP_DEPS)
	@HAUNCH_BUILD=$(abspath $(B)) apps/lighttpd/recipe

$(B)/apps/nginx/nginx: apps/nginx/recipe $(B)/apps/pcre2/lib/libpcre2-8.a
$(B)/apps/nginx/nginx: $(B)/apps/zlib/lib/libz.a $(APP_DEPS)
	@HAUNCH_BUILD=$(abspath $(B)) apps/nginx/recipe

$(B)/apps/pcre2/lib/libpcre2-8.a: apps/pcre2/recipe $(APP_DEPS)
	@HAUNCH_BUILD=$(abspath $(B)) apps/pcre2/recipe

$(B)/apps/zlib/lib/libz.a: apps/zlib/recipe $(APP_DEPS)
	@HAUNCH_BUILD=$(abspath $(B)) apps/zlib/recipe

# The web root of demo, bench and tests: the pages, and a file of 1 MiB whose every line differs.
$(B)/apps/htdocs/.done: apps/htdocs/index.html apps/apps.mk
	@mkdir -p $(@D)
	cp apps/htdocs/index.html $(@D)/
	seq -f 'line %06.0f' 1 87382 >$(@D)/1m.bin
	truncate -s 1048576 $(@D)/1m.bin
	@touch $@

# What a server finds in its image, to be baked with -d $(B)/apps/NAME/root:/ ; users and groups
# are looked up by name even where there is nobody to become.
$(B)/apps/lighttpd/root.done: apps/lighttpd/lighttpd.conf
$(B)/apps/nginx/root.done: apps/nginx/nginx.conf
$(APPS:%=$(B)/apps/%/root.done): apps/etc/passwd apps/etc/group $(B)/apps/htdocs/.done
	rm -rf $(@D)/root
	mkdir -p $(@D)/root/etc $(@D)/root/srv/www $(@D)/root/tmp
	cp $(filter apps/%,$^) $(@D)/root/etc/
	cp $(B)/apps/htdocs/index.html $(B)/apps/htdocs/1m.bin $(@D)/root/srv/www/
	@touch $@

.PHONY: apps $(APPS:%=app-%)
