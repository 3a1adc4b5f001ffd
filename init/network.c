/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * network.c - the network: loopback, DHCP, names.
 *
 * A static address is the kernel's business (ip=).  DHCP is busybox's client, which also renews; what
 * it learns it hands to this very program, started once more as its script (lease()).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "init.h"

#define MAX_INTERFACES		8
#define RETRY_MS		5000	/* until a client that died is started again */
#define PATIENCE_MS		1000	/* for the first lease; then the user is told */
#define LEASE_FILE		"/dev/.haunch.lease"
#define RESOLV_CONF		"/etc/resolv.conf"
#define HOSTS_FILE		"/dev/.haunch.hosts"
#define HOSTS_MARK		"# Machines of the network, by haunch.\n"
#define RESOLV_CONF_MARK	"# From DHCP, by haunch.\n"

static struct client {
	char interface[IFNAMSIZ];
	pid_t pid;
	long again;			/* when it is to be started again, in ms; 0: it runs */
} clients[MAX_INTERFACES];
static unsigned int nr_clients;
static bool leased, complained;
static char time_servers[256];
static pid_t time_client;

static void start_client(struct client *c)
{
	/* clang-format off */
	const char *arguments[] = {
		"udhcpc", "-f", "-i", c->interface, "-s", "/proc/1/fd/" FD_INIT,
		"-t", "4", "-T", "1", "-A", "3", "-O", "ntpsrv",
		hostname ? "-x" : NULL, NULL, NULL,
	};
	/* clang-format on */
	char option[80];

	if (hostname) {
		snprintf(option, sizeof(option), "hostname:%s", hostname);
		arguments[15] = option;
	}
	c->pid = start_helper("/proc/1/fd/" FD_BUSYBOX, arguments);
	c->again = c->pid < 0 ? now_ms() + RETRY_MS : 0;
}

/* Is anything configured?  /proc/net/route has a line for each network. */
static bool has_route(void)
{
	char routes[512];
	const char *line;

	return read_file("/proc/net/route", routes, sizeof(routes)) > 0 &&
	       (line = strchr(routes, '\n')) && line[1];
}

/* Make /etc/hosts know the name. */
static void add_host(const char *name)
{
	char hosts[8192], *at = hosts;
	size_t length = strlen(name);
	int fd;

	if (read_file("/etc/hosts", hosts, sizeof(hosts)) < 0)
		hosts[0] = '\0';
	for (; (at = strstr(at, name)); at += length)
		if (at > hosts && strchr(" \t", at[-1]) && strchr(" \t\n", at[length]))
			return;
	fd = open("/etc/hosts", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0) {
		dprintf(fd, "127.0.1.1\t%s\n", name);
		close(fd);
	}
}

void set_hostname(const char *name)
{
	sethostname(name, strlen(name));
	add_host(name);
}

static struct sockaddr address_of(in_addr_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = address };
	struct sockaddr result;

	memcpy(&result, &in, sizeof(result));
	return result;
}

static int set_address(int fd, unsigned long request, const char *interface, in_addr_t address)
{
	struct ifreq ifr = { .ifr_addr = address_of(address) };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	return ioctl(fd, request, &ifr);
}

static int bring_up(int fd, const char *interface)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return 1;
	ifr.ifr_flags |= IFF_UP;
	return !!ioctl(fd, SIOCSIFFLAGS, &ifr);
}

/* INTERFACE:ADDRESS: it becomes the interface's name. */
static void start_lan(int fd)
{
	char *address = strchr(lan, ':');

	if (!address)
		fail("haunch.lan= wants INTERFACE:ADDRESS, not %s", lan);
	*address++ = '\0';
	if (set_address(fd, SIOCSIFADDR, lan, inet_addr(address)) ||
	    set_address(fd, SIOCSIFNETMASK, lan, htonl(0xffffff00)) || bring_up(fd, lan))
		say("there is no network card %s for the network of machines", lan);
}

/*
 * Put names into /etc/hosts in place of those that were put there last, by a file that is mounted on it: the
 * root may be read-only, or become so.
 */
