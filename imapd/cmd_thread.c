/*
 * THREAD (RFC 5256): what the index knows of the messages found goes to
 * common/thread.h, and the trees come back to be written.
 */
#include "imapd/cmd.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "imapd/search.h"

struct job {
	struct imap *im;
	struct thread_msg *msg;
	uint32_t n, cap;
	struct buf refs; /* of all messages, one after the other */
	unsigned failed;
};

typedef void thread_algorithm(
	const struct thread_msg *m, uint32_t n, struct thread_tree *out);

static const struct {
	const char *name;
	thread_algorithm *run;
} algorithms[] = {
	{"ORDEREDSUBJECT", thread_orderedsubject},
	{"REFERENCES",     thread_references    },
};

static bool
parse_algorithm(struct lex *l, thread_algorithm **out)
{
	struct str name;

	if (!lex_word(l, &name))
		return false;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (str_iis(name, algorithms[i].name)) {
			*out = algorithms[i].run;
			return true;
		}
	}
	return lex_refuse(l, "Unknown algorithm");
}

static struct thread_msg *
new_message(struct job *j)
{
	if (j->n == j->cap) {
		j->cap = j->cap == 0 ? 1024 : j->cap * 2;
		j->msg = reallocarray(j->msg, j->cap, sizeof(*j->msg));
		if (j->msg == NULL)
			die("out of memory");
	}
	return &j->msg[j->n];
}

static void
add(void *ctx, const struct msg *found, struct keys *k)
{
	struct job *j = ctx;
	struct msg m = *found;
	struct thread_msg *t = new_message(j);

	if (keys_numbers(k) == -1 ||
		(k->n.date == MSG_NODATE &&
			mailbox_detail(j->im->sel.mb, &m, DETAIL_DATE) == -1)) {
		j->failed += errno != ENOENT;
		return;
	}
	*t = (struct thread_msg){
		.number = j->im->uid ? m.uid
				     : view_number(&j->im->sel.view, m.uid),
		.nref = k->n.nref,
		.id = k->n.id,
		.subject = k->n.subject,
		.date = k->n.date == MSG_NODATE ? m.internaldate : k->n.date,
		.reply = k->n.reply != 0,
	};
	buf_add(&j->refs, k->ref, k->n.nref * sizeof(*k->ref));
	j->n++;
}

/* Only now that no more are to come does the buffer stay where it is. */
static void
place_refs(struct job *j)
{
	const uint64_t *ref = (const uint64_t *)(const void *)j->refs.p;

	for (uint32_t i = 0; i < j->n; i++) {
		j->msg[i].ref = ref;
		if (j->msg[i].nref > 0)
			ref += j->msg[i].nref;
	}
}

static void
put_threads(struct imap *im, struct thread_tree *t)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_puts(im->out, "* THREAD");
	for (uint32_t i = t->root; i != THREAD_NONE; i = t->node[i].next) {
		if (i == t->root)
			buf_putc(&b, ' ');
		thread_write(t, i, &b);
		io_write(im->io, b.p, b.n);
		buf_reset(&b);
	}
	io_puts(im->io, "\r\n");
	buf_free(&b);
}

static struct reply
thread(struct job *j, thread_algorithm *run, struct search *program)
{
	const struct search_hit hit = {add, j};
	struct thread_tree tree;
	struct set found;
	int rc;

	set_init(&found);
	rc = search_run(j->im, program, &found, &hit);
	set_free(&found);
	if (rc == -1)
		return reply_errno(errno);
	if (j->refs.bad)
		die("out of memory");
	place_refs(j);
	run(j->msg, j->n, &tree);
	put_threads(j->im, &tree);
	thread_free(&tree);
	program->failed += j->failed;
	return search_done(program);
}

struct reply
cmd_thread(struct imap *im)
{
	struct lex *l = &im->lex;
	struct job j = {.im = im};
	struct search program = {0};
	thread_algorithm *run = NULL;
	struct str charset;
	struct reply r;

	buf_init(&j.refs, SIZE_MAX);
	if (!lex_space(l) || !parse_algorithm(l, &run) || !lex_space(l) ||
		!lex_astring(l, &charset) || !lex_space(l) ||
		!search_parse_keys(l, charset, &program))
		r = reply_bad(im);
	else if (program.bad_charset)
		r = search_bad_charset();
	else
		r = thread(&j, run, &program);
	search_free(&program);
	buf_free(&j.refs);
	free(j.msg);
	return r;
}
