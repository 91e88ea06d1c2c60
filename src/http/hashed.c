/*
 * Recognising names that carry a hash of the content (hashed.h): by the
 * hexadecimal digits of webpack, Parcel and Hugo anywhere, by wider alphabets
 * in the folders of Vite, Next, Astro, Nuxt and SvelteKit. Must not know what
 * is in the file, nor what else decides about caching (RFC 9111 5.2.2, RFC
 * 8246), nor what disorder is (chance.h). Pure.
 */
#include "http/hashed.h"

#include "base/attr.h"
#include "http/chance.h"

/* The shortest hash of a build tool in use; a shorter one proves little. */
#define HASH_LENGTH_MIN 8

/* Rollup's in base64url, and Turbopack's in base38, have a fixed length, and
 * signs that would split them; the latter's capitals are small letters. */
#define ROLLUP_LENGTH    8
#define TURBOPACK_LENGTH 13

/*
 * What proves a hash among names that a person chose (chance.h). Pictures have
 * the names of products, cameras and quarters; scripts do not. A sign may be
 * what separates two words.
 */
#define POINTS_SCRIPT 6
#define POINTS_OTHER  8
#define POINTS_SIGNS  8

/* Words of hexadecimal digits: with numbers, "cafe2024", no hash. */
static const char *const words[] = { "abc", "accede", "ace", "aced", "add",
	"added", "babe", "bad", "bade", "bead", "beaded", "bed", "bee", "beef",
	"cab", "cad", "cafe", "cede", "ceded", "dab", "dad", "dead", "deaf",
	"deb", "dec", "decade", "decaf", "deed", "deface", "defaced", "ebb",
	"fab", "facade", "face", "faced", "fad", "fade", "faded", "feb", "fed",
	"fee", "feed" };

/* Only build tools write here; into assets/, people do, too. */
static const char *const build_folders[] = { "_next/static/", "_astro/",
	"_nuxt/", "immutable/" };

static const char *const scripts[] = { "js", "mjs", "css", "map", "wasm" };
static const char *const pages[] = { "", "html", "htm" };

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

static bool is_word(struct span letters)
{
	for (size_t i = 0; i < array_count(words); i++) {
		if (span_equal_nocase(letters, span_of(words[i])))
			return true;
	}
	return false;
}

/* Is all that is not digits words? */
static bool is_of_words(struct span token)
{
	size_t i = 0;

	while (i < token.len) {
		size_t start = i;
		while (i < token.len && ascii_is_alpha(token.at[i]))
			i++;
		if (i > start && !is_word(span_first(
					 span_skip(token, start), i - start)))
			return false;
		while (i < token.len && !ascii_is_alpha(token.at[i]))
			i++;
	}
	return true;
}

/* All letters and then all digits, or the reverse: "AB123456", a number that
 * a person or an office has given. */
static bool is_serial(struct span token)
{
	size_t changes = 0;

	for (size_t i = 1; i < token.len; i++)
		changes += ascii_is_digit(token.at[i]) !=
			   ascii_is_digit(token.at[i - 1]);
	return changes == 1;
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

/* Eight letters and digits or more, and both. */
static bool is_mixed(struct span token)
{
	size_t digits = count_if(token, ascii_is_digit);
	size_t letters = count_if(token, ascii_is_alpha);

	return token.len >= HASH_LENGTH_MIN && digits > 0 && letters > 0 &&
	       digits + letters == token.len;
}

/* The last `length` characters, signs included, behind a separator or alone;
 * empty when there are no such. */
static struct span tail_of(struct span stem, size_t length)
{
	if (stem.len < length)
		return span_first(stem, 0);
	size_t start = stem.len - length;
	struct span tail = span_skip(stem, start);
	if ((start > 0 && !is_separator(stem.at[start - 1])) ||
		span_find(tail, '.') < tail.len)
		return span_first(stem, 0);
	return tail;
}

/* Is the end of `stem` a hash, where only tools write? */
static bool ends_by_tool(struct span stem)
{
	struct span turbopack = tail_of(stem, TURBOPACK_LENGTH);
	struct span rest = stem;

	return is_mixed(take_last_token(&rest)) ||
	       chance_is_base64(tail_of(stem, ROLLUP_LENGTH), 0) ||
	       count_if(turbopack, ascii_is_digit) >= 2;
}

/*
 * Is the end of `stem` a hash, where people write, too? Vite has a name before
 * it, and '-' or, as VitePress, '.'; "DVDRip2x" stands alone.
 */
static bool ends_by_chance(struct span stem, bool is_script)
{
	struct span tail = tail_of(stem, ROLLUP_LENGTH);

	if (tail.len == stem.len || tail.len == 0 || tail.at[-1] == '_')
		return false;
	if (!is_mixed(tail))
		return chance_is_base64(tail, POINTS_SIGNS);
	return chance_is_base64(
		       tail, is_script ? POINTS_SCRIPT : POINTS_OTHER) ||
	       (is_script && chance_is_base32(tail));
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

static bool is_within_build(struct span name)
{
	for (size_t i = 0; i < array_count(build_folders); i++) {
		if (is_within(name, span_of(build_folders[i])))
			return true;
	}
	return false;
}

/* The last segment without its extension, and that. */
static struct span stem_of(struct span name, struct span *extension)
{
	size_t slash = span_find_last(name, '/');

	if (slash < name.len)
		name = span_skip(name, slash + 1);
	size_t dot = span_find_last(name, '.');
	*extension = span_skip(name, dot < name.len ? dot + 1 : dot);
	return span_first(name, dot);
}

static bool is_among(struct span s, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_equal(s, span_of(list[i])))
			return true;
	}
	return false;
}

/* What the last two tokens of `stem` say, wherever the file is. */
static enum reason judge_hex(struct span stem, bool is_script)
{
	struct span rest = stem;
	struct span last = take_last_token(&rest);
	struct span before = take_last_token(&rest);
	struct span token = is_hex_hash(last) ? last : before;

	if (!is_hex_hash(token))
		return REASON_HASHED_NOT;
	if (ends_in_uuid(stem))
		return REASON_HASHED_NOT_UUID;
	if (is_of_words(token) || (!is_script && is_serial(token)))
		return REASON_HASHED_NOT_WORD;
	return REASON_HASHED_HEX;
}

/*
 * What the folder says about the end of `stem`, or what comes before its last
 * token: Astro's pictures have their size there, source maps ".js", VitePress
 * ".lean". A page is no asset: docs/immutable/list2map.html.
 */
static bool is_by_folder(struct span name, struct span stem, bool is_script)
{
	struct span rest = stem;

	take_last_token(&rest);
	if (is_within_build(name))
		return ends_by_tool(stem) ||
		       chance_is_base64(tail_of(rest, ROLLUP_LENGTH), 0);
	return is_within(name, span_of("assets/")) &&
	       (ends_by_chance(stem, is_script) ||
		       ends_by_chance(rest, is_script));
}

bool hashed_is(struct span name, enum reason *why)
{
	struct span extension;
	struct span stem = stem_of(name, &extension);
	bool is_script = is_among(extension, scripts, array_count(scripts));
	bool is_page = is_among(extension, pages, array_count(pages));

	*why = judge_hex(stem, is_script);
	if (*why == REASON_HASHED_NOT && !is_page &&
		is_by_folder(name, stem, is_script))
		*why = REASON_HASHED_FOLDER;
	return *why == REASON_HASHED_HEX || *why == REASON_HASHED_FOLDER;
}
