# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# inspect.sh - haunch inspect: tools/inspect.c does it.

help_inspect()
{
	cat <<-'END'
	usage: haunch inspect [--field NAME] IMAGE

	Show what is in an image (ELF or ISO): the program with its arguments and environment, the
	kernel's command line, the files (mode, user, group, size, name), sizes, and drivers.

	  --field NAME     just one value, for scripts: kind (image, iso, kernel or other),
	                   memory (bytes needed at least), command-line or drivers
	END
}

main_inspect()
{
	need_tools
	exec "$B/tools/inspect" "$@"
}
