/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
#include <generated/asm-offsets.h>
