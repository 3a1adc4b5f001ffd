// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The vDSO: the generic one's code (lib/vdso), which a program finds in its memory by AT_SYSINFO_EHDR.
 * In front of it are pages to be read, as x86's linker script has them: the first one is what the
 * timekeeper says, the next one, a hypervisor's clock there, is the core's; of the others nothing is read.
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/string.h>
#include <vdso/datapage.h>
#include "haunch.h"

#define DATA_PAGES	4

/* Where things are in the first page. */
#define EMIT_VVAR(name, offset)	VVAR##name = (offset),
enum {
#include <asm/vvar.h>
};

static u8 data_page[PAGE_SIZE] __page_aligned_data;
struct vdso_data *vdso_data = (struct vdso_data *)(data_page + VVAR_vdso_data);

/* vdso/image.S: whole pages, for no program may read what is behind it. */
extern const char vdso_image[], vdso_image_end[];

static vm_fault_t data_fault(const struct vm_special_mapping *mapping, struct vm_area_struct *vma,
			     struct vm_fault *vmf)
{
	const void *page = vmf->pgoff ? (const void *)&hc_clock : data_page;

	if (vmf->pgoff > 1)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vma, vmf->address, PHYS_PFN(__pa(page)));
}

static vm_fault_t code_fault(const struct vm_special_mapping *mapping, struct vm_area_struct *vma,
			     struct vm_fault *vmf)
{
	const char *page = vdso_image + (vmf->pgoff << PAGE_SHIFT);

	if (page >= vdso_image_end)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page(page);
	get_page(vmf->page);
	return 0;
}

static int code_mremap(const struct vm_special_mapping *mapping, struct vm_area_struct *vma)
{
	current->mm->context.vdso = (void *)vma->vm_start;
	return 0;
}

static const struct vm_special_mapping data_mapping = {
	.name = "[vvar]",
	.fault = data_fault,
};

static const struct vm_special_mapping code_mapping = {
	.name = "[vdso]",
	.fault = code_fault,
	.mremap = code_mremap,
};

int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	unsigned long code = vdso_image_end - vdso_image, data = DATA_PAGES * PAGE_SIZE, address;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int error = 0;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	address = get_unmapped_area(NULL, 0, data + code, 0, 0);
	if (IS_ERR_VALUE(address)) {
		error = address;
		goto out;
	}
	vma = _install_special_mapping(mm, address, data, VM_READ | VM_MAYREAD | VM_IO |
				       VM_DONTDUMP | VM_PFNMAP, &data_mapping);
	if (!IS_ERR(vma))
		vma = _install_special_mapping(mm, address + data, code, VM_READ | VM_EXEC |
					       VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
					       &code_mapping);
	error = PTR_ERR_OR_ZERO(vma);
	if (!error)
		mm->context.vdso = (void *)(address + data);
out:
	mmap_write_unlock(mm);
	return error;
}
