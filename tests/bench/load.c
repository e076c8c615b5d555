/*
 * load [-3] -p PORT -g CGROUP [-u USER] [-w PASSWORD] [-m MAILDIR] <SCRIPT
 *
 * The measuring client: IMAP, or POP3 with -3, to PORT on 127.0.0.1.  A script
 * has one step a line:
 *
 *	open			connect and read the greeting
 *	login			as USER
 *	close			LOGOUT or QUIT
 *	use N			connection N (0 to 7) from here on
 *	do COMMAND		without taking time
 *	time NAME COMMAND	one command
 *	begin NAME, end		a stopwatch over the steps between
 *	each NAME A B one|all COMMAND	a POP3 command with %u from A to B, one
 *				by one or pipelined
 *	deliver			into MAILDIR/new
 *	pace NAME N COMMAND	N times, each on its own, %u from 1 to N
 *	append NAME BOX N SIZE one|multi
 *	sessions NAME N PARALLEL	connect, LOGIN, LOGOUT
 *	check NAME N		newest 50 envelopes, each on a new connection
 *	idle NAME N		deliveries until EXISTS
 *	hold NAME N		memory of N idle selected sessions, each
 *
 * Each result is a line of stdout: NAME, microseconds of wall time,
 * microseconds of processor time of all in CGROUP, octets received, how many;
 *or NAME and "-" when the server refused.
 */
#include "tests/bench/load.h"
#include "common/buf.h"
#include "common/num.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 8,
	LINE_MAX_OCTETS = 4096,
	SERIES_MAX = 1 << 28
};

struct script {
	struct load load;
	struct conn conns[CONNECTIONS];
	struct conn *c;
	char name[64];
	struct watch watch; /* of "begin" */
	uint64_t octets;
	bool refused; /* since "begin" */
};

uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

struct watch
watch_start(const char *group)
{
	struct watch w = {.cpu_us = group_cpu_us(group)};

	w.wall_us = now_us();
	return w;
}

struct watch
watch_stop(struct watch start, const char *group)
{
	struct watch w = {.wall_us = now_us() - start.wall_us};

	w.cpu_us = group_cpu_us(group) - start.cpu_us;
	return w;
}

void
settle(const char *group)
{
	uint64_t last = group_cpu_us(group), now;

	for (int i = 0; i < 40; i++) {
		usleep(50000);
		now = group_cpu_us(group);
		if (now - last < 200)
			break;
		last = now;
	}
}

void
tell(const char *name, struct watch w, uint64_t octets, uint64_t count)
{
	printf("%s\t%llu\t%llu\t%llu\t%llu\n", name,
		(unsigned long long)w.wall_us, (unsigned long long)w.cpu_us,
		(unsigned long long)octets, (unsigned long long)count);
}

void
tell_nothing(const char *name)
{
	printf("%s\t-\n", name);
}

void
reach(const struct load *l, struct conn *c)
{
	conn_open(c, l->pop3, l->port);
	conn_greeting(c);
}

void
leave(struct conn *c)
{
	char rest[512];

	conn_command(c, c->pop3 ? "QUIT" : "LOGOUT");
	while (read(c->fd, rest, sizeof(rest)) > 0)
		;
	conn_close(c);
}

