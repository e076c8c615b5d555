/*
 * OpenSSL, behind four functions.
 *
 * 1. The library is loaded by dlopen(), not linked.  Linked, it would be in
 *    the monitor, which is root, and in the session, which has the mail, and
 *    each connection would pay 1 ms and 600 KB for the relocations of two
 *    libraries before it knew whether TLS is spoken at all.  A helper program
 *    of its own would keep them out as well, but it costs an exec, a second
 *    copy of everything that io, priv and confine do for the front, and a
 *    private key that travels between programs.  What dlopen() gives up is
 *    that the linker finds missing names; so there is one list of functions,
 *    with the types of the library's own header, and all of it is looked up
 *    at once.  Nothing else in this file may name a function of OpenSSL: the
 *    programs are not linked with it, so a slip does not link.
 * 2. All that needs a path happens in tls_new(), while the process may still
 *    open one: the library, its configuration, and with that the whole set-up
 *    of its algorithms.  The system's openssl.cnf is obeyed: an administrator
 *    who forbids more than we do gets it.
 * 3. TLS 1.2 at least (RFC 8314 4.1, RFC 8996), and no renegotiation, which
 *    has no use here.  Ciphers are the library's own choice at security level
 *    2: a list written down today forbids tomorrow's and keeps yesterday's.
 *    Our order counts, which is the one with forward secrecy first.
 * 4. No resumption: a ticket is sealed by a key of this process, which ends
 *    with the connection.  Sharing such a key between connections would mean
 *    a secret that outlives them (RFC 7525 3.4), to save a client one
 *    signature of ours.
 * 5. A client that closes its connection without close_notify is taken to
 *    have said it.  Many do.  Cutting a connection off can do no harm in POP3
 *    and IMAP that close_notify would prevent: a command counts when its line
 *    is whole, a literal when all its octets are there.
 * 6. OpenSSL does not touch descriptors: it reads and writes through io, which
 *    knows how not to block on any of them.
 * 7. An encrypted key would have to be asked for, and there is nobody to ask:
 *    refused, instead of a prompt on the terminal of a daemon.
 */
#include "common/tls.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define LIBRARY "libssl.so." OPENSSL_MSTR(OPENSSL_SHLIB_VERSION)

/* Every function of the library that is used. */
#define FUNCTIONS(X)                                                           \
	X(BIO_clear_flags)                                                     \
	X(BIO_free)                                                            \
	X(BIO_get_data)                                                        \
	X(BIO_meth_new)                                                        \
	X(BIO_meth_set_ctrl)                                                   \
	X(BIO_meth_set_read)                                                   \
	X(BIO_meth_set_write)                                                  \
	X(BIO_new)                                                             \
	X(BIO_new_mem_buf)                                                     \
	X(BIO_set_data)                                                        \
	X(BIO_set_flags)                                                       \
	X(BIO_set_init)                                                        \
	X(ERR_clear_error)                                                     \
	X(ERR_peek_error)                                                      \
	X(ERR_peek_last_error)                                                 \
	X(ERR_reason_error_string)                                             \
	X(EVP_PKEY_free)                                                       \
	X(PEM_read_bio_PrivateKey)                                             \
	X(PEM_read_bio_X509)                                                   \
	X(SSL_CTX_check_private_key)                                           \
	X(SSL_CTX_ctrl)                                                        \
	X(SSL_CTX_free)                                                        \
	X(SSL_CTX_get_security_level)                                          \
	X(SSL_CTX_new)                                                         \
	X(SSL_CTX_set_num_tickets)                                             \
	X(SSL_CTX_set_options)                                                 \
	X(SSL_CTX_set_security_level)                                          \
	X(SSL_CTX_use_PrivateKey)                                              \
	X(SSL_CTX_use_certificate)                                             \
	X(SSL_accept)                                                          \
	X(SSL_free)                                                            \
	X(SSL_get_error)                                                       \
	X(SSL_get_version)                                                     \
	X(SSL_has_pending)                                                     \
	X(SSL_new)                                                             \
	X(SSL_read)                                                            \
	X(SSL_set_bio)                                                         \
	X(SSL_shutdown)                                                        \
	X(SSL_write)                                                           \
	X(TLS_server_method)                                                   \
	X(X509_free)

#define MEMBER(name) __typeof__ (&(name))(name);
#define ENTRY(name) {#name, offsetof(struct library, name)},

struct library {
	FUNCTIONS(MEMBER)
};

static struct library ssl;

struct tls {
	SSL_CTX *ctx;
	SSL *conn;
	struct io *io;
	struct buf early; /* what io had received before the handshake */
};

static bool
load(char why[TLS_WHY_MAX])
{
	static const struct {
		const char *name;
		size_t at;
	} table[] = {FUNCTIONS(ENTRY)};
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; lib && i < sizeof(table) / sizeof(table[0]); i++) {
		void *fn = dlsym(lib, table[i].name);

		if (fn == NULL)
			lib = NULL;
		else
			memcpy((char *)&ssl + table[i].at, &fn, sizeof(fn));
	}
	if (lib == NULL)
		snprintf(why, TLS_WHY_MAX, "%s", dlerror());
	return lib != NULL;
}

