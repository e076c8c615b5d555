/*
 * The items of FETCH (RFC 3501 6.4.5, 9).
 *
 * The macros stand alone: inside parentheses they are unknown words, as the
 * grammar has it.
 */
#include "imapd/fetch.h"

#include "imapd/resync.h"

enum {
	ALL = FETCH_FLAGS | FETCH_INTERNALDATE | FETCH_SIZE | FETCH_ENVELOPE,
	FAST = FETCH_FLAGS | FETCH_INTERNALDATE | FETCH_SIZE,
	FULL = ALL | FETCH_BODY,
	SECTIONS_MAX = 100
};

struct word {
	const char *name;
	unsigned items;
};

static const struct word macros[] = {
	{"ALL",  ALL },
	{"FAST", FAST},
	{"FULL", FULL},
	{NULL,   0   },
};

static const struct word words[] = {
	{"UID",           FETCH_UID          },
	{"FLAGS",         FETCH_FLAGS        },
	{"INTERNALDATE",  FETCH_INTERNALDATE },
	{"RFC822.SIZE",   FETCH_SIZE         },
	{"ENVELOPE",      FETCH_ENVELOPE     },
	{"BODY",          FETCH_BODY         },
	{"BODYSTRUCTURE", FETCH_BODYSTRUCTURE},
	{"EMAILID",       FETCH_EMAILID      },
	{"THREADID",      FETCH_THREADID     },
	{"SAVEDATE",      FETCH_SAVEDATE     },
	{"MODSEQ",        FETCH_MODSEQ       },
	{NULL,            0		  },
};

/* BODY[...] by the names it had before IMAP4. */
static const struct {
	const char *name;
	enum section_kind kind;
	bool seen;
} old[] = {
	{"RFC822",        SECTION_ALL,    true },
	{"RFC822.HEADER", SECTION_HEADER, false},
	{"RFC822.TEXT",   SECTION_TEXT,   true },
};

/* RFC 3516 4.2 */
static const struct {
	const char *name;
	bool seen, size;
} binary[] = {
	{"BINARY",      true,  false},
	{"BINARY.PEEK", false, false},
	{"BINARY.SIZE", false, true },
};

static bool
find_word(const struct word *w, struct str name, struct fetch *f)
{
	for (; w->name != NULL; w++) {
		if (str_iis(name, w->name)) {
			f->items |= w->items;
			return true;
		}
	}
	return false;
}

static struct section *
new_section(struct lex *l, struct fetch *f)
{
	struct section *s = arena_alloc(l->arena, sizeof(*s));

	*f->last = s;
	f->last = &s->next;
	f->nsection++;
	return s;
}

static bool
find_old(struct lex *l, struct str name, struct fetch *f)
{
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		if (!str_iis(name, old[i].name))
			continue;
		section_old(
			new_section(l, f), old[i].kind, str_of(old[i].name));
		f->seen = f->seen || old[i].seen;
		return true;
	}
	return false;
}

/* " (LAZY)", where it is not a modifier of FETCH itself (RFC 8970 4). */
static bool
lazy(struct lex *l)
{
	size_t at = l->at;
	struct str word;

	if (lex_take(l, ' ') && lex_take(l, '(') && lex_atom(l, &word) &&
		str_iis(word, "LAZY") && lex_take(l, ')'))
		return true;
	l->at = at;
	return false;
}

static bool
parse_item(struct lex *l, struct str name, struct fetch *f)
{
	bool peek = str_iis(name, "BODY.PEEK");

	if (f->nsection == SECTIONS_MAX)
		return lex_refuse(l, "Too many sections");
	if ((peek || str_iis(name, "BODY")) && lex_take(l, '[')) {
		f->seen = f->seen || !peek;
		return section_parse(l, new_section(l, f));
	}
	for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++) {
		if (!str_iis(name, binary[i].name) || !lex_take(l, '['))
			continue;
		f->seen = f->seen || binary[i].seen;
		return section_parse_binary(
			l, new_section(l, f), binary[i].size);
	}
	if (str_iis(name, "PREVIEW")) {
		f->items |= FETCH_PREVIEW;
		f->lazy = lazy(l);
		return l->why == NULL;
	}
	return find_word(words, name, f) || find_old(l, name, f) ||
	       lex_refuse(l, "Unknown item to fetch");
}

static bool
parse_list(struct lex *l, struct fetch *f)
{
	struct str name;
	bool first = true;

	do {
		if (!first && !lex_space(l))
			return false;
		if (!lex_word(l, &name) || !parse_item(l, name, f))
			return false;
		first = false;
	} while (!lex_take(l, ')'));
	return true;
}

bool
fetch_parse(struct lex *l, struct fetch *f)
{
	struct str name;

	*f = (struct fetch){0};
	f->last = &f->section;
	if (lex_take(l, '('))
		return parse_list(l, f);
	return lex_word(l, &name) &&
	       (find_word(macros, name, f) || parse_item(l, name, f));
}

bool
fetch_parse_optional(struct lex *l, struct fetch **out)
{
	size_t at = l->at;

	*out = NULL;
	if (!lex_take(l, ' ') || !lex_at(l, '(')) {
		l->at = at;
		return true;
	}
	*out = arena_alloc(l->arena, sizeof(**out));
	return fetch_parse(l, *out);
}

static bool
modifier(struct lex *l, struct fetch *f)
{
	struct str name;

	if (!lex_atom(l, &name))
		return false;
	if (str_iis(name, "VANISHED"))
		return f->vanished = true;
	if (str_iis(name, "PARTIAL")) {
		f->paged = true;
		return lex_space(l) && partial_parse(l, &f->page);
	}
	if (!str_iis(name, "CHANGEDSINCE"))
		return lex_refuse(l, "Unknown modifier");
	f->changed = true;
	f->items |= FETCH_MODSEQ;
	return lex_space(l) && resync_modseq(l, &f->since);
}

bool
fetch_modifiers(struct lex *l, struct fetch *f)
{
	if (!lex_at(l, ' '))
		return true;
	if (!lex_space(l) || !lex_expect(l, '('))
		return false;
	do {
		if (!modifier(l, f))
			return false;
	} while (!lex_at(l, ')') && lex_space(l));
	return lex_expect(l, ')');
}
