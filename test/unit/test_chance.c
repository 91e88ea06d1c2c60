/*
 * Hashes by chance and names by hand in great numbers: how many of the former
 * are recognised (printed, each alphabet in its tool's folder), and that none
 * of the latter is. The tables of single names are in test_hashed.c.
 */
#include <stdio.h>

#include "support.h"

#include "http/hashed.h"

/*
 * How much of a tool's names is recognised, in percent; the rest is asked for
 * again. `at_least` is what was seen, less one.
 */
static const struct {
	const char *digits, *before, *after;
	size_t length;
	unsigned at_least;
} alphabets[] = {
#define BASE16 "0123456789abcdef"
#define BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define BASE38 "0123456789abcdefghijklmnopqrstuvwxyz-_"
#define BASE64 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz012345678" \
	"9-_"
	{ BASE16, "main.", ".js", 8, 84 },
	{ BASE16, "logo.", ".svg", 8, 80 },
	{ BASE16, "page-", ".js", 16, 98 },
	{ BASE16, "main.", ".css", 64, 98 },
	{ BASE38, "_next/static/chunks/", ".js", 13, 93 },
	{ BASE64, "_nuxt/", ".js", 8, 72 },
	{ BASE64, "_astro/a.", "_1oq4ar.webp", 8, 67 },
	{ BASE64, "immutable/nodes/1.", ".js", 8, 72 },
	{ BASE64, "assets/index-", ".js", 8, 50 },
	{ BASE64, "assets/index-", ".png", 8, 21 },
	{ BASE32, "assets/chunk-", ".js", 8, 27 },
};

/* Numbers by xorshift, the same each time. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

static unsigned recall_of(size_t row, size_t count)
{
	uint64_t random = 88172645463325252;
	size_t recognised = 0;

	for (size_t i = 0; i < count; i++) {
		char hash[65] = "", name[128];
		for (size_t k = 0; k < alphabets[row].length; k++)
			hash[k] =
				alphabets[row]
					.digits[next_random(&random) %
						strlen(alphabets[row].digits)];
		snprintf(name, sizeof(name), "%s%s%s", alphabets[row].before,
			hash, alphabets[row].after);
		enum reason why;
		recognised += hashed_is(span_of(name), &why);
	}
	return (unsigned)(recognised * 100 / count);
}

static void hashes_at_random(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(alphabets); i++) {
		unsigned percent = recall_of(i, 100000);
		print_message("# %s(%zu)%s: %u %%\n", alphabets[i].before,
			alphabets[i].length, alphabets[i].after, percent);
		expect(percent >= alphabets[i].at_least, "%s: %u %%",
			alphabets[i].before, percent);
	}
}

/* What people put together: two words, two numbers; of cameras, pictures. */
#define CAMERAS 6
static const char *const parts[] = { "IMG", "DSC", "DSCF", "GOPR", "PXL", "HD",
	"", "img", "Jan", "feb", "MAR", "Sept", "summer", "Summer", "FY", "Q",
	"v", "V", "rev", "ch", "S", "Ep", "iPhone", "Galaxy", "RTX", "USB",
	"Win", "macOS", "x", "report", "Report", "photo", "final", "FINAL",
	"Chapter", "mp", "CSS", "Http" };
static const char *const numbers[] = { "", "1", "02", "15", "64", "404", "2024",
	"0042", "20240131" };

static void check_name(
	const char *separator, const size_t at[4], const char *extension)
{
	char name[128];
	enum reason why;

	snprintf(name, sizeof(name), "assets/our-%s%s%s%s%s.%s", parts[at[0]],
		numbers[at[1]], separator, parts[at[2]], numbers[at[3]],
		extension);
	expect(!hashed_is(span_of(name), &why), "%s", name);
}

static void words_and_numbers(void **state)
{
	static const char *const separators[] = { "", "-", "_" };
	size_t words = array_count(parts), count = array_count(numbers);

	(void)state;
	for (size_t i = 0; i < words * count * words * count; i++) {
		size_t at[4] = { i % words, i / words % count,
			i / words / count % words, i / words / count / words };
		for (size_t k = 0; at[0] != at[2] && k < 3; k++) {
			check_name(separators[k], at, "jpg");
			if (at[0] >= CAMERAS && at[2] >= CAMERAS)
				check_name(separators[k], at, "js");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_at_random),
		cmocka_unit_test(words_and_numbers),
	};

	return cmocka_run_group_tests_name("chance", tests, NULL, NULL);
}
