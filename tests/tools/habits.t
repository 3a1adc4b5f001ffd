#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# habits.t - what keeps the sources in order: tools/format, tools/pre-commit, one version everywhere.
#
# haunch check: once

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

if command -v clang-format >/dev/null; then
	cp "$ROOT/.clang-format" .
	printf '#define A\t\t1\t/* columns of our own */\nint f(void)\n{\n\t__asm__("" :: "r"(A));\n\treturn A;\t/* so */\n}\n' >good.c
	succeeds 'a file in our layout' "$ROOT/tools/format" --check good.c
	printf 'int f(void) {\n  return 1;\n}\n' >bad.c
	cp bad.c before.c
	capture "$ROOT/tools/format" --check good.c bad.c
	[ "$status" -eq 1 ] && grep -q '^+	return 1;' out && cmp -s bad.c before.c
	ok 'one that is not is told, and left alone' "$(cat out)"
	"$ROOT/tools/format" good.c bad.c
	succeeds 'and changed if wanted' "$ROOT/tools/format" --check good.c bad.c
	grep -q 'columns of our own' good.c
	ok 'columns stay'
else
	skip 'format' 'clang-format is not installed'
fi

if command -v clang-format >/dev/null && command -v shellcheck >/dev/null; then
	mkdir -p project/tools
	cp "$ROOT/.clang-format" project/
	cp "$ROOT/tools/format" "$ROOT/tools/pre-commit" project/tools/
	cd project || exit 1
	git init -q .
	git config user.name Test
	git config user.email test@example.org
	git add -A
	git commit -qm first
	ln -s ../../tools/pre-commit .git/hooks/pre-commit
	# commits DESCRIPTION: with the hook
	commits()
	{
		git add -A
		git commit -qm next >../out 2>&1
		ok "$1" "$(cat ../out)"
	}
	# refuses PATTERN DESCRIPTION
	refuses()
	{
		git add -A
		! git commit -qm next >../out 2>&1 && grep -q -- "$1" ../out
		ok "$2" "$(cat ../out)"
		git reset -q --hard
	}
	cp ../good.c good.c
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho "$1"\n' >script
	commits 'the hook lets good files pass'
	cp ../before.c bad.c
	refuses '^+	return 1;' 'it refuses C in another layout'
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho $1\n' >script
	refuses SC2086 'and shell that is not clean'
	printf 'end \n' >text
	refuses 'trailing whitespace' 'and white space at the end of lines'
	cd ..
else
	skip 'pre-commit' 'clang-format and shellcheck are not installed'
fi

version=$(cat "$ROOT/VERSION")
is "$(sed -n 's/^## \([0-9.]*\).*/\1/p' "$ROOT/CHANGELOG.md" | head -n 1)" "$version" \
	'CHANGELOG.md begins with this version'
is "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$ROOT/debian/changelog")" "$version" 'so does debian/changelog'

for test in "$ROOT"/tests/*/*.t; do
	grep -q "\`\(${test#"$ROOT/tests/"}\|${test##*/}\)\`" "$ROOT/tests/README.md"
	ok "tests/README.md tells of ${test#"$ROOT/tests/"}"
	[ -x "$test" ]
	ok 'which can be run'
done

# Debian's package depends on what haunch setup would install to build and run.
sed -n 's/^ *\([a-z0-9.+-]*\),$/\1/p' "$ROOT/debian/control" | sort >depends
sed -n 's/^\(build\|run\) //p' "$ROOT/tools/packages" | sort -u >packages
is "$(cat depends)" "$(cat packages)" 'debian/control depends on the packages of haunch setup build run'

# What the measurements need is installed by `make bench`, before anything is built.
grep -qx 'bench libelf-dev' "$ROOT/tools/packages" &&
	sed -n '/^bench:/ { n; p; }' "$ROOT/bench/bench.mk" | grep -q 'haunch setup .*bench'
ok 'make bench begins with haunch setup bench'

# Tests run at the same time, and what they share is built once: no two makes at once.
mkdir one
cat >one/make <<'END_OF_SCRIPT'
#!/bin/sh
mkdir "$TOGETHER" || exit 1
sleep 0.3
rmdir "$TOGETHER"
END_OF_SCRIPT
chmod +x one/make
# shellcheck disable=SC2016 # for the shells
for number in 1 2 3; do
	PATH=$TMP/one:$PATH TOGETHER=$TMP/together HAUNCH_BUILD=$HAUNCH_BUILD \
		sh -c '. "$1/tests/tap.sh"; build something; true; ok built' "$ROOT/tests/tools/any.t" "$ROOT" >"one/$number" 2>&1 &
done
wait
[ "$(grep -c '^ok 1 - built' one/1 one/2 one/3 | grep -c ':1$')" -eq 3 ]
ok 'tests that run together build one after the other' "$(cat one/[123])"
