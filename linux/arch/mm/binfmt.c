// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Load an ELF program (System V ABI; the x86-64 supplement for what stands on its stack):
 * static-PIE and dynamic executables at a random address, others at the one they are linked for.
 *
 * Without an MMU the generic ELF loader is not available, and the FDPIC one neither reads 64-bit
 * executables nor gives a heap that brk() can grow.
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "../kernel/haunch.h"
#include "memory.h"

/*
 * A stack cannot grow here, and all of it is taken at once.  By default a program gets a share of
 * the RAM, and RLIMIT_STACK, from which glibc sizes the stacks of threads, is a smaller one;
 * PT_GNU_STACK, or an RLIMIT_STACK that somebody has set, ask for something else.
 */
#define STACK_LEAST	(128ul << 10)
#define STACK_LEAST_ASKED	(16ul << 10)
#define STACK_MOST	(8ul << 20)
#define STACK_SHARE	64
#define THREAD_STACK_SHARE	512
#define MAX_HEADERS	64
#define NR_AUX		24

struct image {
	struct elfhdr header;
	struct elf_phdr *segments;
	unsigned long low, high;	/* addresses the segments span, as linked; page aligned */
	unsigned long bias;		/* where address 0 came to lie */
	const char *interpreter;
	unsigned long stack;		/* the size its PT_GNU_STACK asks for, or 0 */
	bool executable_stack;
};

static bool reject(const char *name, const char *why)
{
	pr_err("%s: cannot run: %s\n", name, why);
	return false;
}

static int read_exactly(struct file *file, void *to, size_t size, loff_t offset)
{
	ssize_t n = kernel_read(file, to, size, &offset);

	return n == size ? 0 : n < 0 ? n : -ENOEXEC;
}

/* Is it linked for one address? */
static bool is_fixed(const struct image *image)
{
	return image->header.e_type == ET_EXEC;
}

/* Check and take note of the headers; everything that follows trusts them. */
static int read_headers(struct file *file, const char *name, struct image *image)
{
	struct elfhdr *header = &image->header;
	unsigned int i;
	int error;

	if (memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64)
		return -ENOEXEC;
	if ((header->e_type != ET_EXEC && header->e_type != ET_DYN) || !elf_check_arch(header) ||
	    header->e_phentsize != sizeof(struct elf_phdr) || !header->e_phnum ||
	    header->e_phnum > MAX_HEADERS) {
		reject(name, "not an executable for x86-64");
		return -ENOEXEC;
	}
	image->segments = kmalloc_array(header->e_phnum, sizeof(struct elf_phdr), GFP_KERNEL);
	if (!image->segments)
		return -ENOMEM;
	error = read_exactly(file, image->segments, header->e_phnum * sizeof(struct elf_phdr),
			     header->e_phoff);
	if (error)
		return error;

	image->low = ~0ul;
	for (i = 0; i < header->e_phnum; i++) {
		const struct elf_phdr *segment = &image->segments[i];

		if (segment->p_type == PT_GNU_STACK) {
			image->stack = segment->p_memsz;
			image->executable_stack = segment->p_flags & PF_X;
		}
		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_filesz > segment->p_memsz || segment->p_memsz > TASK_SIZE ||
		    segment->p_vaddr > TASK_SIZE - segment->p_memsz ||
		    segment->p_offset + segment->p_filesz > i_size_read(file_inode(file))) {
			reject(name, "the file is damaged or truncated");
			return -ENOEXEC;
		}
		image->low = min_t(unsigned long, image->low, segment->p_vaddr & PAGE_MASK);
		image->high = max_t(unsigned long, image->high,
				    PAGE_ALIGN(segment->p_vaddr + segment->p_memsz));
	}
	if (image->low >= image->high)
		return -ENOEXEC;
	if (is_fixed(image) && (image->low < PAGE_SIZE || image->high > HC_IMAGE_MAP)) {
		reject(name, "linked for addresses that are not available; build it as static-PIE");
		return -ENOEXEC;
	}
	return 0;
}

