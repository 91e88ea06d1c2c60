/*
 * What the lab tells: the same events as lines for people, at a width, with
 * and without colours, and as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/tell.h"

static char storage[4096];

static struct teller teller_make(unsigned width, bool is_json, bool colours)
{
	return (struct teller){ .out = text_in(storage, sizeof storage - 1),
		.width = width,
		.is_json = is_json,
		.has_colour = colours };
}

static void tell_all(struct teller *t)
{
	const struct packet syn = { .source_port = 4000,
		.destination_port = 8080,
		.sequence = 9,
		.flags = PACKET_SYN };
	const struct rung rung = { .server_port = 8080, .base = { 9, 0 } };

	tell_chapter(t, "name", "a \"title\"");
	tell_claim(t, 1, "One two three four five six seven eight nine.");
	tell_call(t, &(struct told_call){ "server", "bind", "3, {x}",
			     "-1 EACCES (Permission denied)", "EACCES", -1 });
	tell_call(
		t, &(struct told_call){ "child", "write", "3", "?", NULL, 0 });
	tell_evidence(t, "ss", "LISTEN 0 4");
	tell_segment(t, &syn, &rung);
	tell_fact(t, &(struct told_fact){ "the port", "80", "80", true });
	tell_fact(t, &(struct told_fact){ "rows", "1", "2", false });
	tell_verdict(t, false);
	tell_claim(t, 2, "More.");
	tell_verdict(t, true);
	tell_end(t, false);
	storage[t->out.len] = '\0';
}

static void test_people(void **state)
{
	struct teller t = teller_make(40, false, false);
	(void)state;

	tell_all(&t);
	assert_false(t.out.is_full);
	assert_string_equal(storage,
		"name: a \"title\"\n"
		"\n"
		" 1 One two three four five six seven\n"
		"   eight nine.\n"
		"   server   bind(3, {x}) = -1 EACCES\n"
		"            (Permission denied)\n"
		"   child    write(3) = ?\n"
		"   ss       LISTEN 0 4\n"
		"      0.000 ms  :04000 -- SYN seq 0 --> :8080\n"
		"   seen     the port: 80\n"
		"   DIFFERS  rows: 1, claimed was 2\n"
		"   verdict  this kernel differs\n"
		"\n"
		" 2 More.\n"
		"   verdict  as claimed\n"
		"\n");
}

static void test_json(void **state)
{
	struct teller t = teller_make(40, true, false);
	(void)state;

	tell_all(&t);
	assert_string_equal(storage,
		"{\"chapter\":\"name\",\"title\":\"a \\\"title\\\"\","
		"\"claims\":[\n"
		"{\"claim\":\"One two three four five six seven eight nine.\","
		"\"steps\":[\n"
		"{\"kind\":\"call\",\"who\":\"server\",\"name\":\"bind\","
		"\"args\":\"3, {x}\",\"result\":-1,\"errno\":\"EACCES\"},\n"
		"{\"kind\":\"call\",\"who\":\"child\",\"name\":\"write\","
		"\"args\":\"3\"},\n"
		"{\"kind\":\"evidence\",\"source\":\"ss\","
		"\"text\":\"LISTEN 0 4\"},\n"
		"{\"kind\":\"segment\",\"flags\":\"SYN\",\"us\":0,"
		"\"from\":4000,\"to\":8080,\"seq\":0,\"ack\":0,\"len\":0},\n"
		"{\"kind\":\"fact\",\"what\":\"the port\",\"seen\":\"80\","
		"\"claimed\":\"80\",\"held\":true},\n"
		"{\"kind\":\"fact\",\"what\":\"rows\",\"seen\":\"1\","
		"\"claimed\":\"2\",\"held\":false}],"
		"\"verdict\":\"this kernel differs\",\"held\":false},\n"
		"{\"claim\":\"More.\",\"steps\":[],"
		"\"verdict\":\"as claimed\",\"held\":true}],"
		"\"held\":false}\n");
}

static void test_colours(void **state)
{
	struct teller t = teller_make(80, false, true);
	(void)state;

	tell_all(&t);
	assert_non_null(strstr(storage, "\033[1mname"));
	assert_non_null(strstr(storage, "\033[1;31m   DIFFERS"));
	assert_non_null(strstr(storage, "\033[32m   seen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_colours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
