/*
 * Before login: the AUTHORIZATION state (RFC 1939 4).
 *
 * 1. Nobody learns who exists.  USER says +OK to any name; a wrong password
 *    and an unknown user get the same line, after the same time (the monitor
 *    sees to that).
 * 2. A password has any octets but CR, LF and NUL: PASS takes the line behind
 *    one blank as it stands, with blanks at its end.
 * 3. Where a password must not be sent in the clear, it is refused at USER
 *    already, before the client has sent it.
 * 4. STLS: what came before it was said by anyone.  The name given by USER is
 *    forgotten, and front_starttls() throws away what was sent ahead.
 * 5. The greeting has no "<...>": that would offer APOP, which needs passwords
 *    that the server can read.
 * 6. The success of a login is told by session.c: only there the number of
 *    messages is known.
 */
#include "pop3d/cmd.h"
#include "pop3d/pop3d.h"

#include "common/base64.h"
#include "common/log.h"

#include <string.h>

struct state {
	struct front *f;
	struct io *io;
	struct buf user; /* as USER gave it */
	bool named;
};

static bool
has_nul(struct str s)
{
	return str_find(s, '\0') != -1;
}

static void
forget(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

static enum next
refuse_plaintext(struct state *s)
{
	return cmd_err(s->io, "AUTH", "%s",
		s->f->can_starttls ? "passwords only under TLS: use STLS"
				   : "passwords only under TLS");
}

/* What became of a login, in words. */
static enum next
tell(struct state *s, enum login result)
{
	switch (result) {
	case LOGIN_DONE:
		return NEXT_END;
	case LOGIN_FAILED:
		return cmd_err(s->io, "AUTH", "login failed");
	case LOGIN_EXPIRED:
		return cmd_err(s->io, "AUTH",
			"the account or its password has expired");
	case LOGIN_UNAVAILABLE:
		return cmd_err(s->io, "SYS/TEMP", "cannot log in just now");
	case LOGIN_REFUSED:
		return cmd_err(s->io, "SYS/TEMP", "no logins for now");
	case LOGIN_LIMIT:
		cmd_err(s->io, "AUTH", "login failed, too many times");
		return NEXT_END;
	}
	die("login result %d", (int)result);
}

static enum next
login(struct state *s, struct str user, struct str password)
{
	if (user.n == 0 || has_nul(user) || has_nul(password))
		return cmd_err(s->io, "AUTH", "login failed");
	return tell(s, front_login(s->f, user, password, STR("")));
}

static enum next
cmd_user(void *ctx, const struct args *a)
{
	struct state *s = ctx;
	struct str name = str_trim(a->rest);

	s->named = false;
	if (!s->f->can_plaintext)
		return refuse_plaintext(s);
	if (name.n == 0)
		return cmd_bad(s->io, "USER needs a name");
	buf_reset(&s->user);
	buf_adds(&s->user, name);
	if (s->user.bad)
		return cmd_bad(s->io, "the name is too long");
	s->named = true;
	return cmd_ok(s->io, "now the password");
}

static enum next
cmd_pass(void *ctx, const struct args *a)
{
	struct state *s = ctx;
	struct buf password;
	enum next next;

	if (!s->f->can_plaintext)
		return refuse_plaintext(s);
	if (!s->named)
		return cmd_bad(s->io, "USER comes first");
	s->named = false; /* RFC 1939 7: PASS is right behind USER */
	/* A copy: the line does not outlive the flush before the login. */
	buf_init(&password, CMD_LINE_MAX);
	buf_adds(&password, a->rest);
	next = login(s, buf_str(&s->user), buf_str(&password));
	forget(&password);
	return next;
}

/* The response to an empty challenge. "*" takes the command back. */
static bool
ask(struct state *s, struct str *response)
{
	enum io_result r;

	io_puts(s->io, "+ \r\n");
	r = io_line(s->io, CMD_LINE_MAX, response);
	if (r == IO_TOOLONG)
		cmd_err(s->io, NULL, "line too long");
	else if (r == IO_OK && str_is(*response, "*"))
		cmd_err(s->io, NULL, "cancelled");
	else
		return r == IO_OK;
	return false;
}

static enum next
plain(struct state *s, struct str response)
{
	struct str user, password;
	enum next next;
	struct buf b;

	if (str_is(response, "=")) /* RFC 5034 4: an empty response */
		response.n = 0;
	buf_init(&b, CMD_LINE_MAX);
	if (!base64_decode(response, &b))
		next = cmd_err(s->io, NULL, "that is not base64");
	else if (!sasl_plain(buf_str(&b), &user, &password))
		next = cmd_err(s->io, "AUTH", "login failed");
	else
		next = login(s, user, password);
	forget(&b);
	return next;
}

/* Older clients ask with a bare AUTH which mechanisms there are. */
static enum next
list_mechanisms(struct state *s)
{
	cmd_ok(s->io, "mechanisms:");
	io_puts(s->io, s->f->can_plaintext ? "PLAIN\r\n.\r\n" : ".\r\n");
	return NEXT_GO;
}

static enum next
cmd_auth(void *ctx, const struct args *a)
{
	struct state *s = ctx;
	struct str response;

	if (a->n == 0)
		return list_mechanisms(s);
	if (!str_iis(a->v[0], "PLAIN"))
		return cmd_err(s->io, NULL, "no such mechanism");
	if (!s->f->can_plaintext)
		return refuse_plaintext(s);
	s->named = false;
	if (a->n == 2)
		return plain(s, a->v[1]);
	return ask(s, &response) ? plain(s, response) : NEXT_GO;
}

static enum next
cmd_stls(void *ctx, const struct args *a)
{
	struct state *s = ctx;

	(void)a;
	if (s->f->tls)
		return cmd_err(s->io, NULL, "TLS is on already");
	if (!s->f->can_starttls)
		return cmd_err(s->io, NULL, "there is no TLS here");
	s->named = false;
	cmd_ok(s->io, "begin TLS");
	if (io_flush(s->io) == IO_OK)
		front_starttls(s->f);
	return s->f->tls ? NEXT_GO : NEXT_END;
}

/* Mail is sent as it is, so there is nothing to switch (RFC 6856 2.1). */
static enum next
cmd_utf8(void *ctx, const struct args *a)
{
	struct state *s = ctx;

	(void)a;
	return cmd_ok(s->io, "UTF-8 it is");
}

static enum next
front_lang(void *ctx, const struct args *a)
{
	return cmd_lang(((struct state *)ctx)->io, a);
}

static enum next
front_capa(void *ctx, const struct args *a)
{
	const struct state *s = ctx;
	const struct capa c = {s->f->can_plaintext, s->f->can_starttls};

	(void)a;
	return cmd_capa(s->io, &c);
}

static enum next
cmd_quit(void *ctx, const struct args *a)
{
	struct state *s = ctx;

	(void)a;
	cmd_ok(s->io, "bye");
	return NEXT_END;
}

static const struct cmd cmds[] = {
	{"AUTH", 0, 2,       cmd_auth  },
	{"CAPA", 0, 0,       front_capa},
	{"LANG", 0, 1,       front_lang},
	{"PASS", 0, CMD_ANY, cmd_pass  },
	{"QUIT", 0, 0,       cmd_quit  },
	{"STLS", 0, 0,       cmd_stls  },
	{"USER", 0, CMD_ANY, cmd_user  },
	{"UTF8", 0, 0,       cmd_utf8  },
};

void
pop3_front(struct front *f)
{
	struct state s = {.f = f, .io = f->io};

	buf_init(&s.user, CMD_LINE_MAX);
	cmd_ok(f->io, "POP3 ready");
	io_flush(f->io);
	cmd_serve(f->io, cmds, sizeof(cmds) / sizeof(cmds[0]), &s);
	buf_free(&s.user);
}

void
pop3_refuse(struct io *io, const char *why)
{
	cmd_err(io, "SYS/TEMP", "%s", why);
}
