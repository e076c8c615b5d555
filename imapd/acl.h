/*
 * Rights as the file system gives them (RFC 4314).
 */
#ifndef IMAPD_ACL_H
#define IMAPD_ACL_H

#include "common/folder.h"
#include "imapd/imap.h"

/* "* MYRIGHTS name lrs..."; -1 with errno and nothing written. */
int acl_put_myrights(struct imap *im, const struct folder *f);

#endif
