/*
 * POP3 commands as tables: one loop reads a line, finds the row, checks the
 * number of arguments and calls the function.  Before login and after it are
 * two tables (front.c, session.c).
 */
#ifndef POP3D_CMD_H
#define POP3D_CMD_H

#include "common/io.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>

/* What the loop does after a command. */
enum next {
	NEXT_GO,
	NEXT_BAD, /* not a command, or not with these words: ten end it */
	NEXT_END  /* leave the loop */
};

enum {
	CMD_ARGS = 2,  /* no command has more */
	CMD_ANY = 255, /* as a row's max: the handler looks at rest itself */
	/* RFC 2449 4 asks for 255 octets; a password or an initial response
	 * of AUTH may be longer. */
	CMD_LINE_MAX = 65536
};

struct args {
	struct str rest; /* the line behind the keyword and one blank */
	struct str v[CMD_ARGS];
	size_t n; /* words in rest */
};

struct cmd {
	const char *name;
	size_t min, max; /* how many arguments */
	enum next (*run)(void *ctx, const struct args *a);
};

/* Serve commands until one returns NEXT_END, or io ends, or nonsense has come
 * ten times in a row. */
void cmd_serve(struct io *io, const struct cmd *cmds, size_t n, void *ctx);

/*
 * "+OK text" and "-ERR [code] text".  Text of ours only, below 512 octets and
 * never beginning with "[".  They return NEXT_GO, so that a handler may end
 * with them.  code: NULL for none.
 */
enum next cmd_ok(struct io *io, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
enum next cmd_err(struct io *io, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "-ERR text" for what is not understood. */
enum next cmd_bad(struct io *io, const char *why);

/* What both states answer alike. */
enum next cmd_lang(struct io *io, const struct args *a);

struct capa {
	bool passwords; /* USER, PASS and AUTH PLAIN may be used */
	bool stls;
};
enum next cmd_capa(struct io *io, const struct capa *c);

/* The client's own words in an answer: what cannot stand there is "?", and
 * what is too long is cut.  From s into out. */
const char *cmd_echo(struct str s, char out[128]);

#endif