void
deliver(const char *maildir)
{
	static const char text[] = "From: a@site.example\n"
				   "To: me@home.example\n"
				   "Subject: delivered\n\nSmall.\n";
	int dir = open(maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char from[64], to[64];
	struct timespec ts;
	struct stat st;
	int fd;

	clock_gettime(CLOCK_REALTIME, &ts);
	snprintf(to, sizeof(to), "new/%lld.M%06ldP%d.mail",
		(long long)ts.tv_sec, ts.tv_nsec / 1000, (int)getpid());
	snprintf(from, sizeof(from), "tmp/%s", to + 4);
	fd = openat(dir, from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || fstat(dir, &st) == -1 ||
		fchown(fd, st.st_uid, st.st_gid) == -1 ||
		write(fd, text, sizeof(text) - 1) == -1 ||
		renameat(dir, from, dir, to) == -1)
		err(1, "deliver to %s", maildir);
	close(fd);
	close(dir);
}

/* --- steps ---------------------------------------------------------------- */

static void
step_open(struct script *s, char *args)
{
	(void)args;
	reach(&s->load, s->c);
}

static void
step_login(struct script *s, char *args)
{
	(void)args;
	conn_login(s->c, s->load.user, s->load.password);
}

static void
step_close(struct script *s, char *args)
{
	(void)args;
	leave(s->c);
}

static uint32_t
number(char **args, uint32_t max)
{
	char *word = strsep(args, " ");
	uint32_t n;

	if (word == NULL || !num_u32(str_of(word), max, &n))
		errx(64, "a number, not \"%s\"", word ? word : "");
	return n;
}

static char *
word(char **args)
{
	char *w = strsep(args, " ");

	if (w == NULL)
		errx(64, "a word is missing");
	return w;
}

static void
step_use(struct script *s, char *args)
{
	s->c = &s->conns[number(&args, CONNECTIONS - 1)];
}

static void
step_do(struct script *s, char *args)
{
	if (conn_command(s->c, args) != ANSWER_OK)
		s->refused = true;
}

static void
step_time(struct script *s, char *args)
{
	const char *name = word(&args);
	uint64_t octets = s->c->octets;
	struct watch w = watch_start(s->load.group);
	bool ok = conn_command(s->c, args) == ANSWER_OK;

	w = watch_stop(w, s->load.group);
	if (ok)
		tell(name, w, s->c->octets - octets, 1);
	else
		tell_nothing(name);
}

static void
step_begin(struct script *s, char *args)
{
	snprintf(s->name, sizeof(s->name), "%s", args);
	s->refused = false;
	s->octets = s->c->octets;
	s->watch = watch_start(s->load.group);
}

static void
step_end(struct script *s, char *args)
{
	struct watch w = watch_stop(s->watch, s->load.group);

	(void)args;
	if (s->refused)
		tell_nothing(s->name);
	else
		tell(s->name, w, s->c->octets - s->octets, 1);
}

/* All commands of a series in one text. */
static void
add_series(struct buf *b, uint32_t from, uint32_t to, const char *command)
{
	const char *at = strstr(command, "%u");

	if (at == NULL)
		errx(64, "no %%u in \"%s\"", command);
	buf_init(b, SERIES_MAX);
	for (uint32_t i = from; i <= to; i++) {
		buf_add(b, command, (size_t)(at - command));
		buf_putn(b, i);
		buf_puts(b, at + 2);
		buf_puts(b, "\r\n");
	}
}

static void
step_each(struct script *s, char *args)
{
	const char *name = word(&args);
	uint32_t from = number(&args, UINT32_MAX);
	uint32_t to = number(&args, UINT32_MAX - 1);
	bool all = strcmp(word(&args), "all") == 0;
	bool lines = conn_has_lines(args), ok = true;
	uint64_t octets = s->c->octets;
	struct str rest, one;
	struct watch w;
	struct buf b;

	add_series(&b, from, to, args);
	rest = buf_str(&b);
	w = watch_start(s->load.group);
	if (all)
		s->c->unsent = rest;
	for (uint32_t i = from; i <= to; i++) {
		if (!all && str_cut(&rest, '\n', &one))
			conn_send(s->c, (struct str){one.p, one.n + 1});
		ok = conn_pop3(s->c, lines) == ANSWER_OK && ok;
	}
	w = watch_stop(w, s->load.group);
	if (ok)
		tell(name, w, s->c->octets - octets, to - from + 1);
	else
		tell_nothing(name);
	buf_free(&b);
}

static void
step_deliver(struct script *s, char *args)
{
	(void)args;
	deliver(s->load.maildir);
}

static void
step_pace(struct script *s, char *args)
{
	const char *name = word(&args);
	uint32_t n = number(&args, 1000000);

	do_pace(s->c, name, n, args);
}

static void
step_append(struct script *s, char *args)
{
	const char *name = word(&args), *box = word(&args);
	uint32_t n = number(&args, 1000000);
	uint32_t size = number(&args, 1 << 24);

	do_append(
		&s->load, s->c, name, box, n, size, strcmp(args, "multi") == 0);
}

static void
step_sessions(struct script *s, char *args)
{
	const char *name = word(&args);
	uint32_t n = number(&args, 1000000);

	do_sessions(&s->load, name, n, number(&args, 1000));
}

static void
step_check(struct script *s, char *args)
{
	const char *name = word(&args);

	do_check(&s->load, name, number(&args, 1000));
}

static void
step_idle(struct script *s, char *args)
{
	const char *name = word(&args);

	do_idle(&s->load, s->c, name, number(&args, 1000));
}

static void
step_hold(struct script *s, char *args)
{
	const char *name = word(&args);

	do_hold(&s->load, name, number(&args, 100));
}

static const struct step {
	const char *name;
	void (*run)(struct script *s, char *args);
} steps[] = {
	{"append",   step_append  },
	{"begin",    step_begin   },
	{"check",    step_check   },
	{"close",    step_close   },
	{"deliver",  step_deliver },
	{"do",       step_do      },
	{"each",     step_each    },
	{"end",      step_end     },
	{"hold",     step_hold    },
	{"idle",     step_idle    },
	{"login",    step_login   },
	{"open",     step_open    },
	{"pace",     step_pace    },
	{"sessions", step_sessions},
	{"time",     step_time    },
	{"use",      step_use     },
};

static void
run_line(struct script *s, char *line)
{
	char *name = strsep(&line, " ");

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (strcmp(steps[i].name, name) == 0) {
			steps[i].run(s, line);
			fflush(stdout);
			return;
		}
	errx(64, "no step \"%s\"", name);
}

int
main(int argc, char **argv)
{
	static struct script s;
	char line[LINE_MAX_OCTETS];
	uint32_t n = 0;
	int opt;

	while ((opt = getopt(argc, argv, "3p:g:u:w:m:")) != -1) {
		if (opt == 'p' && !num_u32(str_of(optarg), UINT16_MAX, &n))
			errx(64, "-p: a number");
		switch (opt) {
		case '3':
			s.load.pop3 = true;
			break;
		case 'p':
			s.load.port = (uint16_t)n;
			break;
		case 'g':
			s.load.group = optarg;
			break;
		case 'u':
			s.load.user = optarg;
			break;
		case 'w':
			s.load.password = optarg;
			break;
		case 'm':
			s.load.maildir = optarg;
			break;
		default:
			return 64;
		}
	}
	s.c = s.conns;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			run_line(&s, line);
	}
	return 0;
}
