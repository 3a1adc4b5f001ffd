# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=nodejs memory=256 port=8000
start() { machine -- node -e 'require("http").createServer((q, r) => r.end("by node " + process.version)).listen(8000); process.on("SIGTERM", () => process.exit(0))'; }
check() { get / && grep -q 'by node v' "$TMP/page"; }
