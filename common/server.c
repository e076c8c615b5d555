/*
 * The start of both programs: the descriptor decides.
 *
 *   listening socket        accept loop, then for each connection as below
 *   network client          front, monitor, session: login through PAM
 *   pipe, file, terminal,   root: the same, or --user=NAME without a login;
 *   our own UNIX socket     a user: he is the user, without a login (IMAP;
 *                           POP3 with --preauth)
 *
 * A start without a login is one process, which is the user before it reads
 * the first octet.  A client on a network socket is never taken for anyone
 * without a password, whatever the options say: --preauth and --user are
 * refused there rather than ignored.
 */
#include "common/server.h"
#include "common/accept.h"
#include "common/confine.h"
#include "common/log.h"
#include "common/monitor.h"
#include "common/priv.h"
#include "common/session.h"
#include "common/start.h"
#include "common/tls_pair.h"
#include "common/totals.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Who a start without login serves: --user, or the caller. */
static void
find_account(const struct options *opt, struct account *a)
{
	const char *home = getenv("HOME");
	struct stat st;

	if (opt->user && priv_account(opt->user, a) == -1) {
		log_usage("--user=%s: %s", opt->user,
			errno == ENOENT ? "no such user" : strerror(errno));
		exit(EX_NOUSER);
	}
	if (opt->user)
		return;
	if (priv_account_of(getuid(), a) == -1) {
		*a = (struct account){.uid = getuid(), .gid = getgid()};
		snprintf(a->name, sizeof(a->name), "%u", (unsigned)a->uid);
	}
	/* The caller speaks for himself and may mean another home; not one
	 * that sudo or setpriv left over from somebody else. */
	if (home && home[0] == '/' && strlen(home) < sizeof(a->home) &&
		stat(home, &st) == 0 && st.st_uid == a->uid)
		snprintf(a->home, sizeof(a->home), "%s", home);
	a->gid = getgid();
}

/* Become the one we serve: root changes to him, he stays who he is. */
static void
become(const struct account *a)
{
	if (a->uid == 0) {
		log_usage("mail of uid 0 is not served: name a user with "
			  "--user=NAME");
		exit(EX_NOPERM);
	}
	if (geteuid() == 0)
		priv_groups(a);
	priv_become(a->uid, a->gid);
}

_Noreturn static void
serve_preauth(const struct server *srv, const struct options *opt,
	const struct start *st)
{
	struct account a;
	struct peer peer = {.loopback = true};
	struct session s = {
		.opt = opt, .peer = &peer, .login = "", .preauth = true};

	find_account(opt, &a);
	s.io = session_io(st->in, st->out);
	become(&a);
	s.user = a.name;
	s.home = a.home;
	session_stop_signal();
	totals_log_login(a.name, &peer, "preauth", STR(""));
	log_fix();
	confine_session(opt, a.home);
	session_serve(srv, &s, STR(""), -1);
	_exit(0);
}

static bool
is_preauth(const struct server *srv, const struct options *opt,
	const struct start *st)
{
	if (st->kind != START_LOCAL)
		return false;
	if (geteuid() == 0)
		return opt->user != NULL;
	return srv->pipe_is_preauth || opt->preauth;
}

/* Options that would let somebody in, where they must not. */
static void
check_preauth(const struct options *opt, const struct start *st)
{
	const char *why = NULL;

	if ((opt->user || opt->preauth) && st->kind != START_LOCAL)
		why = "a network client has to log in";
	else if (opt->user && geteuid() != 0)
		why = "only root may serve another user";
	else if (opt->preauth && geteuid() == 0)
		why = "root names the user with --user=NAME instead";
	if (why == NULL)
		return;
	log_usage("--%s: %s", opt->user ? "user" : "preauth", why);
	exit(EX_USAGE);
}

/* Who asks for TLS from the first octet is never served in the clear. */
static void
check_tls(const struct server *srv, const struct options *opt,
	const struct start *st)
{
	char why[TLS_WHY_MAX] =
		"there is none where the client is logged in already";

	if (opt->tls != TLS_IMPLICIT)
		return;
	if (!is_preauth(srv, opt, st) &&
		tls_pair_read(opt, NULL, why) == TLS_FOUND)
		return;
	log_usage("--tls=implicit: %s", why);
	exit(EX_CONFIG);
}

static int
serve(const struct server *srv, const struct options *opt, struct start *st)
{
	if (is_preauth(srv, opt, st))
		serve_preauth(srv, opt, st);
	return monitor_serve(srv, opt, st);
}

/* The path with "~" replaced, from malloc. */
static const char *
expand(const char *path, const char *home)
{
	char *out;

	if (path[0] != '~' || (path[1] != '/' && path[1] != '\0'))
		return path;
	if (asprintf(&out, "%s%s", home, path + 1) == -1)
		die("no memory");
	return out;
}

static int
explain(const struct server *srv, struct options *opt)
{
	struct account a;

	find_account(opt, &a);
	become(&a);
	opt->maildir = expand(opt->maildir, a.home);
	opt->cache = expand(opt->cache, a.home);
	return srv->explain(opt);
}

int
server_main(const struct server *srv, int argc, char **argv)
{
	struct options opt;
	struct start st;

	start_descriptors();
	log_open(srv->name);
	priv_normalise();
	if (getuid() != geteuid() || getgid() != getegid())
		die("not made to be set-uid or set-gid");
	options_parse(&opt, srv, argc, argv);
	if (opt.explain)
		return explain(srv, &opt);
	start_find(&st);
	check_preauth(&opt, &st);
	check_tls(srv, &opt, &st);
	start_settle(&st);
	if (st.kind == START_LOOP) {
		monitor_warm(&opt);
		return accept_serve(srv, &opt, &st, serve);
	}
	return serve(srv, &opt, &st);
}
