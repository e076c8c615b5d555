/*
 * What a stranger sends to POP3 before login, and UIDL expressions that a
 * ledger may hold: nothing may crash, every login's words are within bounds,
 * and a UIDL that is given is one.
 */
#include "pop3d/pop3d.h"
#include "pop3d/uidl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* In place of common/front.c's: the answer depends on what was sent. */
enum login
front_login(
	struct front *f, struct str user, struct str password, struct str state)
{
	if (user.n == 0 || memchr(user.p, '\0', user.n) != NULL || state.n != 0)
		abort();
	(void)f;
	return (enum login)(password.n % (LOGIN_LIMIT + 1));
}

void
front_starttls(struct front *f)
{
	f->tls = true;
	f->can_starttls = false;
	f->can_plaintext = true;
	io_drop_unread(f->io);
}

static void
dialogue(const uint8_t *data, size_t n)
{
	static const struct options opt;
	static const struct peer peer;
	int in = memfd_create("client", MFD_CLOEXEC);
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct front f = {.opt = &opt, .peer = &peer};

	if (in == -1 || out == -1 || n == 0 ||
		write(in, data + 1, n - 1) != (ssize_t)n - 1)
		abort();
	lseek(in, 0, SEEK_SET);
	f.can_plaintext = data[0] & 1;
	f.can_starttls = data[0] & 2;
	f.io = io_new(in, out, 4096);
	pop3_front(&f);
	io_free(f.io);
	close(in);
	close(out);
}

static void
expression(const uint8_t *data, size_t n)
{
	const struct str text = {(const char *)data, n};
	const struct uidl_of m = {UINT32_MAX, 1, text, STR("")};
	char out[UIDL_MAX];
	struct uidl_format f;
	size_t len;

	if (!uidl_parse(text, &f))
		return;
	len = uidl_print(&f, &m, out);
	if (len != 0 && !uidl_good((struct str){out, len}))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	dialogue(data, n);
	expression(data, n);
	return 0;
}
