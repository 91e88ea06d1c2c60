/*
 * A URL as a QR code. The only file that knows libqrencode, which computes and
 * allocates and touches nothing else.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"

/* Version 6, 134 bytes: more than any URL of an address takes, and still less
 * than a terminal of 80 columns is wide. */
#define QR_VERSION_MAX 6
#define QR_SIDE_MAX    (17 + 4 * QR_VERSION_MAX)

struct qr {
	unsigned side;
	bool cells[QR_SIDE_MAX * QR_SIDE_MAX]; /* dark, row by row */
};

/* The smallest code of `url`: 0, or -errno; -ERANGE when it is too long. */
must_check int qr_encode(const char *url, struct qr *out);
