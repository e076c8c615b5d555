/*
 * The command line.
 *
 * What can go wrong here is misunderstanding: an option that a later version
 * reads otherwise, an abbreviation that becomes ambiguous, a number with a
 * sign or a blank, a word that is silently ignored.  So there is one table,
 * one form (--name=value, or --name alone for a switch), no abbreviations,
 * no environment that changes a meaning, and everything else is an error
 * told in one line.
 *
 * Where that line goes is a trap of its own: under inetd descriptor 2 is the
 * client.  log_usage() knows.
 */
#include "common/options.h"
#include "common/log.h"
#include "common/num.h"
#include "common/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define MIB ((uint64_t)1 << 20)

enum kind {
	KIND_SWITCH,
	KIND_TEXT, /* not empty */
	KIND_ANY,  /* may be empty */
	KIND_CHAR,
	KIND_COUNT, /* 1 to UINT32_MAX */
	KIND_SECONDS,
	KIND_SIZE,
	KIND_TLS,
	KIND_PLAINTEXT,
	KIND_SHARED, /* one more each time */
	KIND_SEEN,
	KIND_HELP,
	KIND_VERSION
};

struct option {
	const char *name;
	enum kind kind;
	size_t at; /* offset in struct options */
	const char *value;
	const char *help;
};
#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
	{"maildir",         KIND_TEXT,      AT(maildir),         "PATH",
         "the mail (~/Maildir; ~ is the user's home)"								       },
	{"cache",           KIND_TEXT,      AT(cache),           "PATH|none",
         "the disposable index (~/.cache/stdmail)"									  },
	{"pam-service",     KIND_TEXT,      AT(pam_service),     "NAME",
         "the PAM service to log in by"										     },
	{"domain",          KIND_TEXT,      AT(domain),          "NAME",
         "user@NAME is user, other domains fail (any is cut)"                                                               },
	{"tls",             KIND_TLS,       AT(tls),             "starttls|implicit|off",
         "when TLS begins (starttls, if there is a certificate)"                                                            },
	{"cert",            KIND_TEXT,      AT(cert),            "FILE",
         "certificate chain (tls.crt in $CREDENTIALS_DIRECTORY)"                                                            },
	{"key",             KIND_TEXT,      AT(key),             "FILE",
         "private key (tls.key in $CREDENTIALS_DIRECTORY)"								  },
	{"plaintext-login", KIND_PLAINTEXT, AT(plaintext_login),
         "local|never|always",							    "passwords outside of TLS (local)"},
	{"proxy-protocol",  KIND_SWITCH,    AT(proxy_protocol),  NULL,
         "a PROXY header, v1 or v2, comes first"									    },
	{"separator",       KIND_CHAR,      AT(separator),       "CHAR",
         "between the parts of a folder name (/)"									   },
	{"prefix",          KIND_ANY,       AT(prefix),          "TEXT",
         "what folder names begin with (nothing)"									   },
	{"login-timeout",   KIND_SECONDS,   AT(login_timeout_s), "SECONDS",
         "time to log in (60)"											      },
	{"idle-timeout",    KIND_SECONDS,   AT(idle_timeout_s),  "SECONDS",
         "silence that ends a session (2100, POP3 600)"								     },
	{"max-message",     KIND_SIZE,      AT(max_message),     "OCTETS",
         "largest message taken (128M)"										     },
	{"cache-max",       KIND_SIZE,      AT(cache_max),       "OCTETS",
         "largest cache of one user (1G)"										   },
	{"message-limit",   KIND_COUNT,     AT(message_limit),   "N",
         "messages that one IMAP command may touch (10000000)"                                                              },
	{"uidonly",         KIND_SWITCH,    AT(uidonly),         NULL,
         "offer UIDONLY and UIDBATCHES; Outlook fails with it"                                                              },
	{"max-connections", KIND_COUNT,     AT(max_connections), "N",
         "accept loop: at one time (1000)"										  },
	{"max-per-source",  KIND_COUNT,     AT(max_per_source),  "N",
         "accept loop: from one address (100)"									      },
	{"shared",          KIND_SHARED,    0,                   "NAME=PATH",
         "a Maildir of several users, as Shared/NAME; repeatable"                                                           },
	{"shared-seen",     KIND_SEEN,      AT(shared_seen),     "common|private",
         "whose \\Seen is in shared mailboxes (common)"								     },
	{"preauth",         KIND_SWITCH,    AT(preauth),         NULL,
         "on a pipe, the caller is logged in already"								       },
	{"user",            KIND_TEXT,      AT(user),            "NAME",
         "root, on a pipe: serve this user, logged in"								      },
	{"explain",         KIND_SWITCH,    AT(explain),         NULL,
         "print what is in the Maildir; changes nothing"								    },
	{"help",            KIND_HELP,      0,                   NULL,                    "print this"                      },
	{"version",         KIND_VERSION,   0,                   NULL,                    "print the version"               },
};
enum {
	TABLE_N = sizeof(table) / sizeof(table[0])
};

static void
defaults(struct options *o, const struct server *srv)
{
	*o = (struct options){
		.maildir = "~/Maildir",
		.cache = "~/.cache/stdmail",
		.pam_service = srv->service,
		.tls = TLS_STARTTLS,
		.plaintext_login = PLAINTEXT_LOCAL,
		.login_timeout_s = 60,
		.idle_timeout_s = srv->idle_timeout_s,
		.max_message = 128 * MIB,
		.cache_max = 1024 * MIB,
		.message_limit = 10000000,
		.max_connections = 1000,
		.max_per_source = 100,
	};
}

