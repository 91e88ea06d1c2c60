/*
 * options.def as a table, and its defaults.
 */
#include "server/option_table.h"

static const struct option_choice loop_choices[] = {
	{ "auto", LOOP_AUTO },
	{ "epoll", LOOP_EPOLL },
	{ "uring", LOOP_URING },
	{ NULL, 0 },
};

static const struct option_choice sandbox_choices[] = {
	{ "auto", SANDBOX_AUTO },
	{ "require", SANDBOX_REQUIRE },
	{ "off", SANDBOX_OFF },
	{ NULL, 0 },
};

/* A choice is kept as the number of its enum. */
_Static_assert(sizeof(enum loop_kind) == sizeof(unsigned) &&
		       sizeof(enum sandbox_mode) == sizeof(unsigned),
	"enums are as large as unsigned");

const struct option option_table[] = {
#define GROUP(heading) { .type = OPTION_GROUP, .help = heading },
#define OPTION( \
	field, type_, letter_, name_, argument_, least_, most_, shown_, help_) \
	{ .type = OPTION_##type_, \
		.letter = letter_, \
		.name = name_, \
		.argument = argument_, \
		.shown = shown_, \
		.help = help_, \
		.least = least_, \
		.most = most_, \
		.offset = offsetof(struct options, field) },
#define CHOICE(field, letter_, name_, argument_, choices_, shown_, help_) \
	{ .type = OPTION_CHOICE, \
		.letter = letter_, \
		.name = name_, \
		.argument = argument_, \
		.shown = shown_, \
		.help = help_, \
		.choices = choices_, \
		.offset = offsetof(struct options, field) },
#include "server/options.def"
#undef CHOICE
#undef OPTION
#undef GROUP
};

const size_t option_count = array_count(option_table);

void options_init(struct options *o, unsigned cores)
{
	*o = (struct options){
		.root = ".",
		.port = 8080,
		.workers = cores,
		.loop = LOOP_AUTO,
		.sandbox = SANDBOX_AUTO,
		.grace_ms = 10000,
		.line_max = 8192,
		.head_max = 16384,
		.fields_max = 100,
		.body_max = 1 << 20,
		.head_ms = 10000,
		.body_ms = 60000,
		.idle_ms = 60000,
		.send_ms = 60000,
		.cache_max = 128 << 20,
	};
}

struct policy options_policy(const struct options *o)
{
	return (struct policy){
		.is_spa = o->is_spa,
		.has_listings = o->has_listings,
		.allows_origins = o->allows_origins,
	};
}
