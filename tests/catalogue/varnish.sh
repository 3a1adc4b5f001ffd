# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=varnish,gcc memory=256 port=6081
note='its backend is not there: it says so, with status 503'
check() { get / -i && grep -qi 'X-Varnish' "$TMP/page"; }
