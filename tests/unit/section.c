/*
 * Sections, ENVELOPE and BODYSTRUCTURE of messages that are awkward.
 */
#include "imapd/section.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire.h"
#include "imapd/bodystructure.h"
#include "imapd/envelope.h"
#include "tap.h"

static const char plain[] = "Subject: x\nX-Y: 1\n 2\n\nbody\nend";

static const char no_header[] = "\nbody\n";

static const char header_only[] = "Subject: x";

/* 1 text, 2 message (2.1 text, 2.2 html), 3 message without multipart. */
static const char nested[] = "Content-Type: multipart/mixed; boundary=o\n\n"
			     "--o\nX: 1\n\none\n"
			     "--o\nContent-Type: message/rfc822\n\n"
			     "Subject: in\n"
			     "Content-Type: multipart/alternative; "
			     "boundary=i\n\n"
			     "--i\n\ntwo one\n"
			     "--i\nContent-Type: text/html\n\ntwo two\n"
			     "--i--\n"
			     "--o\nContent-Type: message/rfc822\n\n"
			     "Subject: last\n\nthree\n"
			     "--o--\n";

static const struct {
	const char *message;
	const char *item; /* behind "BODY[" */
	const char *want; /* NULL: NIL; "!": refused */
} sections[] = {
	{plain,       "]",					      "Subject: x\r\nX-Y: 1\r\n 2\r\n\r\nbody\r\nend"},
	{plain,       "HEADER]",					"Subject: x\r\nX-Y: 1\r\n 2\r\n\r\n"           },
	{plain,       "TEXT]",					  "body\r\nend"                                  },
	{plain,       "1]",					     "body\r\nend"                                  },
	{plain,       "1.MIME]",					"Subject: x\r\nX-Y: 1\r\n 2\r\n\r\n"           },
	{plain,       "1.1]",					   NULL					   },
	{plain,       "1.TEXT]",					NULL					   },
	{plain,       "1.HEADER]",				      NULL					   },
	{plain,       "2]",					     NULL					   },
	{plain,       "4294967295]",				    NULL					   },
	{plain,       "HEADER.FIELDS (x-y)]",                           "X-Y: 1\r\n 2\r\n\r\n"                         },
	{plain,       "HEADER.FIELDS (A SUBJECT x-y)]",
         "Subject: x\r\nX-Y: 1\r\n 2\r\n\r\n"									  },
	{plain,       "HEADER.FIELDS (none)]",                          "\r\n"                                         },
	{plain,       "HEADER.FIELDS.NOT (x-y \"\")]",                  "Subject: x\r\n\r\n"                           },
	{plain,       "HEADER.FIELDS.NOT (subject X-Y)]",               "\r\n"                                         },
	{plain,       "]<0.7>",					 "Subject"				      },
	{plain,       "]<9.6>",					 "x\r\nX-Y"				     },
	{plain,       "TEXT]<4.3>",				     "\r\ne"					},
	{plain,       "TEXT]<5.3>",				     "\nen"					 },
	{plain,       "TEXT]<6.100>",				   "end"					  },
	{plain,       "TEXT]<9.1>",				     ""					     },
	{plain,       "TEXT]<9223372036854775807.9223372036854775807>", ""                                             },
	{plain,       "HEADER.FIELDS (x-y)]<5.2>",                      "1\r"                                          },
	{plain,       "HEADER.FIELDS (x-y)]<13.5>",                     "\n"                                           },
	{no_header,   "HEADER]",					"\r\n"					 },
	{no_header,   "TEXT]",					  "body\r\n"                                     },
	{no_header,   "]",					      "\r\nbody\r\n"                                 },
	{header_only, "]",					      "Subject: x"                                   },
	{header_only, "HEADER]",					"Subject: x\r\n\r\n"                           },
	{header_only, "HEADER]<9.3>",                                   "x\r\n"                                        },
	{header_only, "HEADER]<10.9>",                                  "\r\n\r\n"                                     },
	{header_only, "HEADER.FIELDS (subject)]",                       "Subject: x\r\n\r\n"                           },
	{header_only, "TEXT]",					  ""					     },
	{header_only, "1]",					     ""					     },
	{"",          "]",					      ""					     },
	{"",          "HEADER]",					"\r\n"					 },
	{"",          "TEXT]",					  ""					     },
	{nested,      "1]",					     "one"					  },
	{nested,      "1.MIME]",					"X: 1\r\n\r\n"                                 },
	{nested,      "2.MIME]",					"Content-Type: message/rfc822\r\n\r\n"         },
	{nested,      "2.HEADER]",
         "Subject: in\r\n"
		"Content-Type: multipart/alternative; boundary=i\r\n\r\n"                                              },
	{nested,      "2.HEADER.FIELDS (subject)]",                     "Subject: in\r\n\r\n"                          },
	{nested,      "2.1]",					   "two one"				      },
	{nested,      "2.2]",					   "two two"				      },
	{nested,      "2.2.MIME]",				      "Content-Type: text/html\r\n\r\n"              },
	{nested,      "2.3]",					   NULL					   },
	{nested,      "2.2.TEXT]",				      NULL					   },
	{nested,      "3]",					     "Subject: last\r\n\r\nthree"                   },
	{nested,      "3.TEXT]",					"three"					},
	{nested,      "3.1]",					   "three"					},
	{nested,      "3.1.MIME]",				      "Subject: last\r\n\r\n"                        },
	{nested,      "3.2]",					   NULL					   },
	{nested,      "4]",					     NULL					   },
	{plain,       "MIME]",					  "!"					    },
	{plain,       "0]",					     "!"					    },
	{plain,       "1.]",					    "!"					    },
	{plain,       ".1]",					    "!"					    },
	{plain,       "1.0]",					   "!"					    },
	{plain,       "FOO]",					   "!"					    },
	{plain,       "1FOO]",					  "!"					    },
	{plain,       "HEADER",					 "!"					    },
	{plain,       "HEADER.FIELDS]",                                 "!"					    },
	{plain,       "HEADER.FIELDS ()]",                              "!"					    },
	{plain,       "HEADER.FIELDS (a]",                              "!"					    },
	{plain,       "]<1>",					   "!"					    },
	{plain,       "]<0.0>",					 "!"					    },
	{plain,       "]<0.1",					  "!"					    },
	{plain,       "]<-1.1>",					"!"					    },
	{plain,       "]<9223372036854775808.1>",                       "!"                                            },
};

