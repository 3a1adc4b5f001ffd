/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * deb.c - a root of Debian packages, which mmdebstrap makes with their maintainer scripts run; and what of
 * it is left in an image: the packages that were asked for, what they depend on, and a shell with its
 * tools.  What they start is what systemd would (unit.c), or tools/services/NAME.service
 * where a unit alone does not do.
 */
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "options.h"
#include "origin.h"
#include "tar.h"

#define UNITS		"/usr/lib/systemd/system"
#define INIT_SCRIPTS	"/etc/init.d/"
#define INFO		"/var/lib/dpkg/info"
#define RELEASE_DEFAULT	"bookworm"

/*
 * In every root: what is Essential, as Debian calls it, but what only installs; and the names of protocols and
 * ports.  No package says that it needs them.  util-linux has setpriv.
 */
static const char *const always[] = {
	"base-files",  "base-passwd", "bash",	      "bsdutils",    "coreutils", "dash",
	"debianutils", "diffutils",   "findutils",    "grep",	     "gzip",	  "hostname",
	"libc-bin",    "login",	      "ncurses-base", "ncurses-bin", "netbase",	  "perl-base",
	"sed",	       "tar",	      "util-linux",
};

/* Only needed while packages are installed, whatever depends on them. */
static const char *const installers[] = {
	"adduser",  "debconf", "debconf-2.0",	 "dpkg", "init-system-helpers",
	"lsb-base", "passwd",  "sysvinit-utils", "ucf",
};

/*
 * What is not installed, but for the copyright, which is to go along.  The folders of manual pages stay, for
 * update-alternatives puts links there.
 */
static const char *const documentation[] = {
	"--dpkgopt=path-exclude=/usr/share/man/*/*",
	"--dpkgopt=path-exclude=/usr/share/info/*",
	"--dpkgopt=path-exclude=/usr/share/locale/*",
	"--dpkgopt=path-exclude=/usr/share/lintian/*",
	"--dpkgopt=path-exclude=/usr/share/bug/*",
	"--dpkgopt=path-exclude=/usr/share/doc/*",
	"--dpkgopt=path-include=/usr/share/doc/*/copyright",
};

/* Of the package manager, which is not there any more. */
static const char *const leftovers[] = {
	"/var/lib/dpkg",      "/var/lib/apt",		"/var/cache/apt",
	"/var/cache/debconf", "/var/cache/ldconfig",	"/var/log/apt",
	"/var/log/dpkg.log",  "/var/log/bootstrap.log", "/var/log/alternatives.log",
};

struct package {
	char *name, *depends, *provides;
	bool keep;
};

struct packages {
	struct package *list;
	unsigned int count;
};

/* ------------------------------------------------------------------ making it */

static void check_names(const char *names)
{
	const char *at;

	for (at = names; *at; at += strcspn(at, ","), at += *at == ',')
		if (*at < '0' || (*at > '9' && *at < 'a') || *at > 'z' ||
		    (at + strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789+-."))[0] !=
			    at[strcspn(at, ",")])
			usage("deb: wants names of packages with commas between, not '%s'", names);
}

/* The value of NAME= in /etc/os-release, or NULL. */
static char *os_release(const char *name)
{
	size_t length = strlen(name);
	char line[256], *value = NULL;
	FILE *f = fopen("/etc/os-release", "re");

	while (f && !value && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length) && line[length] == '=')
			value = xprintf("%.*s", (int)strcspn(line + length + 1, "\n"),
					line + length + 1);
	if (f)
		fclose(f);
	return value;
}

/* Where this machine's apt gets Debian's packages, as lines for sources.list; "" if it is not Debian. */
static char *sources(void)
{
	FILE *pipe =
		!in_path("apt-get") ?
			NULL :
			popen("apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' "
			      "'Created-By: Packages' 'Origin: Debian' 2>/dev/null | LC_ALL=C sort -u",
			      "re");
	char line[1024], *all = xstrdup(""), *longer;

	while (pipe && fgets(line, sizeof(line), pipe)) {
		longer = xprintf("%s%s", all, line);
		free(all);
		all = longer;
	}
	if (pipe)
		pclose(pipe);
	return all;
}

/* Has the user a range of subordinate numbers (subuid(5))? */
static bool has_range(const char *file)
{
	struct passwd *user = getpwuid(geteuid());
	char line[256], number[16];
	FILE *f = fopen(file, "re");
	bool has = false;

	snprintf(number, sizeof(number), "%u", geteuid());
	while (f && !has && fgets(line, sizeof(line), f)) {
		line[strcspn(line, ":")] = '\0';
		has = !strcmp(line, number) || (user && !strcmp(line, user->pw_name));
	}
	if (f)
		fclose(f);
	return has;
}

