/*
 * Cells as half blocks (base/blocks.h): drawn, and read back from the text as
 * an eye would; and that a QR code (server/qr.h) survives it, of any size.
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>

#include "base/blocks.h"
#include "server/qr.h"

#define SIDE_MAX (QR_SIDE_MAX + 2 * BLOCKS_MARGIN + 1)

static char storage[8192];

static const char *draw(
	const bool *cells, unsigned side, enum blocks_style style)
{
	struct text t = text_in(storage, sizeof storage);

	blocks_add(&t, cells, side, style);
	text_add_char(&t, '\0');
	assert_false(t.is_full);
	return storage;
}

#define C "\033[38;5;16;48;5;231m"
#define E "\033[0m"

/* Every pair of halves, and the edge of an odd height. */
static void halves_are_drawn(void **state)
{
	(void)state;
	static const bool four[] = { 1, 0, 0, 1, /**/ 0, 1, 0, 1,
		/**/ 1, 1, 0, 0, /**/ 0, 0, 0, 1 };
	static const bool dark[] = { 1 };

	assert_string_equal(draw(four, 4, BLOCKS_COLOURED),
		C "        " E "\n" C "  ▀▄ █  " E "\n" C "  ▀▀ ▄  " E "\n" C
		  "        " E);
	assert_string_equal(draw(four, 4, BLOCKS_PLAIN),
		"████████\n██▄▀█ ██\n██▄▄█▀██\n████████");
	assert_string_equal(draw(dark, 1, BLOCKS_COLOURED),
		C "     " E "\n" C "  ▀  " E "\n" C "     " E);
	assert_string_equal(draw(dark, 1, BLOCKS_PLAIN), "█████\n██▄██\n█████");
}

struct picture {
	unsigned columns, rows;
	bool dark[SIDE_MAX][SIDE_MAX];
};

/* One character's two cells; its bytes are skipped. */
static const char *character_read(
	const char *at, bool draws, struct picture *p, unsigned column)
{
	static const char *const halves[] = { " ", "▀", "▄", "█" };

	for (unsigned k = 0; k < 4; k++) {
		size_t len = strlen(halves[k]);
		if (strncmp(at, halves[k], len) != 0)
			continue;
		p->dark[p->rows][column] = ((k & 1) != 0) == draws;
		p->dark[p->rows + 1][column] = ((k & 2) != 0) == draws;
		return at + len;
	}
	fail_msg("no half block: %.8s", at);
	return at;
}

static void picture_read(const char *text, bool draws, struct picture *p)
{
	memset(p, 0, sizeof *p);
	for (unsigned column = 0; *text != '\0';) {
		if (*text == '\033') {
			text = strchr(text, 'm') + 1;
			continue;
		}
		if (*text == '\n') {
			text++;
			p->rows += 2;
			column = 0;
			continue;
		}
		text = character_read(text, draws, p, column++);
		p->columns = column > p->columns ? column : p->columns;
	}
	p->rows += 2;
}

static void picture_check(const struct picture *p, const struct qr *qr)
{
	const unsigned margin = BLOCKS_MARGIN;

	assert_int_equal(p->columns, blocks_columns(qr->side));
	assert_in_range(
		p->rows, qr->side + 2 * margin, qr->side + 2 * margin + 1);
	for (unsigned y = 0; y < p->rows; y++) {
		for (unsigned x = 0; x < p->columns; x++) {
			bool is_inside = y >= margin && x >= margin &&
					 y < qr->side + margin &&
					 x < qr->side + margin;
			bool want =
				is_inside &&
				qr->cells[(y - margin) * qr->side + x - margin];
			expect(p->dark[y][x] == want, "side %u: cell %u, %u",
				qr->side, y, x);
		}
	}
}

static void codes_are_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		unsigned side;
	} rows[] = {
		{ "http://10.0.0.1/", 21 },
		{ "http://192.168.100.200:65535/", 25 },
		{ "http://[2001:db8:1111:2222:3333:4444:5555:6666]:8080/", 29 },
		{ "http://"
		  "[fe80::1111:2222:3333:4444%25interface-one-and-two0]:65535/",
			33 },
	};
	struct picture p;
	struct qr qr;

	for (size_t i = 0; i < array_count(rows); i++) {
		assert_int_equal(qr_encode(rows[i].url, &qr), 0);
		expect(qr.side == rows[i].side, "%s: side %u", rows[i].url,
			qr.side);
		/* The finder pattern: dark, and a light ring inside it. */
		assert_true(qr.cells[0] && qr.cells[6]);
		assert_false(qr.cells[qr.side + 1]);
		picture_read(
			draw(qr.cells, qr.side, BLOCKS_COLOURED), true, &p);
		picture_check(&p, &qr);
		picture_read(draw(qr.cells, qr.side, BLOCKS_PLAIN), false, &p);
		picture_check(&p, &qr);
	}
}

/* 134 bytes fit, 135 do not; and even the largest is one write of the log. */
static void the_longest_text(void **state)
{
	(void)state;
	static char url[136];
	struct qr qr = { .side = 7 };

	memset(url, 'x', 135);
	assert_int_equal(qr_encode(url, &qr), -ERANGE);
	memset(url, 'x', sizeof url);
	url[135] = '\0';
	assert_int_equal(qr_encode("", &qr), -EINVAL);
	assert_int_equal(qr.side, 7);
	url[134] = '\0';
	assert_int_equal(qr_encode(url, &qr), 0);
	assert_int_equal(qr.side, QR_SIDE_MAX);
	draw(qr.cells, qr.side, BLOCKS_COLOURED);
	assert_in_range(strlen(storage), 1, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_are_drawn),
		cmocka_unit_test(codes_are_read_back),
		cmocka_unit_test(the_longest_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
