/*
 * Names of one scan in a hash table.  100,000 names cost some 10 MB for the
 * moment of a scan and nothing after it.  The hash lies beside the index, so
 * that a name is only looked at (a cache miss, or two) when it is the right
 * one.
 */
#include "common/mailbox_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/big.h"

enum {
	SLOTS_FIRST = 1024
};

void
scan_init(struct scan *s)
{
	*s = (struct scan){0};
	arena_init(&s->names, SIZE_MAX / 2);
	s->names.big = true;
}

void
scan_free(struct scan *s)
{
	arena_free(&s->names);
	big_free(s->f);
	big_free(s->slot);
	scan_init(s);
}

static uint32_t
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
	if (base.n > 0) {
		uint64_t w = base.n;

		memcpy(&w, base.p, base.n);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
	}
	return (uint32_t)(h >> 32);
}

struct str
scan_base(struct str name)
{
	const char *colon = name.n == 0 ? NULL : memchr(name.p, ':', name.n);

	if (colon != NULL)
		name.n = (size_t)(colon - name.p);
	return name;
}

static struct str
base_of(const struct found *f)
{
	return (struct str){f->name, f->base_n};
}

/* The slot of that base, or the empty one where it belongs. */
static struct scan_slot *
slot_of(struct scan *s, struct str base, uint32_t h)
{
	size_t i = h & (s->slots - 1);

	while (s->slot[i].at != 0 &&
		(s->slot[i].hash != h ||
			!str_eq(base_of(&s->f[s->slot[i].at - 1]), base)))
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void
make_room(struct scan *s, size_t cap)
{
	struct scan_slot *old = s->slot;
	size_t slots = s->slots;

	s->f = big_grow(s->f, s->cap, cap, sizeof(*s->f));
	s->slots = cap * 2;
	s->slot = big_alloc(s->slots, sizeof(*s->slot));
	s->cap = cap;
	for (size_t k = 0; k < slots; k++) {
		size_t i = old[k].hash & (s->slots - 1);

		if (old[k].at == 0)
			continue;
		while (s->slot[i].at != 0)
			i = (i + 1) & (s->slots - 1);
		s->slot[i] = old[k];
	}
	big_free(old);
}

void
scan_expect(struct scan *s, size_t n)
{
	size_t cap = SLOTS_FIRST / 2;

	while (cap < n)
		cap *= 2;
	if (cap > s->cap)
		make_room(s, cap);
}

struct found *
scan_find(struct scan *s, struct str base)
{
	uint32_t at = s->slots == 0 ? 0 : slot_of(s, base, hash(base))->at;

	return at == 0 ? NULL : &s->f[at - 1];
}

void
scan_find_all(
	struct scan *s, const struct str *name, size_t n, struct found **out)
{
	uint32_t h[SCAN_BATCH];

	for (size_t i = 0; i < n; i++) {
		h[i] = hash(scan_base(name[i]));
		__builtin_prefetch(&s->slot[h[i] & (s->slots - 1)]);
	}
	/* Most often it is the first slot, and the first file. */
	for (size_t i = 0; i < n; i++) {
		uint32_t at = s->slot[h[i] & (s->slots - 1)].at;

		out[i] = at == 0 ? NULL : &s->f[at - 1];
		__builtin_prefetch(out[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (out[i] != NULL) {
			__builtin_prefetch(out[i]->name);
			__builtin_prefetch(out[i]->name + 63);
		}
	for (size_t i = 0; i < n; i++)
		out[i] = scan_find(s, scan_base(name[i]));
}

static bool
is_name(const struct scan *s, struct str name)
{
	return name.n > 0 && name.n <= UINT16_MAX && name.p[0] != ':' &&
	       s->n < UINT32_MAX - 1;
}

static void
set_name(struct scan *s, struct found *f, struct str name)
{
	f->name = arena_cstr(&s->names, name);
	f->n = (uint16_t)name.n;
	f->base_n = (uint16_t)scan_base(name).n;
}

/* A file that is in no slot yet. */
static struct found *
append(struct scan *s, struct str name, uint32_t h, enum maildir_sub sub)
{
	struct found *f;

	if (s->n == s->cap)
		make_room(s, s->cap == 0 ? SLOTS_FIRST / 2 : s->cap * 2);
	f = &s->f[s->n++];
	*f = (struct found){.hash = h, .sub = (uint8_t)sub};
	set_name(s, f, name);
	return f;
}

/* The file was seen before: it is where it is now. */
static void
seen_again(struct found *f, const struct found *now)
{
	f->same = f->same && f->sub == now->sub && f->n == now->n &&
		  memcmp(f->name, now->name, f->n) == 0;
	f->name = now->name;
	f->n = now->n;
	f->sub = now->sub;
}

struct found *
scan_add(struct scan *s, struct str name, enum maildir_sub sub)
{
	struct scan_slot *slot;
	struct found *f;
	uint32_t h;

	if (!is_name(s, name))
		return NULL;
	h = hash(scan_base(name));
	f = append(s, name, h, sub);
	slot = slot_of(s, base_of(f), h);
	if (slot->at == 0) {
		*slot = (struct scan_slot){h, (uint32_t)s->n};
		return f;
	}
	seen_again(&s->f[slot->at - 1], f);
	s->n--;
	return &s->f[slot->at - 1];
}

/* Those from `first` on get their slots. */
static void
enter_all(struct scan *s, size_t first)
{
	size_t end = s->n;

	s->n = first;
	for (size_t i = first; i < end; i++) {
		const struct found f = s->f[i];
		struct scan_slot *slot;

		if (i + SCAN_BATCH < end)
			__builtin_prefetch(&s->slot[s->f[i + SCAN_BATCH].hash &
						    (s->slots - 1)],
				1);
		slot = slot_of(s, base_of(&f), f.hash);
		if (slot->at == 0) {
			s->f[s->n++] = f;
			*slot = (struct scan_slot){f.hash, (uint32_t)s->n};
		} else
			seen_again(&s->f[slot->at - 1], &f);
	}
}

struct into {
	struct scan *scan;
	enum maildir_sub sub;
};

static int
add(void *ctx, const char *name, size_t len)
{
	const struct into *to = ctx;
	struct str s = {name, len};

	if (is_name(to->scan, s))
		(void)append(to->scan, s, hash(scan_base(s)), to->sub);
	return 0;
}

int
scan_dir(struct scan *s, struct maildir *md, enum maildir_sub sub)
{
	struct into to = {s, sub};
	size_t first = s->n;
	int rc = maildir_scan(md, sub, add, &to);

	if (s->n > first && scan_sort(s)) {
		if (first > 0)
			memset(s->slot, 0, s->slots * sizeof(*s->slot));
		first = 0;
	}
	enter_all(s, first);
	return rc;
}
