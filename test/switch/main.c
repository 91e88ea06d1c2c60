/*
 * usage: switch [--responses N]
 *
 * A writer changes files and switches the root 1,000 times a second, while
 * clients ask: in N answers, a million by default, none may be of a version
 * that was gone when its request was sent, and none of two versions. The test
 * then lies to itself in three ways, to see that it would have noticed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "client.h"
#include "fault.h"
#include "server.h"
#include "tree.h"
#include "writer.h"

/* The writer is held to 1,000 changes a second and catches up with what it
 * misses; what is judged is independent of how fast this machine is today. */
#define RESPONSES_PER_CHANGE 200

#define SABOTAGE_RESPONSES 20000

struct phase {
	const char *name;
	unsigned workers;
	const char *loop;
	uint64_t responses;
	enum sabotage sabotage;
	enum fault expected; /* of a sabotage */
};

static unsigned passed, failed;

static void case_count(const struct phase *p, const char *name, bool is_good)
{
	if (!is_good)
		printf("  failed: %s: %s\n", p->name, name);
	passed += is_good;
	failed += !is_good;
}

/* Runs server, writer and clients; false when there was no server. */
static bool phase_run(
	const struct phase *p, struct tempo *tempo, struct load *load)
{
	struct server server;

	faults_clear();
	board_init();
	tree_make();
	writer_prepare(p->sabotage);
	bool is_up = server_start(&server, tree_root(), p->workers, p->loop);
	if (is_up) {
		writer_start();
		clients_run(server.port, p->responses, load);
		writer_stop(tempo);
	}
	case_count(
		p, "the server ends in order", is_up && server_stop(&server));
	tree_remove();
	return is_up;
}

static void phase_tell(const struct phase *p, const struct tempo *tempo,
	const struct load *load)
{
	printf("%s: %llu responses in %.1f s (%llu of 304, %llu of 404, %llu "
	       "coded, %llu MB), %llu changes, %.0f a second, %llu of them of "
	       "the root (%llu put off)\n",
		p->name, (unsigned long long)load->responses, tempo->seconds,
		(unsigned long long)load->not_modified,
		(unsigned long long)load->absent,
		(unsigned long long)load->coded,
		(unsigned long long)load->bytes / 1000000,
		(unsigned long long)tempo->changes,
		(double)tempo->changes / tempo->seconds,
		(unsigned long long)tempo->switches,
		(unsigned long long)tempo->put_off);
}

static void honest_phase(const struct phase *p)
{
	struct tempo tempo;
	struct load load;

	if (!phase_run(p, &tempo, &load))
		return;
	phase_tell(p, &tempo, &load);
	for (enum fault f = 0; f < FAULT_COUNT; f++) {
		if (faults_of(f) > 0)
			printf("  %llu times:\n",
				(unsigned long long)faults_of(f));
		case_count(p, fault_names[f], faults_of(f) == 0);
	}
	case_count(p, "all responses came", load.responses >= p->responses);
	case_count(p, "a change for every 200 responses",
		tempo.changes * RESPONSES_PER_CHANGE >= load.responses);
	case_count(p, "each kind of answer occurred",
		load.not_modified > 0 && load.absent > 0 && load.coded > 0 &&
			tempo.switches > 0);
}

/* What was done wrong is found. It may break other rules as well. */
static void sabotage_phase(const struct phase *p)
{
	struct tempo tempo;
	struct load load;

	faults_quiet(true);
	bool is_up = phase_run(p, &tempo, &load);
	faults_quiet(false);
	case_count(p, "is noticed", is_up && faults_of(p->expected) > 0);
}

static bool arguments_read(int argc, char **argv, uint64_t *responses)
{
	char *end;

	if (argc == 1)
		return true;
	if (argc != 3 || strcmp(argv[1], "--responses") != 0)
		return false;
	*responses = strtoull(argv[2], &end, 10);
	return *end == '\0' && *responses > 0;
}

int main(int argc, char **argv)
{
	uint64_t responses = 1000000;

	if (!arguments_read(argc, argv, &responses)) {
		fprintf(stderr, "usage: switch [--responses N]\n");
		return 2;
	}
	const struct phase phases[] = {
		{ "one worker", 1, "epoll", responses / 3, HONEST, 0 },
		{ "two workers", 2, "epoll", responses / 3, HONEST, 0 },
		{ "two workers, io_uring", 2, "uring",
			responses - responses / 3 * 2, HONEST, 0 },
		{ "published too early", 1, "auto", SABOTAGE_RESPONSES,
			TOO_EARLY, FAULT_STALE },
		{ "not announced", 1, "auto", SABOTAGE_RESPONSES, UNANNOUNCED,
			FAULT_AHEAD },
		{ "two versions in a file", 1, "auto", SABOTAGE_RESPONSES,
			MIXED, FAULT_TORN },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	slots_init();
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		if (phases[i].sabotage == HONEST)
			honest_phase(&phases[i]);
		else
			sabotage_phase(&phases[i]);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
