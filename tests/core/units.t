#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# units.t - the core's portable parts (units.c) and its clock (clock.c) on the host, what core.o exports
# and wants, and the host tool symtab with bad input.
#
# haunch check: once

# shellcheck source=tests/core/boot.sh
. "$(dirname "$0")/boot.sh"

for program in units clock; do
	"$BUILD/tests/core/$program" >"$TMP/units" 2>"$TMP/errors"
	units=$?
	grep -E '^(not )?ok' "$TMP/units" | sed 's/^not ok [0-9]*/# failed:/; s/^ok [0-9]*/#/'
	[ "$units" -eq 0 ] && grep -q '^1\.\.' "$TMP/units" && [ ! -s "$TMP/errors" ]
	ok "$program: $(grep -c '^ok' "$TMP/units") tests" "$(cat "$TMP/errors")"
done

# ------------------------------------------------------------------ the contract

nm "$BUILD/core/core.o" | awk '$(NF - 1) == "U" { print $NF }' |
	grep -vE '^(donor_(start_v[0-9]+|timer|interrupt|fault|syscall)|image_[a-z_]+)$' >"$TMP/undefined"
[ ! -s "$TMP/undefined" ]
ok 'the core wants nothing but the donor and the linker script' "$(cat "$TMP/undefined")"

nm "$BUILD/core/core.o" | awk '$(NF - 1) ~ /[A-TV-Z]/ { print $NF }' |
	grep -vE '^(hc_[a-z_]+|pvh_entry|multiboot2_entry)$' >"$TMP/exported"
[ ! -s "$TMP/exported" ]
ok 'the core exports nothing but hypercalls and entry points' "$(cat "$TMP/exported")"

# Every call that the header declares is there, and the other way round.
header=hypercall/hypercall.h
cpu=hypercall/x86_64.h
sed -n -e 's/^[a-z].*[ *]\(hc_[a-z_]*\)(.*/\1/p' -e 's/^extern .*[ *]\(hc_[a-z_]*\);$/\1/p' \
	"$header" "$cpu" | sort -u >"$TMP/declared"
sed -n 's/^static inline .*[ *]\(hc_[a-z_]*\)(.*/\1/p' "$header" "$cpu" | sort -u >"$TMP/inline"
comm -23 "$TMP/declared" "$TMP/inline" >"$TMP/wanted"
nm --defined-only -g "$BUILD/core/core.o" | awk '$NF ~ /^hc_/ { print $NF }' | sort >"$TMP/defined"
cmp -s "$TMP/wanted" "$TMP/defined"
ok 'the core defines what the header declares' "$(diff "$TMP/wanted" "$TMP/defined")"

grep -rhoE '^[[:space:]]*#[[:space:]]*include.*' core/*.[chS] core/x86_64/*.[chS] |
	sed 's/^.*include[[:space:]]*//' |
	grep -vE '^<(stdint|stddef|stdbool|stdarg)\.h>$' |
	grep -vE '^"(\.\./)*(hypercall/hypercall|[a-z_0-9]+)\.h"$' >"$TMP/includes"
[ ! -s "$TMP/includes" ]
ok 'the core includes its own headers and the contract only' "$(cat "$TMP/includes")"

# shellcheck disable=SC2046,SC2016 # flags are words; make's variables
$(make -s --eval 'print-cc: ; @echo $(CC) $(CORE_CFLAGS)' print-cc) \
	-x c -c -o /dev/null "$header"
ok 'the header needs no other header but the part of the processor'

# links OBJECT: does it, with the core?
links()
{
	ld -nostdlib -static -z noexecstack --no-warn-rwx-segments --orphan-handling=error \
		-T "$BUILD/core/haunch.lds" -o "$TMP/linked" "$BUILD/core/core.o" "$1" 2>"$TMP/complaints"
}
donor=$BUILD/tests/core/donor.o
links "$donor"
ok 'a donor links with the core' "$(cat "$TMP/complaints")"
objcopy --redefine-sym donor_start_v3=donor_start_v2 "$donor" "$TMP/old.o"
! links "$TMP/old.o" && grep -q 'undefined reference to .donor_start_v3' "$TMP/complaints"
ok 'one of another version of the contract does not, and the version is named' "$(cat "$TMP/complaints")"
objcopy --redefine-sym donor_syscall=unused "$donor" "$TMP/without.o"
links "$TMP/without.o"
ok 'one without system calls does' "$(cat "$TMP/complaints")"
! grep -nE 'initcall|ksymtab|percpu|__[a-z]+_(table|ptrs)|altinstr|modinfo|link_set' core/x86_64/haunch.lds >"$TMP/named"
ok 'the linker script names no section of a donor' "$(cat "$TMP/named")"

# ------------------------------------------------------------------ symtab

symtab="$BUILD/tools/symtab"
good="$BUILD/tests/core/donor.debug"

"$symtab" "$good" "$TMP/good.elf" "$(cat VERSION)" test && cmp -s "$TMP/good.elf" "$BUILD/tests/core/donor.elf"
ok 'symtab: the same input gives the same output'

# GRUB 2.12 loads nothing without one.
readelf -h "$TMP/good.elf" >"$TMP/header" && grep -q 'Number of section headers: *1$' "$TMP/header" &&
	readelf -S "$TMP/good.elf" >"$TMP/sections" 2>&1
ok 'and it has a table of sections, with the null section' "$(cat "$TMP/header")"

refuses()
{
	"$symtab" "$1" "$TMP/output" 1 test >"$TMP/out" 2>&1
	result=$?
	[ "$result" -eq 1 ] && [ "$(wc -l <"$TMP/out")" -eq 1 ] && [ ! -e "$TMP/output" ]
	ok "symtab: $2" "status $result" "$(cat "$TMP/out")"
	rm -f "$TMP/output"
}

: >"$TMP/empty"
refuses "$TMP/empty" 'an empty file'
refuses "$TMP/nowhere" 'no file'
refuses core/core.mk 'not an ELF file'
refuses /bin/true 'not a kernel'
head -c 20000 "$good" >"$TMP/cut"
refuses "$TMP/cut" 'a truncated file'
