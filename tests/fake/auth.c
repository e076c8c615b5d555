/*
 * An answer to auth_check() without PAM, for tests of what stands around it:
 * the password says what happens.  Counts how often a session was opened and
 * closed.
 */
#include "common/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct auth {
	char user[256];
	bool open;
};

static int auth_opened, auth_closed;

enum login
auth_check(const struct auth_request *req, struct auth **a, const char **reason)
{
	static const struct {
		const char *password;
		enum login verdict;
	} table[] = {
		{"right",   LOGIN_DONE       },
		{"expired", LOGIN_EXPIRED    },
		{"refused", LOGIN_REFUSED    },
		{"broken",  LOGIN_UNAVAILABLE},
	};

	*a = NULL;
	*reason = "password";
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(req->password, table[i].password) != 0)
			continue;
		*reason = table[i].password;
		if (table[i].verdict == LOGIN_DONE) {
			*a = calloc(1, sizeof(**a));
			if (*a == NULL)
				return LOGIN_UNAVAILABLE;
			snprintf((*a)->user, sizeof((*a)->user), "%s",
				req->user);
		}
		return table[i].verdict;
	}
	return LOGIN_FAILED;
}

void
auth_warm(const char *service)
{
	(void)service;
}

const char *
auth_user(struct auth *a)
{
	return a->user;
}

int
auth_open(struct auth *a)
{
	a->open = true;
	auth_opened++;
	return 0;
}

void
auth_close(struct auth *a)
{
	if (a == NULL)
		return;
	auth_closed += a->open;
	free(a);
}
