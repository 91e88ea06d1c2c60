/*
 * The terminal of xray (screen.h).
 */
#include "cmd/screen.h"

#include <curses.h>
#include <signal.h>
#include <stdio.h>

#define REFRESH_MS 1000

struct screen {
	struct view view;
	struct diagnoses diagnoses;
	int row, top; /* the line at hand; the first that is shown */
	int lines;    /* of the last picture */
	bool is_paused;
};

enum colour { COLOUR_GRAVE = 1 };

static void line_draw(void *to, enum view_style style, struct span words)
{
	struct screen *s = to;
	int at = s->row++ - s->top;
	attr_t look = style == VIEW_TITLE   ? A_BOLD
		      : style == VIEW_GRAVE ? A_BOLD | COLOR_PAIR(COLOUR_GRAVE)
					    : A_NORMAL;

	if (at < 0 || at >= LINES - 1)
		return;
	attron(look);
	mvaddnstr(at, 0, words.at, (int)words.len);
	attroff(look);
}

static void picture_draw(struct screen *s, struct snapshot *now)
{
	s->view.width = (unsigned)COLS;
	s->row = 0;
	erase();
	view_write(&s->view, now, &s->diagnoses, line_draw, s);
	s->lines = s->row;
	attron(A_REVERSE);
	mvprintw(LINES - 1, 0,
		" q quit  s sort: %s  f filter: %s  p %s  arrows scroll ",
		view_order_name(s->view.order),
		s->view.filter[0] == '\0' ? "none" : s->view.filter,
		s->is_paused ? "go on" : "pause");
	attroff(A_REVERSE);
	refresh();
}

static void filter_ask(struct screen *s)
{
	timeout(-1);
	echo();
	curs_set(1);
	move(LINES - 1, 0);
	clrtoeol();
	addstr("show connections whose line contains (empty: all): ");
	if (getnstr(s->view.filter, (int)sizeof s->view.filter - 1) == ERR)
		s->view.filter[0] = '\0';
	noecho();
	curs_set(0);
	timeout(REFRESH_MS);
}

/* False at the end; *wants_next: time for another snapshot. */
static bool key_take(struct screen *s, int key, bool *wants_next)
{
	int last = s->lines - (LINES - 1);

	*wants_next = key == ERR && !s->is_paused;
	if (key == 's')
		s->view.order = (s->view.order + 1) % VIEW_ORDERS;
	else if (key == 'f' || key == '/')
		filter_ask(s);
	else if (key == 'p')
		s->is_paused = !s->is_paused;
	else if (key == KEY_DOWN && s->top < last)
		s->top++;
	else if (key == KEY_UP && s->top > 0)
		s->top--;
	return key != 'q' && key != 3;
}

void screen_run(screen_next_fn *next, void *from)
{
	struct screen s = { .top = 0 };
	struct snapshot *now = NULL;
	bool goes_on = next(from, &now), wants_next = false;

	if (!goes_on)
		return;
	initscr();
	raw(); /* Ctrl-C is a key: the terminal is always put right */
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(COLOUR_GRAVE, COLOR_RED, -1);
	}
	timeout(REFRESH_MS);
	do {
		if (wants_next && !next(from, &now))
			break;
		diagnose(now, &s.diagnoses);
		picture_draw(&s, now);
	} while (key_take(&s, getch(), &wants_next));
	endwin();
}
