# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
#	make lint	what the sources must pass: layout, clang-format, cppcheck, shellcheck; for linux/ the
#			donor's checkpatch, and sparse (which wants a build of the virtio kernel's configuration)
#	make format	lay the C files out as `make lint` wants them
#
# The packages are those of `haunch setup lint`.

# Two tests are tables and assembly for the most part, which clang-format would take apart.
LINT_C		:= git ls-files '*.c' '*.h' ':!linux' ':!tests/wall/calls.c' ':!tests/wall/hostile.c'
LINT_SH		:= { git ls-files '*.sh' '*.t'; git grep -lE '^.!/bin/(ba)?sh' -- ':!*.t' ':!*.sh'; }
LINT_CHECKED	:= core tools init bench

.PHONY: lint lint-files lint-layout lint-format lint-c lint-sh lint-linux format
lint: lint-files lint-layout lint-format lint-c lint-sh lint-linux

# An empty list of files would pass, or not, for the wrong reason.
lint-files:
	@command -v git >/dev/null || { echo "lint: apt-get install git" >&2; exit 1; }
	@git ls-files --error-unmatch lint.mk >/dev/null

# No white space at the ends of lines.  C's lines of more than 100 columns, a tab being 8, are named.
lint-layout:
	git ls-files '*.c' '*.h' '*.S' '*.sh' '*.t' '*.mk' | xargs awk ' \
		/[ \t]$$/ { print FILENAME ":" FNR ": white space at the end"; bad = 1 } \
		FILENAME ~ /\.[chS]$$/ { \
			line = $$0; width = 0; \
			while ((at = index(line, "\t"))) { \
				width += at - 1; width += 8 - width % 8; line = substr(line, at + 1) } \
			width += length(line); \
			if (width > 100) \
				print FILENAME ":" FNR ": warning: " width " columns" } \
		END { exit bad }'

# The donor's headers are not for cppcheck, so linux/ is the compiler's business.  The suppressed
# warning takes a comparison with another vector for one with an index.
lint-c:
	@command -v cppcheck >/dev/null || { echo "lint: apt-get install cppcheck" >&2; exit 1; }
	cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=arrayIndexOutOfBoundsCond:core/x86_64/irq.c --error-exitcode=1 $(LINT_CHECKED)

lint-sh:
	@command -v shellcheck >/dev/null || { echo "lint: apt-get install shellcheck" >&2; exit 1; }
	$(LINT_SH) | xargs shellcheck -x

# Linux's own tools are for linux/.
lint-format:
	$(LINT_C) | xargs tools/format --check

format:
	$(LINT_C) | xargs tools/format

lint-linux: $(OUT)-virtio/.config
	@command -v sparse >/dev/null || { echo "lint: apt-get install sparse" >&2; exit 1; }
	linux/lint $(DONOR) $(OUT)-virtio
