/*
 * The control data of a request (RFC 9110 6.2): its method and its target in
 * the forms of RFC 9112 3.2, in whichever version of HTTP they came. Pure.
 */
#pragma once

#include "http/request.h"

/* Sets method and is_connect. `name` is a token. */
void control_method(struct span name, struct request *q);

/* Sets target, form, path, query and, where the target has one, authority; or
 * refuses the request. After control_method. */
void control_target(struct span target, struct request *q);
