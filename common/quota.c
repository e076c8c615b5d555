/*
 * Quotas.
 *
 * maildirsize is shared with programs that know nothing of each other and
 * take no lock.  Its first line says the limits, each further one what came
 * or went, and their sum is what is used.  What makes that work:
 *
 * 1. Lines are appended by one write with O_APPEND, all of one length where
 *    possible, so that two writers do not tear each other's.
 * 2. Lines get lost when one program counts anew while another appends.  So
 *    the sum is believed when it says that there is room; when it says that
 *    there is none, and is old or has been added to, all is counted before
 *    anybody is refused.
 * 3. A file that has grown to 5,120 octets is replaced by one that is counted
 *    anew.
 *
 * Every message counts, in every folder, as Dovecot has it; Courier leaves
 * out Trash and what has \Deleted, which lets its users have a little more.
 */
#include "common/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/control.h"
#include "common/folder.h"
#include "common/maildir.h"
#include "common/msgname.h"
#include "common/num.h"

enum {
	FILE_MAX = 65536,
	FULL = 5120,  /* octets: time to count anew */
	STALE_S = 900 /* the sum is doubted when it is older than this */
};

static const char file[] = "maildirsize";

struct sizes {
	struct quota q;
	struct str limits; /* the first line, as it stands */
	size_t lines;      /* behind it */
	struct stat st;
	char *text;
};

/* "10000000S,1000C" */
static void
read_limits(struct sizes *s, struct str line)
{
	struct str part;
	uint64_t n;

	s->limits = line;
	while (str_cut(&line, ',', &part)) {
		if (part.n < 2 || !num_u64((struct str){part.p, part.n - 1},
					  INT64_MAX, &n))
			continue;
		if (part.p[part.n - 1] == 'S')
			s->q.max_octets = n;
		else if (part.p[part.n - 1] == 'C')
			s->q.max_messages = n;
	}
}

static bool
read_signed(struct str s, int64_t *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t n;

	if (!num_u64(str_skip(s, minus), INT64_MAX, &n))
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

/* "1234 1" with blanks anywhere. */
static void
read_line(struct str line, int64_t *octets, int64_t *messages)
{
	struct str first;
	int64_t a, b;

	line = str_trim(line);
	str_cut(&line, ' ', &first);
	if (line.p == NULL || !read_signed(first, &a) ||
		!read_signed(str_trim(line), &b) ||
		__builtin_add_overflow(*octets, a, &a) ||
		__builtin_add_overflow(*messages, b, &b))
		return;
	*octets = a;
	*messages = b;
}

static int
read_sizes(struct sizes *s, int rootfd)
{
	int64_t octets = 0, messages = 0;
	struct str rest, line;
	size_t n;

	*s = (struct sizes){0};
	if (control_read(rootfd, file, FILE_MAX, &s->text, &n, &s->st) == -1)
		return -1;
	rest = (struct str){s->text, n};
	str_cut(&rest, '\n', &line);
	read_limits(s, str_trim(line));
	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		read_line(line, &octets, &messages);
		s->lines++;
	}
	s->q.octets = octets > 0 ? (uint64_t)octets : 0;
	s->q.messages = messages > 0 ? (uint64_t)messages : 0;
	return 0;
}

/* Counting. */

struct count {
	int dirfd;
	uint64_t octets, messages;
};

static uint64_t
file_octets(int dirfd, const char *name)
{
	struct msgname m;
	struct stat st;
	uint64_t n;

	msgname_parse(str_of(name), &m);
	if (msgname_size(m.base, &n))
		return n;
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? (uint64_t)st.st_size
		       : 0;
}

static int
count_message(void *ctx, const char *name, size_t len)
{
	struct count *c = ctx;

	(void)len;
	c->octets += file_octets(c->dirfd, name);
	c->messages++;
	return 0;
}

static void
count_folder(int rootfd, const char *dir, struct count *c)
{
	static const enum maildir_sub subs[] = {MAILDIR_CUR, MAILDIR_NEW};
	struct maildir md;

	if (maildir_open(rootfd, dir, &md) == -1)
		return;
	for (int i = 0; i < 2; i++) {
		c->dirfd = md.sub[subs[i]];
		maildir_scan(&md, subs[i], count_message, c);
	}
	maildir_close(&md);
}

static void
print_line(char out[64], int64_t octets, int64_t messages)
{
	char line[48];

	/* 14 octets with the line's end, as Courier has them. */
	snprintf(line, sizeof(line), "%" PRId64 " %" PRId64, octets, messages);
	snprintf(out, 64, "%-13s\n", line);
}

