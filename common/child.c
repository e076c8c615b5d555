/*
 * The end of a child process.
 *
 * A child that has closed its records need not have ended: taken over, it
 * could stay for ever and keep its parent waiting.  So the wait has an end,
 * on the process itself (pidfd), which another one that got its number cannot
 * be mistaken for.
 */
#include "common/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int
child_reap(pid_t pid, int ms)
{
	struct pollfd p = {.events = POLLIN};
	bool killed = false;
	int status = 0, n;

	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	do
		n = p.fd == -1 ? 0 : poll(&p, 1, ms);
	while (n == -1 && errno == EINTR);
	if (n == 0 && waitpid(pid, &status, WNOHANG) == 0) {
		killed = true;
		(void)kill(pid, SIGKILL);
	}
	if (p.fd != -1)
		close(p.fd);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFSIGNALED(status) && !killed ? WTERMSIG(status) : 0;
}
