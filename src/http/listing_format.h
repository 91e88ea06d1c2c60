/*
 * In which form a listing is wanted: the query says, else Accept (RFC 9110
 * 12.5.1). Pure.
 */
#pragma once

#include "http/request.h"

enum listing_format { LISTING_HTML, LISTING_JSON };

/*
 * "?format=json" and "?format=html" decide alone. Otherwise JSON is chosen
 * when Accept weighs it more than HTML, or as much but names it while HTML is
 * only among others: whoever sends JSON and then any type wants JSON. No
 * Accept, or one that has neither, means HTML. The answer varies by Accept.
 */
enum listing_format listing_format_choose(const struct request *q);
