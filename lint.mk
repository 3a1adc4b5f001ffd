# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
#	make lint		what the sources must pass: layout, cppcheck, shellcheck
#	make format-diff	what clang-format would change; it knows neither our comments' columns
#				nor inline assembly, so that is advice

LINT_C		:= git ls-files '*.c' '*.h'
LINT_SH		:= { git ls-files '*.sh' '*.t'; git grep -lE '^.!/bin/(ba)?sh' -- ':!*.t' ':!*.sh'; }
LINT_CHECKED	:= core tools init bench

.PHONY: lint lint-layout lint-c lint-sh format-diff
lint: lint-layout lint-c lint-sh

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

format-diff:
	@command -v clang-format >/dev/null || { echo "lint: apt-get install clang-format" >&2; exit 1; }
	$(LINT_C) | while read -r file; do \
		clang-format "$$file" | diff -u --label "$$file" --label "$$file" "$$file" - || :; done
