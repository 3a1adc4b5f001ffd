#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# help.t - every command has a help text that tells of every option, and wrong words are refused.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

commands=$(sed -n "s/^commands='\(.*\)'$/\1/p" "$HAUNCH")
succeeds 'help' "$HAUNCH" help
cp out help
succeeds '--help' "$HAUNCH" --help
succeeds '--version' "$HAUNCH" --version
grep -q '^haunch ' out
ok 'tells a version'
for command in $commands; do
	grep -q "^  haunch $command " help || grep -q "^  haunch $command\$" help
	ok "help tells of $command"
	succeeds "help $command" "$HAUNCH" help "$command"
	cp out help.command
	grep -q "^usage: haunch $command" help.command
	ok "says how $command is used"
	[ "$(awk '{ if (length > 100) n++ } END { print n + 0 }' help.command)" -eq 0 ]
	ok 'in lines that fit'
	case $command in
	bake|run|inspect|ps|logs|exec|stop|kill|rm|stats|volume|export)
		# Help, parser and this list are made of one table.
		"$HAUNCH" help --format=table "$command" >table
		{ [ -s table ] || ! grep -q '^  -' help.command; } && ! grep -qv "^$command	--[a-z-]*	[^	]*	[^	]*	..*" table
		ok "help --format=table $command has a line for each option" "$(cat table)"
		# A tab is white space, of which `read` takes several as one.
		tr '\t' '\1' <table >table.1
		while IFS=$(printf '\1') read -r _ option letter argument _; do
			grep -q -e "^  ${letter:+$letter, }$option${argument:+ }" help.command
			ok "help $command tells of $option"
			[ -z "$argument" ] ||
				fails 2 'wants a value' "$command $option wants a value" "$HAUNCH" "$command" "$option"
		done <table.1 ;;
	cc)
		continue ;;
	*)
		# Every option that the script knows: a pattern of `case`.
		sources=$ROOT/tools/sh/$command.sh
		for option in $(sed -n 's/^\t*\(-[-a-z|*=?]*\)).*/\1/p; s/^\t*\(-[-a-z|]*\)|\\$/\1/p' "$sources" |
			tr '|' '\n' | grep -x -e '--*[a-z][-a-z]*' | sort -u); do
			grep -q -e "${option}[ ,|]" help.command
			ok "help $command tells of $option"
		done
		# And the other way round: what help tells of is known.
		for option in $(sed -n 's/^  \(--*[-a-z, ]*\).*/\1/p' help.command | tr -d ,); do
			case $option in -*) ;; *) continue ;; esac
			grep -qF -e "$option" "$sources"
			ok "$command knows $option"
		done ;;
	esac
	fails 2 "haunch $command: unknown option" "$command refuses an unknown option" "$HAUNCH" "$command" --frob
	succeeds "$command --help" "$HAUNCH" "$command" --help
done
fails 2 "unknown command 'frob'; the commands are: cc bake" 'an unknown command' "$HAUNCH" frob
fails 2 "unknown option '--frob'" 'an unknown option' "$HAUNCH" --frob
fails 2 "unknown command 'frob'" 'help on an unknown command' "$HAUNCH" help frob
capture "$HAUNCH"
is "$status" 2 'no command is an error'
grep -q 'haunch demo' err
ok 'that shows help'

if command -v shellcheck >/dev/null; then
	for file in "$HAUNCH" "$ROOT"/tools/sh/*.sh "$ROOT"/tests/tools/*.sh "$ROOT"/tests/tools/*.t; do
		(cd "$ROOT" && shellcheck -x "$file") >lint 2>&1
		ok "shellcheck ${file#"$ROOT/"}" "$(cat lint)"
	done
else
	skip 'shellcheck' 'not installed'
fi
