// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * How much room there is in /: as much as there is memory.  A ramfs has no limit and says nothing, which
 * programs that look before they write take for a full disk.
 */
#include <linux/fs_struct.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/statfs.h>

static int root_statfs(struct dentry *dentry, struct kstatfs *to)
{
	int error = simple_statfs(dentry, to);

	to->f_blocks = totalram_pages();
	to->f_bfree = to->f_bavail = clamp_t(long, si_mem_available(), 0, to->f_blocks);
	return error;
}

static int __init root_init(void)
{
	static struct super_operations operations __ro_after_init;
	struct super_block *root = current->fs->root.mnt->mnt_sb;

	operations = *root->s_op;
	operations.statfs = root_statfs;
	root->s_op = &operations;
	return 0;
}
fs_initcall(root_init);
