/*
 * floor SERVICE
 *
 * The least a server can be: libc and PAM, enough IMAP for LOGIN, SELECT, IDLE
 * and LOGOUT, no mail.  What it costs is what no other can go below on this
 * machine: on a connection of its own (fd 0), or as an accept loop with a fork
 * for each when the descriptor is passed as systemd passes it.
 *
 * It stays root and checks nothing: for the bench's own network only.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PASSED_FD = 3,
	LINE = 8192
};

static const char *service;
static const char *password;
static char home[4096];

static int
converse(int n, const struct pam_message **msg, struct pam_response **out,
	void *data)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	(void)msg;
	(void)data;
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		r[i].resp = strdup(password);
	*out = r;
	return PAM_SUCCESS;
}

static pam_handle_t *
login(const char *user)
{
	static const struct pam_conv conv = {converse, NULL};
	struct passwd *pw = getpwnam(user);
	pam_handle_t *h;

	if (pw == NULL || pam_start(service, user, &conv, &h) != PAM_SUCCESS ||
		pam_authenticate(h, 0) != PAM_SUCCESS ||
		pam_acct_mgmt(h, 0) != PAM_SUCCESS ||
		pam_open_session(h, 0) != PAM_SUCCESS)
		return NULL;
	snprintf(home, sizeof(home), "%s/Maildir/new", pw->pw_dir);
	return h;
}

static void
say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) == -1)
		_exit(1);
}

/* Say EXISTS for every delivery until a line comes. */
static void
idle(int fd)
{
	int in = inotify_init1(IN_CLOEXEC);
	char events[4096];

	if (in == -1 || inotify_add_watch(in, home, IN_MOVED_TO) == -1)
		err(1, "%s", home);
	say(fd, "+ \r\n");
	for (;;) {
		struct pollfd p[] = {
			{fd, POLLIN, 0},
                        {in, POLLIN, 0}
                };

		if (poll(p, 2, -1) == -1 || p[0].revents)
			break;
		if (read(in, events, sizeof(events)) > 0)
			say(fd, "* 1 EXISTS\r\n");
	}
	close(in);
}

static void
answer(int fd, const char *tag, const char *untagged, const char *text)
{
	char out[256];

	snprintf(out, sizeof(out), "%s%s %s\r\n", untagged, tag, text);
	say(fd, out);
}

_Noreturn static void
serve(int fd)
{
	char line[LINE], idle_tag[32] = "";
	pam_handle_t *h = NULL;
	ssize_t n;

	say(fd, "* OK floor\r\n");
	while ((n = read(fd, line, sizeof(line) - 1)) > 0) {
		char *rest = line, *tag, *word, *user;

		line[n] = '\0';
		line[strcspn(line, "\r\n")] = '\0';
		tag = strsep(&rest, " ");
		word = strsep(&rest, " ");
		if (word == NULL) {
			answer(fd, idle_tag, "", "OK");
		} else if (strcasecmp(word, "LOGIN") == 0) {
			user = strsep(&rest, " ");
			password = rest ? rest : "";
			h = user ? login(user) : NULL;
			answer(fd, tag, "", h ? "OK" : "NO");
		} else if (strcasecmp(word, "SELECT") == 0) {
			answer(fd, tag, "* 1 EXISTS\r\n", "OK");
		} else if (strcasecmp(word, "CAPABILITY") == 0) {
			answer(fd, tag, "* CAPABILITY IMAP4rev1 IDLE\r\n",
				"OK");
		} else if (strcasecmp(word, "IDLE") == 0) {
			snprintf(idle_tag, sizeof(idle_tag), "%s", tag);
			idle(fd);
		} else if (strcasecmp(word, "LOGOUT") == 0) {
			answer(fd, tag, "* BYE\r\n", "OK");
			break;
		} else {
			answer(fd, tag, "", "OK");
		}
	}
	if (h) {
		pam_close_session(h, 0);
		pam_end(h, PAM_SUCCESS);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		errx(64, "usage: floor SERVICE");
	service = argv[1];
	if (getenv("LISTEN_FDS") == NULL)
		serve(0);
	while ((fd = accept4(PASSED_FD, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		if (fork() == 0)
			serve(fd);
		close(fd);
		/* What they used is counted only when they are waited for. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return 1;
}
