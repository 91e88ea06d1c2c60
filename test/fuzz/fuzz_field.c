/*
 * Lists and names of fields (RFC 9110 5.1, 5.6): elements come in order, are
 * trimmed and not empty, and nothing but commas and white space lies between
 * them; a name is found whatever its case.
 */
#include "fuzz.h"

#include "base/attr.h"

static bool is_filler(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] != ',' && s.at[i] != ' ' && s.at[i] != '\t')
			return false;
	}
	return true;
}

static void check_element(struct span element)
{
	struct span rest = element, again;

	assert(element.len > 0);
	assert(span_trim(element).len == element.len);
	/* A list of one element is that element. */
	assert(field_take_element(&rest, &again));
	assert(again.at == element.at && again.len == element.len);
	assert(rest.len == 0);
}

static void check_list(struct span whole)
{
	struct span rest = whole, element;
	const char *after = whole.at, *end = whole.at + whole.len;

	while (field_take_element(&rest, &element)) {
		assert(fuzz_is_within(element, whole) && element.at >= after);
		assert(is_filler(span_between(after, element.at)));
		assert(rest.at + rest.len == end);
		check_element(element);
		after = element.at + element.len;
	}
	assert(rest.len == 0 && is_filler(span_between(after, end)));
}

static void check_name(struct span name)
{
	char other[64];
	bool is_token = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		is_token &= field_is_tchar(name.at[i]);
	assert(field_is_token(name) == is_token);
	if (name.len > sizeof other)
		return;
	for (size_t i = 0; i < name.len; i++)
		other[i] = ascii_is_alpha(name.at[i]) ? name.at[i] ^ 0x20
						      : name.at[i];
	enum field id = field_find(name);
	assert(id == field_find((struct span){ other, name.len }));
	assert(id == FIELD_OTHER || is_token);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span rest = fuzz_span(bytes, size), line;

	check_list(rest);
	while (fuzz_take_line(&rest, &line)) {
		check_list(line);
		check_name(span_first(line, span_find(line, ':')));
	}
	return 0;
}
