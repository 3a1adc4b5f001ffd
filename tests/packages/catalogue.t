#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# catalogue.t - a few of the catalogue (haunch check catalogue runs all of it).

exec "$(dirname "$0")/../catalogue/run" nginx redis sqlite3