/* Why the library refused, in its words. */
static const char *
reason(unsigned long code)
{
	const char *text = code ? ssl.ERR_reason_error_string(code) : NULL;

	return text ? text : "unknown reason";
}

/* ------------------------------------------------- certificate and key */

static int
no_password(char *room, int n, int writing, void *ctx)
{
	(void)room;
	(void)n;
	(void)writing;
	(void)ctx;
	return -1;
}

static BIO *
reader(const struct buf *b)
{
	return ssl.BIO_new_mem_buf(b->p, (int)b->n);
}

/* The first certificate is ours, those behind it lead to the root. */
static bool
use_chain(SSL_CTX *ctx, const struct buf *pem)
{
	BIO *in = reader(pem);
	X509 *x = ssl.PEM_read_bio_X509(in, NULL, no_password, NULL);
	bool good = x && ssl.SSL_CTX_use_certificate(ctx, x) == 1;

	ssl.X509_free(x);
	while (good &&
		(x = ssl.PEM_read_bio_X509(in, NULL, no_password, NULL))) {
		good = ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_CHAIN_CERT, 0, x) == 1;
		if (!good)
			ssl.X509_free(x);
	}
	ssl.BIO_free(in);
	/* The end of the file is told as an error, and so is a broken one. */
	if (!good || ERR_GET_REASON(ssl.ERR_peek_last_error()) !=
			     PEM_R_NO_START_LINE)
		return false;
	ssl.ERR_clear_error();
	return true;
}

static bool
use_key(SSL_CTX *ctx, const struct buf *pem)
{
	BIO *in = reader(pem);
	EVP_PKEY *key =
		ssl.PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	bool good = key && ssl.SSL_CTX_use_PrivateKey(ctx, key) == 1;

	ssl.EVP_PKEY_free(key);
	ssl.BIO_free(in);
	return good;
}

static bool
use_pair(SSL_CTX *ctx, const struct tls_pair *p, char why[TLS_WHY_MAX])
{
	const char *what = NULL;

	ssl.ERR_clear_error();
	if (!use_chain(ctx, &p->cert))
		what = "certificate";
	else if (!use_key(ctx, &p->key))
		what = "private key";
	else if (ssl.SSL_CTX_check_private_key(ctx) != 1)
		what = "certificate and private key";
	if (what)
		snprintf(why, TLS_WHY_MAX, "%s: %s", what,
			reason(ssl.ERR_peek_error()));
	ssl.ERR_clear_error();
	return what == NULL;
}

/* ------------------------------------------- octets to and from the client */

static struct tls *
tls_of(BIO *b)
{
	return ssl.BIO_get_data(b);
}

static int
want(BIO *b, int flag)
{
	ssl.BIO_clear_flags(b, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (flag)
		ssl.BIO_set_flags(b, flag | BIO_FLAGS_SHOULD_RETRY);
	return -1;
}

static int
raw_read(BIO *b, char *p, int n)
{
	struct tls *t = tls_of(b);
	size_t some = (size_t)n;
	ssize_t got;

	want(b, 0);
	if (t->early.n > 0) {
		some = some < t->early.n ? some : t->early.n;
		memcpy(p, t->early.p, some);
		buf_drop(&t->early, some);
		return (int)some;
	}
	got = io_raw_read(t->io, p, some);
	if (got == -1 && io_again())
		return want(b, BIO_FLAGS_READ);
	return (int)got;
}

static int
raw_write(BIO *b, const char *p, int n)
{
	ssize_t put = io_raw_write(tls_of(b)->io, p, (size_t)n);

	want(b, 0);
	if (put == -1 && io_again())
		return want(b, BIO_FLAGS_WRITE);
	return (int)put;
}

static long
raw_ctrl(BIO *b, int cmd, long n, void *p)
{
	(void)b;
	(void)n;
	(void)p;
	return cmd == BIO_CTRL_FLUSH; /* nothing is held back */
}

static BIO *
raw_new(struct tls *t)
{
	BIO_METHOD *m = ssl.BIO_meth_new(BIO_TYPE_SOURCE_SINK, "client");
	BIO *b;

	if (m == NULL || !ssl.BIO_meth_set_read(m, raw_read) ||
		!ssl.BIO_meth_set_write(m, raw_write) ||
		!ssl.BIO_meth_set_ctrl(m, raw_ctrl) ||
		(b = ssl.BIO_new(m)) == NULL)
		return NULL;
	ssl.BIO_set_data(b, t);
	ssl.BIO_set_init(b, 1);
	return b;
}

/* ---------------------------------------------------------------- set-up */

static void
set_rules(SSL_CTX *ctx)
{
	long lowest =
		ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL);

	if (lowest < TLS1_2_VERSION)
		ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION,
			TLS1_2_VERSION, NULL);
	if (ssl.SSL_CTX_get_security_level(ctx) < 2)
		ssl.SSL_CTX_set_security_level(ctx, 2);
	ssl.SSL_CTX_set_options(ctx,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
			SSL_OP_PRIORITIZE_CHACHA |
			SSL_OP_IGNORE_UNEXPECTED_EOF);
	ssl.SSL_CTX_set_num_tickets(ctx, 0);
	ssl.SSL_CTX_ctrl(
		ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
	/* Whole records, from buffers that may move between two tries and are
	 * given back when the client is idle; the chain as it is in the file.
	 */
	ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_MODE,
		SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN,
		NULL);
	/* One read for the head and the body of a record. */
	ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
}

