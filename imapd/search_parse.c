/*
 * From the words of a search program to its tree (RFC 9051 6.4.4).
 *
 * Clients nest deeply and list thousands of ids, so depth and number are
 * bounded, and a chain of NOTs counts as depth.  Text comes in the command's
 * charset and becomes UTF-8 here; when the charset is none we know, the rest
 * is read all the same, because a syntax error is BAD before it is NO.
 */
#include "imapd/search.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/date.h"
#include "common/decode.h"

enum {
	DEPTH_MAX = 64,
	KEYS_MAX = 20000
};

/* What follows the word. */
enum argument {
	ARG_NONE,
	ARG_KEY,
	ARG_TWO_KEYS,
	ARG_TEXT,
	ARG_HEADER,
	ARG_KEYWORD,
	ARG_BEFORE,
	ARG_ON,
	ARG_SINCE,
	ARG_LARGER,
	ARG_SMALLER,
	ARG_OLDER,
	ARG_YOUNGER,
	ARG_MODSEQ,
	ARG_UIDS,
	ARG_ABOVE,
	ARG_BELOW
};

struct word {
	const char *name;
	enum argument arg;
	enum search_kind kind;
	bool negate;
	int what; /* flag, or field */
};

static const struct word words[] = {
	{"ALL",               ARG_NONE,     SEARCH_ALL,          false, 0           },
	{"ANSWERED",          ARG_NONE,     SEARCH_FLAG,         false, MSG_ANSWERED},
	{"BCC",               ARG_TEXT,     SEARCH_FIELD,        false, KEY_BCC     },
	{"BEFORE",            ARG_BEFORE,   SEARCH_INTERNALDATE, false, 0           },
	{"BODY",              ARG_TEXT,     SEARCH_BODY,         false, 0           },
	{"CC",		ARG_TEXT,     SEARCH_FIELD,        false, KEY_CC      },
	{"DELETED",           ARG_NONE,     SEARCH_FLAG,         false, MSG_DELETED },
	{"DRAFT",             ARG_NONE,     SEARCH_FLAG,         false, MSG_DRAFT   },
	{"EMAILID",           ARG_KEYWORD,  SEARCH_EMAILID,      false, 0           },
	{"FLAGGED",           ARG_NONE,     SEARCH_FLAG,         false, MSG_FLAGGED },
	{"FROM",              ARG_TEXT,     SEARCH_FIELD,        false, KEY_FROM    },
	{"HEADER",            ARG_HEADER,   SEARCH_HEADER,       false, 0           },
	{"KEYWORD",           ARG_KEYWORD,  SEARCH_KEYWORD,      false, 0           },
	{"LARGER",            ARG_LARGER,   SEARCH_SIZE,         false, 0           },
	{"MODSEQ",            ARG_MODSEQ,   SEARCH_MODSEQ,       false, 0           },
	{"NEW",               ARG_NONE,     SEARCH_AND,          false, 0           },
	{"NOT",               ARG_KEY,      SEARCH_AND,          true,  0           },
	{"OLD",               ARG_NONE,     SEARCH_RECENT,       true,  0           },
	{"OLDER",             ARG_OLDER,    SEARCH_AGE,          false, 0           },
	{"ON",		ARG_ON,       SEARCH_INTERNALDATE, false, 0           },
	{"OR",		ARG_TWO_KEYS, SEARCH_OR,           false, 0           },
	{"RECENT",            ARG_NONE,     SEARCH_RECENT,       false, 0           },
	{"SAVEDATESUPPORTED", ARG_NONE,     SEARCH_ALL,          false, 0           },
	{"SAVEDBEFORE",       ARG_BEFORE,   SEARCH_SAVEDATE,     false, 0           },
	{"SAVEDON",           ARG_ON,       SEARCH_SAVEDATE,     false, 0           },
	{"SAVEDSINCE",        ARG_SINCE,    SEARCH_SAVEDATE,     false, 0           },
	{"SEEN",              ARG_NONE,     SEARCH_FLAG,         false, MSG_SEEN    },
	{"SENTBEFORE",        ARG_BEFORE,   SEARCH_SENTDATE,     false, 0           },
	{"SENTON",            ARG_ON,       SEARCH_SENTDATE,     false, 0           },
	{"SENTSINCE",         ARG_SINCE,    SEARCH_SENTDATE,     false, 0           },
	{"SINCE",             ARG_SINCE,    SEARCH_INTERNALDATE, false, 0           },
	{"SMALLER",           ARG_SMALLER,  SEARCH_SIZE,         false, 0           },
	{"SUBJECT",           ARG_TEXT,     SEARCH_FIELD,        false, KEY_SUBJECT },
	{"TEXT",              ARG_TEXT,     SEARCH_TEXT,         false, 0           },
 /* No message has one (RFC 8474 5.3). */
	{"THREADID",          ARG_KEYWORD,  SEARCH_ALL,          true,  0           },
	{"TO",		ARG_TEXT,     SEARCH_FIELD,        false, KEY_TO      },
	{"UID",               ARG_UIDS,     SEARCH_UIDS,         false, 0           },
	{"UIDAFTER",          ARG_ABOVE,    SEARCH_UIDS,         false, 0           },
	{"UIDBEFORE",         ARG_BELOW,    SEARCH_UIDS,         false, 0           },
	{"UNANSWERED",        ARG_NONE,     SEARCH_FLAG,         true,  MSG_ANSWERED},
	{"UNDELETED",         ARG_NONE,     SEARCH_FLAG,         true,  MSG_DELETED },
	{"UNDRAFT",           ARG_NONE,     SEARCH_FLAG,         true,  MSG_DRAFT   },
	{"UNFLAGGED",         ARG_NONE,     SEARCH_FLAG,         true,  MSG_FLAGGED },
	{"UNKEYWORD",         ARG_KEYWORD,  SEARCH_KEYWORD,      true,  0           },
	{"UNSEEN",            ARG_NONE,     SEARCH_FLAG,         true,  MSG_SEEN    },
	{"YOUNGER",           ARG_YOUNGER,  SEARCH_AGE,          false, 0           },
};

