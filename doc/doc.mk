# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
#	make doc		the documents that are made from the source: build/doc/hypercalls.md
#	make man		manual pages and bash's completion, from what `haunch help` says: build/man/
#	make install DESTDIR= prefix=
#				a haunch that builds in ~/.cache/haunch what it needs

.PHONY: doc man install
doc: $(B)/doc/hypercalls.md

$(B)/doc/hypercalls.md: hypercall/hypercall.h hypercall/x86_64.h doc/hypercalls
	@mkdir -p $(@D)
	cat hypercall/hypercall.h hypercall/x86_64.h | doc/hypercalls /dev/stdin >$@

man: $(B)/man/haunch.bash

# haunch.bash is the last that is written.
$(B)/man/haunch.bash: doc/man VERSION haunch $(wildcard tools/sh/*.sh) $(B)/tools/haunch
	HAUNCH_BUILD=$(abspath $(B)) doc/man ./haunch $(VERSION) $(B)/man

prefix		?= /usr/local
DATA		:= $(DESTDIR)$(prefix)/share/haunch
INSTALLED	:= haunch Makefile VERSION LICENSE core hypercall init linux netbsd apps tools doc/doc.mk

install: man
	rm -rf $(DATA)
	mkdir -p $(DATA)/doc $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/man/man1 \
		$(DESTDIR)$(prefix)/share/bash-completion/completions $(DESTDIR)$(prefix)/share/doc/haunch
	cp -R --preserve=mode,timestamps --parents $(INSTALLED) $(DATA)/
	rm -f $(addprefix $(DATA)/tools/,format pre-commit)
	touch $(DATA)/.installed
	ln -sfn ../share/haunch/haunch $(DESTDIR)$(prefix)/bin/haunch
	install -m 644 $(B)/man/*.1 $(DESTDIR)$(prefix)/share/man/man1/
	install -m 644 $(B)/man/haunch.bash $(DESTDIR)$(prefix)/share/bash-completion/completions/haunch
	install -m 644 README.md CHANGELOG.md doc/*.md $(DESTDIR)$(prefix)/share/doc/haunch/
