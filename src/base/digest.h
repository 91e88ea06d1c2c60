/*
 * The fingerprint of some bytes, short enough for an entity-tag and long
 * enough that no two contents share one: SHA-256, truncated.
 */
#pragma once

#include "base/span.h"

/* 120 bits as base64url: 20 characters without padding. */
#define DIGEST_LENGTH 20

void digest_of(struct span bytes, char out[DIGEST_LENGTH]);