_Noreturn static void
help(const struct server *srv)
{
	printf("%s: %s\n\nusage: %s [--option=value ...]\n\n", srv->name,
		srv->summary, srv->name);
	for (size_t i = 0; i < TABLE_N; i++) {
		const struct option *op = &table[i];
		const char *value = op->value ? op->value : "";
		size_t used = 4 + strlen(op->name) + (op->value ? 1 : 0) +
			      strlen(value);

		printf("  --%s%s%s%*s%s\n", op->name, op->value ? "=" : "",
			value, used < 40 ? (int)(40 - used) : 1, "", op->help);
	}
	exit(0);
}

_Noreturn static void
wrong(const struct server *srv, const char *arg, const char *why)
{
	log_usage("%s: %s: %s (see --help)", srv->name, arg, why);
	exit(EX_USAGE);
}

/* Digits, then perhaps K, M or G. */
static bool
parse_size(struct str v, uint64_t *out)
{
	static const char units[] = "KMG";
	const char *unit = v.n ? strchr(units, v.p[v.n - 1]) : NULL;
	unsigned shift = 0;

	if (unit && *unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		v.n--;
	}
	if (!num_u64(v, (INT64_MAX >> shift), out) || *out == 0)
		return false;
	*out <<= shift;
	return true;
}

/* The position of v in a list of words, or -1. */
static int
parse_word(struct str v, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (str_is(v, words[i]))
			return i;
	return -1;
}

/* A hierarchy separator is sent inside a quoted string and stands in
 * directory names: no quote, no backslash, no wildcard, no blank. */
static bool
parse_separator(struct str v, char *out)
{
	if (v.n != 1 || v.p[0] <= ' ' || v.p[0] >= 127 ||
		strchr("\"\\*%&~", v.p[0]) != NULL)
		return false;
	*out = v.p[0];
	return true;
}

/* "team=/srv/mail/team": one level of a mailbox name, and a path that leads
 * there from anywhere. */
static bool
add_shared(struct options *o, struct str v)
{
	struct shared *x = &o->shared[o->nshared];
	struct str name;

	if (o->nshared == SHARED_MAX || !str_cut(&v, '=', &name) || v.n < 2 ||
		v.p[0] != '/' || name.n == 0 || name.n >= sizeof(x->name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_alpha(name.p[i]) && !ascii_digit(name.p[i]) &&
			name.p[i] != '-' && name.p[i] != '_')
			return false;
	memcpy(x->name, name.p, name.n);
	x->path = v.p;
	o->nshared++;
	return true;
}

/* Put the value into its member; false: not a value of this kind. */
static bool
set_value(const struct option *op, void *member, const char *value)
{
	static const char *const tls[] = {"starttls", "implicit", "off", NULL};
	static const char *const plain[] = {"local", "never", "always", NULL};
	static const char *const seen[] = {"common", "private", NULL};
	struct str v = str_of(value);
	uint32_t *number = member;
	int word;

	switch (op->kind) {
	case KIND_TEXT:
		*(const char **)member = value;
		return v.n > 0;
	case KIND_ANY:
		*(const char **)member = value;
		return true;
	case KIND_CHAR:
		return parse_separator(v, member);
	case KIND_COUNT:
		return num_u32(v, UINT32_MAX, number) && *number > 0;
	case KIND_SECONDS: /* as milliseconds they must fit an int */
		return num_u32(v, INT32_MAX / 1000, number) && *number > 0;
	case KIND_SIZE:
		return parse_size(v, member);
	case KIND_TLS:
		word = parse_word(v, tls);
		*(enum tls_mode *)member = (enum tls_mode)word;
		return word >= 0;
	case KIND_PLAINTEXT:
		word = parse_word(v, plain);
		*(enum plaintext *)member = (enum plaintext)word;
		return word >= 0;
	case KIND_SHARED:
		return add_shared(member, v);
	case KIND_SEEN:
		word = parse_word(v, seen);
		*(enum shared_seen *)member = (enum shared_seen)word;
		return word >= 0;
	default:
		return false;
	}
}

static const struct option *
find(struct str name)
{
	for (size_t i = 0; i < TABLE_N; i++)
		if (str_is(name, table[i].name))
			return &table[i];
	return NULL;
}

static void
parse_one(struct options *o, const struct server *srv, const char *arg)
{
	struct str rest = str_of(arg), name;
	const struct option *op;
	const char *value;
	char *base = (char *)o;

	if (!str_starts(rest, STR("--")))
		wrong(srv, arg, "not an option");
	rest = str_skip(rest, 2);
	str_cut(&rest, '=', &name);
	value = rest.p;
	if ((op = find(name)) == NULL)
		wrong(srv, arg, "no such option");
	if (op->value == NULL && value != NULL)
		wrong(srv, arg, "takes no value");
	if (op->value != NULL && value == NULL)
		wrong(srv, arg, "needs a value, as in --name=value");
	if (op->kind == KIND_HELP)
		help(srv);
	if (op->kind == KIND_VERSION) {
		printf("%s (stdmail) %s\n", srv->name, VERSION);
		exit(0);
	}
	if (op->kind == KIND_SWITCH)
		*(bool *)(base + op->at) = true;
	else if (!set_value(op, base + op->at, value))
		wrong(srv, arg, "not a value that it takes");
}

void
options_parse(
	struct options *o, const struct server *srv, int argc, char **argv)
{
	defaults(o, srv);
	for (int i = 1; i < argc; i++)
		parse_one(o, srv, argv[i]);
	if (o->preauth && o->user)
		wrong(srv, "--preauth", "--user says it already");
}
