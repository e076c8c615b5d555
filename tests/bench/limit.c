/*
 * limit NAME WHAT ARGUMENT...
 *
 * What the machine allows: the system calls alone that a workload cannot do
 * without, on the same files, by a program that does nothing else.
 *
 *	readdir DIR		read memmem DIR		open, read (and look
 *				through) each file
 *	socket sendfile DIR	each file to a client over TCP
 *	output OCTETS		so much to a client over TCP
 *	rename unlink DIR	each file
 *	link move DIR TO	each file
 *	append multi MAILDIR N SIZE	files that are on disk before the next
 *				is begun, or all together
 *
 * The result is a line like those of load.c.  Names are read before the time
 * is taken, as a server has them; except by readdir.
 */
#include "common/num.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PIECE = 1 << 17, /* one write to the client */
	FILE_MAX = 1 << 24
};

struct job {
	char **args;
	int dir;
	int to;
	char **names;
	uint32_t n;
	int client;
	pid_t reader;
	char *text; /* FILE_MAX octets */
	uint64_t octets;
};

static void
list(struct job *j, const char *path, bool keep)
{
	DIR *d = opendir(path);
	size_t cap = 0;
	struct dirent *e;

	if (d == NULL)
		err(1, "%s", path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (keep && j->n == cap) {
			cap = cap ? cap * 2 : 1024;
			j->names = reallocarray(j->names, cap, sizeof(char *));
		}
		if (keep && (j->names == NULL || (j->names[j->n] = strdup(
							  e->d_name)) == NULL))
			err(1, "memory");
		j->n++;
	}
	closedir(d);
}

static int
open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		err(1, "%s", path);
	return fd;
}

static void
prepare_files(struct job *j)
{
	j->dir = open_dir(j->args[0]);
	list(j, j->args[0], true);
}

static void
prepare_two(struct job *j)
{
	prepare_files(j);
	j->to = open_dir(j->args[1]);
}

/* A client that reads and forgets. */
static void
prepare_client(struct job *j)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s == -1 || bind(s, (struct sockaddr *)&sin, len) == -1 ||
		listen(s, 1) == -1 ||
		getsockname(s, (struct sockaddr *)&sin, &len) == -1)
		err(1, "socket");
	j->reader = fork();
	if (j->reader == 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char *p = malloc(1 << 20);

		if (p == NULL ||
			connect(fd, (struct sockaddr *)&sin, len) == -1)
			err(1, "connect");
		while (recv(fd, p, 1 << 20, 0) > 0)
			;
		_exit(0);
	}
	j->client = accept(s, NULL, NULL);
	close(s);
}

static void
prepare_client_files(struct job *j)
{
	prepare_files(j);
	prepare_client(j);
}

static void
finish_client(struct job *j)
{
	shutdown(j->client, SHUT_WR);
	waitpid(j->reader, NULL, 0);
}

static void
put(struct job *j, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(j->client, p, n, 0);

		if (w == -1)
			err(1, "send");
		p += w;
		n -= (size_t)w;
	}
}

static size_t
read_file(struct job *j, const char *name, char *p, size_t max)
{
	int fd = openat(j->dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, p, max);

	if (n == -1)
		err(1, "%s", name);
	close(fd);
	j->octets += (uint64_t)n;
	return (size_t)n;
}

static void
run_readdir(struct job *j)
{
	list(j, j->args[0], false);
}

static void
run_read(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		read_file(j, j->names[i], j->text, FILE_MAX);
}

static void
run_memmem(struct job *j)
{
	static const char word[] = "Xylograph";
	uint32_t found = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		size_t n = read_file(j, j->names[i], j->text, FILE_MAX);

		found += memmem(j->text, n, word, sizeof(word) - 1) != NULL;
	}
	if (found > j->n)
		errx(1, "more than all");
}

static void
run_socket(struct job *j)
{
	size_t n = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		n += read_file(j, j->names[i], j->text + n, FILE_MAX - n);
		if (n < PIECE)
			continue;
		put(j, j->text, n);
		n = 0;
	}
	put(j, j->text, n);
	finish_client(j);
}

static void
run_sendfile(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++) {
		int fd = openat(j->dir, j->names[i], O_RDONLY | O_CLOEXEC);
		struct stat st;
		off_t at = 0;

		if (fd == -1 || fstat(fd, &st) == -1)
			err(1, "%s", j->names[i]);
		while (at < st.st_size)
			if (sendfile(j->client, fd, &at,
				    (size_t)(st.st_size - at)) == -1)
				err(1, "sendfile");
		close(fd);
		j->octets += (uint64_t)st.st_size;
	}
	finish_client(j);
}

static void
run_output(struct job *j)
{
	uint64_t rest = 0;

	if (!num_u64(str_of(j->args[0]), UINT64_MAX, &rest))
		errx(64, "octets?");
	j->octets = rest;
	memset(j->text, 'x', PIECE);
	for (; rest > PIECE; rest -= PIECE)
		put(j, j->text, PIECE);
	put(j, j->text, (size_t)rest);
	finish_client(j);
}