static bool parse_key(
	struct lex *l, struct search *s, int depth, struct search_key **out);

static bool
new_key(struct lex *l, struct search *s, enum search_kind kind,
	struct search_key **out)
{
	struct search_key *k;

	*out = NULL;
	if (s->keys++ == KEYS_MAX)
		return lex_refuse(l, "Too many search keys");
	k = arena_alloc(l->arena, sizeof(*k));
	k->kind = kind;
	k->min = INT64_MIN;
	k->max = INT64_MAX;
	k->made = s->made;
	s->made = k;
	set_init(&k->uids);
	*out = k;
	return true;
}

/* A text in the command's charset, as UTF-8. */
static bool
parse_text(struct lex *l, struct search *s, struct search_key *k)
{
	struct str in;
	struct buf out;

	if (!lex_astring(l, &in))
		return false;
	buf_init(&out, in.n * CHARSET_GROWTH + 1024);
	if (!s->bad_charset)
		charset_convert(s->charset, in, &out);
	k->text = arena_str(l->arena, buf_str(&out));
	buf_free(&out);
	finder_init(&k->finder, k->text);
	return true;
}

/* A name that the index knows is looked for there. */
static bool
parse_header(struct lex *l, struct search *s, struct search_key *k)
{
	if (!lex_astring(l, &k->name) || !lex_space(l))
		return false;
	k->field = key_field(k->name);
	if (k->field != KEY_FIELDS)
		k->kind = SEARCH_FIELD;
	return parse_text(l, s, k);
}

/* In quotes or not: clients send both. */
static bool
parse_day(struct lex *l, int64_t *day)
{
	struct str date;

	if (!lex_astring(l, &date))
		return false;
	return date_parse_day(date, day) || lex_refuse(l, "Invalid date");
}

