/*
 * The table of status codes (status.h).
 */
#include "http/status.h"

struct span status_phrase(unsigned status)
{
	switch (status) {
#define STATUS(code, phrase, advice) \
	case code: \
		return SPAN(phrase);
#include "http/status.def"
#undef STATUS
	default:
		return SPAN("");
	}
}

struct span status_advice(unsigned status)
{
	switch (status) {
#define STATUS(code, phrase, advice) \
	case code: \
		return SPAN(advice);
#include "http/status.def"
#undef STATUS
	default:
		return SPAN("");
	}
}
