/*
 * Names of one scan in a hash table.  100,000 names cost some 10 MB for the
 * moment of a scan and nothing after it.
 */
#include "common/mailbox_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

enum {
	SLOTS_FIRST = 1024
};

void
scan_init(struct scan *s)
{
	*s = (struct scan){0};
	arena_init(&s->names, SIZE_MAX / 2);
}

void
scan_free(struct scan *s)
{
	arena_free(&s->names);
	free(s->f);
	free(s->slot);
	scan_init(s);
}

static size_t
hash(struct str base)
{
	uint64_t h = 0xcbf29ce484222325u;

	while (base.n >= sizeof(uint64_t)) {
		uint64_t w;

		memcpy(&w, base.p, sizeof(w));
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
		base = str_skip(base, sizeof(w));
	}
	for (size_t i = 0; i < base.n; i++)
		h = (h ^ (unsigned char)base.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

static struct str
base_of(const struct found *f)
{
	return (struct str){f->name, f->base_n};
}

/* The slot of that base, or the empty one where it belongs. */
static uint32_t *
slot_of(struct scan *s, struct str base)
{
	size_t i = hash(base) & (s->slots - 1);

	while (s->slot[i] != 0 && !str_eq(base_of(&s->f[s->slot[i] - 1]), base))
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void
grow(struct scan *s)
{
	size_t cap = s->cap == 0 ? SLOTS_FIRST / 2 : s->cap * 2;

	s->f = reallocarray(s->f, cap, sizeof(*s->f));
	free(s->slot);
	s->slots = cap * 2;
	s->slot = calloc(s->slots, sizeof(*s->slot));
	if (s->f == NULL || s->slot == NULL)
		die("out of memory");
	s->cap = cap;
	for (size_t i = 0; i < s->n; i++)
		*slot_of(s, base_of(&s->f[i])) = (uint32_t)i + 1;
}

struct found *
scan_find(struct scan *s, struct str base)
{
	uint32_t at = s->slots == 0 ? 0 : *slot_of(s, base);

	return at == 0 ? NULL : &s->f[at - 1];
}

struct found *
scan_add(struct scan *s, struct str name, enum maildir_sub sub)
{
	ptrdiff_t colon = str_find(name, ':');
	struct str base = {name.p, colon == -1 ? name.n : (size_t)colon};
	struct found *f;
	uint32_t *slot;

	if (name.n > UINT16_MAX || base.n == 0 || s->n >= UINT32_MAX - 1)
		return NULL;
	if (s->n == s->cap)
		grow(s);
	slot = slot_of(s, base);
	if (*slot == 0) {
		*slot = (uint32_t)++s->n;
		s->f[s->n - 1] = (struct found){0};
	}
	f = &s->f[*slot - 1];
	if (f->name == NULL || !str_eq((struct str){f->name, f->n}, name)) {
		f->name = arena_cstr(&s->names, name);
		f->n = (uint16_t)name.n;
		f->base_n = (uint16_t)base.n;
		f->same = false;
	}
	f->same = f->same && f->sub == sub;
	f->sub = (uint8_t)sub;
	return f;
}

struct into {
	struct scan *scan;
	enum maildir_sub sub;
};

static int
add(void *ctx, const char *name, size_t len)
{
	const struct into *to = ctx;

	(void)scan_add(to->scan, (struct str){name, len}, to->sub);
	return 0;
}

int
scan_dir(struct scan *s, struct maildir *md, enum maildir_sub sub)
{
	struct into to = {s, sub};

	return maildir_scan(md, sub, add, &to);
}
