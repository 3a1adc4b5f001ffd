#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# help.t - every command has a help text that tells of every option, and wrong words are refused.

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
	# Every option that the scripts or tools/COMMAND.c know: a pattern of `case`, or of getopt_long.
	sources=$ROOT/tools/sh/$command.sh
	options=$(sed -n 's/^\t*\(-[-a-z|*=?]*\)).*/\1/p; s/^\t*\(-[-a-z|]*\)|\\$/\1/p' "$sources" |
		tr '|' '\n' | grep -x -e '--*[a-z][-a-z]*' | sort -u)
	case $command in
	bake|inspect)
		options="$options $(sed -n 's/^\t\t{ "\([-a-z]*\)", .*_argument.*/--\1/p' \
			"$ROOT/tools/$command.c" | grep -vx -e --init -e --drivers)" ;;
	esac
	for option in $options; do
		grep -q -e "${option}[ ,|]" help.command
		ok "help $command tells of $option"
	done
	# And the other way round: what help tells of is known.
	[ "$command" = cc ] || for option in $(sed -n 's/^  \(--*[-a-z, ]*\).*/\1/p' help.command |
		tr -d , ); do
		case $option in -*) ;; *) continue ;; esac
		grep -qF -e "$option" "$sources" "$ROOT/tools/$command.c" 2>/dev/null ||
			grep -qF -e "\"${option#--}\"" "$ROOT/tools/$command.c" 2>/dev/null
		ok "$command knows $option"
	done
	[ "$command" = cc ] ||
		fails 2 'unknown option' "$command refuses an unknown option" "$HAUNCH" "$command" --frob
	[ "$command" = cc ] || succeeds "$command --help" "$HAUNCH" "$command" --help
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