/* Why mmdebstrap failed, where it is that it was not run by root. */
static void explain_user(void)
{
	struct passwd *user = getpwuid(geteuid());
	pid_t child = fork();

	if (!child)
		_exit(unshare(CLONE_NEWUSER) ? 1 : 0);
	if (child > 0 && child_wait(child))
		die("user namespaces are not allowed here, which mmdebstrap needs unless it is root's: see the "
		    "settings user.max_user_namespaces and kernel.unprivileged_userns_clone (sysctl), or be root");
	if (!has_range("/etc/subuid") || !has_range("/etc/subgid"))
		die("mmdebstrap needs user numbers of yours; as root: usermod --add-subuids 200000-265535 "
		    "--add-subgids 200000-265535 %s",
		    user ? user->pw_name : "USER");
}

/*
 * The archive of the root, made if it is not there; the caller frees its name.  Maintainer scripts take passwd for
 * granted, programs netbase: every Debian has them.
 */
static char *make(const char *names, const struct origin_options *options)
{
	const char *arguments[24] = { "mmdebstrap", "--variant=essential",
				      "--dpkgopt=force-unsafe-io" };
	char *system = os_release("ID"), *release = NULL, *lines = sources(), *path, *file, *key;
	unsigned int n = 3, i;
	FILE *f;

	if (system && !strcmp(system, "debian"))
		release = os_release("VERSION_CODENAME");
	if (!release)
		release = xstrdup(RELEASE_DEFAULT);
	key = xprintf("%s %s %d\n%s", names, release, options->full, lines);
	path = origin_cache(options->build, "deb", key);
	if (!options->pull && !access(path, R_OK))
		return path;
	/* All that it takes, for this lasts. */
	child_want("mmdebstrap", "roots");
	child_want("mkfs.erofs", "roots");
	child_want("fakeroot", "roots");
	if (geteuid())
		child_want("newuidmap", "roots");
	note("making a root of %s: this takes a minute or two, once", names);
	file = xprintf("%s/sources", work_folder());
	f = fopen(file, "we");
	if (!f || fputs(lines, f) < 0 || fclose(f))
		die("cannot write %s: %s", file, strerror(errno));
	for (i = 0; !options->full && i < ARRAY_SIZE(documentation); i++)
		arguments[n++] = documentation[i];
	arguments[n++] = "--format=tar";
	arguments[n++] = xprintf("--include=%s,netbase,passwd", names);
	arguments[n++] = release;
	arguments[n++] = xprintf("%s/root.tar", work_folder());
	if (*lines)
		arguments[n++] = file;
	if (child_wait(child_start(arguments, NULL, "roots"))) {
		if (geteuid())
			explain_user();
		die("mmdebstrap could not make a root of %s: %s", names, child_error());
	}
	origin_keep(xprintf("%s/root.tar", work_folder()), path);
	return path;
}

/* ------------------------------------------------------------------ what of it is needed */

/* The value of a field in a paragraph of the status file, lines that go on not being of interest. */
static char *field(const char *paragraph, const char *name)
{
	size_t length = strlen(name);
	const char *at = paragraph;

	while (at && *at) {
		if (!strncmp(at, name, length) && at[length] == ':') {
			at += length + 1;
			at += strspn(at, " ");
			return xprintf("%.*s", (int)strcspn(at, "\n"), at);
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return xstrdup("");
}

static void read_status(struct node *root, struct packages *p)
{
	char *text = tree_text(root, "/var/lib/dpkg/status"), *at = text, *end;

	if (!text)
		die("the root that mmdebstrap made has no list of packages");
	for (; at && *at; at = end) {
		end = strstr(at, "\n\n");
		if (end) {
			*end = '\0';
			end += 2;
		}
		if (!(p->count & (p->count - 1)))
			p->list =
				xrealloc(p->list, (p->count ? 2 * p->count : 1) * sizeof(*p->list));
		p->list[p->count++] = (struct package){
			.name = field(at, "Package"),
			.provides = field(at, "Provides"),
			.depends =
				xprintf("%s, %s", field(at, "Pre-Depends"), field(at, "Depends")),
		};
	}
	free(text);
}

/* The next name of a list of dependencies, without version and architecture; *or: "|" came before it. */
static char *next_name(const char **at, bool * or)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
	const char *start;

	* or = false;
	for (; **at && !strchr(letters, **at); ++*at) {
		if (**at == '|')
			* or = true;
		if (**at == '(')
			*at += strcspn(*at, ")");
		if (!**at)
			return NULL;
	}
	if (!**at)
		return NULL;
	start = *at;
	*at += strspn(*at, letters);
	if (**at == ':')
		*at += strcspn(*at, " ,|(");
	return xprintf("%.*s", (int)strspn(start, letters), start);
}

static struct package *find(const struct packages *p, const char *name)
{
	unsigned int i;
	const char *at;
	char *other;
	bool or, same;

	for (i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].name, name))
			return &p->list[i];
	for (i = 0; i < p->count; i++) {
		for (at = p->list[i].provides; (other = next_name(&at, & or)); free(other)) {
			same = !strcmp(other, name);
			if (same) {
				free(other);
				return &p->list[i];
			}
		}
	}
	return NULL;
}