static int read_interpreter(struct file *file, struct image *image, char **name)
{
	unsigned int i;
	int error;

	for (i = 0; i < image->header.e_phnum; i++) {
		const struct elf_phdr *segment = &image->segments[i];

		if (segment->p_type != PT_INTERP)
			continue;
		if (segment->p_filesz < 2 || segment->p_filesz > PATH_MAX)
			return -ENOEXEC;
		*name = kmalloc(segment->p_filesz, GFP_KERNEL);
		if (!*name)
			return -ENOMEM;
		error = read_exactly(file, *name, segment->p_filesz, segment->p_offset);
		if (!error && (*name)[segment->p_filesz - 1])
			error = -ENOEXEC;
		return error;
	}
	return 0;
}

/*
 * Give the image memory, `extra` bytes more than its segments span, and load it.  Segments are
 * protected as their headers ask by protect().
 */
static int load(struct file *file, struct image *image, unsigned long extra)
{
	bool fixed = is_fixed(image);
	unsigned long length = image->high - image->low + extra;
	unsigned long base = memory_allocate(fixed ? image->low : 0, length,
					     MEMORY_RANDOM | MEMORY_ZERO);
	unsigned int i;

	if (IS_ERR_VALUE(base))
		return base;
	image->bias = base - image->low;
	for (i = 0; i < image->header.e_phnum; i++) {
		const struct elf_phdr *segment = &image->segments[i];
		int error;

		if (segment->p_type != PT_LOAD || !segment->p_filesz)
			continue;
		error = read_exactly(file, (void *)(image->bias + segment->p_vaddr),
				     segment->p_filesz, segment->p_offset);
		if (error)
			return error;
	}
	return 0;
}

static int protect(const struct image *image)
{
	unsigned int i;

	for (i = 0; i < image->header.e_phnum; i++) {
		const struct elf_phdr *segment = &image->segments[i];
		unsigned long start = image->bias + (segment->p_vaddr & PAGE_MASK);
		unsigned long end = image->bias + PAGE_ALIGN(segment->p_vaddr + segment->p_memsz);
		unsigned long prot = (segment->p_flags & PF_R ? PROT_READ : 0) |
				     (segment->p_flags & PF_W ? PROT_WRITE : 0) |
				     (segment->p_flags & PF_X ? PROT_EXEC : 0);
		int error;

		if (segment->p_type != PT_LOAD || start == end)
			continue;
		error = memory_protect(start, end, prot);
		if (error)
			return error;
	}
	return 0;
}

static unsigned long share_of_ram(unsigned int share)
{
	return PAGE_ALIGN(clamp(totalram_pages() * PAGE_SIZE / share, STACK_LEAST, STACK_MOST));
}

static unsigned long stack_size(struct linux_binprm *bprm, const struct image *image)
{
	struct rlimit *limit = &bprm->rlim_stack;
	bool chosen = limit->rlim_cur != _STK_LIM &&
		      limit->rlim_cur != share_of_ram(THREAD_STACK_SHARE);
	unsigned long size = image->stack ?: chosen ? limit->rlim_cur : share_of_ram(STACK_SHARE);

	if (!chosen)
		limit->rlim_cur = share_of_ram(THREAD_STACK_SHARE);
	return PAGE_ALIGN(clamp(size, image->stack ? STACK_LEAST_ASKED : STACK_LEAST, STACK_MOST));
}

/* The stack: guard page, what the program may use, its arguments. */
static int make_stack(struct linux_binprm *bprm, const struct image *image, unsigned long *top)
{
	unsigned long size = stack_size(bprm, image), start, end;
	int error;

	size += PAGE_ALIGN(MAX_ARG_PAGES * PAGE_SIZE - bprm->p);
	start = memory_allocate(0, PAGE_SIZE + size, MEMORY_RANDOM);
	if (IS_ERR_VALUE(start))
		return start;
	end = start + PAGE_SIZE + size;
	error = memory_protect(start, start + PAGE_SIZE, PROT_NONE);
	if (!error && image->executable_stack)
		error = memory_protect(start + PAGE_SIZE, end, PROT_READ | PROT_WRITE | PROT_EXEC);
	*top = end;
	return error;
}

