/*
 * Where the site can be reached (server/reach.h): from what --bind says and
 * the addresses of a machine, made up here, to the places, in their order.
 */
#include "support.h"

#include <stdio.h>

#include "base/text.h"
#include "server/reach.h"

/* Resolves the words of `line`; none of them asks a name server. */
static void words_resolve(const char *line, struct net_addresses *out)
{
	char words[512];
	char *rest = words, *word;

	out->count = 0;
	snprintf(words, sizeof words, "%s", line);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word != '\0')
			expect(net_resolve(word, 80, out) == NET_OK, "%s",
				word);
	}
}

static void find(const char *binds, const char *machine, struct reach *out)
{
	static struct listeners l;
	struct net_addresses listened, addresses;

	words_resolve(binds, &listened);
	words_resolve(machine, &addresses);
	l.count = listened.count;
	memcpy(l.addresses, listened.at, sizeof l.addresses);
	reach_find(&l, &addresses, out);
}

static const struct {
	const char *binds, *machine;
	const char *want; /* L, N or U before each */
} rows[] = {
	{ "", "192.0.2.1", "" },
	/* one address: that one, and no other */
	{ "127.0.0.1", "192.0.2.1", "L http://127.0.0.1:80/" },
	{ "127.0.0.9:7", "", "L http://127.0.0.9:7/" },
	{ "[::1]:7", "", "L http://[::1]:7/" },
	{ "192.0.2.1", "192.0.2.2", "N http://192.0.2.1:80/" },
	{ "2001:db8::1", "", "N http://[2001:db8::1]:80/" },
	/* localhost is two addresses and one place */
	{ "localhost", "192.0.2.1", "L http://localhost:80/" },
	{ "localhost:9 localhost:8", "",
		"L http://localhost:9/ L http://localhost:8/" },
	/* every address, of one family or of both */
	{ "0.0.0.0", "192.0.2.1 2001:db8::1",
		"L http://localhost:80/ N http://192.0.2.1:80/" },
	{ "::", "192.0.2.1 2001:db8::1",
		"L http://localhost:80/ N http://[2001:db8::1]:80/" },
	{ "*", "192.0.2.1 2001:db8::1",
		"L http://localhost:80/ N http://192.0.2.1:80/ "
		"N http://[2001:db8::1]:80/" },
	{ "*:9", "192.0.2.1", "L http://localhost:9/ N http://192.0.2.1:9/" },
	{ "*", "", "L http://localhost:80/" },
	/* each place once, local before network before unix */
	{ "0.0.0.0 ::", "192.0.2.1 2001:db8::1",
		"L http://localhost:80/ N http://192.0.2.1:80/ "
		"N http://[2001:db8::1]:80/" },
	{ "unix:/a/b 192.0.2.1 localhost", "",
		"L http://localhost:80/ N http://192.0.2.1:80/ U unix:/a/b" },
	{ "0.0.0.0:1 [::]:2", "192.0.2.1 2001:db8::1",
		"L http://localhost:1/ L http://localhost:2/ "
		"N http://192.0.2.1:1/ N http://[2001:db8::1]:2/" },
	{ "0.0.0.0 192.0.2.1", "192.0.2.1",
		"L http://localhost:80/ N http://192.0.2.1:80/" },
	/* a name that is no file; a percent sign that is no zone */
	{ "unix:@x", "", "U unix:@x" },
	{ "unix:a%b", "", "U unix:a%b" },
	/* the zone, as RFC 6874 wants it */
	{ "fe80::1%lo", "", "N http://[fe80::1%25lo]:80/" },
};

static void places_are_found(void **state)
{
	(void)state;
	static const char kinds[] = "LNU";

	for (size_t i = 0; i < array_count(rows); i++) {
		char storage[1024];
		struct text t = text_in(storage, sizeof storage);
		struct reach r;

		find(rows[i].binds, rows[i].machine, &r);
		for (unsigned k = 0; k < r.count; k++) {
			if (k > 0)
				text_add_char(&t, ' ');
			text_add_char(&t, kinds[r.at[k].kind]);
			text_add_char(&t, ' ');
			text_add(&t, span_of(r.at[k].url));
		}
		expect(span_equal(text_span(&t), span_of(rows[i].want)),
			"row %zu: %.*s", i, (int)t.len, storage);
		assert_int_equal(r.more, 0);
	}
}

static void the_first_of_a_kind(void **state)
{
	(void)state;
	struct reach r;

	find("* unix:/a", "192.0.2.1 192.0.2.2", &r);
	assert_string_equal(
		reach_first(&r, REACH_NETWORK)->url, "http://192.0.2.1:80/");
	assert_string_equal(reach_first(&r, REACH_UNIX)->url, "unix:/a");
	find("localhost", "192.0.2.1", &r);
	assert_null(reach_first(&r, REACH_NETWORK));
}

/* What is not shown is counted; the longest name has room. */
static void many_places_are_counted(void **state)
{
	(void)state;
	char path[16 + NET_PATH_MAX];
	struct reach r;

	find("0.0.0.0:1 0.0.0.0:2",
		"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
		"192.0.2.7",
		&r);
	assert_int_equal(r.count, REACH_MAX);
	assert_int_equal(r.more, 2 + 14 - REACH_MAX);
	snprintf(path, sizeof path, "unix:%0*d", (int)NET_PATH_MAX, 0);
	find(path, "", &r);
	assert_string_equal(r.at[0].url, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_found),
		cmocka_unit_test(the_first_of_a_kind),
		cmocka_unit_test(many_places_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
