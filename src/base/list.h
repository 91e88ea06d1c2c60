/*
 * A doubly linked list, circular, its node a member of what is listed. The
 * head is a node of its own; an empty list is a head that points to itself.
 * Owns nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Puts `node` before `before`: at the end, when that is the head. */
static inline void list_add_before(struct list *before, struct list *node)
{
	node->prev = before->prev;
	node->next = before;
	before->prev->next = node;
	before->prev = node;
}

static inline void list_add_last(struct list *head, struct list *node)
{
	list_add_before(head, node);
}

static inline void list_add_first(struct list *head, struct list *node)
{
	list_add_before(head->next, node);
}

/* Takes `node` out of its list; harmless on one that is in none. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}
