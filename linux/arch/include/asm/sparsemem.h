/* SPDX-License-Identifier: GPL-2.0-only */
/* RAM and device memory with struct pages: in parts of 16 MiB, so that little of them is for nothing; below 4 TiB. */
#ifndef _ASM_HAUNCH_SPARSEMEM_H
#define _ASM_HAUNCH_SPARSEMEM_H

#define SECTION_SIZE_BITS	24
#define MAX_PHYSMEM_BITS	42

#endif
