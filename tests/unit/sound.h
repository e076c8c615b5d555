/*
 * What must hold for the tree of any message whatever: sizes agree with what
 * wire says about the same slices, and parts lie inside and behind each other.
 */
#ifndef TESTS_UNIT_SOUND_H
#define TESTS_UNIT_SOUND_H

#include "common/mime.h"
#include "common/wire.h"

#include <string.h>

struct sound {
	struct source *s;
	uint32_t parts;
	const char *wrong; /* the first promise that does not hold */
};

static inline void
expect(struct sound *c, bool good, const char *promise)
{
	if (!good && !c->wrong)
		c->wrong = promise;
}

static inline void
sound_sizes(struct sound *c, const struct mime_part *p)
{
	struct wire_count head, body;

	if (wire_measure(c->s, p->off, p->body, &head) == -1 ||
		wire_measure(c->s, p->body, p->end, &body) == -1)
		expect(c, false, "slices can be measured");
	expect(c, p->header_wire == head.octets, "header octets");
	expect(c, p->body_wire == body.octets, "body octets");
	expect(c, p->body_lines == body.lines, "body lines");
	expect(c, p->eol == body.eol, "the body's last line end");
}

static inline void
sound_fields(struct sound *c, const struct mime_part *p)
{
	for (uint32_t i = 0; i < p->nfield; i++) {
		const struct mime_field *f = &p->field[i];

		expect(c, f->whole.n > 0, "fields have octets");
		expect(c, f->value.n <= f->whole.n, "values lie in fields");
		expect(c, str_trim(f->name).n == f->name.n,
			"names have no blanks around them");
		expect(c, str_find(f->name, '\n') == -1, "names are one line");
		if (i > 0)
			expect(c,
				p->field[i - 1].whole.p +
						p->field[i - 1].whole.n ==
					f->whole.p,
				"fields lie one behind another");
	}
}

static inline void
sound_part(struct sound *c, const struct mime_part *p, int depth)
{
	uint64_t behind = p->body;
	uint32_t n = 0;

	c->parts++;
	expect(c, depth <= MIME_DEPTH, "depth");
	expect(c, p->off <= p->body && p->body <= p->end, "offsets ascend");
	expect(c, p->end <= c->s->size, "the end lies in the file");
	expect(c, p->type.n > 0 && p->subtype.n > 0, "a type");
	sound_sizes(c, p);
	sound_fields(c, p);
	for (const struct mime_part *k = p->child; k; k = k->next) {
		expect(c, k->parent == p, "parents");
		expect(c, k->off >= behind, "parts do not overlap");
		expect(c, k->end <= p->end, "parts lie in their parents");
		behind = k->end;
		n++;
		sound_part(c, k, depth + 1);
	}
	expect(c, n == p->nchild, "the number of parts");
	expect(c, p->multipart ? n > 0 : n == p->message,
		"parts where parts belong");
}

/* NULL, or the promise that was broken. */
static inline const char *
tree_sound(struct source *s, const struct mime_part *root)
{
	struct sound c = {s, 0, NULL};

	expect(&c, root->off == 0 && root->end == s->size, "all is covered");
	sound_part(&c, root, 0);
	expect(&c, c.parts <= MIME_PARTS + MIME_DEPTH, "the number of parts");
	return c.wrong;
}

#endif
