/*
 * What are we on: a listening socket, a client, a pipe?
 *
 * What can go wrong:
 *
 * 1. LISTEN_FDS in the environment is meant for the process whose number is
 *    in LISTEN_PID; a child of a socket-activated shell inherits both.
 *    systemd_listen_fds() compares them.
 * 2. Descriptors 0, 1 or 2 may be closed: the first file opened would get
 *    that number and the client would read or write it.
 * 3. fd 1 need not be the client: systemd's StandardInput=socket with
 *    StandardOutput=journal gives the socket on 0 alone.  A network client is
 *    therefore served on the one descriptor that is known to be it.
 * 4. A UNIX socket may be a pair made by our own parent (mbsync's Tunnel), or
 *    lie in the file system where every user can connect.  The kernel says
 *    who is at its other end.
 */
#include "common/start.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

void
start_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			fd_make_null(fd);
	if (!isatty(2) && fd_same(0, 2))
		fd_make_null(2);
}

/* A stream socket that listens, or one that does not. */
static bool
is_stream(int fd, bool listening)
{
	int type, accepts;
	socklen_t n = sizeof(type), m = sizeof(accepts);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &m) == 0 &&
	       type == SOCK_STREAM && (accepts != 0) == listening;
}

/*
 * The other end of this connected UNIX socket (or pipe, file ...) is us or
 * root: who holds it acts for the user.  Any other user who could connect to
 * a socket in the file system has to log in.
 */
static bool
is_ours(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == -1)
		return errno == ENOTSOCK;
	return cred.uid == 0 || cred.uid == getuid();
}

/* One descriptor that is not listening: who is there? */
static void
find_client(struct start *s, int in, int out)
{
	struct sockaddr_storage ss = {0};
	socklen_t n = sizeof(ss);

	s->kind = START_LOCAL;
	s->in = in;
	s->out = out;
	if (getsockname(in, (struct sockaddr *)&ss, &n) == -1)
		return;
	if (fd_same(in, out))
		s->out = in;
	if (ss.ss_family == AF_UNIX && is_ours(in))
		return;
	if (!is_stream(in, false)) {
		log_usage("descriptor %d is a socket, but no stream", in);
		exit(EX_UNAVAILABLE);
	}
	s->kind = START_NETWORK;
	s->out = in;
}

void
start_accepted(struct start *s, int fd)
{
	*s = (struct start){0};
	find_client(s, fd, fd);
}

void
start_settle(struct start *s)
{
	if (s->kind == START_LOOP) {
		fd_close_others(s->listen, (size_t)s->listen_n);
		return;
	}
	/* "2>&1", so what is written to 2 would be part of the dialogue; at a
	 * terminal a person tells them apart. */
	if (s->kind == START_LOCAL && !isatty(2) && fd_same(s->out, 2))
		fd_make_null(2);
	if (s->in != 0 && dup2(s->in, 0) == -1)
		die("dup2: %s", strerror(errno));
	if (s->out == s->in || s->kind == START_NETWORK) {
		fd_make_null(1);
		s->out = 0;
	}
	s->in = 0;
	fd_close_others(NULL, 0);
}

void
start_forget(const struct start *s)
{
	fd_make_null(s->in);
	if (s->out != s->in)
		fd_make_null(s->out);
}

void
start_replace(const struct start *s, int fd)
{
	if (dup2(fd, s->in) == -1 || dup2(fd, s->out) == -1)
		die("dup2: %s", strerror(errno));
	close(fd);
}

void
start_find(struct start *s)
{
	int n = systemd_listen_fds();

	*s = (struct start){.kind = START_LOOP, .in = -1, .out = -1};
	if (n == 1 && !is_stream(SYSTEMD_FDS_START, true)) {
		find_client(s, SYSTEMD_FDS_START, SYSTEMD_FDS_START);
		return;
	}
	if (n <= 0 && !is_stream(0, true)) {
		find_client(s, 0, 1);
		return;
	}
	if (n > START_LISTEN_MAX) {
		log_usage("more than %d sockets were passed", START_LISTEN_MAX);
		exit(EX_UNAVAILABLE);
	}
	s->listen_n = n > 0 ? n : 1;
	for (int i = 0; i < s->listen_n; i++) {
		s->listen[i] = n > 0 ? SYSTEMD_FDS_START + i : 0;
		if (!is_stream(s->listen[i], true)) {
			log_usage(
				"descriptor %d does not listen", s->listen[i]);
			exit(EX_UNAVAILABLE);
		}
	}
}
