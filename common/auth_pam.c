/*
 * Authentication by PAM; the only file with its header.
 *
 * What can go wrong:
 *
 * 1. A module asks for something that is no password (a code, a new password,
 *    a fingerprint to confirm).  A mail client has one answer.  The first
 *    prompt without echo gets it, everything after that and every other
 *    prompt fails the conversation.  Text for the user is swallowed.
 * 2. Delay.  pam_unix asks for two seconds after a failure, and libpam calls
 *    the delay function on success too.  Ours does nothing: the monitor pads
 *    all failures to one time, counted from the request.
 * 3. Enumeration.  Expired, locked out by nologin and the like are told only
 *    after the password was right: pam_acct_mgmt() runs second, and a "no"
 *    from it is never "wrong password".
 * 4. A module changes the user's name (winbind, a mapping).  PAM_USER is
 *    read again afterwards.
 * 5. Modules run inside this process, as root, and may leave threads, signal
 *    handlers or an environment.  The monitor has nothing else in it.
 *
 * The reply to a prompt is freed by libpam or the module, hence the copy.
 */
#include "common/auth.h"
#include "common/log.h"

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

struct auth {
	pam_handle_t *pam;
	const char *password; /* for one prompt; then NULL */
	int last;             /* the last result, for pam_end */
	bool have_cred, have_session;
};

static int
answer(struct auth *a, const struct pam_message *msg, struct pam_response *rsp)
{
	switch (msg->msg_style) {
	case PAM_TEXT_INFO:
	case PAM_ERROR_MSG:
		return PAM_SUCCESS;
	case PAM_PROMPT_ECHO_OFF:
		if (a->password == NULL)
			return PAM_CONV_ERR;
		rsp->resp = strdup(a->password);
		a->password = NULL;
		return rsp->resp ? PAM_SUCCESS : PAM_BUF_ERR;
	default:
		return PAM_CONV_ERR;
	}
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **out,
	void *ctx)
{
	struct pam_response *rsp;
	int r = PAM_SUCCESS;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	rsp = calloc((size_t)n, sizeof(*rsp));
	if (rsp == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n && r == PAM_SUCCESS; i++)
		r = answer(ctx, msg[i], &rsp[i]);
	if (r == PAM_SUCCESS) {
		*out = rsp;
		return r;
	}
	for (int i = 0; i < n; i++)
		if (rsp[i].resp) {
			explicit_bzero(rsp[i].resp, strlen(rsp[i].resp));
			free(rsp[i].resp);
		}
	free(rsp);
	return r;
}

static void
no_delay(int result, unsigned usec, void *ctx)
{
	(void)result;
	(void)usec;
	(void)ctx;
}

/* A function goes through pam_set_item()'s const void * as its octets. */
static int
set_no_delay(pam_handle_t *pam)
{
	void (*fn)(int, unsigned, void *) = no_delay;
	const void *item;

	_Static_assert(sizeof(fn) == sizeof(item), "pointers of two sizes");
	memcpy(&item, &fn, sizeof(item));
	return pam_set_item(pam, PAM_FAIL_DELAY, item);
}

static int
begin(struct auth *a, const struct auth_request *req)
{
	struct pam_conv conv = {converse, a};
	int r = pam_start(req->service, req->user, &conv, &a->pam);

	if (r == PAM_SUCCESS)
		r = set_no_delay(a->pam);
	if (r == PAM_SUCCESS && req->rhost[0])
		r = pam_set_item(a->pam, PAM_RHOST, req->rhost);
	if (r == PAM_SUCCESS)
		r = pam_set_item(a->pam, PAM_TTY, req->service);
	return r;
}

/* A handle that is never ended keeps the modules loaded, for us and for what
 * we fork: loading them is half of what a login costs. */
void
auth_warm(const char *service)
{
	static struct auth warm;
	struct auth_request req = {service, NULL, "", ""};

	if (warm.pam == NULL)
		(void)begin(&warm, &req);
}

static enum login
verdict_auth(int r, const char **reason)
{
	switch (r) {
	case PAM_SUCCESS:
		return LOGIN_DONE;
	case PAM_USER_UNKNOWN:
		*reason = "unknown-user";
		return LOGIN_FAILED;
	case PAM_AUTH_ERR:
	case PAM_CRED_INSUFFICIENT:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_CONV_ERR:
		*reason = r == PAM_CONV_ERR ? "prompt" : "password";
		return LOGIN_FAILED;
	case PAM_ACCT_EXPIRED:
		*reason = "expired";
		return LOGIN_EXPIRED;
	default:
		*reason = "system";
		return LOGIN_UNAVAILABLE;
	}
}

static enum login
verdict_account(int r, const char **reason)
{
	switch (r) {
	case PAM_SUCCESS:
		return LOGIN_DONE;
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_AUTHTOK_EXPIRED:
		*reason = "expired";
		return LOGIN_EXPIRED;
	case PAM_AUTH_ERR: /* what pam_nologin says */
	case PAM_PERM_DENIED:
	case PAM_USER_UNKNOWN:
		*reason = "refused";
		return LOGIN_REFUSED;
	default:
		*reason = "system";
		return LOGIN_UNAVAILABLE;
	}
}

enum login
auth_check(
	const struct auth_request *req, struct auth **out, const char **reason)
{
	struct auth *a = calloc(1, sizeof(*a));
	enum login v = LOGIN_UNAVAILABLE;

	*out = NULL;
	*reason = "system";
	if (a == NULL)
		return v;
	a->password = req->password;
	a->last = begin(a, req);
	if (a->last == PAM_SUCCESS) {
		a->last = pam_authenticate(a->pam, PAM_DISALLOW_NULL_AUTHTOK);
		v = verdict_auth(a->last, reason);
	}
	a->password = NULL;
	if (v == LOGIN_DONE) {
		a->last = pam_acct_mgmt(a->pam, PAM_DISALLOW_NULL_AUTHTOK);
		v = verdict_account(a->last, reason);
	}
	if (v == LOGIN_UNAVAILABLE)
		log_error("PAM service %s: %s", req->service,
			a->pam ? pam_strerror(a->pam, a->last)
			       : "cannot be started");
	if (v == LOGIN_DONE)
		*out = a;
	else
		auth_close(a);
	return v;
}

const char *
auth_user(struct auth *a)
{
	const void *name = NULL;

	if (pam_get_item(a->pam, PAM_USER, &name) != PAM_SUCCESS || !name)
		return "";
	return name;
}

int
auth_open(struct auth *a)
{
	a->last = pam_setcred(a->pam, PAM_ESTABLISH_CRED | PAM_SILENT);
	a->have_cred = a->last == PAM_SUCCESS;
	if (a->have_cred) {
		a->last = pam_open_session(a->pam, PAM_SILENT);
		a->have_session = a->last == PAM_SUCCESS;
	}
	if (a->have_session)
		return 0;
	log_error("PAM %s for %s: %s", a->have_cred ? "session" : "credentials",
		auth_user(a), pam_strerror(a->pam, a->last));
	return -1;
}

void
auth_close(struct auth *a)
{
	if (a != NULL && a->pam != NULL) {
		if (a->have_session)
			a->last = pam_close_session(a->pam, PAM_SILENT);
		if (a->have_cred)
			a->last = pam_setcred(
				a->pam, PAM_DELETE_CRED | PAM_SILENT);
		(void)pam_end(a->pam, a->last);
	}
	free(a);
}
