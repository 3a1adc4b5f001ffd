#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# origin.t - whole systems as images: container images in layouts that are as they should be, damaged or
# hostile, folders and archives.  Roots of Debian packages want a network: see tests/packages.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/sbin:/usr/sbin
make_hello

# blob FILE TYPE: it goes into the layout; sets descriptor to what names it
blob()
{
	digest=$(sha256sum "$1" | cut -d ' ' -f 1)
	mkdir -p layout/blobs/sha256
	cp "$1" "layout/blobs/sha256/$digest"
	descriptor="\"mediaType\":\"application/vnd.oci.image.$2\",\"digest\":\"sha256:$digest\",\"size\":$(stat -c %s "$1")"
}

# layout CONFIGURATION LAYER...: layout/ with one image of tar archives
layout()
{
	rm -rf layout
	printf '%s' "$1" >config.json
	shift
	blob config.json config.v1+json
	manifest="{\"schemaVersion\":2,\"config\":{$descriptor},\"layers\":["
	separator=
	for layer; do
		case $layer in
		*.gz) blob "$layer" layer.v1.tar+gzip ;;
		*) blob "$layer" layer.v1.tar ;;
		esac
		manifest="$manifest$separator{$descriptor}"
		separator=,
	done
	echo "$manifest]}" >manifest.json
	blob manifest.json manifest.v1+json
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	echo "{\"schemaVersion\":2,\"manifests\":[{$descriptor,\"annotations\":{\"org.opencontainers.image.ref.name\":\"web\"}}]}" \
		>layout/index.json
}

# files IMAGE: what is in it, one a line: mode user group size name
files()
{
	"$HAUNCH" inspect "$1" | sed -n 's/^  \([-dlcbps][-rwxsStT]*\) */\1 /p' | tr -s ' '
}

plain='{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/bin/hello"],"Cmd":["one"]}}'

mkdir -p a/bin a/etc/old a/link.d b/etc
cp hello a/bin/
echo first >a/etc/first
echo gone >a/etc/gone
echo old >a/etc/old/file
ln a/etc/first a/etc/same
ln -s ../etc a/link.d/etc
tar -C a --owner=7 --group=8 -cf a.tar .
echo second >b/etc/first
: >b/etc/.wh.gone
mkdir b/etc/old
: >b/etc/old/.wh..wh..opq
echo new >b/etc/old/new
tar -C b --owner=0 --group=0 -czf b.tar.gz .

layout '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/bin/hello"],"Cmd":["one","two"],
	"Env":["PATH=/bin","A=b c"],"WorkingDir":"/etc","User":"7:8","ExposedPorts":{"80/tcp":{}},
	"StopSignal":"SIGQUIT"}}' a.tar b.tar.gz
succeeds 'an OCI layout becomes an image' "$HAUNCH" bake -o image oci:layout
files image >list
grep -q '^-rwx[-rx]* 7 8 [0-9]* /bin/hello$' list
ok 'with owners as the layer has them' "$(cat list)"
grep -q ' 7 /etc/first$' list && grep -q ' 6 /etc/same$' list
ok 'a file of the upper layer replaces one of a lower, not its other name' "$(cat list)"
! grep -q '/etc/gone$' list && ! grep -q 'wh\.' list
ok 'what a layer removes is not there' "$(cat list)"
! grep -q '/etc/old/file$' list && grep -q '/etc/old/new$' list
ok 'nor what was in an opaque folder' "$(cat list)"
"$HAUNCH" inspect image >shown
grep -qx 'program       /bin/hello' shown && grep -qx 'arguments     one two' shown
ok 'entry point and command' "$(cat shown)"
grep -qx 'environment   TERM=linux' shown || grep -q 'A=b c' shown
ok 'environment' "$(cat shown)"
is "$("$HAUNCH" inspect --field command-line image)" \
	'quiet haunch.user=7:8 haunch.directory=/etc haunch.stop=3 haunch.network=dhcp' \
	'user, working directory and stop signal'
"$HAUNCH" bake -o image oci:layout -- three
"$HAUNCH" inspect image | grep -qx 'arguments     three'
ok 'arguments replace the command, not the entry point'
succeeds 'a tag' "$HAUNCH" bake -o image oci:layout:web
fails 1 'has no tag frob; it has: web' 'a tag that is not there' "$HAUNCH" bake -o image oci:layout:frob
fails 1 'index.json' 'a folder that is no layout' "$HAUNCH" bake -o image oci:a
"$HAUNCH" bake oci:layout:web
[ -s layout_web.img ] || [ -s layout.img ]
ok 'an image without a name is called like the layout' "$(ls)"

# ------------------------------------------------------------------ damaged

rm -f image
# refused DESCRIPTION TEXT: baking the layout fails in one line, and makes nothing
refused()
{
	fails 1 "$2" "$1" "$HAUNCH" bake -o image oci:layout
	[ ! -e image ] && [ -z "$(ls -A "$TMP/temporary")" ]
	ok 'and leaves nothing'
}
mkdir "$TMP/temporary"
export TMPDIR="$TMP/temporary"

