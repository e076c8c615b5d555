/*
 * The accept loop.
 *
 * For a busy host: the program is linked and its tables are read once, and a
 * connection costs a fork.  (inetd "wait", systemd Accept=no.)
 *
 * 1. It must not be the door that one client can close.  Connections are
 *    counted, in all and for each source, where an IPv6 source is its /64,
 *    since a client has all of that.  Who is over a limit is told so in the
 *    protocol's greeting and closed.
 * 2. accept() fails for reasons that pass (EMFILE, ENOBUFS, a client that has
 *    gone already).  None of them ends the loop; the first kind waits a
 *    second, or the loop would burn a core until it passes.
 * 3. Nothing stays resident: 60 s after the last connection has ended, and
 *    with no other waiting, it leaves, and the launcher that owns the socket
 *    starts it again.  Not earlier: a main process that leaves takes its
 *    sessions along under systemd.
 * 4. SIGCHLD and SIGTERM are looked at only inside of ppoll, so neither is
 *    missed nor interrupts anything.
 * 5. Text for a client over the limit is written without waiting: a fresh
 *    socket has room for it.  With TLS from the first octet there is no text
 *    that the client could read.
 */
#include "common/accept.h"
#include "common/log.h"
#include "common/peer.h"
#include "common/priv.h"
#include "common/session.h"
#include "common/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINGER_MS = 60 * 1000,
	STOP_MS = 10 * 1000,
	RETRY_MS = 1000
};

/* A source, comparable with memcmp: the family and the part of the address
 * that one client owns; zeros for a UNIX socket. */
struct source_key {
	unsigned char family, addr[8];
};

struct child {
	pid_t pid;
	struct source_key key;
};

struct loop {
	const struct server *srv;
	const struct options *opt;
	const struct start *st;
	struct child *child;
	uint32_t n, room;
	int64_t idle_ms; /* since when there is no child */
	sigset_t mask;   /* while waiting */
};

static void
on_child(int sig)
{
	(void)sig; /* only ends the wait */
}

static struct source_key
key_of(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *four = (const struct sockaddr_in *)ss;
	struct source_key k = {0};

	if (ss->ss_family == AF_INET) {
		k.family = 4;
		memcpy(k.addr, &four->sin_addr, 4);
	} else if (ss->ss_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		k.family = 4;
		memcpy(k.addr, &six->sin6_addr.s6_addr[12], 4);
	} else if (ss->ss_family == AF_INET6) {
		k.family = 6;
		memcpy(k.addr, &six->sin6_addr, 8);
	}
	return k;
}

static uint32_t
from_source(const struct loop *l, const struct source_key *k)
{
	uint32_t n = 0;

	if (k->family == 0)
		return 0;
	for (uint32_t i = 0; i < l->n; i++)
		n += memcmp(&l->child[i].key, k, sizeof(*k)) == 0;
	return n;
}

static void
tell_status(const struct loop *l)
{
	char text[64];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%u connections",
		(unsigned)l->n);
	systemd_notify(text);
}

static void
reap(struct loop *l)
{
	uint32_t before = l->n;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (uint32_t i = 0; i < l->n; i++)
			if (l->child[i].pid == pid) {
				l->child[i] = l->child[--l->n];
				break;
			}
	if (l->n == before)
		return;
	if (l->n == 0)
		l->idle_ms = io_now_ms();
	tell_status(l);
}

static void
refuse(const struct loop *l, int fd, const struct sockaddr_storage *ss,
	const char *why)
{
	char addr[64];
	struct io *io;

	peer_text(ss, addr);
	log_event(LOG_NOTICE, "refused", {"rhost", str_of(addr)},
		{"reason", str_of(why)});
	if (l->opt->tls == TLS_IMPLICIT)
		return;
	io = io_new(fd, fd, 0);
	io_set_timeouts(io, 0, 0);
	l->srv->refuse(io, why);
	(void)io_flush(io);
	io_free(io);
}

static bool
make_room(struct loop *l)
{
	uint32_t room = l->room ? 2 * l->room : 64;
	struct child *p;

	if (l->n < l->room)
		return true;
	p = reallocarray(l->child, room, sizeof(*p));
	if (p == NULL)
		return false;
	l->child = p;
	l->room = room;
	return true;
}

/* The new process: no trace of the loop but the connection. */
_Noreturn static void
run_child(struct loop *l, int fd,
	int (*serve)(const struct server *srv, const struct options *opt,
		struct start *client))
{
	struct start client;

