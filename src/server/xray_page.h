/*
 * The page of /xray: HTML with its style and its script in it, and the fields
 * that go with it. Written by tools/embed from web/ at build time.
 */
#pragma once

#include "base/span.h"

struct span xray_html(void);

/* The value of Content-Security-Policy (CSP 3) for the page: this style and
 * this script by their SHA-256, events from where it came, nothing else. */
struct span xray_csp(void);
