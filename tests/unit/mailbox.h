/*
 * A mailbox over a real directory, changed from outside by shell commands.
 */
#ifndef TESTS_UNIT_MAILBOX_H
#define TESTS_UNIT_MAILBOX_H

#include "common/mailbox.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char home[] = "/tmp/unit-mailbox-XXXXXX";
static struct options opt = {
	.maildir = "~/Maildir", .cache = "~/cache", .cache_max = 64 << 20};
static struct store st;

static inline void
run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd '%s/Maildir' 2>/dev/null; %s", home,
		command);
	if (system(line) != 0)
		printf("# failed: %s\n", line);
}

static inline void
put(const char *path, const char *text)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/Maildir/%s", home, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		printf("# cannot write %s\n", full);
	close(fd);
}

static inline bool
has(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/Maildir/%s", home, path);
	return access(full, F_OK) == 0;
}

static inline struct mailbox *
open_box(enum mailbox_mode mode)
{
	struct mailbox *mb = NULL;

	if (mailbox_open(&st, ".", mode, &mb) == -1)
		printf("# mailbox_open: %s\n", strerror(errno));
	return mb;
}

static inline void
fresh(void)
{
	store_close(&st);
	run("rm -rf ../cache ../Maildir");
	if (store_open(&st, &opt, home) == -1)
		printf("# store_open: %s\n", strerror(errno));
}

static inline bool
is(struct mailbox *mb, uint32_t uid, uint32_t flags)
{
	struct msg m;

	return mailbox_get(mb, uid, &m) && m.flags == flags;
}

/* In a home of its own, which is removed when all is done. */
static inline int
in_a_home(void (*tests)(void))
{
	st.root = -1;
	if (mkdtemp(home) == NULL)
		return 99;
	tests();
	store_close(&st);
	run("rm -rf \"$(dirname \"$PWD\")\"");
	return tap_done();
}

#endif