	unsetenv("NOTIFY_SOCKET");
	free(l->child);
	start_accepted(&client, fd);
	start_settle(&client);
	priv_normalise();
	_exit(serve(l->srv, l->opt, &client));
}

static void
take(struct loop *l, int fd, const struct sockaddr_storage *ss,
	int (*serve)(const struct server *srv, const struct options *opt,
		struct start *client))
{
	struct source_key k = key_of(ss);
	pid_t pid;

	if (l->n >= l->opt->max_connections) {
		refuse(l, fd, ss, "too many connections");
		return;
	}
	if (from_source(l, &k) >= l->opt->max_per_source) {
		refuse(l, fd, ss, "too many connections from your address");
		return;
	}
	pid = make_room(l) ? fork() : -1;
	if (pid == 0)
		run_child(l, fd, serve);
	if (pid == -1) {
		log_error("fork: %s", strerror(errno));
		refuse(l, fd, ss, "no room for another connection");
		return;
	}
	l->child[l->n++] = (struct child){pid, k};
	tell_status(l);
}

/* Take one connection of a socket that has some.  False: nothing can be
 * accepted for the moment. */
static bool
accept_one(struct loop *l, int listener,
	int (*serve)(const struct server *srv, const struct options *opt,
		struct start *client))
{
	struct sockaddr_storage ss = {0};
	socklen_t n = sizeof(ss);
	int fd = accept4(listener, (struct sockaddr *)&ss, &n, SOCK_CLOEXEC);

	if (fd == -1) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
			errno != ENOMEM)
			return true;
		log_error("accept: %s", strerror(errno));
		return false;
	}
	take(l, fd, &ss, serve);
	close(fd);
	return true;
}

/* Wait for connections, children or the end of patience. */
static int
wait_for(struct loop *l, struct pollfd *p, int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	for (int i = 0; i < l->st->listen_n; i++)
		p[i] = (struct pollfd){
			.fd = l->st->listen[i], .events = POLLIN};
	return ppoll(p, (nfds_t)l->st->listen_n, &t, &l->mask);
}

/* The children get the signal too, and time to say good-bye. */
static void
stop_children(struct loop *l)
{
	int64_t end = io_now_ms() + STOP_MS, left;

	for (uint32_t i = 0; i < l->n; i++)
		(void)kill(l->child[i].pid, SIGTERM);
	sigdelset(&l->mask, SIGCHLD);
	while (reap(l), l->n > 0 && (left = end - io_now_ms()) > 0) {
		struct timespec t = {left / 1000, left % 1000 * 1000000};

		(void)ppoll(NULL, 0, &t, &l->mask);
	}
}

/* Another process may take the connection between our poll and accept.  The
 * flag is the listening socket's alone: connections do not inherit it. */
static void
never_block(const struct start *st)
{
	for (int i = 0; i < st->listen_n; i++) {
		int flags = fcntl(st->listen[i], F_GETFL);

		if (flags == -1 ||
			fcntl(st->listen[i], F_SETFL, flags | O_NONBLOCK) == -1)
			die("listening socket: %s", strerror(errno));
	}
}

static void
catch_signals(struct loop *l)
{
	struct sigaction sa = {.sa_handler = on_child};
	sigset_t held;

	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGCHLD, &sa, NULL);
	session_stop_signal();
	sigemptyset(&held);
	sigaddset(&held, SIGCHLD);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, NULL);
	sigemptyset(&l->mask);
}

int
accept_serve(const struct server *srv, const struct options *opt,
	const struct start *st,
	int (*serve)(const struct server *srv, const struct options *opt,
		struct start *client))
{
	struct loop l = {
		.srv = srv, .opt = opt, .st = st, .idle_ms = io_now_ms()};
	struct pollfd p[START_LISTEN_MAX];
	bool retry = false;

	never_block(st);
	catch_signals(&l);
	tell_status(&l);
	while (!session_stop) {
		int n = wait_for(&l, p, retry ? RETRY_MS : LINGER_MS);

		retry = false;
		reap(&l);
		for (int i = 0; n > 0 && i < st->listen_n; i++)
			if (p[i].revents && !accept_one(&l, p[i].fd, serve))
				retry = true;
		if (n <= 0 && l.n == 0 && io_now_ms() - l.idle_ms >= LINGER_MS)
			break;
	}
	stop_children(&l);
	free(l.child);
	return 0;
}
