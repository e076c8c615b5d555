/*
 * Conversations (RFC 5256): ORDEREDSUBJECT and REFERENCES as pure functions
 * from what is known of each message to a tree.
 *
 * Message-ids and subjects are compared as hashes of 64 bits, so that what
 * threading needs of a message is a few numbers: among a million ids the
 * chance of one wrong link is one in ten million, and whoever would forge a
 * collision can forge a References line with less effort.
 */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	THREAD_REFS_MAX = 1000 /* ancestors kept of a message: the nearest */
};

/* What RFC 5256 calls no Message ID, and an empty subject. */
#define THREAD_NO_ID UINT64_C(0)

/*
 * The next message-id in a raw, perhaps folded, field value, in the one form
 * that is compared: without "<>", quotes, escapes and white space.  It is
 * valid when it has an "@" with something on both sides.  *rest goes on behind
 * it.  false: there is no more.
 */
bool thread_next_id(struct str *rest, struct buf *id);

/* Never THREAD_NO_ID; of an empty text, that. */
uint64_t thread_hash(struct str text);

/* The first valid id of a Message-ID or In-Reply-To value, or none. */
uint64_t thread_id(struct str raw);

/* The ancestors of a message, the oldest first: from References or, when that
 * has none, In-Reply-To (either may be empty).  How many. */
size_t thread_refs(struct str references, struct str in_reply_to,
	uint64_t out[THREAD_REFS_MAX]);

/* One message, in the order of the mailbox. */
struct thread_msg {
	uint32_t number; /* what the tree calls it: not 0 */
	uint32_t nref;
	const uint64_t *ref; /* thread_refs */
	uint64_t id;         /* thread_id of its Message-ID */
	uint64_t subject;    /* thread_hash of its subject_key */
	int64_t date;        /* sent date (RFC 5256 2.2), else INTERNALDATE */
	bool reply;          /* what subject_key returned */
};

#define THREAD_NONE UINT32_MAX

/* Nodes by index; siblings in order of date. */
struct thread_node {
	uint32_t number; /* 0: a message that is not there, only at the top */
	uint32_t child;  /* the first, or THREAD_NONE */
	uint32_t next;   /* sibling, or THREAD_NONE */
	uint32_t list;   /* thread_write's */
};

struct thread_tree {
	struct thread_node *node;
	uint32_t root; /* the first thread; the others are its siblings */
};

/* Any input gives a tree in which every message is exactly once.  Time grows
 * with n and the number of references, by a logarithm more for chains that
 * were built to be deep. */
void thread_references(
	const struct thread_msg *m, uint32_t n, struct thread_tree *out);
void thread_orderedsubject(
	const struct thread_msg *m, uint32_t n, struct thread_tree *out);
void thread_free(struct thread_tree *t);

/* Append one thread, with all below it, in nested parentheses: "(3 6 (4 23)(44
 * 7 96))" (RFC 5256 4).  Chains of any depth. */
void thread_write(struct thread_tree *t, uint32_t root, struct buf *out);

#endif
