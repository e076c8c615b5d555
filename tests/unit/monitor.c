/*
 * The monitor against processes that lie: each case is a front or a session
 * that sends records it should not, and the connection must end with
 * EX_SOFTWARE, with the PAM session closed; and an honest one, which must not.
 */
#include "common/front.h"
#include "common/monitor.h"
#include "common/priv.h"
#include "common/record.h"

#include "tests/fake/auth.c"
#include "tests/unit/tap.h"

#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* The record socket of the process we are in: its only SOCK_SEQPACKET. */
static int
record_fd(void)
{
	for (int fd = 3; fd < 64; fd++) {
		int type = 0;
		socklen_t n = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
			type == SOCK_SEQPACKET)
			return fd;
	}
	_exit(99);
}

static void
send_words(uint32_t type, const uint32_t *words, size_t n)
{
	struct buf b;

	record_begin(&b, type);
	buf_add(&b, words, n * sizeof(*words));
	(void)record_send(record_fd(), &b);
	buf_free(&b);
}

static void
wait_for_end(void)
{
	char c;

	while (recv(record_fd(), &c, 1, 0) > 0)
		;
}

static struct str user;

static void
ask(const char *password)
{
	struct buf b;

	record_begin(&b, REQ_AUTH);
	record_put_str(&b, user);
	record_put_str(&b, str_of(password));
	record_put_u32(&b, 0);
	(void)record_send(record_fd(), &b);
	buf_free(&b);
}

static enum login
verdict(void)
{
	char room[64];
	struct record r;

	if (record_recv(record_fd(), room, sizeof(room), &r) != 1)
		_exit(98);
	return (enum login)record_get_u32(&r);
}

static void
ready(void)
{
	static const uint32_t empty[3];

	send_words(REQ_READY, empty, 3);
}

/* Lies before the login. */
static void
front_ready_first(struct front *f)
{
	(void)f;
	ready();
	wait_for_end();
}

static void
front_speaks_as_session(struct front *f)
{
	static const uint32_t empty[1];

	(void)f;
	send_words(REQ_STATUS, empty, 1);
	wait_for_end();
}

static void
front_unasked_peer(struct front *f)
{
	static const uint32_t empty[3];

	(void)f;
	send_words(REQ_PEER, empty, 3);
	wait_for_end();
}

static void
front_unknown_type(struct front *f)
{
	(void)f;
	send_words(12345, NULL, 0);
	wait_for_end();
}

static void
front_reply_as_request(struct front *f)
{
	static const uint32_t done[1] = {LOGIN_DONE};

	(void)f;
	send_words(REP_AUTH, done, 1);
	wait_for_end();
}

static void
front_long_user(struct front *f)
{
	static uint32_t words[2 + LOGIN_USER_MAX];

	(void)f;
	words[0] = LOGIN_USER_MAX + 1;
	send_words(REQ_AUTH, words, sizeof(words) / sizeof(words[0]));
	wait_for_end();
}

static void
front_cut_off(struct front *f)
{
	static const uint32_t words[] = {3};

	(void)f;
	send_words(REQ_AUTH, words, 1);
	wait_for_end();
}

static void
front_too_long(struct front *f)
{
	static char much[RECORD_MAX + 1];

	(void)f;
	(void)send(record_fd(), much, sizeof(much), 0);
	wait_for_end();
}

static void
front_fourth_try(struct front *f)
{
	(void)f;
	for (int i = 0; i < 4; i++) {
		ask("expired");
		if (i < 3)
			(void)verdict();
	}
	wait_for_end();
}

static void
front_try_after_success(struct front *f)
{
	(void)f;
	ask("right");
	(void)verdict();
	ask("right");
	wait_for_end();
}

static void
front_ready_after_failure(struct front *f)
{
	(void)f;
	ask("expired");
	(void)verdict();
	ready();
	wait_for_end();
}

/* Truth: the verdicts come as they are, and the third try may be right. */
static void
front_honest(struct front *f)
{
	bool good;

	(void)f;
	ask("expired");
	good = verdict() == LOGIN_EXPIRED;
	ask("refused");
	good = good && verdict() == LOGIN_REFUSED;
	ask("right");
	good = good && verdict() == LOGIN_DONE;
	if (!good)
		_exit(97);
	ready();
}

static void
front_gives_up(struct front *f)
{
	(void)f;
}

static void
front_pretends_tls(struct front *f)
{
	/* No state, nothing unread, a version of four octets. */
	static const uint32_t words[] = {0, 0, 4, 0x2e312e31};

	(void)f;
	ask("right");
	(void)verdict();
	send_words(REQ_READY, words, 4);
	wait_for_end();
}

