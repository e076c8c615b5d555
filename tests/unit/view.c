/*
 * Message numbers: what a client was told stays true until it is told again.
 */
#include "imapd/view.h"

#include "tap.h"

static void
fill(struct view *v, uint32_t from, uint32_t to)
{
	for (uint32_t uid = from; uid <= to; uid++)
		view_add(v, uid, false);
}

static void
vanish(struct view *v, uint32_t lo, uint32_t hi)
{
	struct set s;

	set_init(&s);
	set_add_run(&s, lo, hi);
	view_vanish(v, &s);
	set_free(&s);
}

static bool
numbers(struct view *v, uint32_t lo, uint32_t hi, const char *want)
{
	struct set in, out;
	struct buf b;
	bool good;

	set_init(&in);
	set_init(&out);
	buf_init(&b, 1000);
	set_add_run(&in, lo, hi);
	good = view_numbers(v, &in, &out);
	set_print(&out, &b);
	good = want == NULL ? !good : good && str_is(buf_str(&b), want);
	set_free(&in);
	set_free(&out);
	buf_free(&b);
	return good;
}

static void
test_numbers(void)
{
	struct view v;

	view_init(&v);
	ok(view_count(&v) == 0 && view_number(&v, 1) == 0,
		"an empty mailbox has no numbers");
	ok(numbers(&v, 1, 1, NULL), "not even number 1");
	fill(&v, 10, 12);
	fill(&v, 20, 22);
	ok(view_count(&v) == 6, "all messages count");
	ok(view_number(&v, 10) == 1 && view_number(&v, 20) == 4 &&
			view_number(&v, 22) == 6,
		"numbers go without a gap where UIDs have one");
	ok(view_number(&v, 13) == 0, "a UID that does not exist has none");
	ok(numbers(&v, 2, 5, "11:12,20:21"), "numbers over a gap of UIDs");
	ok(numbers(&v, 1, 6, "10:12,20:22"), "all numbers");
	ok(numbers(&v, 6, 7, NULL), "a number behind the last is refused");
	view_free(&v);
}

static void
test_vanished(void)
{
	struct view v;

	view_init(&v);
	fill(&v, 1, 9);
	vanish(&v, 3, 4);
	vanish(&v, 100, 200);
	ok(view_count(&v) == 9 && view_number(&v, 5) == 5,
		"a message that vanished keeps its number until it is told");
	ok(numbers(&v, 3, 5, "3:5"), "and its number still means it");
	ok(view_add(&v, 10, false) && view_number(&v, 10) == 10,
		"a new message comes behind all, the vanished included");
	ok(view_expunge(&v) == 4 && view_expunge(&v) == 3,
		"the highest is told first, so each number is right when it "
		"is told");
	ok(view_expunge(&v) == 0, "what never had a number is not told");
	ok(view_number(&v, 5) == 3 && view_number(&v, 10) == 8,
		"then those behind move up");
	ok(!view_add(&v, 4, false) && view_number(&v, 4) == 0,
		"a file that comes back has no number in this session");
	view_free(&v);
}

static void
test_recent(void)
{
	struct view v;

	view_init(&v);
	view_add(&v, 1, false);
	view_add(&v, 2, true);
	view_add(&v, 3, true);
	ok(set_count(&v.recent) == 2, "recent messages are counted");
	vanish(&v, 3, 3);
	ok(set_count(&v.recent) == 2, "a vanished one until it is told");
	view_expunge(&v);
	ok(set_count(&v.recent) == 1, "not afterwards");
	view_free(&v);
	ok(view_count(&v) == 0 && view_add(&v, 1, false),
		"a view can be filled again");
	view_free(&v);
}

int
main(void)
{
	test_numbers();
	test_vanished();
	test_recent();
	return tap_done();
}
