#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# frames.t - the frames between init and `haunch run` (init/frames.c), on the host, under sanitizers.
#
# haunch check: once

build=${HAUNCH_BUILD-$(dirname "$0")/../../build}
exec "$build/tests/tools/frames"