static bool is_one_of(const char *name, const char *const *list, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static void keep(const struct packages *p, struct package *package)
{
	const char *at;
	char *name;
	bool or ;

	if (!package || package->keep)
		return;
	package->keep = true;
	for (at = package->depends; (name = next_name(&at, & or)); free(name))
		if (!is_one_of(name, installers, ARRAY_SIZE(installers)))
			keep(p, find(p, name));
}

/* Call for each file of a package; `at` is its path. */
static void each_file(struct node *root, const char *package,
		      void (*visit)(struct node *root, const char *path, void *argument),
		      void *argument)
{
	char *path = xprintf(INFO "/%s.list", package), *text = tree_text(root, path), *rest, *line;

	free(path);
	if (!text) {
		path = xprintf(INFO "/%s:amd64.list", package);
		text = tree_text(root, path);
		free(path);
	}
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (line[0] == '/' && line[1])
			visit(root, line, argument);
	free(text);
}

static void mark(struct node *root, const char *path, void *argument)
{
	struct node *node = tree_find(root, path, false);

	(void)argument;
	if (node)
		node->kept = true;
}

static void drop(struct node *root, const char *path, void *argument)
{
	struct node *node = tree_find(root, path, false);

	(void)argument;
	if (node && !node->kept && !S_ISDIR(node->mode))
		tree_remove(node);
}

static void reduce(struct node *root, const struct packages *p)
{
	unsigned int i;

	for (i = 0; i < p->count; i++)
		if (p->list[i].keep)
			each_file(root, p->list[i].name, mark, NULL);
	for (i = 0; i < p->count; i++)
		if (!p->list[i].keep)
			each_file(root, p->list[i].name, drop, NULL);
	for (i = 0; i < ARRAY_SIZE(leftovers); i++) {
		struct node *node = tree_find(root, leftovers[i], false);

		if (node)
			tree_remove(node);
	}
}

/* ------------------------------------------------------------------ what it starts */

struct services {
	struct unit_file *list;
	unsigned int count;
};

/* A service of one that was added already is not added again: several packages may have one server. */
static void add_service(struct services *services, char *path, bool on_host)
{
	unsigned int i;

	for (i = 0; i < services->count; i++) {
		if (!strcmp(services->list[i].path, path)) {
			free(path);
			return;
		}
	}
	services->list = xrealloc(services->list, (i + 1) * sizeof(*services->list));
	services->list[services->count++] = (struct unit_file){ .path = path, .on_host = on_host };
}

/* What of a package may be its service. */
struct found {
	const char *package;
	char *unit;			/* the one whose name fits best */
	unsigned int quality;		/* how well; above NAMED: it is the package's own */
	bool is_enabled;		/* that one is enabled */
	struct services enabled;	/* those that the package has enabled */
	char *script;			/* of System V's init */
};

#define NAMED		1000

/* Would systemd start it at boot?  Then it is linked to what wants it (systemctl(1), "enable"). */
static bool is_enabled(struct node *root, const char *name)
{
	struct node *wanted = tree_find(root, "/etc/systemd/system", true);
	unsigned int i;
	bool enabled = false;
	char *path;

	for (i = 0; wanted && !enabled && i < wanted->nr_children; i++) {
		path = xprintf("/etc/systemd/system/%s/%s", wanted->children[i]->name, name);
		enabled = tree_find(root, path, false);
		free(path);
	}
	return enabled;
}

/* May the script be asked whether the service runs?  Those of init-d-script(5) always. */
static bool is_script(struct node *root, const char *path)
{
	char *text = tree_text(root, path);
	bool can = text && (strstr(text, "status") || strstr(text, "init-d-script"));

	free(text);
	return can;
}

/* How well does a unit's name fit the package's? */
static void look_at_unit(struct node *root, const char *path, struct found *found)
{
	const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
	size_t length, match = 0;
	char *text, *real, *script;
	bool enabled, starts, nameless;

	/* A template is none; an instance of it that the package has is one, under the template's name. */
	if (!dot || strcmp(dot, ".service") || dot[-1] == '@' || !strstr(path, "/systemd/system/"))
		return;
	length = strcspn(name, "@");
	if (!name[length])
		length = dot - name;
	real = xprintf(UNITS "/%s", name);
	text = tree_text(root, real);
	starts = text && unit_is_service(text, &nameless);
	free(text);
	/* A script knows what a unit in the background does not tell. */
	script = xprintf(INIT_SCRIPTS "%.*s", (int)length, name);
	if (!starts || (nameless && is_script(root, script))) {
		free(script);
		free(real);
		return;
	}
	free(script);
	while (match < length && name[match] == found->package[match])
		match++;
	/* The same name, a part of it (nginx of nginx-light), something that begins alike, the only one. */
	if (match == length)
		match = found->package[match] ? NAMED + match : 10 * NAMED;
	enabled = is_enabled(root, name);
	if (enabled)
		add_service(&found->enabled, xstrdup(real), false);
	if (match + 1 > found->quality) {
		found->is_enabled = enabled;
		found->quality = match + 1;
		free(found->unit);
		found->unit = real;
	} else {
		free(real);
	}
}

/* A script of System V's init, of the package's name, or one that it begins with. */
static void look_at_file(struct node *root, const char *path, void *argument)
{
	struct found *found = argument;
	const char *name = path + strlen(INIT_SCRIPTS);

	look_at_unit(root, path, found);
	if (!strncmp(path, INIT_SCRIPTS, strlen(INIT_SCRIPTS)) &&
	    !strncmp(found->package, name, strlen(name)) && is_script(root, path)) {
		free(found->script);
		found->script = xstrdup(path);
	}
}

/*
 * What a package starts: the unit of its name, else what it has enabled, else what a script starts (systemd would
 * run it), else the only unit; or that of what it depends on, if its name begins alike.
 */
static void find_services(struct node *root, const struct packages *p, struct package *package,
			  struct services *services)
{
	struct found found = { .package = package->name };
	const char *at;
	unsigned int i;
	char *name;
	bool or ;

	each_file(root, package->name, look_at_file, &found);
	if (found.quality > NAMED && (found.is_enabled || !found.enabled.count)) {
		add_service(services, found.unit, false);
		return;
	}
	for (i = 0; i < found.enabled.count; i++)
		add_service(services, found.enabled.list[i].path, false);
	if (i)
		return;
	for (at = package->depends; !found.script && !found.unit && (name = next_name(&at, & or));
	     free(name)) {
		struct found its = { .package = name };

		if (strncmp(name, package->name, 3) || !find(p, name))
			continue;
		each_file(root, find(p, name)->name, look_at_file, &its);
		if (its.quality > NAMED)
			found.unit = its.unit;
		else
			found.script = its.script;
	}
	if (found.script) {
		keep(p, find(p, "sysvinit-utils"));
		mark(root, "/usr/sbin/start-stop-daemon", NULL);
		add_service(services, found.script, false);
	} else if (found.unit) {
		add_service(services, found.unit, false);
	}
}

/* tools/services/NAME.service, where NAME is the package's, or the longest that it begins with. */
static char *find_override(const char *package)
{
	const char *root = getenv("HAUNCH_ROOT");
	size_t best = 0, length;
	struct dirent *entry;
	char *folder, *path = NULL;
	DIR *dir;

	if (!root || !*root)
		return NULL;
	folder = xprintf("%s/tools/services", root);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		length = strlen(entry->d_name);
		if (length <= strlen(".service"))
			continue;
		length -= strlen(".service");
		if (length <= best || strcmp(entry->d_name + length, ".service") ||
		    strncmp(entry->d_name, package, length) ||
		    (package[length] && package[length] != '-'))
			continue;
		best = length;
		free(path);
		path = xprintf("%s/%s", folder, entry->d_name);
	}
	if (dir)
		closedir(dir);
	free(folder);
	return path;
}

