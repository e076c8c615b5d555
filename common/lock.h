/*
 * The lock around the ledger of one folder: an flock on `stdmail.lock` (dies
 * with its holder) and then Dovecot's dotlock `dovecot-uidlist.lock` with pid
 * and host in it, so that Dovecot on the same Maildir waits for us and we for
 * it.  (design: Locks.  formats 3 and 9.)
 */
#ifndef COMMON_LOCK_H
#define COMMON_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

struct lock {
	int dirfd;        /* borrowed: the folder */
	const char *file; /* the file that the dotlock guards */
	int flockfd;      /* -1: not held */
	bool no_flock;    /* the file system knows none */
	bool dotlock;
	dev_t dev; /* of the dotlock, to know it again */
	ino_t ino;
	long long touched_ms;
};

/*
 * Take both locks for `file` ("dovecot-uidlist", "subscriptions") in dirfd,
 * waiting at most wait_ms.  One lock in a directory at a time: a second one
 * would wait for the first.  A dead dotlock of our own host is broken at once,
 * another's after 120 s without a touch.  Returns 0, or -1 with errno:
 *   EAGAIN  held by another for all of wait_ms
 *   EACCES, EROFS ... the folder cannot be written
 */
int lock_take(struct lock *l, int dirfd, const char *file, int wait_ms);

/* To be called now and then by a long holder: touches the dotlock each 10 s.
 * -1 when it was taken away from us: stop and start again. */
int lock_keep(struct lock *l);
void lock_release(struct lock *l);

/*
 * An flock alone, on a file of its own (made when missing), for what only our
 * programs exclude each other from, such as a second POP3 session.  Dies with
 * its holder; per host on a shared file system.  Returns the descriptor, to be
 * closed, or -1 with errno as above.  Where the file system knows no flock
 * nothing is excluded.
 */
int lock_alone(int dirfd, const char *file, int wait_ms);

#endif