/* Copy the strings and lay out argc, argv, envp and the auxiliary vector; the new stack pointer. */
static int make_tables(struct linux_binprm *bprm, const struct image *image,
		       const struct image *interpreter, unsigned long top, unsigned long *stack)
{
	struct mm_struct *mm = current->mm;
	unsigned long sp = top, strings, random, platform, aux[2 * NR_AUX], n = 0;
	unsigned long __user *table;
	const struct cred *cred = current_cred();
	u8 seed[16];
	char __user *string;
	int i;

	if (transfer_args_to_stack(bprm, &sp))
		return -EFAULT;
	strings = sp;
	sp = (sp - sizeof(ELF_PLATFORM)) & ~15ul;
	platform = sp;
	get_random_bytes(seed, sizeof(seed));
	sp -= sizeof(seed);
	random = sp;
	if (copy_to_user((void __user *)platform, ELF_PLATFORM, sizeof(ELF_PLATFORM)) ||
	    copy_to_user((void __user *)random, seed, sizeof(seed)))
		return -EFAULT;
	if (current->flags & PF_RANDOMIZE)
		sp -= get_random_u32_below(128) << 4;

#define AUX(id, value) do { aux[n++] = (id); aux[n++] = (unsigned long)(value); } while (0)
	AUX(AT_HWCAP, ELF_HWCAP);
	AUX(AT_PAGESZ, PAGE_SIZE);
	AUX(AT_CLKTCK, CLOCKS_PER_SEC);
	AUX(AT_PHDR, image->bias + image->low + image->header.e_phoff);
	AUX(AT_PHENT, sizeof(struct elf_phdr));
	AUX(AT_PHNUM, image->header.e_phnum);
	AUX(AT_BASE, interpreter ? interpreter->bias : 0);
	AUX(AT_FLAGS, 0);
	AUX(AT_ENTRY, image->bias + image->header.e_entry);
	AUX(AT_UID, from_kuid_munged(cred->user_ns, cred->uid));
	AUX(AT_EUID, from_kuid_munged(cred->user_ns, cred->euid));
	AUX(AT_GID, from_kgid_munged(cred->user_ns, cred->gid));
	AUX(AT_EGID, from_kgid_munged(cred->user_ns, cred->egid));
	AUX(AT_SECURE, bprm->secureexec);
	AUX(AT_RANDOM, random);
	AUX(AT_HWCAP2, ELF_HWCAP2);
	AUX(AT_EXECFN, bprm->exec);
	AUX(AT_PLATFORM, platform);
	AUX(AT_MINSIGSTKSZ, fpu_size() + 1024);
	if (vdso_address)
		AUX(AT_SYSINFO_EHDR, vdso_address);
	AUX(AT_NULL, 0);
#undef AUX

	sp -= (1 + bprm->argc + 1 + bprm->envc + 1 + n) * sizeof(long);
	sp &= ~15ul;
	table = (unsigned long __user *)sp;
	if (put_user(bprm->argc, table++))
		return -EFAULT;
	string = (char __user *)strings;
	mm->arg_start = strings;
	for (i = 0; i < bprm->argc + bprm->envc; i++) {
		long length = strnlen_user(string, MAX_ARG_STRLEN);

		if (i == bprm->argc) {
			mm->arg_end = mm->env_start = (unsigned long)string;
			if (put_user(0, table++))
				return -EFAULT;
		}
		if (length <= 0 || put_user((unsigned long)string, table++))
			return -EFAULT;
		string += length;
	}
	if (!bprm->envc) {
		mm->arg_end = mm->env_start = (unsigned long)string;
		if (put_user(0, table++))
			return -EFAULT;
	}
	mm->env_end = (unsigned long)string;
	if (put_user(0, table++) || copy_to_user(table, aux, n * sizeof(long)))
		return -EFAULT;
	mm->start_stack = *stack = sp;
	return 0;
}

/*
 * How much a heap may grow before malloc() has to use mmap(): little, for it is taken at once, and
 * least for a small program.
 */
static unsigned long heap_size(const struct image *image)
{
	return clamp(PAGE_ALIGN(min(totalram_pages() * PAGE_SIZE / 64, image->high - image->low)),
		     64ul << 10, 1ul << 20);
}

/* As far behind a fixed-address program its heap may be: 32 MiB, as with Linux. */
#define HEAP_GAP_PAGES	8192ul

