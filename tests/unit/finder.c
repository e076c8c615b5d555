/*
 * Substrings over pieces: the same answer as memmem on the whole, wherever the
 * text is cut; and texts that want to be slow.
 */
#include "common/finder.h"

#include "tests/unit/tap.h"

#include "common/casemap.h"

#include <string.h>
#include <time.h>

static bool
finds(const char *needle, struct str text)
{
	struct finder f;
	struct buf folded;
	bool found, same = true;

	buf_init(&folded, 10000);
	casemap_fold(text, &folded);
	finder_init(&f, str_of(needle));
	found = finder_feed(&f, buf_str(&folded)) || f.found;
	for (size_t step = 1; step < folded.n; step++) {
		struct str rest = buf_str(&folded);

		finder_reset(&f);
		for (; rest.n > 0; rest = str_skip(rest, step))
			finder_feed(&f, (struct str){rest.p,
						rest.n < step ? rest.n : step});
		same &= f.found == found;
	}
	if (!same)
		printf("# \"%s\": pieces differ\n", needle);
	finder_free(&f);
	buf_free(&folded);
	return found && same;
}

static void
words(void)
{
	struct str text = STR("The quick brown f\xc3\xb6x jumps\nover the lazy "
			      "dog, 12345678901234567890 times and again.");
	static const char *const there[] = {"the", "QUICK", "T", ".", "again.",
		"f\xc3\xb6x", "fo", "jumps\r\nover", "the quick brown f",
		"lazy dog, 12345678901234567890 times and again.", "", "0 t",
		"\xc3\x96", "s and a"};
	static const char *const not_there[] = {"thee", "x quick", "again..",
		"fox", "jumps over", "\xc3\xa4", "q\n", "Zz",
		"lazy dog, 12345678901234567890 times and again. And"};

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		ok(finds(there[i], text), "\"%.20s\" is there",
			i == 7 ? "with a line end" : there[i]);
	for (size_t i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++)
		ok(!finds(not_there[i], text), "\"%.16s\" is not",
			i == 6 ? "q and a line end" : not_there[i]);
	ok(finds("", STR("")) && !finds("a", STR("")), "no text");
}

/* Few letters make many near hits. */
static void
random_texts(void)
{
	uint64_t state = 7;
	size_t wrong = 0, hits = 0;

	for (int round = 0; round < 20000; round++) {
		char text[200], needle[9];
		struct finder f;
		size_t n, m, at = 0;
		bool want;

		state = state * UINT64_C(6364136223846793005) + 1;
		n = state >> 33 & 127;
		m = 1 + (state >> 41 & 7);
		for (size_t i = 0; i < n + m; i++) {
			state = state * UINT64_C(6364136223846793005) + 1;
			text[i] = "ABBA C"[(state >> 40) % 6];
		}
		memcpy(needle, text + n, m);
		needle[m] = '\0';
		want = memmem(text, n, needle, m) != NULL;
		hits += want;
		finder_init(&f, str_of(needle));
		while (at < n) {
			size_t step = 1 + (state >> 33) % 40;

			state = state * UINT64_C(6364136223846793005) + 1;
			if (step > n - at)
				step = n - at;
			finder_feed(&f, (struct str){text + at, step});
			at += step;
		}
		wrong += f.found != want;
		finder_free(&f);
	}
	ok(wrong == 0 && hits > 1000,
		"20,000 random texts in random pieces: as memmem (%zu hits)",
		hits);
}

static void
hostile(void)
{
	static char text[1 << 24], needle[1 << 16];
	struct timespec from, to;
	struct finder f;

	memset(text, 'A', sizeof(text));
	memset(needle, 'A', sizeof(needle));
	needle[sizeof(needle) / 2] = 'B';
	finder_init(&f, (struct str){needle, sizeof(needle)});
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < sizeof(text); i += sizeof(text) / 64)
		finder_feed(&f, (struct str){text + i, sizeof(text) / 64});
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(!f.found && to.tv_sec - from.tv_sec < 5,
		"16 MiB of one letter, a needle of 64 KiB that nearly fits");
	finder_free(&f);
}

int
main(void)
{
	words();
	random_texts();
	hostile();
	return tap_done();
}
