/*
 * The certificate chain and the private key, as PEM in memory: which files
 * they are, and reading them with the rights of whoever started us.
 */
#ifndef COMMON_TLS_PAIR_H
#define COMMON_TLS_PAIR_H

#include "common/buf.h"
#include "common/options.h"

#include <stdbool.h>

enum {
	TLS_WHY_MAX = 400
};

struct tls_pair {
	struct buf cert, key;
};

enum tls_found {
	TLS_FOUND,
	TLS_NONE, /* nobody named one, and the default one does not exist */
	TLS_WRONG /* meant to be there, but cannot be read */
};

/* TLS may begin here, as far as the options and the environment tell: the
 * files are not looked at. */
bool tls_pair_named(const struct options *opt);

/*
 * Read both into p, or, with p NULL, see whether they can be opened.  Unless
 * TLS_FOUND, why says in words what is missing.
 */
enum tls_found tls_pair_read(
	const struct options *opt, struct tls_pair *p, char why[TLS_WHY_MAX]);

/* Wipes the key. */
void tls_pair_free(struct tls_pair *p);

#endif
