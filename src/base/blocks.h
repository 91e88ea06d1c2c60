/*
 * A square of dark and light cells as text: half blocks of Unicode, two rows
 * of cells to a line. Must not know what the cells mean.
 */
#pragma once

#include "base/text.h"

/* Light cells around the square. A QR code wants four (ISO/IEC 18004); two
 * are read as well, and leave a code of 25 cells room on a terminal of 24
 * lines, below the start message. */
#define BLOCKS_MARGIN 2

enum blocks_style {
	/* Black on white by escape sequences: right on any terminal. */
	BLOCKS_COLOURED,
	/*
	 * No escape sequences. What is drawn is the light cells, as text is
	 * light on most terminals; on a light one the code comes out inverted,
	 * which most readers understand. The reverse would be the same bet
	 * against the odds.
	 */
	BLOCKS_PLAIN
};

/* The columns that a square of `side` cells takes. */
static inline unsigned blocks_columns(unsigned side)
{
	return side + 2 * BLOCKS_MARGIN;
}

/* Appends the square, of which cells[row * side + column] are the dark ones:
 * lines with a newline between two, none at the end. */
void blocks_add(struct text *out, const bool *cells, unsigned side,
	enum blocks_style style);
