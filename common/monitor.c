/*
 * The monitor: root, PAM, and two processes that it does not trust.
 *
 *   monitor ── records ── front     before login, speaks with the client
 *           ── records ── session   after login, is the user
 *
 * 1. It never reads the client.  It holds the socket only to hand it to the
 *    session, and then lets go, or the client would never see its end.
 * 2. Every record is allowed by a row of a table: in which state, how often.
 *    Anything else, and every record that is not exactly its fields, means
 *    that the other process was taken over or is wrong: the connection ends.
 *    An honest client cannot cause it.
 * 3. The tries are counted and their time is kept here, where the client
 *    cannot reach (login_answer_at).  So is an outer limit on the time before
 *    login, for a front that does not keep its own.
 * 4. Each process notices the others' end: the record pair tells the monitor,
 *    the parent-death signal tells the children.  Whoever ends how, the PAM
 *    session is closed and the logout is logged, unless the monitor itself is
 *    killed outright.
 * 5. SIGTERM here is passed on; the session says good-bye in its protocol.
 *    Under TLS the front stays, between the client and the session: the two
 *    share a socket pair that is made here, before either of them, because
 *    the front can get no descriptor later.  When the session has ended, the
 *    front still has its last words to deliver.
 * 6. Text of the session goes to systemd's STATUS: a line feed in it would be
 *    a second message ("MAINPID="), so control octets are replaced, and a
 *    flood of it is told at most once a second.
 *
 * Not root (inetd as a user, a test): the same three processes, without the
 * change of uid and the empty root directory.  Only the caller's own password
 * can be checked then.
 */
#include "common/monitor.h"
#include "common/child.h"
#include "common/confine.h"
#include "common/fd.h"
#include "common/front.h"
#include "common/log.h"
#include "common/login.h"
#include "common/peer.h"
#include "common/priv.h"
#include "common/record.h"
#include "common/session.h"
#include "common/systemd.h"
#include "common/tls_pair.h"
#include "common/totals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	GRACE_MS = 15 * 1000, /* for a front to end by itself */
	STOP_MS = 5 * 1000,   /* for a session, after SIGTERM */
	REAP_MS = 2 * 1000,
	RELAY_MS = 600 * 1000, /* for a slow client to take the last answers */
	STATUS_MS = 1000
};

enum state {
	MON_GREETING, /* the PROXY header comes first */
	MON_WAITING,  /* for a login */
	MON_AUTHED,   /* for the hand-over */
	MON_SESSION
};

struct monitor {
	const struct server *srv;
	const struct options *opt;
	const struct start *st;
	struct peer peer;
	enum state state;
	int fd; /* records of the one who may speak in this state */
	pid_t front, session;
	int relay;   /* the session's end of the pair; -1: no TLS here */
	int relayed; /* the relay has the other end as long as it lives; -1 */
	unsigned uses[REP_AUTH];
	void *room; /* RECORD_MAX octets */

	int64_t end_ms; /* then all is over; 0: no end */
	bool stopping;

	struct auth *auth; /* from login to the end */
	struct account who;
	char login[LOGIN_USER_MAX + 1];
	int64_t begin_ms; /* of the session */
	struct totals totals;

	char status[MONITOR_STATUS_MAX + 1]; /* "": nothing to tell */
	int64_t status_ms;                   /* when it may be told */
};

/* ------------------------------------------------------------- requests */

