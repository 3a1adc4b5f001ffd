/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to a program's memory: between hc_access_begin() and hc_access_end(), by instructions that
 * have entries in the exception table, for a bad pointer is one that faults.
 */
#ifndef _ASM_HAUNCH_UACCESS_H
#define _ASM_HAUNCH_UACCESS_H

#include <linux/string.h>
#include <asm/asm.h>

/* Return how many bytes were *not* copied or cleared.  The first is for where access has begun. */
unsigned long haunch_copy_unsafe(void *to, const void *from, unsigned long n);
unsigned long haunch_copy(void *to, const void *from, unsigned long n);
unsigned long haunch_clear(void *to, unsigned long n);

/* What `to` points to, of 1, 2, 4 or 8 bytes, wherever access is; 0 or -EFAULT, and then it is zero. */
#define haunch_load(to, from)						\
({									\
	__typeof__(*(to)) __loaded = 0;					\
	int __load_error = -EFAULT;					\
									\
	asm volatile("1: mov %[source], %[value]\n"			\
		     "xor %[error], %[error]\n"				\
		     "2:\n"						\
		     _ASM_EXTABLE(1b, 2b)				\
		     : [value] "+r"(__loaded), [error] "+r"(__load_error)	\
		     : [source] "m"(*(const __typeof__(*(to)) *)(from)));	\
	*(to) = __loaded;						\
	__load_error;							\
})

#define haunch_store(to, from, label)					\
	asm goto("1: mov %[value], %[target]\n"				\
		 _ASM_EXTABLE(1b, %l[label])				\
		 :: [value] "r"(*(from)), [target] "m"(*(__typeof__(from))(to))	\
		 : "memory" : label)

#define __get_user_fn(size, from, to)					\
({									\
	int __get_error;						\
									\
	hc_access_begin();						\
	__get_error = haunch_load(to, (const void __force *)(from));	\
	hc_access_end();						\
	__get_error;							\
})

#define __put_user_fn(size, to, from)					\
({									\
	__label__ __put_fault;						\
	int __put_error = -EFAULT;					\
									\
	hc_access_begin();						\
	haunch_store((void __force *)(to), from, __put_fault);		\
	__put_error = 0;						\
__put_fault:								\
	hc_access_end();						\
	__put_error;							\
})

#define __get_kernel_nofault(to, from, type, label)			\
do {									\
	if (haunch_load((type *)(to), from))				\
		goto label;						\
} while (0)

#define __put_kernel_nofault(to, from, type, label)			\
	haunch_store(to, (const type *)(from), label)

static __always_inline unsigned long __must_check
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (__builtin_constant_p(n) && n == 4)
		return __get_user_fn(n, from, (u32 *)to) ? n : 0;
	if (__builtin_constant_p(n) && n == 8)
		return __get_user_fn(n, from, (u64 *)to) ? n : 0;
	return haunch_copy(to, (const void __force *)from, n);
}

static __always_inline unsigned long __must_check
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (__builtin_constant_p(n) && n == 4)
		return __put_user_fn(n, to, (const u32 *)from) ? n : 0;
	if (__builtin_constant_p(n) && n == 8)
		return __put_user_fn(n, to, (const u64 *)from) ? n : 0;
	return haunch_copy((void __force *)to, from, n);
}
#define INLINE_COPY_FROM_USER
#define INLINE_COPY_TO_USER

#define __clear_user(to, n) haunch_clear((void __force *)(to), n)

#include <asm-generic/access_ok.h>

static __always_inline bool haunch_access_begin(const void __user *pointer, size_t size)
{
	if (!access_ok(pointer, size))
		return false;
	hc_access_begin();
	return true;
}
#define user_access_begin(pointer, size)	haunch_access_begin(pointer, size)
#define user_access_end()			hc_access_end()
/* For a caller that may have been interrupted in the middle of an access: it is the report of a broken stack. */
static inline unsigned long user_access_save(void) { return 0; }
static inline void user_access_restore(unsigned long flags) { }
#define unsafe_get_user(x, p, label)					\
do {									\
	__typeof__(((void)0, *(p))) __value;	/* not const, if that is */	\
									\
	if (haunch_load(&__value, (const void __force *)(p)))		\
		goto label;						\
	(x) = __value;							\
} while (0)
#define unsafe_put_user(x, p, label)					\
do {									\
	__typeof__(*(p)) __value = (x);					\
									\
	haunch_store((void __force *)(p), &__value, label);		\
} while (0)
#define unsafe_copy_to_user(d, s, n, label) \
	do { if (haunch_copy_unsafe((void __force *)(d), s, n)) goto label; } while (0)
#define unsafe_copy_from_user(d, s, n, label) \
	do { if (haunch_copy_unsafe(d, (const void __force *)(s), n)) goto label; } while (0)

#include <asm-generic/uaccess.h>

#endif