void deb_add(struct node *root, const char *names, const struct origin_options *options,
	     struct origin *origin)
{
	char *archive, *words = xstrdup(names), *rest = words, *name, *program = NULL;
	struct services services = { 0 };
	struct packages p = { 0 };
	unsigned int before, i;
	struct node *node;

	check_names(names);
	archive = make(names, options);
	tar_read(root, archive, archive);
	read_status(root, &p);
	for (i = 0; i < ARRAY_SIZE(always); i++)
		keep(&p, find(&p, always[i]));
	while ((name = strsep(&rest, ","))) {
		struct package *package = find(&p, name);
		char *unit = find_override(name);

		if (!package)
			die("%s has no package %s", archive, name);
		keep(&p, package);
		before = services.count;
		if (unit)
			add_service(&services, unit, true);
		else
			find_services(root, &p, package, &services);
		if (services.count == before && !program)
			program = origin_program(root, name);
	}
	if (services.count)
		units_add(root, services.list, services.count, origin);
	else if (program)
		origin->arguments = append(origin->arguments, &origin->nr_arguments, program);
	if (!options->full)
		reduce(root, &p);
	tmpfiles_add(root);
	/* Of the machine that it was made on. */
	for (i = 0; i < 2; i++) {
		node = tree_find(root, i ? "/etc/resolv.conf" : "/etc/hostname", false);
		if (node)
			tree_remove(node);
	}
	free(words);
	free(archive);
}