static bool
set_up(struct tls *t, const struct tls_pair *p, char why[TLS_WHY_MAX])
{
	BIO *b = NULL;

	t->ctx = ssl.SSL_CTX_new(ssl.TLS_server_method());
	if (t->ctx) {
		set_rules(t->ctx);
		if (!use_pair(t->ctx, p, why))
			return false;
		t->conn = ssl.SSL_new(t->ctx);
		b = raw_new(t);
	}
	if (t->conn && b) {
		ssl.SSL_set_bio(t->conn, b, b);
		return true;
	}
	snprintf(why, TLS_WHY_MAX, "libssl: %s", reason(ssl.ERR_peek_error()));
	ssl.BIO_free(b);
	return false;
}

struct tls *
tls_new(const struct tls_pair *p, char why[TLS_WHY_MAX])
{
	struct tls *t;

	if (!load(why))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		abort();
	if (set_up(t, p, why))
		return t;
	/* The key has no business here any more. */
	ssl.SSL_free(t->conn);
	ssl.SSL_CTX_free(t->ctx);
	free(t);
	return NULL;
}

/* ------------------------------------------------------------- the layer */

/* What a result r < 1 of the library means to io: 0 or -1, errno, *wants. */
static ssize_t
result(struct tls *t, int r, short *wants)
{
	int e = errno;

	switch (ssl.SSL_get_error(t->conn, r)) {
	case SSL_ERROR_WANT_READ:
		*wants = POLLIN;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*wants = POLLOUT;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = e;
		if (e == 0 || io_again())
			errno = ECONNRESET;
		return -1;
	default:
		errno = EPROTO;
		return -1;
	}
}

/* The library's error queue is asked about one call only when it was empty
 * before. */
static void
begin(void)
{
	ssl.ERR_clear_error();
	errno = 0;
}

static int
count(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

ssize_t
tls_read(void *ctx, void *p, size_t n, short *wants)
{
	struct tls *t = ctx;
	int r;

	begin();
	r = ssl.SSL_read(t->conn, p, count(n));
	return r > 0 ? r : result(t, r, wants);
}

ssize_t
tls_write(void *ctx, const void *p, size_t n, short *wants)
{
	struct tls *t = ctx;
	int r;

	begin();
	r = ssl.SSL_write(t->conn, p, count(n));
	if (r > 0)
		return r;
	if (result(t, r, wants) == 0)
		errno = EPIPE;
	return -1;
}

int
tls_end(void *ctx, short *wants)
{
	struct tls *t = ctx;
	int r;

	begin();
	r = ssl.SSL_shutdown(t->conn);
	return r >= 0 ? 0 : (int)result(t, r, wants);
}

static int
tls_flush(void *ctx, short *wants)
{
	(void)ctx;
	(void)wants;
	return 0; /* each write leaves at once */
}

static bool
tls_pending(void *ctx)
{
	const struct tls *t = ctx;

	return ssl.SSL_has_pending(t->conn) == 1;
}

/* ---------------------------------------------------------- the handshake */

static const char *
failure(enum io_result r)
{
	unsigned long code = ssl.ERR_peek_error();

	if (r == IO_TIMEOUT)
		return "timeout";
	if (r == IO_STOP)
		return "stopped";
	return code ? reason(code) : "closed";
}

enum io_result
tls_accept(struct tls *t, struct io *io, const char **why)
{
	const struct io_layer layer = {
		t, tls_read, tls_write, tls_flush, tls_pending};
	enum io_result r = io_flush(io);
	short wants = 0;

	t->io = io;
	buf_init(&t->early, io_unread(io).n);
	buf_adds(&t->early, io_unread(io));
	io_drop_unread(io);
	while (r == IO_OK) {
		int n;

		begin();
		n = ssl.SSL_accept(t->conn);
		if (n == 1)
			break;
		if (result(t, n, &wants) == -1 && errno == EAGAIN)
			r = io_raw_wait(io, wants);
		else
			r = IO_ERROR;
	}
	if (r == IO_OK)
		io_set_layer(io, &layer);
	else
		*why = failure(r);
	return r;
}

const char *
tls_version(const struct tls *t)
{
	return ssl.SSL_get_version(t->conn);
}