static void
session_honest(struct session *s)
{
	session_status(s, "%s", "in session");
	session_count(s, "retr", 1);
}

static void
session_asks(struct session *s)
{
	(void)s;
	ask("right");
	wait_for_end();
}

static void
session_long_status(struct session *s)
{
	static uint32_t words[1 + MONITOR_STATUS_MAX];

	(void)s;
	words[0] = MONITOR_STATUS_MAX + 1;
	send_words(REQ_STATUS, words, sizeof(words) / sizeof(words[0]));
	wait_for_end();
}

static void
session_forged_totals(struct session *s)
{
	static const uint32_t words[] = {0, 0, 0, 0, 9};

	(void)s;
	send_words(REQ_TOTALS, words, 5);
	wait_for_end();
}

static void
session_killed(struct session *s)
{
	(void)s;
	(void)getpgid(0); /* not in its filter */
}

static const struct {
	const char *promise;
	void (*front)(struct front *f);
	void (*session)(struct session *s);
	int status;
} cases[] = {
	{"an honest login is served",                             front_honest,              session_honest,        0          },
	{"a front that ends is no fault",                         front_gives_up,            session_honest,        0          },
	{"a session killed by its filter closes the PAM session", front_honest,
         session_killed,											    0          },
	{"a session before a login",                              front_ready_first,         session_honest,
         EX_SOFTWARE													   },
	{"a session after a failed login",                        front_ready_after_failure,
         session_honest,											    EX_SOFTWARE},
	{"a front that speaks as a session",                      front_speaks_as_session,
         session_honest,											    EX_SOFTWARE},
	{"a PROXY address without --proxy-protocol",              front_unasked_peer,
         session_honest,											    EX_SOFTWARE},
	{"a record of no known type",                             front_unknown_type,        session_honest,
         EX_SOFTWARE													   },
	{"a verdict sent to the monitor",                         front_reply_as_request,
         session_honest,											    EX_SOFTWARE},
	{"a user name too long",				  front_long_user,           session_honest,        EX_SOFTWARE},
	{"a record that is cut off",                              front_cut_off,             session_honest,
         EX_SOFTWARE													   },
	{"a record too long",				     front_too_long,            session_honest,        EX_SOFTWARE},
	{"a fourth try",					  front_fourth_try,          session_honest,        EX_SOFTWARE},
	{"a second login",					front_try_after_success,   session_honest,
         EX_SOFTWARE													   },
	{"TLS where none is configured",                          front_pretends_tls,        session_honest,
         EX_SOFTWARE													   },
	{"a session that asks for a login",                       front_honest,              session_asks,
         EX_SOFTWARE													   },
	{"a status too long",				     front_honest,              session_long_status,   EX_SOFTWARE},
	{"more counts than there may be",                         front_honest,              session_forged_totals,
         EX_SOFTWARE													   },
};

static void
refuse(struct io *io, const char *why)
{
	(void)io_puts(io, why);
}

/* One connection in a process of its own: its status, or 200 when the fake
 * PAM session was not closed, or the number of the signal and 100. */
static int
serve(size_t i)
{
	struct server srv = {.name = "monitor",
		.service = "test",
		.summary = "a test",
		.idle_timeout_s = 60,
		.front = cases[i].front,
		.session = cases[i].session,
		.refuse = refuse};
	struct options opt = {.maildir = "~/Maildir",
		.cache = "none",
		.pam_service = "test",
		.login_timeout_s = 20,
		.idle_timeout_s = 60,
		.cache_max = 1 << 20};
	struct start st = {.kind = START_LOCAL};
	int sp[2], status = 0, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp) == -1)
		return 255;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(sp[1]);
		st.in = st.out = sp[0];
		r = monitor_serve(&srv, &opt, &st);
		_exit(auth_opened == auth_closed ? r : 200);
	}
	close(sp[0]);
	waitpid(pid, &status, 0);
	close(sp[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

int
main(void)
{
	struct account a;
	bool root = geteuid() == 0;

	priv_normalise();
	if ((root ? priv_account("nobody", &a)
		  : priv_account_of(getuid(), &a)) == -1) {
		printf("1..0 # SKIP no user to serve\n");
		return 0;
	}
	user = str_of(a.name);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = serve(i);

		ok(r == cases[i].status, "%s%s (%d)", cases[i].promise,
			cases[i].status ? " is refused" : "", r);
	}
	return tap_done();
}