/* What the piece holds, as put_section would send it. */
static void
collect(struct piece *p, const struct section *s, struct source *src,
	struct buf *out)
{
	struct wire_count c = WIRE_COUNT;
	char last = '\n';
	struct buf all;

	buf_init(&all, 1 << 20);
	wire_add(&all, src->mem + p->off, p->end - p->off, &last);
	last = '\n';
	wire_count_add(&c, src->mem + p->off, p->end - p->off, &last);
	if (c.octets != p->wire)
		buf_puts(out, "wrong size ");
	buf_adds(&all, p->tail);
	if (!s->partial)
		buf_adds(out, buf_str(&all));
	else {
		struct str rest = buf_str(&all);

		rest = s->start < rest.n ? str_skip(rest, (size_t)s->start)
					 : STR("");
		rest.n = s->count < rest.n ? (size_t)s->count : rest.n;
		buf_adds(out, rest);
	}
	buf_free(&all);
}

static void
find(const char *message, const struct section *s, struct arena *a,
	struct buf *out)
{
	struct wire_count c = WIRE_COUNT;
	struct mime_part *root;
	struct source src;
	struct piece p;
	char last = '\n';

	source_mem(&src, str_of(message));
	wire_count_add(&c, message, strlen(message), &last);
	root = section_need(s) == SECTION_TREE ? mime_parse(&src, a)
					       : mime_parse_header(&src, a);
	section_find(s, root, &src, c.octets, a, &p);
	if (p.nil)
		buf_puts(out, "NIL");
	else
		collect(&p, s, &src, out);
	source_close(&src);
}

/* The lexer wants a connection to read from. */
static bool
parse(const char *text, struct lex *l, struct section *s)
{
	int fd[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return false;
	l->io = io_new(fd[0], fd[0], 1000);
	dprintf(fd[1], "%s\r\n", text);
	lex_begin(l);
	good = section_parse(l, s) && lex_end(l);
	io_free(l->io);
	close(fd[0]);
	close(fd[1]);
	return good;
}

static void
test_sections(void)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const char *want = sections[i].want;
		struct section s = {0};
		struct arena a;
		struct buf out;
		struct lex l;

		arena_init(&a, 1 << 24);
		lex_init(&l, NULL, &a, 1000);
		buf_init(&out, 1 << 20);
		if (parse(sections[i].item, &l, &s))
			find(sections[i].message, &s, &a, &out);
		else
			buf_puts(&out, "!");
		if (!ok(str_is(buf_str(&out), want == NULL ? "NIL" : want),
			    "BODY[%s of a message of %zu octets",
			    sections[i].item, strlen(sections[i].message)))
			printf("# got %s\n", buf_cstr(&out));
		buf_free(&out);
		lex_free(&l);
		arena_free(&a);
	}
}

