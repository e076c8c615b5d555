/*
 * IMAP before and after login, with a Maildir of a few messages: nothing may
 * crash or hang, whatever is sent.  What commands leave behind is cleared away
 * now and then, so a crash may need some inputs before it as well; most do
 * not.
 */
#include "imapd/imapd.h"
#include "tests/unit/scratch.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
	RUNS_BEFORE_RESET = 500,
	APPEND_MAX = 1 << 16
};

static const char *const mail[] = {
	("From: Ada <ada@example.org>\nTo: b@example.org, c@example.org\n"
	 "Subject: Re: [list] =?utf-8?q?gr=C3=BC=C3=9Fe?=\nMessage-ID: <1@x>\n"
	 "Date: Mon, 01 Jan 2024 10:00:00 +0100\n\nHello\n"),
	("References: <1@x> <2@x>\nContent-Type: multipart/mixed; boundary=b\n"
	 "\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--b\n"
	 "Content-Type: application/x; name*=utf-8''%c3%bc\n"
	 "Content-Transfer-Encoding: base64\n\nAAAA\n--b--\n"),
	("Content-Type: text/html; charset=iso-8859-1\n"
	 "Content-Transfer-Encoding: quoted-printable\n\n<p>gr=FC=DFe</p>\n"),
	"",
};

/* In place of common/front.c's and common/session.c's. */
enum login
front_login(
	struct front *f, struct str user, struct str password, struct str state)
{
	(void)f;
	if (user.n > LOGIN_USER_MAX || password.n > LOGIN_PASSWORD_MAX ||
		state.n > LOGIN_STATE_MAX)
		abort();
	return (enum login)(1 + password.n % LOGIN_LIMIT);
}

void
front_starttls(struct front *f)
{
	f->tls = true;
	f->can_starttls = false;
	io_drop_unread(f->io);
}

void
session_status(struct session *s, const char *fmt, ...)
{
	(void)s;
	(void)fmt;
}

void
session_count(struct session *s, const char *key, uint64_t n)
{
	(void)s;
	(void)key;
	(void)n;
}

static void
make_mail(void)
{
	char name[64];
	int fd;

	if (scratch_path[0] != '\0')
		scratch_remove();
	strcpy(scratch_path, "/dev/shm/stdmail-fuzz-XXXXXX");
	if (mkdtemp(scratch_path) == NULL)
		abort();
	fd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(fd, "Maildir", 0700);
	mkdirat(fd, "Maildir/cur", 0700);
	mkdirat(fd, "Maildir/.Sent", 0700);
	mkdirat(fd, "Maildir/.Sent/cur", 0700);
	for (unsigned i = 0; i < sizeof(mail) / sizeof(*mail); i++) {
		snprintf(name, sizeof(name), "Maildir/cur/%u.a:2,", i + 1);
		scratch_puts(fd, name, mail[i]);
	}
	close(fd);
}

/* A client that has sent all this, and listens to nothing. */
static struct io *
client(const uint8_t *data, size_t n, int *in, int *out)
{
	*out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	*in = memfd_create("client", MFD_CLOEXEC);
	if (*in == -1 || *out == -1 || write(*in, data, n) != (ssize_t)n)
		abort();
	lseek(*in, 0, SEEK_SET);
	return io_new(*in, *out, 4096);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct peer peer;
	static int runs;
	struct options opt = {.cache = "none",
		.maildir = "~/Maildir",
		.max_message = APPEND_MAX,
		.message_limit = 5,
		.uidonly = true,
		.idle_timeout_s = 1};
	struct front f = {.opt = &opt, .peer = &peer};
	struct session s = {
		.opt = &opt, .peer = &peer, .user = "u", .preauth = true};
	int in, out;

	if (n == 0)
		return 0;
	if (runs++ == 0)
		atexit(scratch_remove);
	if (runs % RUNS_BEFORE_RESET == 1)
		make_mail();
	f.can_plaintext = data[0] & 1;
	f.can_starttls = data[0] & 2;
	s.home = scratch_path;
	s.io = f.io = client(data + 1, n - 1, &in, &out);
	if (data[0] & 4)
		imap_session(&s);
	else
		imap_front(&f);
	io_free(s.io);
	close(in);
	close(out);
	return 0;
}
