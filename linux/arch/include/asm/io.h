/* SPDX-License-Identifier: GPL-2.0-only */
/* Port I/O is inline; device memory is where the direct map puts it. */
#ifndef _ASM_HAUNCH_IO_H
#define _ASM_HAUNCH_IO_H

#include <linux/types.h>
#include <asm/page.h>

#define __IO_PORT(b, bits, type)					\
static inline type in##b(unsigned long port) { return hc_in##bits(port); }	\
static inline void out##b(type value, unsigned long port) { hc_out##bits(port, value); }	\
static inline void ins##b(unsigned long port, void *to, unsigned int count)	\
{									\
	hc_ins##bits(port, to, count);					\
}									\
static inline void outs##b(unsigned long port, const void *from, unsigned int count)	\
{									\
	hc_outs##bits(port, from, count);				\
}
__IO_PORT(b, 8, u8)
__IO_PORT(w, 16, u16)
__IO_PORT(l, 32, u32)
#undef __IO_PORT
#define inb inb
#define inw inw
#define inl inl
#define outb outb
#define outw outw
#define outl outl
#define insb insb
#define insw insw
#define insl insl
#define outsb outsb
#define outsw outsw
#define outsl outsl
/* asm-generic/io.h would cast ports to addresses in these. */
#define inb_p inb
#define inw_p inw
#define inl_p inl
#define outb_p outb
#define outw_p outw
#define outl_p outl
#define IO_SPACE_LIMIT	0xffff

void __iomem *haunch_map_device(phys_addr_t address, size_t size, unsigned int cache);
#define ioremap(address, size)		haunch_map_device(address, size, HC_CACHE_NONE)
#define ioremap_wc(address, size)	haunch_map_device(address, size, HC_CACHE_COMBINE)
#define ioremap_cache(address, size)	haunch_map_device(address, size, HC_CACHE_BACK)
#define ARCH_HAS_IOREMAP_WC
static inline void iounmap(volatile void __iomem *address) { }
#define iounmap iounmap

/* The CPU orders accesses to uncached memory (Intel SDM vol. 3, 12.3): the compiler must too. */
#define __io_ar(v)	barrier()
#define __io_bw()	barrier()
#define __io_aw()	barrier()

/* Memory of devices and files is all in the direct map. */
#define xlate_dev_mem_ptr(p)	__va(p)
#define unxlate_dev_mem_ptr(p, v) do { } while (0)

#include <asm-generic/io.h>

#endif