void set_hosts(char *list)
{
	char hosts[8192] = "", *mark, *entry, *name;
	bool written;
	FILE *f;

	/* Where there is none it is as if it were empty. */
	if (read_file("/etc/hosts", hosts, sizeof(hosts)) == sizeof(hosts) - 1) {
		say("/etc/hosts is too long for names of other machines: 8190 characters at most");
		return;
	}
	mark = strstr(hosts, HOSTS_MARK);
	if (mark)
		*mark = '\0';
	/* It shrinks at the end only, so that nobody finds it empty. */
	f = fopen(HOSTS_FILE, access(HOSTS_FILE, F_OK) ? "we" : "r+e");
	if (!f) {
		say(HOSTS_FILE ": %s", strerror(errno));
		return;
	}
	fprintf(f, "%s" HOSTS_MARK, hosts);
	while ((entry = strsep(&list, ",")))
		if ((name = strchr(entry, ':')))
			fprintf(f, "%.*s\t%s\n", (int)(name - entry), entry, name + 1);
	written = !fflush(f) && !ftruncate(fileno(f), ftell(f));
	if (fclose(f) || !written)
		say("/etc/hosts cannot be written: %s", strerror(errno));
	if (!mark && mount(HOSTS_FILE, "/etc/hosts", NULL, MS_BIND, NULL))
		say("/etc/hosts does not get the names of other machines: %s", strerror(errno));
}

void network_start(enum network network)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long patience = now_ms() + PATIENCE_MS;
	struct utsname name;
	int i;

	/* Linux takes its address for a name where nobody tells one. */
	if (hostname || uname(&name) || !strcmp(name.nodename, "(none)") ||
	    !name.nodename[strspn(name.nodename, "0123456789.")])
		set_hostname(hostname ? hostname : "haunch");
	else
		set_hostname(name.nodename);
	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	if (lan)
		start_lan(fd);
	if (network == NETWORK_DHCP || network == NETWORK_WAIT) {
		for (i = 1; i < 64 && nr_clients < MAX_INTERFACES && !has_route(); i++) {
			ifr.ifr_ifindex = i;
			if (ioctl(fd, SIOCGIFNAME, &ifr) || ioctl(fd, SIOCGIFHWADDR, &ifr) ||
			    (lan && !strcmp(ifr.ifr_name, lan)) ||
			    ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
				continue;
			strcpy(clients[nr_clients].interface, ifr.ifr_name);
			start_client(&clients[nr_clients++]);
		}
	}
	close(fd);
	if (!nr_clients) {
		if (network == NETWORK_WAIT && !has_route())
			say("there is no network card that this kernel has a driver for");
		return;
	}
	while (!leased && now_ms() < patience)
		handle_events(patience);
	if (leased)
		return;
	complained = true;
	say("no DHCP server has answered yet; still asking%s",
	    network == NETWORK_WAIT ? ", the program waits" : ", the program starts without");
	while (!leased && network == NETWORK_WAIT)
		handle_events(LONG_MAX);
}

/* A lease came, or changed: its file has a line with the address, one with the time servers. */
void network_changed(void)
{
	char text[512], *servers;

	if (read_file(LEASE_FILE, text, sizeof(text)) < 0 || !(servers = strchr(text, '\n')))
		return;
	*servers++ = '\0';
	servers[strcspn(servers, "\n")] = '\0';
	if (!leased && complained)
		say("DHCP: the address is %s", text);
	leased = true;
	if (!*servers || (!strcmp(servers, time_servers) && time_client > 0))
		return;
	if (time_client > 0)
		kill(time_client, SIGTERM);
	snprintf(time_servers, sizeof(time_servers), "%s", servers);
	servers[strcspn(servers, " ")] = '\0';
	time_client = start_helper("/proc/1/fd/" FD_BUSYBOX,
				   (const char *const[]){ "ntpd", "-n", "-p", servers, NULL });
}

bool network_ended(pid_t helper)
{
	unsigned int i;

	if (helper == time_client)
		time_client = 0;
	for (i = 0; i < nr_clients; i++) {
		if (helper != clients[i].pid)
			continue;
		clients[i].pid = 0;
		clients[i].again = now_ms() + RETRY_MS;
		return true;
	}
	return false;
}

