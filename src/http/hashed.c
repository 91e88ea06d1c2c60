/*
 * Recognising names that carry a hash of the content (hashed.h): by the
 * hexadecimal digits of webpack, Next, Parcel and Hugo anywhere, by the wider
 * alphabet of Vite, Astro, Nuxt and SvelteKit in the folders that these tools
 * alone write. Must not know what is in the file, nor what else decides about
 * caching (RFC 9111 5.2.2, RFC 8246). Pure.
 */
#include "http/hashed.h"

#include "base/attr.h"

/* The shortest hash of a build tool in use; a shorter one proves little. */
#define HASH_LENGTH_MIN 8

/*
 * What tells eight letters and digits of a hash from a name that a person
 * chose: capital letters, small letters and digits change often, a small one
 * is followed by a capital, and nothing is long enough for a word, a year or
 * the number of a picture. Of the hashes that have a digit at all rather more
 * than half are missed, which costs a revalidation each; a name taken for a
 * hash would be stale for a year.
 */
#define CHANGES_MIN    5
#define SMALL_RUN_MAX  2
#define DIGITS_RUN_MAX 3

/* A run of digits between a word and its date, not a hash: "12feb2024". */
static const struct span words[] = {
	{ "cafe", 4 },
	{ "dec", 3 },
	{ "decade", 6 },
	{ "face", 4 },
	{ "facade", 6 },
	{ "feb", 3 },
	{ "feed", 4 },
};

static const struct span folders[] = {
	{ "assets/", 7 },
	{ "_next/static/", 13 },
	{ "_astro/", 7 },
	{ "_nuxt/", 6 },
	{ "immutable/", 10 },
};

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* Takes the last token off *stem, and its separator. Empty at the end. */
static struct span take_last_token(struct span *stem)
{
	size_t start = stem->len;

	while (start > 0 && !is_separator(stem->at[start - 1]))
		start--;
	struct span token = span_skip(*stem, start);
	*stem = span_first(*stem, start > 0 ? start - 1 : 0);
	return token;
}

/* How many bytes of `s` the predicate holds for. */
static size_t count_if(struct span s, bool (*holds)(char))
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (holds(s.at[i]))
			count++;
	}
	return count;
}

static bool is_hex(char c)
{
	return ascii_hex(c) >= 0;
}

/* Eight hexadecimal digits or more, two of them letters, two digits. */
static bool is_hex_hash(struct span token)
{
	size_t digits = count_if(token, ascii_is_digit);

	return token.len >= HASH_LENGTH_MIN &&
	       count_if(token, is_hex) == token.len && digits >= 2 &&
	       token.len - digits >= 2;
}

/* Are the letters of `token` one word, with digits before or behind it? */
static bool is_word(struct span token)
{
	size_t letters = count_if(token, ascii_is_alpha);
	size_t start = 0;

	while (start < token.len && !ascii_is_alpha(token.at[start]))
		start++;
	struct span word = span_first(span_skip(token, start), letters);
	for (size_t i = 0; i < array_count(words); i++) {
		if (span_equal_nocase(word, words[i]))
			return true;
	}
	return false;
}

/* 8-4-4-4-12 hexadecimal digits (RFC 9562 4) at the end of `stem`. */
static bool ends_in_uuid(struct span stem)
{
	static const size_t lengths[] = { 12, 4, 4, 4, 8 };

	for (size_t i = 0; i < array_count(lengths); i++) {
		struct span token = take_last_token(&stem);
		if (token.len != lengths[i] ||
			count_if(token, is_hex) != token.len)
			return false;
	}
	return true;
}

enum letter_class { DIGIT, SMALL, CAPITAL };

static enum letter_class class_of(char c)
{
	if (ascii_is_digit(c))
		return DIGIT;
	return c >= 'a' && c <= 'z' ? SMALL : CAPITAL;
}

/* Does `token`, letters and digits only, look like chance (see above)? */
static bool is_irregular(struct span token)
{
	static const size_t run_max[] = {
		[DIGIT] = DIGITS_RUN_MAX,
		[SMALL] = SMALL_RUN_MAX,
		[CAPITAL] = SIZE_MAX,
	};
	size_t run = 0, changes = 0;
	bool rises = false;

	for (size_t i = 0; i < token.len; i++) {
		enum letter_class class = class_of(token.at[i]);
		enum letter_class before = i > 0 ? class_of(token.at[i - 1])
						 : class;
		run = class == before ? run + 1 : 1;
		if (run > run_max[class])
			return false;
		changes += class != before;
		rises = rises || (before == SMALL && class == CAPITAL);
	}
	return changes >= CHANGES_MIN && rises;
}

/* Eight letters and digits or more, in the disorder of base64url: esbuild's
 * capitals and digits are what cameras and quarters look like, too. */
static bool is_wide_hash(struct span token)
{
	size_t digits = count_if(token, ascii_is_digit);
	size_t letters = count_if(token, ascii_is_alpha);

	return token.len >= HASH_LENGTH_MIN && digits > 0 &&
	       digits + letters == token.len && is_irregular(token);
}

/* Does `folder` begin a segment of `name`? */
static bool is_within(struct span name, struct span folder)
{
	while (name.len > folder.len) {
		if (span_starts(name, folder))
			return true;
		size_t slash = span_find(name, '/');
		if (slash == name.len)
			return false;
		name = span_skip(name, slash + 1);
	}
	return false;
}

static bool is_within_folders(struct span name)
{
	for (size_t i = 0; i < array_count(folders); i++) {
		if (is_within(name, folders[i]))
			return true;
	}
	return false;
}

/* The last segment without its extension. */
static struct span stem_of(struct span name)
{
	size_t slash = span_find_last(name, '/');

	if (slash < name.len)
		name = span_skip(name, slash + 1);
	return span_first(name, span_find_last(name, '.'));
}

/* What the last two tokens of `stem` say, wherever the file is. */
static enum reason judge_hex(struct span stem)
{
	struct span rest = stem;
	struct span last = take_last_token(&rest);
	struct span before = take_last_token(&rest);
	struct span token = is_hex_hash(last) ? last : before;

	if (!is_hex_hash(token))
		return REASON_HASHED_NOT;
	if (ends_in_uuid(stem))
		return REASON_HASHED_NOT_UUID;
	if (is_word(token))
		return REASON_HASHED_NOT_WORD;
	return REASON_HASHED_HEX;
}

bool hashed_is(struct span name, enum reason *why)
{
	struct span stem = stem_of(name);

	*why = judge_hex(stem);
	if (*why == REASON_HASHED_NOT && is_within_folders(name) &&
		is_wide_hash(take_last_token(&stem)))
		*why = REASON_HASHED_FOLDER;
	return *why == REASON_HASHED_HEX || *why == REASON_HASHED_FOLDER;
}
