/*
 * Cells as half blocks (blocks.h).
 */
#include "base/blocks.h"

/* Neither the palette nor a theme changes these two of the 256 colours. */
#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define COLOURS_BACK   "\033[0m"

/* Drawn or not: neither half, the upper one, the lower one, both. */
static const char *const halves[] = { " ", "▀", "▄", "█" };

/* Everything outside the square is light. */
static bool is_dark(const bool *cells, unsigned side, int row, int column)
{
	if (row < 0 || column < 0 || row >= (int)side || column >= (int)side)
		return false;
	return cells[(unsigned)row * side + (unsigned)column];
}

static void line_add(
	struct text *out, const bool *cells, unsigned side, int row, bool draws)
{
	const int margin = BLOCKS_MARGIN;

	for (int column = -margin; column < (int)side + margin; column++) {
		bool upper = is_dark(cells, side, row, column) == draws;
		bool lower = is_dark(cells, side, row + 1, column) == draws;
		text_add(out, span_of(halves[upper + 2 * lower]));
	}
}

void blocks_add(struct text *out, const bool *cells, unsigned side,
	enum blocks_style style)
{
	const int margin = BLOCKS_MARGIN;

	for (int row = -margin; row < (int)side + margin; row += 2) {
		if (row > -margin)
			text_add_char(out, '\n');
		if (style == BLOCKS_COLOURED)
			text_add_literal(out, BLACK_ON_WHITE);
		line_add(out, cells, side, row, style == BLOCKS_COLOURED);
		if (style == BLOCKS_COLOURED)
			text_add_literal(out, COLOURS_BACK);
	}
}