long network_deadline(void)
{
	long deadline = LONG_MAX;
	unsigned int i;

	for (i = 0; i < nr_clients; i++)
		if (clients[i].again && clients[i].again < deadline)
			deadline = clients[i].again;
	return deadline;
}

void network_look(void)
{
	unsigned int i;

	for (i = 0; i < nr_clients; i++)
		if (clients[i].again && clients[i].again <= now_ms())
			start_client(&clients[i]);
}

/* ------------------------------------------------------------------ the client's script */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int set_route(int fd, unsigned long request, char *interface, in_addr_t to, in_addr_t mask,
		     in_addr_t router)
{
	struct rtentry route = {
		.rt_dst = address_of(to),
		.rt_genmask = address_of(mask),
		.rt_gateway = address_of(router),
		.rt_dev = interface,
		.rt_flags = RTF_UP | (router ? RTF_GATEWAY : 0) | (mask == ~0u ? RTF_HOST : 0),
		.rt_metric = (short)if_nametoindex(interface),
	};

	return ioctl(fd, request, &route);
}

/* Written only where nobody else has said where to ask. */
static void write_resolv_conf(void)
{
	char text[1024] = "", list[512], *server, *rest = list;
	FILE *f;
	ssize_t n = readlink(RESOLV_CONF, text, sizeof(text) - 1);

	if (n >= 0) {
		text[n] = '\0';
		if (strcmp(text, "/proc/net/pnp"))
			return;
	} else if (read_file(RESOLV_CONF, text, sizeof(text)) >= 0 &&
		   strncmp(text, RESOLV_CONF_MARK, strlen(RESOLV_CONF_MARK))) {
		return;
	}
	snprintf(list, sizeof(list), "%s", variable("dns"));
	f = fopen(RESOLV_CONF ".new", "we");
	if (!f)
		return;			/* a root that is read-only */
	fputs(RESOLV_CONF_MARK, f);
	if (*variable("domain"))
		fprintf(f, "search %s\n", variable("domain"));
	while ((server = strsep(&rest, " ")))
		if (*server)
			fprintf(f, "nameserver %s\n", server);
	if (fclose(f) || rename(RESOLV_CONF ".new", RESOLV_CONF))
		unlink(RESOLV_CONF ".new");
}

int lease(const char *event)
{
	char *interface = getenv("interface"), text[512];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	in_addr_t ip = inet_addr(variable("ip")), router;
	unsigned int bits = strtoul(variable("mask"), NULL, 10);
	in_addr_t mask = bits ? htonl(~0u << (32 - bits)) : 0;

	if (!interface || fd < 0)
		return 1;
	if (!strcmp(event, "deconfig")) {
		set_address(fd, SIOCSIFADDR, interface, 0);
		return bring_up(fd, interface);
	}
	if ((strcmp(event, "bound") && strcmp(event, "renew")) || ip == INADDR_NONE)
		return 0;
	if (set_address(fd, SIOCSIFADDR, interface, ip) ||
	    set_address(fd, SIOCSIFNETMASK, interface, mask))
		return 1;
	/* The first of a list.  It may be outside of the network, in clouds whose networks have one address. */
	snprintf(text, sizeof(text), "%s", variable("router"));
	text[strcspn(text, " ")] = '\0';
	router = inet_addr(text);
	if (router != INADDR_NONE) {
		if ((router & mask) != (ip & mask))
			set_route(fd, SIOCADDRT, interface, router, ~0u, 0);
		while (!set_route(fd, SIOCDELRT, interface, 0, 0, 0))
			;
		set_route(fd, SIOCADDRT, interface, 0, 0, router);
	}
	if (*variable("dns"))
		write_resolv_conf();
	if (*variable("hostname") && !getenv("haunch_hostname"))
		set_hostname(variable("hostname"));
	close(fd);
	fd = open(LEASE_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return 1;
	dprintf(fd, "%s/%u\n%s\n", variable("ip"), bits, variable("ntpsrv"));
	close(fd);
	return !!kill(1, SIGUSR1);
}
