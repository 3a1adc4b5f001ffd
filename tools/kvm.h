/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/* kvm.h - does KVM work here? */
#ifndef TOOLS_KVM_H
#define TOOLS_KVM_H

#include "common.h"

/* Returns NULL if it runs what an image does, or words that say why not.  May take two seconds. */
const char *kvm_problem(void);

#endif /* TOOLS_KVM_H */
