/*
 * A snapshot as JSON, for `hstatic xray --json` and the admin listener:
 *
 * {"version":1,"master":1,"seconds":1.0,"complete":true,
 *  "listeners":[{"address":"127.0.0.1:8080","queue":0,"backlog":4096,
 *   "asked":65535,"syn_recv":0,"drops":0,"drops_per_second":0}],
 *  "states":{"LISTEN":1,"ESTAB":3,...},
 *  "workers":[{"pid":2,"state":"S","cpu_percent":3,"connections":3}],
 *  "connections":[{"local":"...","peer":"...","state":"ESTAB", ...}],
 *  "diagnoses":[{"grave":true,"words":"..."}], ...}
 */
#pragma once

#include "server/diagnose.h"

/* Room for any snapshot. */
#define SNAPSHOT_JSON_SIZE ((size_t)1 << 21)

/* `out->is_full` afterwards: there was too little room. */
void snapshot_json(
	const struct snapshot *s, const struct diagnoses *d, struct text *out);
