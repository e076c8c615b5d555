/*
 * Is this password right, and may this account log in now?  Implemented over
 * PAM by auth_pam.c; a test links another answer.
 */
#ifndef COMMON_AUTH_H
#define COMMON_AUTH_H

#include "common/server.h"

struct auth;

struct auth_request {
	const char *service; /* "imap" */
	const char *user;    /* the system's name, domain cut off */
	const char *password;
	const char *rhost; /* "" when there is none */
};

/*
 * Check the password, then the account.  On LOGIN_DONE *a is to be ended with
 * auth_close(); otherwise *a is NULL and *reason a word for the log.  Takes
 * as long as it takes: never sleeps to punish a failure, which is the
 * caller's.
 */
enum login auth_check(
	const struct auth_request *req, struct auth **a, const char **reason);

/*
 * Load what a check by this service needs, once, in a process that forks for
 * each connection.  May fail without a word: the check will tell.
 */
void auth_warm(const char *service);

/* The name of the user by the modules' account: they may have changed it. */
const char *auth_user(struct auth *a);

/* Credentials and session; the process has the user's groups by now.  0, or
 * -1: logged. */
int auth_open(struct auth *a);

/* The end: closes what auth_open opened.  NULL is fine. */
void auth_close(struct auth *a);

#endif
