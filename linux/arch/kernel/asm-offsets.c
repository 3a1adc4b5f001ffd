// SPDX-License-Identifier: GPL-2.0-only
/* No assembly of ours needs offsets; Kbuild wants the file. */
int haunch_no_offsets;