static const struct {
	const char *promise, *message, *want;
} envelopes[] = {
	{"no field is no string",					 "\n",
         "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"							       },
	{"an empty field is an empty string",                             "Subject:\n\n",
         "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)"							      },
	{"folding is removed, encoded words stay",
         "Subject: =?utf-8?q?a?=\n\t=?utf-8?q?b?=\n\n",					       "(NIL \"=?utf-8?q?a?=\t=?utf-8?q?b?=\" NIL NIL NIL NIL NIL "
		"NIL NIL NIL)"			      },
	{"quotes and backslashes are escaped",                            "Subject: \"\\\n\n",
         "(NIL \"\\\"\\\\\" NIL NIL NIL NIL NIL NIL NIL NIL)"                                                      },
	{"8-bit text is a literal",				       "Subject: gr\xc3\xbcn\n\n",
         "(NIL {5}\r\ngr\xc3\xbcn NIL NIL NIL NIL NIL NIL NIL NIL)"                                                },
	{"Sender and Reply-To are From's when they are missing or empty",
         "From: a@b\nReply-To:\n\n",								  "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) "
		"((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)"                 },
	{"and their own when they are there",
         "From: a@b\nSender: s@b\nReply-To: r@b\n\n",						 "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"s\" \"b\")) "
		"((NIL NIL \"r\" \"b\")) NIL NIL NIL NIL NIL)"},
	{"a list without an address is NIL",                              "To: \nCc:  ,, \n\n",
         "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"							       },
	{"a group opens and closes",				      "To: g: a@b;\n\n",
         "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)"
		"(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)"                                         },
	{"addresses of a field that stands twice are put together",
         "To: a@b\nTo: c@d\n\n",								      "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"b\")"
		"(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)"                          },
};

static const struct {
	const char *promise, *message, *body, *structure;
} structures[] = {
	{"no Content-Type is us-ascii text",              "\nab\n",
         "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
		"\"7bit\" 4 1)",												    "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
		"\"7bit\" 4 1 NIL NIL NIL NIL)"											     },
	{"parameters are pairs, empty fields NIL",
         "Content-Type: image/png; name=\"a\\\"b\"\n"
		"Content-ID: <i>\nContent-Description:\n"
		"Content-Transfer-Encoding: BASE64\n"
		"Content-MD5: Q2hlY2s=\n"
		"Content-Disposition: attachment; filename=x\n"
		"Content-Language: de, en\nContent-Location: /x\n\nab", "(\"image\" \"png\" (\"name\" \"a\\\"b\") \"<i>\" NIL "
		"\"BASE64\" 2)",			     "(\"image\" \"png\" (\"name\" \"a\\\"b\") \"<i>\" NIL "
		"\"BASE64\" 2 \"Q2hlY2s=\" (\"attachment\" (\"filename\" "
		"\"x\")) (\"de\" \"en\") \"/x\")"                    },
	{"a disposition without parameters",
         "Content-Type: a/b\nContent-Disposition: inline\n\n",          "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0)",
         "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0 NIL (\"inline\" NIL) NIL "
		"NIL)"																		      },
	{"a multipart without parts has one",
         "Content-Type: multipart/related\n\nx",			"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
		"\"7bit\" 0 0) \"related\")",				       "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
		"\"7bit\" 0 0 NIL NIL NIL NIL) \"related\" NIL NIL NIL NIL)"   },
	{"a message within has envelope, body and lines",
         "Content-Type: message/rfc822\n\nSubject: s\n\nx\n",           "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 17 (NIL \"s\" "
		"NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" "
		"(\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1) 3)", "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 17 (NIL \"s\" "
		"NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" "
		"(\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL NIL NIL "
		"NIL) 3 NIL NIL NIL NIL)"},
};

enum what {
	ENVELOPE,
	BODY,
	BODYSTRUCTURE
};

static void
compare(const char *promise, const char *message, enum what what,
	const char *want)
{
	struct mime_part *root;
	struct source src;
	struct arena a;
	struct buf out;

	arena_init(&a, 1 << 24);
	buf_init(&out, 1 << 20);
	source_mem(&src, str_of(message));
	root = mime_parse(&src, &a);
	if (what == ENVELOPE)
		envelope_put(&out, &a, root);
	else
		bodystructure_put(&out, &a, root, what == BODYSTRUCTURE);
	if (!ok(str_is(buf_str(&out), want), "%s%s", promise,
		    what == BODY            ? " (BODY)"
		    : what == BODYSTRUCTURE ? " (BODYSTRUCTURE)"
					    : ""))
		printf("# got %s\n", buf_cstr(&out));
	source_close(&src);
	buf_free(&out);
	arena_free(&a);
}

int
main(void)
{
	test_sections();
	for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++)
		compare(envelopes[i].promise, envelopes[i].message, ENVELOPE,
			envelopes[i].want);
	for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]);
		i++) {
		compare(structures[i].promise, structures[i].message, BODY,
			structures[i].body);
		compare(structures[i].promise, structures[i].message,
			BODYSTRUCTURE, structures[i].structure);
	}
	return tap_done();
}