layout "$plain" a.tar
echo more >>"layout/blobs/sha256/$(sha256sum a.tar | cut -d ' ' -f 1)"
refused 'a layer of another size' 'has another size'
layout "$plain" a.tar
printf 'X' | dd of="layout/blobs/sha256/$(sha256sum a.tar | cut -d ' ' -f 1)" bs=1 seek=600 conv=notrunc 2>/dev/null
refused 'a layer with another checksum' 'has another checksum'
layout "$plain" a.tar
rm "layout/blobs/sha256/$(sha256sum a.tar | cut -d ' ' -f 1)"
refused 'a layer that is missing' 'is missing'
layout "$plain" a.tar
echo '{' >layout/index.json
refused 'an index that is no JSON' 'what should be JSON is not'
layout "$plain" a.tar
sed -i 's/sha256:[0-9a-f]*/sha256:..\/..\/..\/..\/..\/etc\/passwd/' layout/index.json
refused 'a digest that is a path' 'digest'
head -c 5000 a.tar >short.tar
layout "$plain" short.tar
refused 'a layer that ends in the middle' 'is damaged'
head -c 5000 /dev/urandom >noise.tar
layout "$plain" noise.tar
refused 'a layer of noise' 'is damaged'
layout '{"architecture":"arm64","os":"linux","config":{"Cmd":["/bin/hello"]}}' a.tar
refused 'an image for another machine' 'is for arm64, not for amd64'
layout '{"architecture":"amd64","os":"linux","config":{}}' a.tar
refused 'an image that starts nothing' 'does not say what is to be run'

# ------------------------------------------------------------------ hostile

mkdir prey
echo mine >prey/file
tar -cf dots.tar -C a --transform 's,^etc/first$,../../prey/file,' -P etc/first
layout "$plain" a.tar dots.tar
refused 'a path with ".."' "'..'"
# A symlink out of the root, and a file behind it: it leads to the guest's own root.
mkdir hostile
ln -s "$TMP" hostile/out
ln -s ../../../../../../../.. hostile/up
tar -C hostile -cf links.tar .
mkdir -p "behind/out/prey" "behind/up$TMP/prey"
echo theirs | tee behind/out/prey/file >"behind/up$TMP/prey/file"
tar -C behind -cf behind.tar --no-recursion out/prey/file "up$TMP/prey/file"
layout "$plain" a.tar links.tar behind.tar
succeeds 'files behind symlinks that lead out' "$HAUNCH" bake -o image oci:layout
is "$(cat prey/file)" mine 'write nothing on this machine'
files image | grep -q " 7 $TMP/prey/file\$"
ok 'they are in the image, below its own root' "$(files image)"
rm -f image
perl -e '
	# A hard link (type 1) to a path with ".."; its header is a tar one, POSIX.1-1988.
	my $h = pack("a100a8a8a8a12a12A8a1a100a6a2a32a32a8a8a155x12", "etc/stolen", "0000644", "0000000",
		"0000000", "00000000000", "00000000000", "", "1", "../../prey/file", "ustar", "00", "", "", "", "", "");
	substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
	print $h, "\0" x 1024' >hard.tar
layout "$plain" a.tar hard.tar
refused 'a hard link with ".."' "'..'"
perl -e '
	for my $i (1 .. 3000) {
		my $h = pack("a100a8a8a8a12a12A8a1a100a6a2a32a32a8a8a155x12", "d/" x 49, "0000755", "0000000",
			"0000000", "00000000000", "00000000000", "", "5", "", "ustar", "00", "", "", "", "", "");
		substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
		print $h;
	}
	print "\0" x 1024' >deep.tar
layout "$plain" a.tar deep.tar
succeeds 'the same deep folder again and again' "$HAUNCH" bake -o image oci:layout
perl -e '
	# Symlinks that lead to each other.
	for my $n ([ "l1", "l2" ], [ "l2", "l1" ]) {
		my $h = pack("a100a8a8a8a12a12A8a1a100a6a2a32a32a8a8a155x12", $n->[0], "0000777", "0000000",
			"0000000", "00000000000", "00000000000", "", "2", $n->[1], "ustar", "00", "", "", "", "", "");
		substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
		print $h;
	}
	my $h = pack("a100a8a8a8a12a12A8a1a100a6a2a32a32a8a8a155x12", "l1/x/y", "0000755", "0000000",
		"0000000", "00000000000", "00000000000", "", "5", "", "ustar", "00", "", "", "", "", "");
	substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
	print $h, "\0" x 1024' >loop.tar
rm -f image
layout "$plain" a.tar loop.tar
refused 'symlinks in a circle' 'too many symlinks'

