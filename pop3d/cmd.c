/*
 * From a line to a handler.
 *
 * What clients really send: lower case, blanks at the end of a line or two of
 * them between words, an empty line, commands of other servers (XTND, LAST).
 * Each gets exactly one answer, or a client that pipelines takes the answer
 * to one command for that to the next.  That is why even an empty line is
 * answered, and a line that is too long once, at its end.
 */
#include "pop3d/cmd.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	BAD_MAX = 10,    /* in a row */
	ANSWER_MAX = 512 /* RFC 2449 4: the first line of an answer */
};

__attribute__((format(printf, 4, 0))) static void
answer(struct io *io, const char *status, const char *code, const char *fmt,
	va_list ap)
{
	char text[ANSWER_MAX - 64];

	vsnprintf(text, sizeof(text), fmt, ap);
	io_puts(io, status);
	if (code != NULL)
		io_printf(io, " [%s]", code);
	if (text[0] != '\0')
		io_printf(io, " %s", text);
	io_puts(io, "\r\n");
}

enum next
cmd_ok(struct io *io, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	answer(io, "+OK", NULL, fmt, ap);
	va_end(ap);
	return NEXT_GO;
}

enum next
cmd_err(struct io *io, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	answer(io, "-ERR", code, fmt, ap);
	va_end(ap);
	return NEXT_GO;
}

enum next
cmd_bad(struct io *io, const char *why)
{
	cmd_err(io, NULL, "%s", why);
	return NEXT_BAD;
}

const char *
cmd_echo(struct str s, char out[128])
{
	size_t i;

	for (i = 0; i < s.n && i < 127; i++) {
		unsigned char c = (unsigned char)s.p[i];

		out[i] = c < 0x20 || c == 0x7f ? '?' : s.p[i];
	}
	out[i] = '\0';
	return out;
}

static struct str
next_word(struct str *rest)
{
	struct str word;
	size_t n = 0;

	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = str_skip(*rest, 1);
	while (n < rest->n && rest->p[n] != ' ')
		n++;
	word = (struct str){rest->p, n};
	*rest = str_skip(*rest, n);
	return word;
}

static struct str
split(struct str line, struct args *a)
{
	struct str name = next_word(&line);
	struct str word;

	*a = (struct args){.rest = str_skip(line, 1)};
	while ((word = next_word(&line)).n > 0) {
		if (a->n < CMD_ARGS)
			a->v[a->n] = word;
		a->n++;
	}
	return name;
}

static const struct cmd *
find(const struct cmd *cmds, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_iis(name, cmds[i].name))
			return &cmds[i];
	return NULL;
}

static enum next
run(struct io *io, const struct cmd *cmds, size_t n, void *ctx, struct str line)
{
	struct args a;
	const struct cmd *c = find(cmds, n, split(line, &a));

	if (c == NULL)
		return cmd_bad(io, "unknown command, or not now");
	if (c->max != CMD_ANY && (a.n < c->min || a.n > c->max))
		return cmd_bad(io, "wrong number of arguments");
	return c->run(ctx, &a);
}

void
cmd_serve(struct io *io, const struct cmd *cmds, size_t n, void *ctx)
{
	enum next next = NEXT_GO;
	struct str line;
	int bad = 0;

	while (next != NEXT_END) {
		enum io_result r = io_line(io, CMD_LINE_MAX, &line);

		if (r == IO_TOOLONG)
			next = cmd_bad(io, "line too long");
		else if (r == IO_OK)
			next = run(io, cmds, n, ctx, line);
		else
			return; /* RFC 1939 3: without an answer */
		bad = next == NEXT_BAD ? bad + 1 : 0;
		if (bad == BAD_MAX) {
			cmd_err(io, NULL, "too many bad commands");
			return;
		}
	}
}

/*
 * There is one language.  A range such as "en-GB" is cut from its end until it
 * fits (RFC 4647 3.4); "*" leaves the choice to us.
 */
enum next
cmd_lang(struct io *io, const struct args *a)
{
	if (a->n == 0) {
		cmd_ok(io, "languages:");
		io_puts(io, "en English\r\n.\r\n");
		return NEXT_GO;
	}
	if (str_is(a->v[0], "*") || str_iis(a->v[0], "en") ||
		str_istarts(a->v[0], STR("en-")))
		return cmd_ok(io, "en these texts are in English");
	return cmd_err(io, NULL, "no texts in that language");
}

/*
 * The list is the same before and after login, but for STLS, which belongs to
 * the time before (RFC 2449 5, RFC 2595 4).  UTF8 stands without USER: names
 * and passwords are compared octet by octet, as PAM has them, and not prepared.
 */
enum next
cmd_capa(struct io *io, const struct capa *c)
{
	cmd_ok(io, "capabilities:");
	io_puts(io, "TOP\r\n"
		    "UIDL\r\n"
		    "RESP-CODES\r\n"
		    "AUTH-RESP-CODE\r\n"
		    "PIPELINING\r\n"
		    "EXPIRE NEVER\r\n"
		    "UTF8\r\n"
		    "LANG\r\n");
	if (c->passwords)
		io_puts(io, "USER\r\nSASL PLAIN\r\n");
	if (c->stls)
		io_puts(io, "STLS\r\n");
	io_puts(io, "IMPLEMENTATION stdmail-pop3d\r\n.\r\n");
	return NEXT_GO;
}
