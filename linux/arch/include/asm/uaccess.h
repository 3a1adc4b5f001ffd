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

/* 1, 2, 4 or 8 bytes, wherever access is; 0 or -EFAULT, and then *to is zero. */
#define __load_fault(suffix, constraint, type, source, result)		\
({									\
	type __value = 0;						\
	int __error = -EFAULT;						\
	asm volatile("1: mov" suffix " %[from], %[value]\n"		\
		     "xor %[error], %[error]\n"				\
		     "2:\n"						\
		     _ASM_EXTABLE(1b, 2b)				\
		     : [value] constraint(__value), [error] "+r"(__error)	\
		     : [from] "m"(*(const type *)(source)));		\
	*(type *)(result) = __value;					\
	__error;							\
})

static __always_inline int haunch_load(size_t size, const void *p, void *to)
{
	switch (size) {
	case 1:
		return __load_fault("b", "+q", u8, p, to);
	case 2:
		return __load_fault("w", "+r", u16, p, to);
	case 4:
		return __load_fault("l", "+r", u32, p, to);
	default:
		return __load_fault("q", "+r", u64, p, to);
	}
}

#define __store_fault(suffix, constraint, type, source, target, label)	\
	asm goto("1: mov" suffix " %[value], %[to]\n"			\
		 _ASM_EXTABLE(1b, %l[label])				\
		 :: [value] constraint(*(const type *)(source)),		\
		    [to] "m"(*(type *)(target))				\
		 : "memory" : label)

static __always_inline int haunch_store(size_t size, void *p, const void *value)
{
	switch (size) {
	case 1:
		__store_fault("b", "q", u8, value, p, fault);
		break;
	case 2:
		__store_fault("w", "r", u16, value, p, fault);
		break;
	case 4:
		__store_fault("l", "r", u32, value, p, fault);
		break;
	default:
		__store_fault("q", "r", u64, value, p, fault);
		break;
	}
	return 0;
fault:
	return -EFAULT;
}

static __always_inline int __get_user_fn(size_t size, const void __user *from, void *to)
{
	int error;

	hc_access_begin();
	error = haunch_load(size, (const void __force *)from, to);
	hc_access_end();
	return error;
}
#define __get_user_fn(size, from, to) __get_user_fn(size, from, to)

static __always_inline int __put_user_fn(size_t size, void __user *to, const void *value)
{
	int error;

	hc_access_begin();
	error = haunch_store(size, (void __force *)to, value);
	hc_access_end();
	return error;
}
#define __put_user_fn(size, to, value) __put_user_fn(size, to, value)

#define __get_kernel_nofault(to, from, type, label)			\
do {									\
	if (haunch_load(sizeof(type), from, to))			\
		goto label;						\
} while (0)

#define __put_kernel_nofault(to, from, type, label)			\
do {									\
	if (haunch_store(sizeof(type), to, from))			\
		goto label;						\
} while (0)

static __always_inline unsigned long __must_check
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (__builtin_constant_p(n) && (n == 1 || n == 2 || n == 4 || n == 8))
		return __get_user_fn(n, from, to) ? n : 0;
	return haunch_copy(to, (const void __force *)from, n);
}

static __always_inline unsigned long __must_check
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (__builtin_constant_p(n) && (n == 1 || n == 2 || n == 4 || n == 8))
		return __put_user_fn(n, to, from) ? n : 0;
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
	if (haunch_load(sizeof(__value), (const void __force *)(p), &__value))	\
		goto label;						\
	(x) = __value;							\
} while (0)
#define unsafe_put_user(x, p, label)					\
do {									\
	__typeof__(*(p)) __value = (x);					\
									\
	if (haunch_store(sizeof(__value), (void __force *)(p), &__value))	\
		goto label;						\
} while (0)
#define unsafe_copy_to_user(d, s, n, label) \
	do { if (haunch_copy_unsafe((void __force *)(d), s, n)) goto label; } while (0)
#define unsafe_copy_from_user(d, s, n, label) \
	do { if (haunch_copy_unsafe(d, (const void __force *)(s), n)) goto label; } while (0)

#include <asm-generic/uaccess.h>

#endif
