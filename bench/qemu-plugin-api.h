/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * qemu-plugin-api.h - the part of QEMU's TCG plugin interface that icount.c uses.
 *
 * Written from the documentation of version 1 of the interface (QEMU 4.2 to 8.2; Debian 12 has
 * 7.2), because Debian does not package QEMU's own header.  QEMU binds these symbols when it loads
 * the plugin.
 */
#ifndef QEMU_PLUGIN_API_H
#define QEMU_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_API_VERSION 1
#define PLUGIN_EXPORT	   __attribute__((visibility("default")))

/* A block of guest code that TCG translates as a whole, and an instruction in it. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;

/* The only operation that can be made part of the translated code: *ptr += imm. */
#define PLUGIN_INLINE_ADD_U64 0

#define PLUGIN_CB_NO_REGS     0

/* What QEMU reads and calls. */
extern PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* What a plugin calls.  `cb` is called for each block that is translated. */
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int vcpu, void *data), int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *data), void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#endif
