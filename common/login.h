/*
 * From a login name to an account: the rules around auth_check().
 */
#ifndef COMMON_LOGIN_H
#define COMMON_LOGIN_H

#include "common/auth.h"
#include "common/options.h"
#include "common/priv.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Try to log in.  On LOGIN_DONE the PAM session is open, the process has the
 * groups of the account, and *who and *a are set.  Otherwise *reason is a
 * word for the log.
 */
enum login login_try(const struct options *opt, struct str login,
	struct str password, const char *rhost, struct account *who,
	struct auth **a, const char **reason);

/*
 * When the answer to a try that began at begin_ms may be given: the n-th
 * failure (from 1) takes n seconds, or a multiple of that when the check
 * itself took longer.  Both in milliseconds.
 */
int64_t login_answer_at(int64_t begin_ms, int64_t now_ms, unsigned n);

#endif
