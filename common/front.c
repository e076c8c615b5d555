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
 *
 * TLS lives here and nowhere else, so the key and the largest body of code
 * that parses a stranger's octets share a process with neither root nor mail.
 * 1. Library, certificate and key are read after the fork, so that the monitor
 *    never has them, and before the walls go up, because they are files.
 * 2. What came before the handshake may be anybody's.  STARTTLS drops it
 *    (a command that somebody slipped in between would otherwise be obeyed as
 *    the client's own); with TLS from the start it is the handshake itself,
 *    read along with a PROXY header.
 * 3. A pair that does not work means that TLS is not offered, and the log says
 *    why; passwords are then refused as they are without any TLS.  Where TLS
 *    is to be there from the start the connection ends instead: it is never
 *    served in the clear.
 * 4. After the login this process stays as the relay (common/relay.c): who
 *    takes it over then sees one connection, of which it knew the password
 *    already.
 */
#include "common/front.h"
#include "common/confine.h"
#include "common/log.h"
#include "common/monitor.h"
#include "common/priv.h"
#include "common/proxy.h"
#include "common/record.h"
#include "common/relay.h"
#include "common/session.h"
#include "common/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* As much as the record of the hand-over has room for, with the state. */
enum {
	WRITE_MS = 60 * 1000,
	IN_MAX = 64 * 1024
};

struct front_link {
	int monitor, relay;
	struct tls *tls; /* NULL: not to be had */
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
	record_put_str(
		&b, f->tls ? str_of(tls_version(f->link->tls)) : STR(""));
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

static bool
may_send_password(const struct front *f)
{
	if (f->tls || f->opt->plaintext_login == PLAINTEXT_ALWAYS)
		return true;
	return f->opt->plaintext_login == PLAINTEXT_LOCAL && f->peer->loopback;
}

/* The library, certificate and key: while there are paths. */
static void
load_tls(struct front_link *l, const struct options *opt)
{
	char why[TLS_WHY_MAX] = "not configured";
	enum tls_found found = TLS_NONE;
	struct tls_pair pair;

	if (l->relay != -1) {
		found = tls_pair_read(opt, &pair, why);
		if (found == TLS_FOUND)
			l->tls = tls_new(&pair, why);
		tls_pair_free(&pair);
	}
	if (l->tls)
		return;
	if (found != TLS_NONE || opt->tls == TLS_IMPLICIT)
		log_error("no TLS: %s", why);
	if (opt->tls == TLS_IMPLICIT)
		_exit(EX_CONFIG);
}

static void
start_tls(struct front *f)
{
	const char *why = "";

	if (tls_accept(f->link->tls, f->io, &why) != IO_OK) {
		log_event(LOG_INFO, "tls-failed",
			{"rhost", str_of(f->peer->addr)},
			{"reason", str_of(why)});
		_exit(0);
	}
	f->tls = true;
	f->can_starttls = false;
	f->can_plaintext = may_send_password(f);
}

void
front_starttls(struct front *f)
{
	if (!f->can_starttls)
		die("STARTTLS was not offered");
	(void)io_flush(f->io);
	io_drop_unread(f->io);
	start_tls(f);
}

/* The conversation is over: for good, or for us. */
static void
end(struct front *f, const struct start *st)
{
	struct front_link *l = f->link;
	const struct relay_client c = {
		.in = st->in,
		.out = st->out,
		.layer = {.ctx = l->tls, .read = tls_read, .write = tls_write},
		.end = tls_end,
	};
	short wants;

	if (l->done && f->tls)
		relay_run(&c, l->relay);
	else if (!l->done && io_flush(f->io) == IO_OK && f->tls)
		(void)tls_end(l->tls, &wants);
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

/* Without root it stays who it is. */
const struct account *
front_account(void)
{
	static const char *const names[] = {"stdmail", "nobody"};
	static struct account a;

	if (a.uid != 0)
		return &a;
	if (geteuid() != 0)
		a = (struct account){.uid = getuid(), .gid = getgid()};
	else if (priv_account(names[0], &a) == -1 &&
		 priv_account(names[1], &a) == -1)
		die("neither user %s nor %s exists", names[0], names[1]);
	return &a;
}

void
front_serve(const struct server *srv, const struct options *opt,
	const struct peer *kernel_peer, const struct start *st, int monitor,
	int relay, const struct account *who, pid_t parent)
{
	struct front_link link = {.monitor = monitor, .relay = relay};
	struct peer peer = *kernel_peer;
	struct front f = {.opt = opt, .peer = &peer, .link = &link};
	int limit_ms = (int)opt->login_timeout_s * 1000;

	f.io = io_new(st->in, st->out, IN_MAX);
	priv_normalise();
	session_stop_signal();
	log_fix();
	load_tls(&link, opt);
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
	f.can_plaintext = may_send_password(&f);
	f.can_starttls = link.tls != NULL;
	if (opt->tls == TLS_IMPLICIT)
		start_tls(&f);
	srv->front(&f);
	end(&f, st);
	_exit(0);
}