static bool
parse_number(struct lex *l, int64_t *out)
{
	uint64_t n;

	if (!lex_number64(l, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* MODSEQ ["/flags/x" all] n: there is one modseq for all of a message
 * (RFC 7162 3.1.5). */
static bool
parse_modseq(struct lex *l, struct search *s, struct search_key *k)
{
	struct str entry, type;

	if (lex_at(l, '"') && (!lex_string(l, &entry) || !lex_space(l) ||
				      !lex_word(l, &type) || !lex_space(l)))
		return false;
	s->modseq = true;
	return parse_number(l, &k->min);
}

/* All UIDs above one, or below: never that one itself, as n:* would have it
 * (RFC 9738 3.2). */
static bool
parse_bound(struct lex *l, struct seqset *s, bool above)
{
	uint32_t uid;

	if (!lex_number(l, &uid))
		return false;
	if (uid == 0)
		return lex_refuse(l, "Invalid number");
	s->range = arena_array(l->arena, 1, sizeof(*s->range));
	if (above && uid < UINT32_MAX)
		s->range[s->n++] = (struct seqrange){uid + 1, UINT32_MAX};
	else if (!above && uid > 1)
		s->range[s->n++] = (struct seqrange){1, uid - 1};
	return true;
}

static bool
parse_age(struct lex *l, int64_t *seconds)
{
	if (!parse_number(l, seconds))
		return false;
	return *seconds > 0 || lex_refuse(l, "Invalid number");
}

static bool
parse_children(
	struct lex *l, struct search *s, struct search_key *k, int n, int depth)
{
	struct search_key **end = &k->child;

	for (int i = 0; i < n; i++) {
		if ((i > 0 && !lex_space(l)) || !parse_key(l, s, depth, end))
			return false;
		end = &(*end)->next;
	}
	return true;
}

static bool
parse_argument(struct lex *l, struct search *s, enum argument arg,
	struct search_key *k, int depth)
{
	int64_t n = 0;
	bool good = false;

	s->identities = s->identities || k->kind == SEARCH_EMAILID ||
			k->kind == SEARCH_SAVEDATE;
	s->ages = s->ages || k->kind == SEARCH_AGE;
	switch (arg) {
	case ARG_NONE:
		return true;
	case ARG_KEY:
		return parse_children(l, s, k, 1, depth + 1);
	case ARG_TWO_KEYS:
		return parse_children(l, s, k, 2, depth + 1);
	case ARG_TEXT:
		return parse_text(l, s, k);
	case ARG_HEADER:
		return parse_header(l, s, k);
	case ARG_KEYWORD:
		return lex_atom(l, &k->name);
	case ARG_UIDS:
		return lex_seqset(l, &k->asked);
	case ARG_ABOVE:
		return parse_bound(l, &k->asked, true);
	case ARG_BELOW:
		return parse_bound(l, &k->asked, false);
	case ARG_MODSEQ:
		return parse_modseq(l, s, k);
	case ARG_BEFORE:
		good = parse_day(l, &n);
		k->max = n - 1;
		break;
	case ARG_ON:
		good = parse_day(l, &n);
		k->min = k->max = n;
		break;
	case ARG_SINCE:
		good = parse_day(l, &k->min);
		break;
	case ARG_LARGER:
		good = parse_number(l, &n);
		k->min = n < INT64_MAX ? n + 1 : n;
		break;
	case ARG_SMALLER:
		good = parse_number(l, &n);
		k->max = n - 1;
		break;
	case ARG_OLDER:
		good = parse_age(l, &k->min);
		break;
	case ARG_YOUNGER:
		good = parse_age(l, &k->max);
		break;
	}
	return good;
}

/* Local midnight of a day, so that days are compared as INTERNALDATE shows
 * them. */
static int64_t
midnight(int64_t day)
{
	struct tm tm = {.tm_mday = 1, .tm_year = 70, .tm_isdst = -1};

	if (day == INT64_MIN || day == INT64_MAX)
		return day;
	tm.tm_mday = (int)(1 + day);
	return mktime(&tm);
}

/* Days and ages become moments. */
static void
set_moments(const struct search *s, struct search_key *k)
{
	int64_t oldest = k->max;

	switch (k->kind) {
	case SEARCH_INTERNALDATE:
	case SEARCH_SAVEDATE:
		k->min = midnight(k->min);
		k->max = k->max == INT64_MAX ? INT64_MAX
					     : midnight(k->max + 1) - 1;
		break;
	case SEARCH_AGE:
		k->max = k->min == INT64_MIN ? INT64_MAX : s->now - k->min;
		k->min = oldest == INT64_MAX ? INT64_MIN : s->now - oldest;
		break;
	default:
		break;
	}
}

/* NEW is RECENT UNSEEN. */
static bool
add_new(struct lex *l, struct search *s, struct search_key *k)
{
	struct search_key *unseen;

	if (!new_key(l, s, SEARCH_RECENT, &k->child) ||
		!new_key(l, s, SEARCH_FLAG, &unseen))
		return false;
	unseen->flags = MSG_SEEN;
	unseen->negate = true;
	k->child->next = unseen;
	return true;
}

static bool
parse_word(struct lex *l, struct search *s, int depth, struct search_key **out)
{
	const struct word *w = NULL;
	struct str name;
	struct search_key *k;

	if (!lex_word(l, &name))
		return lex_refuse(l, "Expected a search key");
	for (size_t i = 0; w == NULL && i < sizeof(words) / sizeof(*words); i++)
		if (str_iis(name, words[i].name))
			w = &words[i];
	if (w == NULL)
		return lex_refuse(l, "Unknown search key");
	if (!new_key(l, s, w->kind, &k))
		return false;
	*out = k;
	k->negate = w->negate;
	if (w->kind == SEARCH_FLAG)
		k->flags = (uint32_t)w->what;
	else
		k->field = (enum key_field)w->what;
	if (str_iis(name, "NEW"))
		return add_new(l, s, k);
	if ((w->arg != ARG_NONE && !lex_space(l)) ||
		!parse_argument(l, s, w->arg, k, depth))
		return false;
	set_moments(s, k);
	return true;
}

/* Keys up to the end of the command, or to the parenthesis. */
static bool
parse_all(struct lex *l, struct search *s, bool inside, int depth,
	struct search_key **out)
{
	struct search_key *k = NULL, **end;

	if (!new_key(l, s, SEARCH_AND, out))
		return false;
	end = &(*out)->child;
	do {
		if (!parse_key(l, s, depth, &k) || k == NULL)
			return false;
		*end = k;
		end = &k->next;
	} while (lex_at(l, ' ') && lex_space(l) && l->at < l->line.n);
	return inside ? lex_expect(l, ')') : lex_end(l);
}

static bool
parse_key(struct lex *l, struct search *s, int depth, struct search_key **out)
{
	if (depth > DEPTH_MAX)
		return lex_refuse(l, "Search nested too deep");
	if (lex_take(l, '('))
		return parse_all(l, s, true, depth + 1, out);
	if (l->at < l->line.n && (ascii_digit(l->line.p[l->at]) ||
					 lex_at(l, '*') || lex_at(l, '$'))) {
		bool number = !lex_at(l, '$');

		s->numbers = s->numbers || number;
		/* RFC 9586 3.5 */
		return (!number || lex_may_number(l)) &&
		       new_key(l, s, SEARCH_NUMBERS, out) &&
		       lex_seqset(l, &(*out)->asked);
	}
	return parse_word(l, s, depth, out);
}

bool
search_parse_keys(struct lex *l, struct str charset, struct search *s)
{
	*s = (struct search){.charset = charset, .now = time(NULL)};
	s->bad_charset = charset.n > 0 && !charset_known(charset);
	return parse_all(l, s, false, 0, &s->root);
}

bool
search_parse(struct lex *l, struct search *s)
{
	struct str charset = {0}, word;
	size_t at = l->at;

	*s = (struct search){0};
	if (lex_at(l, '(') || lex_at(l, '*') || lex_at(l, '$'))
		return search_parse_keys(l, charset, s);
	if (!lex_word(l, &word))
		return false;
	if (!str_iis(word, "CHARSET")) {
		l->at = at;
		return search_parse_keys(l, charset, s);
	}
	return lex_space(l) && lex_astring(l, &charset) && lex_space(l) &&
	       search_parse_keys(l, charset, s);
}

bool
search_may(struct imap *im, const struct search *s)
{
	return s->charset.n == 0 || !imap_enabled(im, ENABLED_UTF8) ||
	       lex_refuse(&im->lex, "No CHARSET after ENABLE UTF8=ACCEPT");
}

struct reply
search_bad_charset(void)
{
	return reply_no("[BADCHARSET (US-ASCII UTF-8)] Unknown charset");
}

struct reply
search_done(const struct search *s)
{
	return s->failed == 0
		       ? reply_ok("Done")
		       : reply_no("[SERVERBUG] Some messages cannot be read");
}

void
search_free(struct search *s)
{
	for (struct search_key *k = s->made; k != NULL; k = k->made) {
		set_free(&k->uids);
		finder_free(&k->finder);
	}
	s->made = NULL;
}
