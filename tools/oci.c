/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * oci.c - container images: an OCI image layout (OCI image specification 1.0: image-layout.md, index.md,
 * manifest.md, config.md), its layers put over each other in the tree.  Nothing in it is trusted: every
 * blob has to have the checksum that it is named by.
 */
#include <jansson.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "origin.h"
#include "tar.h"

#define REFERENCE	"org.opencontainers.image.ref.name"
#define MAX_INDEXES	4		/* of an index in an index */

static void damaged(const char *layout, const char *words) __attribute__((noreturn));

static void damaged(const char *layout, const char *words)
{
	die("the image %s is damaged: %s", layout, words);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* The path of the blob that a descriptor names, once it is known to be what was meant. */
static char *blob(const char *layout, const json_t *descriptor)
{
	const char *digest = text_of(descriptor, "digest");
	const json_t *size = json_object_get(descriptor, "size");
	char found[SHA256_DIGEST_STRING_LENGTH], *path;
	struct stat st;

	if (!digest || strncmp(digest, "sha256:", 7) || strlen(digest) != 7 + 64 ||
	    digest[7 + strspn(digest + 7, "0123456789abcdef")])
		damaged(layout, "a blob's digest is not sha256:HEX");
	path = xprintf("%s/blobs/sha256/%s", layout, digest + 7);
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		die("the image %s is damaged: the blob %.19s... is missing", layout, digest);
	if (json_is_integer(size) && json_integer_value(size) != st.st_size)
		die("the image %s is damaged: the blob %.19s... has another size", layout, digest);
	if (!SHA256File(path, found))
		die("cannot read %s", path);
	if (strcmp(found, digest + 7))
		die("the image %s is damaged: the blob %.19s... has another checksum", layout,
		    digest);
	return path;
}

static json_t *read_json(const char *layout, const char *path)
{
	struct view file = view_open(path);
	json_t *json = json_loadb((const char *)file.data, file.size, 0, NULL);

	view_close(&file);
	if (!json_is_object(json))
		damaged(layout, "what should be JSON is not");
	return json;
}

/* Is it for this kind of machine?  What says nothing may be. */
static bool fits(const json_t *platform)
{
	const char *system = text_of(platform, "os"), *machine = text_of(platform, "architecture");

	return (!system || !strcmp(system, "linux")) && (!machine || !strcmp(machine, "amd64"));
}

/* The one manifest of an index that has the tag, or fits; with its names if there are several. */
static const json_t *choose(const char *layout, const json_t *manifests, const char *tag)
{
	const json_t *found = NULL, *entry;
	const char *name, *machine = NULL;
	char *names = xstrdup("");
	unsigned int count = 0, others = 0;
	size_t i;

	json_array_foreach(manifests, i, entry)
	{
		name = text_of(json_object_get(entry, "annotations"), REFERENCE);
		if (tag && (!name || strcmp(name, tag))) {
			if (name)
				add_words(&names, name);
			continue;
		}
		if (!fits(json_object_get(entry, "platform"))) {
			others++;
			machine = text_of(json_object_get(entry, "platform"), "architecture");
			continue;
		}
		if (name)
			add_words(&names, name);
		found = entry;
		count++;
	}
	if (!count && others)
		die("the image %s is for %s, not for amd64", layout,
		    machine ? machine : "another system");
	if (!count && tag)
		die("the image %s has no tag %s%s%s", layout, tag, *names ? "; it has: " : "",
		    names);
	if (!count)
		damaged(layout, "its index is empty");
	if (count > 1)
		die("the image %s has several tags, choose one: %s", layout,
		    *names ? names : "it names none");
	free(names);
	return found;
}

static json_t *find_manifest(const char *layout, const char *tag)
{
	char *path = xprintf("%s/index.json", layout);
	const json_t *manifests, *entry;
	json_t *json;
	unsigned int depth;

	if (access(path, R_OK))
		die("%s is no OCI image layout: it has no index.json", layout);
	json = read_json(layout, path);
	free(path);
	for (depth = 0; (manifests = json_object_get(json, "manifests")); depth++) {
		json_t *inner;

		if (depth == MAX_INDEXES)
			damaged(layout, "its index holds itself");
		entry = choose(layout, manifests, depth ? NULL : tag);
		path = blob(layout, entry);
		inner = read_json(layout, path);
		free(path);
		json_decref(json);
		json = inner;
	}
	return json;
}

/* Add the strings of an array to a list. */
static void take_list(const char ***list, unsigned int *count, const json_t *array,
		      const char *layout)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (!json_is_string(item))
			damaged(layout, "its configuration has no text where that should be");
		*list = append(*list, count, xstrdup(json_string_value(item)));
	}
}

static void take_names(const char ***list, unsigned int *count, json_t *object)
{
	void *at;

	for (at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		*list = append(*list, count, xstrdup(json_object_iter_key(at)));
}

static const char *optional(const json_t *object, const char *name)
{
	const char *text = text_of(object, name);

	return text && *text ? xstrdup(text) : NULL;
}

static void take_configuration(const json_t *json, const char *layout, struct origin *o)
{
	const json_t *c = json_object_get(json, "config");
	const char *machine = text_of(json, "architecture");
	unsigned int i;

	if (!fits(json))
		die("the image %s is for %s, not for amd64", layout,
		    machine ? machine : "another system");
	take_list(&o->arguments, &o->nr_arguments, json_object_get(c, "Entrypoint"), layout);
	o->nr_kept = o->nr_arguments;
	take_list(&o->arguments, &o->nr_arguments, json_object_get(c, "Cmd"), layout);
	take_list(&o->environment, &o->nr_environment, json_object_get(c, "Env"), layout);
	for (i = 0; i < o->nr_environment; i++)
		if (!strchr(o->environment[i], '=') || *o->environment[i] == '=')
			damaged(layout, "its environment has a word without a name and '='");
	take_names(&o->ports, &o->nr_ports, json_object_get(c, "ExposedPorts"));
	take_names(&o->volumes, &o->nr_volumes, json_object_get(c, "Volumes"));
	o->user = optional(c, "User");
	o->directory = optional(c, "WorkingDir");
	o->stop_signal = optional(c, "StopSignal");
}

void oci_add(struct node *root, const char *layout, const char *tag, struct origin *origin)
{
	json_t *manifest = find_manifest(layout, tag), *configuration, *layers;
	const json_t *layer;
	char *path;
	size_t i;

	layers = json_object_get(manifest, "layers");
	if (!json_is_array(layers))
		damaged(layout, "its manifest has no layers");
	path = blob(layout, json_object_get(manifest, "config"));
	configuration = read_json(layout, path);
	free(path);
	take_configuration(configuration, layout, origin);
	json_array_foreach(layers, i, layer)
	{
		char *name = xprintf("layer %zu of %s", i + 1, layout);

		path = blob(layout, layer);
		tar_read(root, path, name);
		free(path);
		free(name);
	}
	json_decref(configuration);
	json_decref(manifest);
}
