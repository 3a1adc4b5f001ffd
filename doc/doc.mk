# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
#	make doc		the documents that are made from the source: build/doc/hypercalls.md

.PHONY: doc
doc: $(B)/doc/hypercalls.md

$(B)/doc/hypercalls.md: hypercall/hypercall.h doc/hypercalls
	@mkdir -p $(@D)
	doc/hypercalls $< >$@
