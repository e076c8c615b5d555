/*
 * systemd, where it is.
 *
 * 1. libsystemd brings six more libraries, for its journal files.  Linked, all
 *    of them would be mapped and relocated in every process of every
 *    connection: a tenth of a login's processor time, and 100 KB of a
 *    session's memory.  So it is loaded by name, where LISTEN_FDS says that it
 *    has something to tell, which is once for an accept loop; and it is gone
 *    again before the loop forks.
 * 2. A status is told by each connection's monitor, so it is written here, as
 *    the log's lines are in common/log.c: the protocol is one datagram, and
 *    promised to stay.
 */
#include "common/systemd.h"
#include "common/log.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

_Static_assert((int)SYSTEMD_FDS_START == SD_LISTEN_FDS_START, "fd 3");

int
systemd_listen_fds(void)
{
	__typeof__(&sd_listen_fds) fn = NULL;
	void *lib, *found;
	int n;

	if (getenv("LISTEN_FDS") == NULL)
		return 0;
	lib = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
	found = lib ? dlsym(lib, "sd_listen_fds") : NULL;
	if (found == NULL)
		die("%s", dlerror());
	memcpy(&fn, &found, sizeof(fn));
	n = fn(1);
	dlclose(lib);
	return n;
}

void
systemd_notify(const char *text)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(sa.sun_path) || strchr("/@", *path) == NULL)
		return;
	memcpy(sa.sun_path, path, n);
	if (*path == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		(struct sockaddr *)&sa,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}