/*
 * The heap of a fixed-address program starts some pages behind it: below HC_IMAGE_MAP, what lies in
 * between costs no memory.  Another's is the end of the piece that the program was given.
 */
static unsigned long allocate_heap(const struct image *image, unsigned long heap)
{
	unsigned long room = HC_IMAGE_MAP - image->high, gap;

	if (!is_fixed(image))
		return image->bias + image->high;
	if (heap > room)
		return -ENOMEM;
	gap = get_random_u32_below(min(HEAP_GAP_PAGES, ((room - heap) >> PAGE_SHIFT) + 1));
	return memory_allocate(image->high + (gap << PAGE_SHIFT), heap, MEMORY_ZERO);
}

static int build(struct linux_binprm *bprm, struct image *image, struct image *interpreter,
		 struct file *interpreter_file, unsigned long *stack)
{
	struct mm_struct *mm = current->mm;
	unsigned long heap = heap_size(image), heap_start = 0, top;
	int error = load(bprm->file, image, is_fixed(image) ? 0 : heap);

	if (!error)
		error = protect(image);
	if (!error) {
		heap_start = allocate_heap(image, heap);
		error = IS_ERR_VALUE(heap_start) ? heap_start : 0;
	}
	if (!error && interpreter_file)
		error = load(interpreter_file, interpreter, 0) ?: protect(interpreter);
	if (!error)
		error = make_stack(bprm, image, &top);
	if (error)
		return error;

	mm->context.bias = image->bias;
	mm->start_code = image->bias + image->low;
	mm->end_code = mm->start_data = mm->end_data = image->bias + image->high;
	mm->start_brk = mm->brk = heap_start + get_random_u32_below(heap / 4 / 16) * 16;
	mm->context.end_brk = heap_start + heap;
	return make_tables(bprm, image, interpreter_file ? interpreter : NULL, top, stack);
}

static int load_program(struct linux_binprm *bprm);

static struct linux_binfmt format = {
	.load_binary = load_program,
};

static int load_program(struct linux_binprm *bprm)
{
	struct image image = { .header = *(struct elfhdr *)bprm->buf };
	struct image interpreter = { };
	struct file *interpreter_file = NULL;
	struct pt_regs *regs = current_pt_regs();
	unsigned long stack, entry;
	char *name = NULL;
	int error = read_headers(bprm->file, bprm->filename, &image);

	if (!error)
		error = read_interpreter(bprm->file, &image, &name);
	if (!error && name) {
		interpreter_file = open_exec(name);
		if (IS_ERR(interpreter_file)) {
			error = PTR_ERR(interpreter_file);
			interpreter_file = NULL;
			pr_err("%s: cannot run: its interpreter %s is not in the image\n",
			       bprm->filename, name);
		}
		if (!error)
			error = read_exactly(interpreter_file, &interpreter.header,
					     sizeof(interpreter.header), 0);
		if (!error)
			error = read_headers(interpreter_file, name, &interpreter);
	}
	if (error)
		goto out;

	error = begin_new_exec(bprm);
	if (error)
		goto out;
	set_personality(PER_LINUX);
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		current->flags |= PF_RANDOMIZE;
	setup_new_exec(bprm);
	error = memory_attach();
	if (error)
		goto out;
	mmap_write_lock(current->mm);
	error = build(bprm, &image, &interpreter, interpreter_file, &stack);
	mmap_write_unlock(current->mm);
	if (error) {
		/* A program that is killed while it starts needs no obituary. */
		if (!fatal_signal_pending(current))
			pr_err("%s: cannot run: %s\n", bprm->filename, error == -ENOMEM ?
			       "not enough memory in one piece, or its fixed address is taken" :
			       "it could not be loaded");
		goto out;
	}
	set_binfmt(&format);
	finalize_exec(bprm);
	entry = interpreter_file ? interpreter.bias + interpreter.header.e_entry :
				   image.bias + image.header.e_entry;
	start_thread(regs, entry, stack);
out:
	if (interpreter_file) {
		allow_write_access(interpreter_file);
		fput(interpreter_file);
	}
	kfree(name);
	kfree(image.segments);
	kfree(interpreter.segments);
	return error;
}

static int __init format_init(void)
{
	register_binfmt(&format);
	return 0;
}
core_initcall(format_init);