static void
tell_status(struct monitor *m)
{
	char text[sizeof("STATUS=") + sizeof(m->status)];

	for (char *p = m->status; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	snprintf(text, sizeof(text), "STATUS=%s", m->status);
	systemd_notify(text);
	m->status[0] = '\0';
	m->status_ms = io_now_ms() + STATUS_MS;
}

static bool
on_peer(struct monitor *m, struct record *r)
{
	char addr[64] = "", local[64] = "";
	struct str a = record_get_str(r, sizeof(addr) - 1);
	struct str l = record_get_str(r, sizeof(local) - 1);
	uint32_t port = record_get_u32(r);

	if (!record_done(r) || port > UINT16_MAX)
		return false;
	memcpy(addr, a.p, a.n);
	memcpy(local, l.p, l.n);
	m->state = MON_WAITING;
	if (a.n == 0 && l.n == 0)
		return true; /* the balancer had nothing to say */
	return peer_set(&m->peer, addr, local, (uint16_t)port);
}

/* Until the time, the front's end, or SIGTERM.  False: nobody waits. */
static bool
pause_until(int fd, int64_t at_ms)
{
	struct pollfd p = {.fd = fd};
	struct timespec t;
	sigset_t mask;
	int64_t left;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigdelset(&mask, SIGTERM);
	while ((left = at_ms - io_now_ms()) > 0) {
		t = (struct timespec){left / 1000, left % 1000 * 1000000};
		if (ppoll(&p, 1, &t, &mask) > 0 || session_stop)
			return false;
	}
	return true;
}

static bool
send_verdict(struct monitor *m, enum login v)
{
	struct buf b;
	int r;

	record_begin(&b, REP_AUTH);
	record_put_u32(&b, v);
	r = record_send(m->fd, &b);
	buf_free(&b);
	return r == 0 || errno == EPIPE || errno == ECONNRESET;
}

static bool
on_auth(struct monitor *m, struct record *r)
{
	struct str user = record_get_str(r, LOGIN_USER_MAX);
	struct str password = record_get_str(r, LOGIN_PASSWORD_MAX);
	unsigned n = m->uses[REQ_AUTH];
	int64_t begin = io_now_ms();
	const char *reason;
	enum login v;

	(void)record_get_u32(r);
	if (!record_done(r))
		return false;
	v = login_try(m->opt, user, password, m->peer.addr, &m->who, &m->auth,
		&reason);
	if (v == LOGIN_DONE) {
		memcpy(m->login, user.p, user.n);
		m->state = MON_AUTHED;
	} else {
		log_event(LOG_NOTICE, "auth-failed", {"user", user},
			{"rhost", str_of(m->peer.addr)},
			{"reason", str_of(reason)});
	}
	/* The whole room would be memory in use, here and in the session. */
	explicit_bzero(m->room, (size_t)(r->rest.p - (char *)m->room));
	if (v == LOGIN_FAILED) {
		if (!pause_until(m->fd, login_answer_at(begin, io_now_ms(), n)))
			return true;
		if (n == MONITOR_TRIES)
			v = LOGIN_LIMIT;
	}
	return send_verdict(m, v);
}

/* What the session is told, and who it becomes. */
_Noreturn static void
run_session(struct monitor *m, struct str state, struct str unread, bool tls,
	int fd, pid_t parent)
{
	struct session s = {.opt = m->opt,
		.peer = &m->peer,
		.user = m->who.name,
		.login = m->login,
		.home = m->who.home,
		.tls = tls,
		.state = state};

	if (tls)
		start_replace(m->st, m->relay);
	fd_close_others(&fd, 1);
	priv_normalise();
	session_stop_signal();
	log_fix();
	s.io = session_io(m->st->in, m->st->out);
	if (chdir("/") == -1)
		die("chdir: %s", strerror(errno));
	priv_become(m->who.uid, m->who.gid);
	priv_follow_parent(parent);
	confine_session(m->opt, m->who.home);
	session_serve(m->srv, &s, unread, fd);
	_exit(0);
}

/* A child that should end about now.  One that was ended by a signal met its
 * filter, or a fault. */
static void
reap(struct monitor *m, pid_t *pid, const char *what)
{
	int sig = *pid > 0 ? child_reap(*pid, REAP_MS) : 0;

	*pid = 0;
	if (sig && !m->stopping)
		log_error("%s of %s ended by signal %d", what,
			m->who.name[0] ? m->who.name : m->peer.addr, sig);
}

/* The front has spoken its last record.  As a relay it lives on, and keeping
 * its socket tells until when. */
static void
leave_front(struct monitor *m, bool tls)
{
	if (tls) {
		m->relayed = m->fd;
	} else {
		close(m->fd);
		reap(m, &m->front, "front");
	}
	if (m->relay != -1)
		close(m->relay);
	m->relay = -1;
}

static bool
on_ready(struct monitor *m, struct record *r)
{
	struct str state = record_get_str(r, LOGIN_STATE_MAX);
	struct str unread = record_get_str(r, RECORD_MAX);
	struct str version = record_get_str(r, MONITOR_TLS_MAX);
	bool tls = version.n > 0;
	pid_t self = getpid(), pid;
	int fds[2];

	if (!record_done(r) || (tls && m->relay == -1))
		return false;
	totals_log_login(m->who.name, &m->peer, m->srv->service, version);
	m->begin_ms = io_now_ms();
	m->state = MON_SESSION;
	m->end_ms = 0;
	pid = record_pair(fds) == -1 ? -1 : fork();
	if (pid == 0)
		run_session(m, state, unread, tls, fds[1], self);
	if (pid == -1) {
		log_error(
			"no session for %s: %s", m->who.name, strerror(errno));
		return false;
	}
	m->session = pid;
	close(fds[1]);
	leave_front(m, tls);
	m->fd = fds[0];
	start_forget(m->st);
	free(m->room);
	m->room = malloc(RECORD_MAX);
	return m->room != NULL;
}

static bool
on_status(struct monitor *m, struct record *r)
{
	struct str s = record_get_str(r, MONITOR_STATUS_MAX);

	if (!record_done(r))
		return false;
	memcpy(m->status, s.p, s.n);
	m->status[s.n] = '\0';
	return true;
}

static bool
on_totals(struct monitor *m, struct record *r)
{
	return totals_get(r, &m->totals);
}

static const struct request {
	enum monitor_record type;
	unsigned uses; /* 0: any number */
	enum state state;
	bool (*handler)(struct monitor *m, struct record *r);
} requests[] = {
	{REQ_PEER,   1,             MON_GREETING, on_peer  },
	{REQ_AUTH,   MONITOR_TRIES, MON_WAITING,  on_auth  },
	{REQ_READY,  1,             MON_AUTHED,   on_ready },
	{REQ_STATUS, 0,             MON_SESSION,  on_status},
	{REQ_TOTALS, 1,             MON_SESSION,  on_totals},
};

/* False: a record that nobody honest sends. */
static bool
dispatch(struct monitor *m, struct record *r)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct request *q = &requests[i];

		if (q->type != r->type)
			continue;
		if (q->state != m->state ||
			(q->uses && m->uses[q->type] == q->uses))
			return false;
		m->uses[q->type]++;
		return q->handler(m, r);
	}
	return false;
}

