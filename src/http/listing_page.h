/*
 * The style and the script of a listing's page, and the policy that lets these
 * two run and nothing else. Written by tools/embed from web/ at build time.
 */
#pragma once

#include "base/span.h"

/* What stands between <style> and </style>, <script> and </script>. */
struct span listing_style(void);
struct span listing_script(void);

/*
 * The value of Content-Security-Policy (CSP 3) for the page: the two by their
 * SHA-256, images from data: (the icons in the style), nothing else.
 */
struct span listing_csp(void);
