#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# donor.t - the donor is Debian's kernel, unmodified, and shares nothing with the core but the contract.

# shellcheck source=../tap.sh
. "$(dirname "$0")/../tap.sh"

read -r package _ <"$BUILD/donor/chosen" || package=none
donor=$BUILD/donor/$package
archive=/usr/src/$package.tar.xz
if [ ! -d "$donor" ] || [ ! -r "$archive" ]; then
	skip_all 'the donor is not unpacked'
fi

# Owners are those of whoever unpacked it.
tar -C "$BUILD/donor" -df "$archive" 2>&1 | grep -vE ': (Uid|Gid) differs$' >"$TMP/differences"
[ ! -s "$TMP/differences" ]
ok 'every file is as the package has it' "$(head -n 20 "$TMP/differences")"

tar -tf "$archive" | sed 's,/$,,' | sort >"$TMP/packaged"
(cd "$BUILD/donor" && find "$package" | sort) >"$TMP/there"
comm -13 "$TMP/packaged" "$TMP/there" >"$TMP/added"
[ "$(cat "$TMP/added")" = "$package/arch/haunch" ] && [ -L "$donor/arch/haunch" ]
ok 'nothing is added but the symbolic link arch/haunch' "$(head -n 20 "$TMP/added")"

# The functions of hypercall.h, its variables, and the linker's own table of addresses.
{
	echo _GLOBAL_OFFSET_TABLE_
	grep -ohE '\bhc_[a-z_]+\(' hypercall/*.h | tr -d '('
	sed -n 's/^extern .*[ *]\(hc_[a-z_]*\);$/\1/p' hypercall/*.h
} | sort -u >"$TMP/contract"
for object in "$BUILD/$package"-*/donor.o; do
	name=${object%/donor.o}
	name=${name##*/}
	nm -u "$object" | awk '{ print $2 }' | sort >"$TMP/undefined"
	comm -23 "$TMP/undefined" "$TMP/contract" >"$TMP/beyond"
	[ -s "$TMP/undefined" ] && [ ! -s "$TMP/beyond" ]
	ok "$name: the donor wants what the contract declares, no more" "$(cat "$TMP/beyond")"
	nm --defined-only -g "$object" | awk '$3 !~ /^donor_/ { print $3 }' >"$TMP/exported"
	[ ! -s "$TMP/exported" ]
	ok "$name: it shows the core its entry points only" "$(head -n 5 "$TMP/exported")"
done

# What only the core does, or the contract has a call for.  (Zstandard looks at the CPU itself.)
for object in "$BUILD/$package"-*/donor.o; do
	objdump -d --no-show-raw-insn "$object" | awk '
		/^[0-9a-f]+ <.*>:$/ { name = $2 }
		$2 ~ /^(cpuid|rdmsr|wrmsr|hlt|lgdt|lidt|lldt|ltr|clts|wbinvd|xsetbv)$/ || /%cr[0248]/ {
			if (name !~ /^<ZSTD_/) print name, $2, $3 }' >"$TMP/instructions"
	[ ! -s "$TMP/instructions" ]
	ok "${object%/donor.o}: no instruction that is the core's" "$(cat "$TMP/instructions")"
done
git ls-files linux/arch 2>/dev/null | grep . >"$TMP/overlay" || find linux/arch -name '*.[chS]' >"$TMP/overlay"
xargs grep -nE '"[^")]*\b((cpuid|rdtscp?|rdmsr|wrmsr|invlpg|hlt|cli|sti)\b|(in|out)[bwl]? +[%$])|%%cr[0-9]' \
	<"$TMP/overlay" >"$TMP/instructions"
[ ! -s "$TMP/instructions" ]
ok 'the overlay has none that the contract gives' "$(cat "$TMP/instructions")"

grep -rlE 'linux/|arch/haunch' core >"$TMP/above"
[ ! -s "$TMP/above" ]
ok 'the core names nothing of the donor' "$(cat "$TMP/above")"