/* ------------------------------------------------------------ processes */

static void
start_front(struct monitor *m)
{
	const struct account *a = front_account();
	pid_t self = getpid();
	int fds[2], pair[2] = {-1, -1};

	if (geteuid() != 0)
		log_warn("not root: the process before login keeps uid %u, "
			 "and only its password can be checked",
			(unsigned)a->uid);
	if ((tls_pair_named(m->opt) &&
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ==
			    -1) ||
		record_pair(fds) == -1 || (m->front = fork()) == -1)
		die("no front: %s", strerror(errno));
	if (m->front == 0) {
		fd_close_others((int[]){fds[1], pair[1]}, 2);
		front_serve(m->srv, m->opt, &m->peer, m->st, fds[1], pair[1], a,
			self);
	}
	close(fds[1]);
	if (pair[1] != -1)
		close(pair[1]);
	m->fd = fds[0];
	m->relay = pair[0];
}

static void
stop_children(struct monitor *m, int sig)
{
	if (m->session > 0)
		(void)kill(m->session, sig);
	else if (m->front > 0)
		(void)kill(m->front, sig);
}

/* When to look up without a record; -1: never. */
static int64_t
next_ms(const struct monitor *m)
{
	int64_t at = m->end_ms ? m->end_ms : -1;

	if (m->status[0] && (at == -1 || m->status_ms < at))
		at = m->status_ms;
	return at;
}

/* Wait for a record.  False: it is time for something else. */
static bool
wait_record(struct monitor *m)
{
	struct pollfd p = {.fd = m->fd, .events = POLLIN};
	int64_t at = next_ms(m), left = at - io_now_ms();
	struct timespec t = {0};
	sigset_t mask;

	if (left > 0)
		t = (struct timespec){left / 1000, left % 1000 * 1000000};
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigdelset(&mask, SIGTERM);
	return ppoll(&p, 1, at == -1 ? NULL : &t, &mask) > 0;
}

/* Times that have come, and SIGTERM. */
static void
on_time(struct monitor *m)
{
	int64_t now = io_now_ms();

	if (session_stop && !m->stopping) {
		m->stopping = true;
		m->end_ms = now + STOP_MS;
		stop_children(m, SIGTERM);
	}
	if (m->end_ms && now >= m->end_ms)
		stop_children(m, SIGKILL);
	if (m->status[0] && now >= m->status_ms)
		tell_status(m);
}

/* Records until the one who may speak is gone.  False: one was refused. */
static bool
run(struct monitor *m)
{
	struct record r;
	int n;

	for (;;) {
		on_time(m);
		if (!wait_record(m))
			continue;
		n = record_recv(m->fd, m->room, RECORD_MAX, &r);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n == 0)
			return true;
		if (n == -1 || !dispatch(m, &r)) {
			log_error("record %u in state %d refused, from %s",
				r.type, (int)m->state,
				m->state == MON_SESSION ? m->who.name
							: m->peer.addr);
			return false;
		}
	}
}

/* The end of everything that was begun. */
static void
finish(struct monitor *m, bool good)
{
	if (!good)
		stop_children(m, SIGKILL);
	close(m->fd);
	start_forget(m->st);
	if (m->session > 0) {
		reap(m, &m->session, "session");
		totals_log_logout(m->who.name, &m->peer, &m->totals,
			io_now_ms() - m->begin_ms);
	}
	auth_close(m->auth);
	if (m->relayed != -1) {
		(void)pause_until(m->relayed,
			io_now_ms() + (m->stopping ? REAP_MS : RELAY_MS));
		close(m->relayed);
	}
	reap(m, &m->front, "front");
	free(m->room);
}

void
monitor_warm(const struct options *opt)
{
	(void)front_account();
	auth_warm(opt->pam_service);
}

int
monitor_serve(const struct server *srv, const struct options *opt,
	const struct start *st)
{
	struct monitor m = {.srv = srv,
		.opt = opt,
		.st = st,
		.fd = -1,
		.relay = -1,
		.relayed = -1};
	sigset_t term;
	bool good;

	if (peer_of(st->in, &m.peer) == -1)
		return 0; /* the client has gone already */
	if (m.peer.socket)
		peer_tune(st->in);
	else
		m.peer.loopback = true;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	session_stop_signal();
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	m.state = opt->proxy_protocol ? MON_GREETING : MON_WAITING;
	m.end_ms =
		io_now_ms() + (int64_t)opt->login_timeout_s * 1000 + GRACE_MS;
	m.room = malloc(RECORD_MAX);
	if (m.room == NULL)
		die("no memory");
	start_front(&m);
	good = run(&m);
	finish(&m, good);
	return good ? 0 : EX_SOFTWARE;
}
