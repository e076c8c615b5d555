/*
 * The front process.
 *
 * Everything a stranger sends is parsed here, so this process has nothing
 * worth having: an unprivileged uid, an empty directory as its root, no
 * descriptors but the client, the records to the monitor and the log's
 * socket, and a filter without open, fork and socket.  Taking it over gains
 * three tries at a password and the passwords that later come over this very
 * connection, of which there are none.
 *
 * The monitor counts the tries and keeps the time; the counter here only
 * avoids asking for what will be refused, which would be fatal.
 *
 * At the hand-over nothing may be lost: what the client sent behind its login
 * was received by this process and goes along in the record, and all answers
 * have been written before, so the session's first octet is the answer to
 * the login.
 */
#include "common/front.h"
#include "common/confine.h"
#include "common/log.h"
#include "common/monitor.h"
#include "common/priv.h"
#include "common/proxy.h"
#include "common/record.h"
#include "common/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As much as the record of the hand-over has room for, with the state. */
enum {
	WRITE_MS = 60 * 1000,
	IN_MAX = 64 * 1024
};

struct front_link {
	int monitor;
	unsigned tries;
	bool done;
};

/* Wait for the monitor's word.  Without a monitor there is no connection. */
static enum login
receive_verdict(const struct front_link *l)
{
	char room[64];
	struct record r;
	uint32_t verdict;

	while (record_recv(l->monitor, room, sizeof(room), &r) != 1)
		if (errno != EINTR)
			_exit(0);
	verdict = record_get_u32(&r);
	if (r.type != REP_AUTH || !record_done(&r) || verdict > LOGIN_LIMIT)
		die("the monitor said something else");
	return (enum login)verdict;
}

static void
send_or_exit(int fd, struct buf *b)
{
	if (record_send(fd, b) == -1) {
		if (errno != EPIPE && errno != ECONNRESET)
			die("record to the monitor: %s", strerror(errno));
		_exit(0);
	}
	if (b->p)
		explicit_bzero(b->p, b->n);
	buf_free(b);
}

static void
hand_over(struct front *f, struct str state)
{
	struct buf b;

	record_begin(&b, REQ_READY);
	record_put_str(&b, state);
	record_put_str(&b, io_unread(f->io));
	record_put_u32(&b, f->tls);
	send_or_exit(f->link->monitor, &b);
	io_drop_unread(f->io);
}

enum login
front_login(
	struct front *f, struct str user, struct str password, struct str state)
{
	struct front_link *l = f->link;
	enum login verdict;
	struct buf b;

	if (l->tries == MONITOR_TRIES)
		return LOGIN_LIMIT;
	l->tries++;
	/* Too long is wrong, and takes the time that wrong takes. */
	if (user.n > LOGIN_USER_MAX || password.n > LOGIN_PASSWORD_MAX)
		user = password = STR("");
	if (io_flush(f->io) != IO_OK)
		_exit(0);
	record_begin(&b, REQ_AUTH);
	record_put_str(&b, user);
	record_put_str(&b, password);
	record_put_u32(&b, f->tls);
	send_or_exit(l->monitor, &b);
	verdict = receive_verdict(l);
	if (verdict == LOGIN_DONE) {
		hand_over(f, state);
		l->done = true;
	}
	return verdict;
}

void
front_starttls(struct front *f)
{
	(void)f;
	die("STARTTLS was not offered");
}

static bool
may_send_password(const struct options *opt, const struct front *f)
{
	if (f->tls || opt->plaintext_login == PLAINTEXT_ALWAYS)
		return true;
	return opt->plaintext_login == PLAINTEXT_LOCAL && f->peer->loopback;
}

/* Who the balancer says is there: for us, and for the monitor's log. */
static void
read_proxy_header(struct front *f, struct peer *p)
{
	struct buf b;

	if (proxy_read(f->io, p) == -1)
		_exit(0);
	record_begin(&b, REQ_PEER);
	record_put_str(&b, str_of(p->addr));
	record_put_str(&b, str_of(p->local));
	record_put_u32(&b, p->port);
	send_or_exit(f->link->monitor, &b);
}

void
front_serve(const struct server *srv, const struct options *opt,
	const struct peer *kernel_peer, const struct start *st, int monitor,
	const struct account *who, pid_t parent)
{
	struct front_link link = {.monitor = monitor};
	struct peer peer = *kernel_peer;
	struct front f = {.opt = opt, .peer = &peer, .link = &link};
	int limit_ms = (int)opt->login_timeout_s * 1000;

	f.io = io_new(st->in, st->out, IN_MAX);
	priv_normalise();
	session_stop_signal();
	log_fix();
	if (geteuid() == 0)
		priv_bury(who);
	else
		priv_become(who->uid, who->gid);
	priv_follow_parent(parent);
	confine_front();
	io_set_timeouts(f.io, limit_ms, WRITE_MS);
	io_set_deadline(f.io, io_now_ms() + limit_ms);
	io_stop_on(f.io, &session_stop);
	if (opt->proxy_protocol)
		read_proxy_header(&f, &peer);
	f.can_plaintext = may_send_password(opt, &f);
	srv->front(&f);
	if (!link.done)
		(void)io_flush(f.io);
	_exit(0);
}
