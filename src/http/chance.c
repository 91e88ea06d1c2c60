/*
 * Disorder, in points (chance.h): one for each part, a part being a word, a
 * run of digits or a sign, as camel case would have it; one for each two
 * letters that hardly ever follow one another in names. What a person writes
 * in eight characters has two to four. Must not know what is made of it. Pure.
 */
#include "http/chance.h"

#include "base/attr.h"

/* Rollup, Vite, Rolldown and esbuild agree in this. */
#define HASH_LENGTH 8

/* "DbgHlp64" has three parts, and is hardly a word. */
#define PARTS_MIN 4

/* Longer is a word, a year, or the number of a picture. */
#define SMALL_RUN_MAX  3
#define DIGITS_RUN_MAX 3

/* With one case alone the years of two digits stand out, too. */
#define BASE32_DIGITS_RUN_MAX 2
#define BASE32_POINTS         6

/*
 * What hardly ever follows each letter: less than once in 1250 pairs, in the
 * words of a dictionary and in the names of a Debian system's files (where
 * there are html, png and x86 as well); not once in 20 of the pairs of j, x
 * and z, which are rare themselves; and not img, FY, HD. Twice the same is not
 * counted: SaaS, XXL.
 */
static const char *const rare[26] = {
	"aehjoqxz",
	"dfghjkmnpqtvwxyz",
	"bdfgjnqvwxyz",
	"fgjkmnpqtvwxyz",
	"hjkquz",
	"bcdghjkmnpqstvwxz",
	"bcdfjkmnpqvwxyz",
	"bcdfghjklmnpqsvwxyz",
	"hijkquwxy",
	"bcdfghijklmnpqrstvwxyz",
	"abcdfghjklmnopqrtuvwxyz",
	"bcfghjkmnpqrwxz",
	"cdfhjknqrtvwxyz",
	"bhjlmpqrwxyz",
	"efhjqxyz",
	"bdfgjkmnqvwxz",
	"abcdefghijklmnopqrstvwxyz",
	"fhjqvwxz",
	"bdfgjqrwxz",
	"bfgjnqvwxz",
	"fhjkoquvwxyz",
	"bcdfghjklnpqrstuvwxyz",
	"bcdfghjklmnpqrstuvwxyz",
	"bdfghjklmnoqrsuvwxyz",
	"abcdefghijklmnoqrtuvwxyz",
	"bcdfghjklmnpqrstuvwxyz",
};

enum kind { DIGIT, SMALL, CAPITAL, SIGN, KINDS };

/* What there is of each kind, how much of it in a row, and its disorder. */
struct disorder {
	size_t count[KINDS];
	size_t longest[KINDS];
	size_t parts;
	size_t rare_pairs;
};

static enum kind kind_of(char c)
{
	if (ascii_is_digit(c))
		return DIGIT;
	if (!ascii_is_alpha(c))
		return SIGN;
	return ascii_lower(c) == c ? SMALL : CAPITAL;
}

static bool is_rare(char first, char second)
{
	const char *list = rare[ascii_lower(first) - 'a'];

	return strchr(list, ascii_lower(second)) != NULL &&
	       ascii_lower(first) != ascii_lower(second);
}

/* Does a part begin at `i`? The capital before small letters is theirs. */
static bool begins_part(struct span token, size_t i)
{
	enum kind kind = kind_of(token.at[i]);

	if (i == 0 || kind == SIGN)
		return true;
	enum kind before = kind_of(token.at[i - 1]);
	if (before == CAPITAL && kind == SMALL)
		return i > 1 && kind_of(token.at[i - 2]) == CAPITAL;
	return kind != before;
}

/* Two letters of one word, or of no word? */
static bool is_rare_pair(struct span token, size_t i)
{
	if (i == 0 || !ascii_is_alpha(token.at[i - 1]) ||
		!ascii_is_alpha(token.at[i]))
		return false;
	bool is_hump = kind_of(token.at[i - 1]) == SMALL &&
		       kind_of(token.at[i]) == CAPITAL;
	return !is_hump && is_rare(token.at[i - 1], token.at[i]);
}

static struct disorder disorder_of(struct span token)
{
	struct disorder d = { .parts = 0 };
	size_t run = 0;

	for (size_t i = 0; i < token.len; i++) {
		enum kind kind = kind_of(token.at[i]);
		bool goes_on = i > 0 && kind == kind_of(token.at[i - 1]);
		run = goes_on ? run + 1 : 1;
		if (run > d.longest[kind])
			d.longest[kind] = run;
		d.count[kind]++;
		d.parts += begins_part(token, i);
		d.rare_pairs += is_rare_pair(token, i);
	}
	return d;
}

/*
 * Rollup writes the 128 bits of a hash as 22 digits, and the first eight of
 * these: of the first digit there are but two bits, so that three hashes in
 * four begin with B, C or D (A, which is 0, is left out).
 */
static bool begins_as_rollup(struct span token)
{
	return token.at[0] >= 'B' && token.at[0] <= 'D';
}

bool chance_is_base64(struct span token, size_t points)
{
	struct disorder d = disorder_of(token);

	if (token.len != HASH_LENGTH || d.count[DIGIT] == 0 ||
		d.count[SMALL] == 0 || d.count[CAPITAL] == 0 ||
		d.longest[SMALL] > SMALL_RUN_MAX ||
		d.longest[DIGIT] > DIGITS_RUN_MAX)
		return false;
	if (points > 0 && d.parts < PARTS_MIN)
		return false;
	return d.parts + d.rare_pairs + begins_as_rollup(token) >= points;
}

static bool is_base32(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

bool chance_is_base32(struct span token)
{
	if (token.len != HASH_LENGTH)
		return false;
	for (size_t i = 0; i < token.len; i++) {
		if (!is_base32(token.at[i]))
			return false;
	}
	struct disorder d = disorder_of(token);
	return d.count[DIGIT] > 0 &&
	       d.longest[DIGIT] <= BASE32_DIGITS_RUN_MAX &&
	       d.parts >= PARTS_MIN && d.parts + d.rare_pairs >= BASE32_POINTS;
}