# ------------------------------------------------------------------ folders, archives, wrong words

succeeds 'a folder' "$HAUNCH" bake -o image rootfs:a -- /bin/hello
files image | grep -q ' 5 /etc/gone$'
ok 'with its files'
fails 1 'does not say what is to be run' 'a folder without a program' "$HAUNCH" bake -o x rootfs:a
mkdir -p arm/bin
cp hello arm/bin/hello
printf '\267\000' | dd of=arm/bin/hello bs=1 seek=18 conv=notrunc 2>/dev/null
fails 1 '/bin/hello in rootfs:arm is a program for another CPU' 'a folder of another CPU' \
	"$HAUNCH" bake -o x rootfs:arm -- /bin/hello
fails 1 'for another CPU' 'by its name alone' "$HAUNCH" bake -o x rootfs:arm -- hello
succeeds 'an archive' "$HAUNCH" bake -o image rootfs:a.tar -- /bin/hello
files image | grep -q '^-rwx[-rx]* 7 8 [0-9]* /bin/hello$'
ok 'with its owners'
fails 1 'no such file' 'a folder that is not there' "$HAUNCH" bake -o x rootfs:missing -- x
fails 2 'wants something' 'nothing behind the colon' "$HAUNCH" bake -o x oci:
fails 2 'wants names of packages' 'a bad name of a package' "$HAUNCH" bake -o x 'deb:nginx;true'
mkdir none
fails 1 'skopeo is missing; run: haunch setup roots' 'without skopeo' \
	env PATH="$TMP/none" "$HAUNCH_BUILD/tools/haunch" bake -o x docker-archive:a.tar
fails 1 'mmdebstrap is missing; run: haunch setup roots' 'without mmdebstrap' \
	env PATH="$TMP/none" "$HAUNCH_BUILD/tools/haunch" bake -o x deb:hello
printf '#!/bin/sh\nexit 1\n' >none/mmdebstrap
chmod +x none/mmdebstrap
fails 1 'mkfs.erofs is missing; run: haunch setup roots' 'without mkfs.erofs, before a root is made' \
	env PATH="$TMP/none" "$HAUNCH_BUILD/tools/haunch" bake -o x deb:hello
rm none/mmdebstrap
if command -v skopeo >/dev/null; then
	layout "${plain%?},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$(sha256sum a.tar |
		cut -d ' ' -f 1)\"]}}" a.tar
	skopeo --insecure-policy copy -q oci:layout:web docker-archive:archive.tar:web:latest >log 2>&1 || cat log
	succeeds 'an archive of docker save' "$HAUNCH" bake -o image docker-archive:archive.tar
	files image | grep -q '^-rwx[-rx]* 7 8 [0-9]* /bin/hello$'
	ok 'with its files'
	fails 1 'skopeo could not' 'an archive that is none' "$HAUNCH" bake -o x docker-archive:hello
	if [ -e "$REAL_BUILD/apps/lighttpd/lighttpd" ]; then
		# A registry is a server of files (OCI distribution specification, "Pull").
		port=$(free_port)
		mkdir -p registry/v2/my/web/manifests registry/v2/my/web/blobs .config/containers
		echo '{}' >registry/v2/index.json
		cp manifest.json registry/v2/my/web/manifests/1.2
		for file in layout/blobs/sha256/*; do
			cp "$file" "registry/v2/my/web/blobs/sha256:${file##*/}"
		done
		cat >registry.conf <<-END
		server.document-root = "$TMP/registry"
		server.bind = "127.0.0.1"
		server.port = $port
		index-file.names = ( "index.json" )
		mimetype.assign = ( "" => "application/vnd.oci.image.manifest.v1+json" )
		END
		printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$port" \
			>.config/containers/registries.conf
		export HOME="$TMP"
		"$REAL_BUILD/apps/lighttpd/lighttpd" -D -f registry.conf >registry.log 2>&1 &
		registry=$!
		for _ in $(seq 100); do
			! curl -fso /dev/null "http://127.0.0.1:$port/v2/" || break
			sleep 0.1
		done
		succeeds 'an image of a registry' "$HAUNCH" bake -o image "docker://127.0.0.1:$port/my/web:1.2"
		files image | grep -q '^-rwx[-rx]* 7 8 [0-9]* /bin/hello$'
		ok 'with its files' "$(cat registry.log)"
		fails 1 "my/no:1: initializing source docker://127.0.0.1:$port/my/no:1: reading manifest" 'one that is not there' \
			"$HAUNCH" bake -o x "docker://127.0.0.1:$port/my/no:1"
		kill $registry
		wait $registry
		fails 1 'connection refused' 'a registry that is not there' \
			"$HAUNCH" bake --pull -o x "docker://127.0.0.1:$port/my/web:1.2"
	else
		skip 'docker://' 'lighttpd is not built'
	fi
else
	skip 'docker-archive:' 'skopeo is not installed'
fi
