/*
 * The administrator's log: the journal with fields, else syslog, else stderr,
 * one line for each event, fields first.  Every value is escaped, so client
 * text may be logged; passwords and mail are never passed here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "common/str.h"

#include <stddef.h>
#include <syslog.h>

struct log_field {
	const char *key; /* lower case: "user", "rhost" */
	struct str value;
};

/*
 * Call once at start.  name: "pop3d".  Finds out where lines go: the journal
 * when its socket is there, syslog's /dev/log, or fd 2, which the caller has
 * made /dev/null when it is the client (inetd hands the same socket on 0, 1
 * and 2).  Connects here, because a confined process cannot later.
 */
void log_open(const char *name);

/* One event, "login", with its fields: login user=x rhost=y. */
void log_fields(
	int priority, const char *event, const struct log_field *f, size_t n);
#define log_event(priority, event, ...)                                        \
	log_fields(priority, event, (const struct log_field[]){__VA_ARGS__},   \
		sizeof((const struct log_field[]){__VA_ARGS__}) /              \
			sizeof(struct log_field))

/* One line of text for what is no event of a client. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The descriptor lines go to, or -1: not to be closed. */
int log_fd(void);

/* From here on this process may not connect again when the log's other end
 * was restarted: it is about to be confined. */
void log_fix(void);

/* For the person who started us, and got it wrong: on fd 2 (which the caller
 * has made /dev/null when it was the client), and in the log unless fd 2 is a
 * terminal. */
void log_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* We are wrong, or a peer process lied: log and _exit(70). */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
