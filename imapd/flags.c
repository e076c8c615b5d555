/*
 * Reading flags.  System flags are known to be right before any keyword is
 * made, so a command that is refused leaves no new keyword behind.
 */
#include "imapd/flags.h"

#include "imapd/resp.h"

bool
flags_read(struct lex *l, struct flag_names *f)
{
	size_t most = 1;
	bool list = lex_take(l, '(');

	for (size_t i = l->at; i < l->line.n; i++)
		most += l->line.p[i] == ' ';
	f->name = arena_array(l->arena, most, sizeof(*f->name));
	f->n = 0;
	if (list && lex_take(l, ')'))
		return true;
	do {
		if (!lex_flag(l, &f->name[f->n++]))
			return false;
	} while (lex_at(l, ' ') && f->n < most && lex_space(l));
	return !list || lex_expect(l, ')');
}

/* \Recent is the server's, and no other name with a backslash is known. */
static bool
system_flag(struct lex *l, struct str name, uint32_t *bits)
{
	for (size_t i = 0; i < RESP_FLAGS; i++) {
		if (str_iis(name, resp_flags[i].name)) {
			*bits |= resp_flags[i].bit;
			return true;
		}
	}
	return lex_refuse(l, "Not a flag that can be stored");
}

bool
flags_system(struct lex *l, const struct flag_names *f, uint32_t *bits)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->name[i].p[0] == '\\' &&
			!system_flag(l, f->name[i], bits))
			return false;
	return true;
}

int
flags_keywords(struct mailbox *mb, const struct flag_names *f, bool make,
	uint64_t *bits)
{
	for (size_t i = 0; i < f->n; i++) {
		int bit;

		if (f->name[i].p[0] == '\\')
			continue;
		bit = mailbox_keyword(mb, f->name[i], make);
		if (bit >= 0)
			*bits |= UINT64_C(1) << bit;
		else if (make)
			return -1;
	}
	return 0;
}