static void
run_rename(struct job *j)
{
	char to[512];

	for (uint32_t i = 0; i < j->n; i++) {
		const char *flags = strstr(j->names[i], ":2,");

		/* Letters stand in order, and D comes first. */
		snprintf(to, sizeof(to), "%.*s:2,D%s",
			(int)(flags - j->names[i]), j->names[i], flags + 3);
		if (renameat(j->dir, j->names[i], j->dir, to) == -1)
			err(1, "%s", to);
	}
}

static void
run_unlink(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (unlinkat(j->dir, j->names[i], 0) == -1)
			err(1, "%s", j->names[i]);
}

static void
run_link(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (linkat(j->dir, j->names[i], j->to, j->names[i], 0) == -1)
			err(1, "%s", j->names[i]);
	fsync(j->to);
}

static void
run_move(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (renameat(j->dir, j->names[i], j->to, j->names[i]) == -1)
			err(1, "%s", j->names[i]);
	fsync(j->to);
}

/* A file in tmp/ that is on disk. */
static void
write_file(struct job *j, uint32_t i, size_t size)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "tmp/limit.%u", i);
	fd = openat(j->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1 || write(fd, j->text, size) != (ssize_t)size ||
		fsync(fd) == -1)
		err(1, "%s", name);
	close(fd);
	j->octets += size;
}

static void
place_file(struct job *j, uint32_t i)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "tmp/limit.%u", i);
	snprintf(to, sizeof(to), "cur/limit.%u:2,", i);
	if (renameat(j->dir, from, j->dir, to) == -1)
		err(1, "%s", from);
}

static void
prepare_append(struct job *j)
{
	char path[4096];

	j->dir = open_dir(j->args[0]);
	snprintf(path, sizeof(path), "%s/cur", j->args[0]);
	j->to = open_dir(path);
	if (!num_u32(str_of(j->args[1]), 1000000, &j->n))
		errx(64, "how many?");
}

static size_t
append_size(const struct job *j)
{
	uint32_t size;

	if (!num_u32(str_of(j->args[2]), FILE_MAX, &size))
		errx(64, "what size?");
	memset(j->text, 'x', size);
	return size;
}

static void
run_append(struct job *j)
{
	size_t size = append_size(j);

	for (uint32_t i = 0; i < j->n; i++) {
		write_file(j, i, size);
		place_file(j, i);
		fsync(j->to);
	}
}

static void
run_multi(struct job *j)
{
	size_t size = append_size(j);

	for (uint32_t i = 0; i < j->n; i++)
		write_file(j, i, size);
	for (uint32_t i = 0; i < j->n; i++)
		place_file(j, i);
	fsync(j->to);
}

static void
prepare_nothing(struct job *j)
{
	(void)j;
}

static const struct what {
	const char *name;
	int args;
	void (*prepare)(struct job *j);
	void (*run)(struct job *j);
} whats[] = {
	{"append",   3, prepare_append,       run_append  },
	{"link",     2, prepare_two,          run_link    },
	{"memmem",   1, prepare_files,        run_memmem  },
	{"move",     2, prepare_two,          run_move    },
	{"multi",    3, prepare_append,       run_multi   },
	{"output",   1, prepare_client,       run_output  },
	{"read",     1, prepare_files,        run_read    },
	{"readdir",  1, prepare_nothing,      run_readdir },
	{"rename",   1, prepare_files,        run_rename  },
	{"sendfile", 1, prepare_client_files, run_sendfile},
	{"socket",   1, prepare_client_files, run_socket  },
	{"unlink",   1, prepare_files,        run_unlink  },
};

static uint64_t
us_of(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
}

static void
measure(const struct what *w, const char *name, struct job *j)
{
	struct timespec a, b;
	struct rusage before, after;

	j->text = malloc(FILE_MAX);
	if (j->text == NULL)
		err(1, "memory");
	w->prepare(j);
	getrusage(RUSAGE_SELF, &before);
	clock_gettime(CLOCK_MONOTONIC, &a);
	w->run(j);
	clock_gettime(CLOCK_MONOTONIC, &b);
	getrusage(RUSAGE_SELF, &after);
	printf("%s\t%lld\t%llu\t%llu\t%u\n", name,
		(long long)(b.tv_sec - a.tv_sec) * 1000000 +
			(b.tv_nsec - a.tv_nsec) / 1000,
		(unsigned long long)(us_of(after.ru_utime) +
				     us_of(after.ru_stime) -
				     us_of(before.ru_utime) -
				     us_of(before.ru_stime)),
		(unsigned long long)j->octets, j->n);
}

int
main(int argc, char **argv)
{
	struct job j = {.args = argv + 3};

	for (size_t i = 0; i < sizeof(whats) / sizeof(*whats); i++)
		if (argc >= 3 && strcmp(argv[2], whats[i].name) == 0 &&
			argc == 3 + whats[i].args) {
			measure(&whats[i], argv[1], &j);
			return 0;
		}
	errx(64, "usage: limit NAME WHAT ARGUMENT...");
}
