/*
 * Who a process is: the user database, and changing to a user for good.
 */
#ifndef COMMON_PRIV_H
#define COMMON_PRIV_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct account {
	char name[256];
	char home[PATH_MAX];
	uid_t uid;
	gid_t gid;
};

/* 0, or -1 with errno: ENOENT no such user, else the lookup failed. */
int priv_account(const char *name, struct account *a);
int priv_account_of(uid_t uid, struct account *a);

/* Root: take the groups of a user.  Asks the user database. */
void priv_groups(const struct account *a);

/*
 * Become this user (or, with the ids unchanged, only make sure that nothing
 * more is left): ids, capabilities, no_new_privs, no core dumps.  Reads
 * everything back and tries to return; ends the process when anything is not
 * as it must be.
 */
void priv_become(uid_t uid, gid_t gid);

/* An empty directory as the root, no groups; then priv_become. */
void priv_bury(const struct account *a);

/* Signals, limits and mask that are the same under every launcher. */
void priv_normalise(void);

/*
 * Die with the parent: SIGTERM when it ends, at once when it has ended
 * already.  After priv_become, because changing ids forgets it.
 */
void priv_follow_parent(pid_t parent);

#endif
