/*
 * From a login name to an account.
 *
 * 1. Nobody learns which names exist.  An unknown name, a wrong domain, uid 0
 *    and a wrong password get one answer, and the answer to every failure
 *    waits for one fixed time from the request's start (login_answer_at).
 *    PAM is asked for unknown names as well, so its modules see every try.
 * 2. uid 0 has no mail here, and its password is not tried: this door would
 *    be one more to root.
 * 3. Without root, PAM can check only the caller's own password; other names
 *    fail before it is asked.
 * 4. A name is "user" or "user@domain"; the domain is cut at the last "@".
 *    Names compare as the user database compares them: case is kept.
 */
#include "common/login.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/*
 * The system's name in a login name, its case kept.  domain NULL: any domain
 * is cut; else only that one, and another makes the name wrong.  False: no
 * name that an account can have.
 */
static bool
system_name(struct str login, const char *domain, char out[256])
{
	size_t n = login.n;

	for (size_t i = 0; i < login.n; i++)
		if (login.p[i] == '@')
			n = i;
	if (n < login.n && domain != NULL &&
		!str_iis(str_skip(login, n + 1), domain))
		return false;
	if (n == 0 || n > 255 || login.p[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)login.p[i];

		if (c <= ' ' || c == 127 || c == ':' || c == '/')
			return false;
		out[i] = (char)c;
	}
	out[n] = '\0';
	return true;
}

/* May this account be served at all?  A name that is not there goes on to
 * PAM, which will refuse it. */
static enum login
check_account(const char *name, struct account *who, const char **reason)
{
	if (priv_account(name, who) == -1) {
		*reason = errno == ENOENT ? "unknown-user" : "system";
		return errno == ENOENT ? LOGIN_DONE : LOGIN_UNAVAILABLE;
	}
	*reason = who->uid == 0 ? "uid-0" : "not-the-caller";
	if (who->uid == 0 || (geteuid() != 0 && who->uid != getuid()))
		return LOGIN_FAILED;
	return LOGIN_DONE;
}

/* The password was right: the groups, the credentials, the session.  who is
 * the account of the name that was asked for; a module may have changed it. */
static enum login
enter(struct auth *a, const char *name, struct account *who,
	const char **reason)
{
	enum login v = LOGIN_DONE;

	if (who->name[0] == '\0' || strcmp(auth_user(a), name) != 0) {
		*who = (struct account){0};
		v = check_account(auth_user(a), who, reason);
	}
	if (v != LOGIN_DONE)
		return v;
	*reason = "system";
	if (who->name[0] == '\0')
		return LOGIN_UNAVAILABLE;
	if (geteuid() == 0)
		priv_groups(who);
	return auth_open(a) == 0 ? LOGIN_DONE : LOGIN_UNAVAILABLE;
}

enum login
login_try(const struct options *opt, struct str login, struct str password,
	const char *rhost, struct account *who, struct auth **a,
	const char **reason)
{
	char name[256], secret[LOGIN_PASSWORD_MAX + 1];
	struct auth_request req = {opt->pam_service, name, secret, rhost};
	enum login v;

	*a = NULL;
	*who = (struct account){0};
	*reason = "name";
	if (!system_name(login, opt->domain, name) ||
		password.n > LOGIN_PASSWORD_MAX || password.n == 0 ||
		memchr(password.p, '\0', password.n))
		return LOGIN_FAILED;
	v = check_account(name, who, reason);
	if (v != LOGIN_DONE)
		return v;
	memcpy(secret, password.p, password.n);
	secret[password.n] = '\0';
	v = auth_check(&req, a, reason);
	explicit_bzero(secret, sizeof(secret));
	if (v == LOGIN_FAILED && who->name[0] == '\0')
		*reason = "unknown-user";
	if (v != LOGIN_DONE)
		return v;
	v = enter(*a, name, who, reason);
	if (v != LOGIN_DONE) {
		auth_close(*a);
		*a = NULL;
	}
	return v;
}

int64_t
login_answer_at(int64_t begin_ms, int64_t now_ms, unsigned n)
{
	int64_t step = 1000 * (int64_t)n, at = begin_ms + step;

	while (at < now_ms)
		at += step;
	return at;
}
