/*
 * Before login: LOGIN, AUTHENTICATE PLAIN, STARTTLS.
 *
 * The answer to a login that succeeds is not ours to give: the session that
 * has opened the mail gives it, by the tag that goes along as state.  All
 * that a stranger can learn from a refusal is that it was one (unknown user
 * and wrong password differ neither in text nor, by the monitor, in time).
 */
#include "imapd/cmd.h"

#include <string.h>

#include "common/base64.h"

enum {
	SASL_MAX = 8192
};

/* The arena is reused, not cleared. */
static void
wipe(struct str secret)
{
	if (secret.n > 0)
		explicit_bzero((void *)(uintptr_t)secret.p, secret.n);
}

static struct reply
refuse_plaintext(void)
{
	return reply_no("[PRIVACYREQUIRED] Not without TLS");
}

static struct reply
log_in(struct imap *im, struct str user, struct str password)
{
	switch (front_login(im->front, user, password, im->tag)) {
	case LOGIN_DONE:
		im->over = true;
		return (struct reply){REPLY_NONE, ""};
	case LOGIN_EXPIRED:
		return reply_no("[EXPIRED] Account or password has expired");
	case LOGIN_UNAVAILABLE:
		return reply_no("[UNAVAILABLE] Cannot check logins now");
	case LOGIN_REFUSED:
		return reply_no("[AUTHORIZATIONFAILED] Login not permitted");
	case LOGIN_LIMIT:
		im->over = true;
		im->bye = "Too many failed logins";
		break;
	case LOGIN_FAILED:
		break;
	}
	return reply_no("[AUTHENTICATIONFAILED] Login failed");
}

static bool
has_nul(struct str s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

struct reply
cmd_login(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str user, password;
	struct reply r;

	if (!im->front->can_plaintext)
		return refuse_plaintext();
	if (!lex_space(l) || !lex_credential(l, &user) || !lex_space(l) ||
		!lex_credential(l, &password) || !lex_end(l))
		return reply_bad(im);
	if (im->tag.n > LOGIN_STATE_MAX || has_nul(user) || has_nul(password))
		return reply_bad(im);
	r = log_in(im, user, password);
	wipe(password);
	return r;
}

/* The client's part: behind the command (RFC 4959; "=" is an empty one), or
 * asked for. */
static bool
sasl_response(struct lex *l, struct str *out)
{
	if (lex_end(l))
		return lex_continue(l, out);
	l->why = NULL;
	if (!lex_base64(l, out) || !lex_end(l))
		return false;
	if (str_is(*out, "="))
		*out = STR("");
	return true;
}

static struct reply
plain(struct imap *im, struct str response)
{
	struct str user, password;
	struct buf message;
	struct reply r;

	buf_init(&message, SASL_MAX);
	if (!base64_decode(response, &message) || message.bad) {
		lex_refuse(&im->lex, "Invalid base64");
		r = reply_bad(im);
	} else if (!sasl_plain(buf_str(&message), &user, &password))
		r = reply_no("[AUTHENTICATIONFAILED] Login failed");
	else
		r = log_in(im, user, password);
	if (message.n > 0)
		explicit_bzero(message.p, message.n);
	buf_free(&message);
	return r;
}

struct reply
cmd_authenticate(struct imap *im)
{
	struct lex *l = &im->lex;
	struct str mechanism, response;
	struct reply r;

	if (!lex_space(l) || !lex_atom(l, &mechanism))
		return reply_bad(im);
	if (!str_iis(mechanism, "PLAIN"))
		return reply_no("[CANNOT] Unknown mechanism");
	if (!im->front->can_plaintext)
		return refuse_plaintext();
	if (im->tag.n > LOGIN_STATE_MAX || !sasl_response(l, &response))
		return reply_bad(im);
	if (str_is(response, "*")) {
		lex_refuse(l, "Cancelled");
		return reply_bad(im);
	}
	r = plain(im, response);
	wipe(response);
	return r;
}

struct reply
cmd_starttls(struct imap *im)
{
	if (!lex_end(&im->lex))
		return reply_bad(im);
	if (im->front->tls) { /* RFC 9051 6.2.1 */
		lex_refuse(&im->lex, "TLS is on already");
		return reply_bad(im);
	}
	if (!im->front->can_starttls)
		return reply_no("[CANNOT] TLS is not offered here");
	im->want_tls = true;
	return reply_ok("Begin TLS");
}