/* All mail, counted; the file is written anew, by rename.  No lock guards it:
 * of two who count at a time either result will do. */
static int
recount(struct sizes *s, int rootfd)
{
	struct count c = {0};
	struct folders all;
	char line[64];
	struct buf b;
	int rc;

	if (folders_read(&all, rootfd) == -1)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		count_folder(rootfd, all.f[i].dir, &c);
	folders_free(&all);
	s->q.octets = c.octets;
	s->q.messages = c.messages;
	s->lines = 1;
	print_line(line, (int64_t)c.octets, (int64_t)c.messages);
	buf_init(&b, FILE_MAX);
	buf_adds(&b, s->limits);
	buf_putc(&b, '\n');
	buf_puts(&b, line);
	rc = control_write(rootfd, file, buf_str(&b));
	buf_free(&b);
	s->st.st_mtime = time(NULL);
	return rc;
}

static bool
is_stale(const struct sizes *s)
{
	return s->st.st_mtime + STALE_S < time(NULL);
}

/* The file as it is, counted anew when it is due.  1: there is none. */
static int
get_sizes(struct sizes *s, int rootfd)
{
	if (read_sizes(s, rootfd) == -1)
		return errno == ENOENT ? 1 : -1;
	if (s->lines == 0 || s->st.st_size >= FULL)
		(void)recount(s, rootfd); /* the sum so far will do */
	return 0;
}

int
quota_maildir(int rootfd, struct quota *q, bool *there)
{
	struct sizes s;
	int rc = get_sizes(&s, rootfd);

	*there = rc == 0;
	if (rc == 0 && is_stale(&s))
		(void)recount(&s, rootfd);
	*q = s.q;
	free(s.text);
	return rc == -1 ? -1 : 0;
}

void
quota_filesystem(int rootfd, struct quota *q, bool *there)
{
	struct if_dqblk {
		uint64_t bhard, bsoft, space, ihard, isoft, inodes;
		uint64_t btime, itime;
		uint32_t valid;
	} d;

	*q = (struct quota){0};
	*there = false;
	memset(&d, 0, sizeof(d));
#ifdef SYS_quotactl_fd
	if (syscall(SYS_quotactl_fd, rootfd,
		    QCMD((unsigned)Q_GETQUOTA, USRQUOTA), getuid(), &d) == -1)
		return;
#endif
	q->octets = d.space;
	q->max_octets = (d.bsoft != 0 ? d.bsoft : d.bhard) * 1024;
	*there = q->max_octets != 0;
}

static bool
fits(const struct quota *q, uint64_t octets, uint64_t messages)
{
	return (q->max_octets == 0 ||
		       (q->octets <= q->max_octets &&
			       octets <= q->max_octets - q->octets)) &&
	       (q->max_messages == 0 ||
		       (q->messages <= q->max_messages &&
			       messages <= q->max_messages - q->messages));
}

int
quota_check(int rootfd, uint64_t octets, uint64_t messages)
{
	struct sizes s = {0};
	int rc = rootfd == -1 ? 1 : get_sizes(&s, rootfd);
	bool good = rc == 1;

	if (rc == 0) {
		good = fits(&s.q, octets, messages);
		if (!good && (s.lines > 1 || is_stale(&s)) &&
			recount(&s, rootfd) == 0)
			good = fits(&s.q, octets, messages);
		errno = EDQUOT;
	}
	free(s.text);
	return good ? 0 : -1;
}

void
quota_begin(struct quota_change *c, int rootfd)
{
	int e = errno;

	*c = (struct quota_change){.rootfd = rootfd};
	c->kept = rootfd != -1 && faccessat(rootfd, file, W_OK, 0) == 0;
	errno = e;
}

void
quota_file(struct quota_change *c, int dirfd, const char *name, int sign)
{
	int e = errno;

	if (!c->kept)
		return;
	c->octets += sign * (int64_t)file_octets(dirfd, name);
	c->messages += sign;
	errno = e;
}

void
quota_end(struct quota_change *c)
{
	int e = errno, fd;
	char line[64];

	if (c->kept && c->messages != 0) {
		fd = openat(c->rootfd, file,
			O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
		print_line(line, c->octets, c->messages);
		if (fd != -1) {
			(void)control_write_all(fd, line, strlen(line));
			close(fd);
		}
	}
	errno = e;
}

void
quota_recount(int rootfd)
{
	struct sizes s;

	if (read_sizes(&s, rootfd) == 0)
		(void)recount(&s, rootfd);
	free(s.text);
}
