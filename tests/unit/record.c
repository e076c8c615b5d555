/*
 * Records between processes: what was put comes out, and a writer that lies
 * about lengths is found out.
 */
#include "common/record.h"
#include "common/totals.h"

#include "tests/unit/tap.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fds[2];
static char room[RECORD_MAX];

static int
pass_raw(const void *p, size_t n, size_t room_n, struct record *r)
{
	if (send(fds[0], p, n, 0) == -1)
		return -2;
	return record_recv(fds[1], room, room_n, r);
}

static void
test_fields(void)
{
	struct record r;
	struct buf b;
	struct str s;

	record_begin(&b, 7);
	record_put_u32(&b, 42);
	record_put_str(&b, STR("a\0b"));
	record_put_u64(&b, UINT64_MAX);
	record_put_str(&b, STR(""));
	ok(record_send(fds[0], &b) == 0, "a record is sent");
	ok(record_recv(fds[1], room, sizeof(room), &r) == 1 && r.type == 7,
		"its type arrives");
	ok(record_get_u32(&r) == 42, "a number arrives");
	s = record_get_str(&r, 3);
	ok(str_eq(s, STR("a\0b")), "octets arrive, NUL among them");
	ok(record_get_u64(&r) == UINT64_MAX && !record_done(&r),
		"the record is not done before its last field");
	s = record_get_str(&r, 0);
	ok(s.n == 0 && record_done(&r), "an empty field, and all is read");
	(void)record_get_u32(&r);
	ok(r.bad && !record_done(&r), "one field too many is noticed");
	buf_free(&b);
}

static void
test_lies(void)
{
	static const struct {
		const char *promise;
		uint32_t words[4];
		size_t n, max;
	} lies[] = {
		{"a length beyond the end",      {1, 5, 0x61616161}, 12, 100},
		{"a length of 4 GiB",            {1, UINT32_MAX, 0}, 12, 100},
		{"a length beyond the field's",  {1, 4, 0x61616161}, 12, 3  },
		{"a length that is cut off",     {1, 4},             6,  100},
		{"octets behind the last field", {1, 0, 0},          12, 100},
	};
	struct record r;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		bool got = pass_raw(lies[i].words, lies[i].n, sizeof(room),
				   &r) == 1;

		(void)record_get_str(&r, lies[i].max);
		ok(got && !record_done(&r), "%s is refused", lies[i].promise);
	}
	ok(pass_raw("abc", 3, sizeof(room), &r) == -1 && errno == EBADMSG,
		"a record too short for a type is refused");
	memset(room, 0, sizeof(room));
	ok(pass_raw(room, 101, 100, &r) == -1 && errno == EMSGSIZE,
		"a record longer than the room is refused");
}

static void
test_large(void)
{
	static char text[RECORD_MAX];
	struct record r;
	struct buf b;

	record_begin(&b, 1);
	record_put_str(&b, (struct str){text, RECORD_MAX - 8});
	ok(record_send(fds[0], &b) == 0 &&
			record_recv(fds[1], room, sizeof(room), &r) == 1 &&
			record_get_str(&r, RECORD_MAX).n == RECORD_MAX - 8,
		"the largest record passes");
	buf_free(&b);
	record_begin(&b, 1);
	record_put_str(&b, (struct str){text, RECORD_MAX - 7});
	ok(record_send(fds[0], &b) == -1 && errno == EMSGSIZE,
		"one octet more is not sent");
	buf_free(&b);
}

static bool
totals_pass(const char *key, uint32_t n)
{
	struct totals t = {.in = 1, .out = 2}, got;
	struct record r;
	struct buf b;
	bool good;

	record_begin(&b, 1);
	record_put_u64(&b, t.in);
	record_put_u64(&b, t.out);
	record_put_u32(&b, n);
	for (uint32_t i = 0; i < n; i++) {
		record_put_str(&b, str_of(key));
		record_put_u64(&b, i);
	}
	good = record_send(fds[0], &b) == 0 &&
	       record_recv(fds[1], room, sizeof(room), &r) == 1 &&
	       totals_get(&r, &got) && got.in == 1 && got.out == 2 &&
	       got.count_n == n &&
	       (n == 0 || strcmp(got.count[0].key, key) == 0);
	buf_free(&b);
	return good;
}

int
main(void)
{
	struct record r;

	if (record_pair(fds) == -1)
		return 1;
	test_fields();
	test_lies();
	test_large();
	ok(totals_pass("retr", 8), "eight counts of a session are taken");
	ok(!totals_pass("retr", 9), "nine are not");
	ok(!totals_pass("user=root rhost", 1),
		"a key that forges a field is not");
	ok(!totals_pass("", 1), "an empty key is not");
	ok(!totals_pass("abcdefghijklmnop", 1), "a key of 16 octets is not");
	close(fds[0]);
	ok(record_recv(fds[1], room, sizeof(room), &r) == 0,
		"the other end's end is told");
	return tap_done();
}
